//! What is no plugin is refused before anything in it runs; what is a bad one, before it takes part.

use ralf_tune::plugin::{
    Limits,
    PluginErrorKind::{
        self, BadManifest, ForeignImport, Mismatch, NoKnownExport, NotAComponent, SeveralKinds, TimedOut, Version,
    },
    component::check,
    registry::{Plugin, load},
};

use super::{assert_named, loaded};
use crate::support::{guests, studies::engine};

/// A guest, what the message calls it, and what it must be refused for.
type Case = (&'static str, &'static str, fn(&PluginErrorKind) -> bool);

#[test]
fn bad_components_are_refused_with_the_reason() {
    let cases: [Case; 5] = [
        ("next_version", "plugin", |kind| *kind == Version { found: "0.2.0".into(), supported: "0.1.0" }),
        (
            "two_kinds",
            "plugin",
            |kind| matches!(kind, SeveralKinds(kinds) if kinds.contains("scorer") && kinds.contains("selector")),
        ),
        ("no_kind", "plugin", |kind| *kind == NoKnownExport),
        ("foreign_import", "plugin", |kind| *kind == ForeignImport("their:vault/secrets".into())),
        ("other_shape", "scorer", |kind| matches!(kind, Mismatch { .. })),
    ];
    for (name, what, is_right) in cases {
        let error = loaded(name).err().unwrap();
        assert!(is_right(&error.kind), "{name}: {:?}", error.kind);
        assert_named(&error, &format!("{what} `{name}` (guest.wasm) "), None);
    }
}

#[test]
fn a_version_that_does_not_fit_is_told_to_user_and_author() {
    let error = loaded("next_version").err().unwrap();
    let message = "plugin `next_version` (guest.wasm) is made for ralf:tune 0.2.0, and this program speaks 0.1.0";
    assert_eq!(error.to_string(), message);
    assert!(error.hint().starts_with("update ralf-tune to a release that speaks 0.2.0"), "{}", error.hint());
    assert!(error.hint().contains("get a build of the plugin for 0.1.0"), "{}", error.hint());
    assert!(error.hint().contains("its author rebuilds it with the SDK of this release"), "{}", error.hint());
}

#[test]
fn bad_manifests_are_refused_with_the_reason() {
    for (name, why) in [
        ("manifest_name", "Bad Name` is not made of lower case letters"),
        ("manifest_version", "`one` is not a semantic version"),
        ("manifest_setting", "`num_gpus` is not a setting"),
        ("manifest_default", "the default of parameter `steps` is out of its own bounds"),
        ("manifest_idle", "must decide something"),
    ] {
        let error = loaded(name).err().unwrap();
        assert!(
            matches!(&error.kind, BadManifest(problems) if problems.iter().any(|text| text.contains(why))),
            "{name}: {:?}",
            error.kind
        );
        assert_named(&error, &format!("strategy `{name}` (guest.wasm) has a bad manifest"), Some("describe"));
    }
}

#[test]
fn a_plugin_that_never_says_what_it_is_does_not_hang_the_start() {
    let limits = Limits { call: std::time::Duration::from_millis(50), ..Limits::default() };
    let bytes = guests::bytes("manifest_loop");
    let error = load(engine(), &bytes, "manifest_loop", "guest.wasm", limits).err().unwrap();
    assert_eq!(error.kind, TimedOut { milliseconds: 50 });
    assert_named(&error, "strategy `manifest_loop` (guest.wasm) timed out", Some("describe"));
}

#[test]
fn what_is_no_component_is_told_apart() {
    let core_module = b"\0asm\x01\0\0\0";
    let cases: [(&[u8], &str); 5] = [
        (b"", "empty"),
        (b"#!/bin/sh\nexit 0\n", "does not begin as WebAssembly does"),
        (b"\x7fELF\x02\x01\x01", "does not begin as WebAssembly does"),
        (core_module, "core module"),
        (b"\0asm\x0d\0\x01\0\xff\xff", ""),
    ];
    for (bytes, why) in cases {
        let error = check(engine(), bytes, "thing", "thing.wasm").err().unwrap();
        assert!(matches!(&error.kind, NotAComponent(text) if text.contains(why)), "{bytes:?}: {:?}", error.kind);
        assert_named(&error, "plugin `thing` (thing.wasm) is not a WebAssembly component", None);
    }
}

#[test]
fn good_plugins_of_each_kind_load_and_import_nothing_but_ours() {
    for (name, named) in [("scorer", "bad-scorer"), ("strategy", "bad-strategy"), ("selector", "bad-selector")] {
        let plugin: Plugin = loaded(name).unwrap();
        assert_eq!(plugin.manifest().name, named);
        assert_eq!(plugin.component().kind.name(), name);
        assert!(plugin.component().imports.iter().all(|import| import.starts_with("ralf:tune/")));
        assert!(!plugin.is_bundled());
    }
}
