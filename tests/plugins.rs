//! Plugins are loaded through one path, checked before they run, limited while they run, and named when they fail.

use crate::support::studies::bundled;

#[test]
fn bundled_plugins_import_nothing_but_ours() {
    for plugin in bundled().all() {
        for import in &plugin.component().imports {
            assert!(import.starts_with("ralf:tune/"), "{} imports {import}", plugin.component().id);
        }
        assert_eq!(plugin.component().api, "0.1.0");
        assert!(plugin.is_bundled());
    }
}
