//! Files that are named with `--plugin`.

use std::{fs, path::Path};

use ralf_tune::plugin::{PluginErrorKind, Registry};

use super::assert_named;
use crate::support::{guests, studies::bundled};

fn registry() -> Registry {
    bundled()
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let huge = folder.path().join("huge.wasm");
    fs::File::create(&huge).unwrap().set_len(1 << 30).unwrap();
    let missing = folder.path().join("missing.wasm");
    let mut registry = registry();
    let before = registry.all().len();
    for path in [missing.as_path(), huge.as_path(), folder.path(), Path::new("")] {
        let error = registry.add_file(path).err().unwrap();
        assert!(matches!(error.kind, PluginErrorKind::Unreadable(_)), "{path:?}: {:?}", error.kind);
        assert_named(&error, &format!("plugin `{}`", path.display()), None);
    }
    assert_eq!(registry.all().len(), before);
}

#[test]
fn a_bad_file_leaves_the_registry_as_it_was_and_a_good_one_joins() {
    let mut registry = registry();
    let before = registry.all().len();
    for name in ["two_kinds", "foreign_import", "manifest_version"] {
        assert!(registry.add_file(&guests::guest(name)).is_err(), "{name}");
    }
    assert_eq!(registry.all().len(), before);
    for _twice in 0..2 {
        for name in ["scorer", "strategy", "selector"] {
            registry.add_file(&guests::guest(name)).unwrap();
        }
    }
    assert_eq!(registry.all().len(), before + 3, "the same name counts once");
    assert_eq!(registry.scorer("bad-scorer").unwrap().manifest.version, "1.2.3");
}
