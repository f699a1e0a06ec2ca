//! What a person sees who types `ralf-tune plugin check`.

use serde_json::Value;

use crate::{
    program::{World, check},
    support::guests,
};

#[test]
fn a_good_plugin_passes_and_nothing_is_installed() {
    let world = World::new();
    let before = world.names(".");
    let ran = world.run(&["plugin", "check", "balanced"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran}");
    assert!(ran.stdout.contains("none failed") && !ran.stdout.contains("What to change"), "{ran}");
    let said = ran.stdout.replace("[VERSION]", env!("CARGO_PKG_VERSION"));
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{ran}");
    assert_eq!(world.names("."), before);
}

#[test]
fn what_is_no_plugin_is_told_apart_with_its_mend() {
    let world = World::new();
    world.write("text.wasm", "hello\n");
    world.write("core.wasm", b"\0asm\x01\0\0\0");
    // A core module as a compiler leaves it when the linker of components did not run: a custom section with the type.
    world.write("unlinked.wasm", b"\0asm\x01\0\0\0\0\x12\x11component-type:xy");
    world.write("cut.wasm", &guests::bytes("scorer")[..30_000]);
    world.write("vault.wasm", guests::bytes("foreign_import"));
    let ran: Vec<_> = ["text.wasm", "core.wasm", "unlinked.wasm", "cut.wasm", "vault.wasm"]
        .iter()
        .map(|file| {
            let ran = world.run(&["plugin", "check", file]);
            assert_eq!((ran.code, ran.stderr.as_str()), (Some(4), ""), "{ran}");
            assert!(ran.stdout.contains("mend: "), "{ran}");
            ran
        })
        .collect();
    check("plugin_check_no_plugins", &ran);
    let page = &ran[2].stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        page.contains("the last step of its build is missing") && page.contains("wasm-tools component new"),
        "{page}"
    );
}

#[test]
fn findings_are_data_for_programs() {
    let world = World::new();
    world.write("strategy.wasm", guests::bytes("strategy"));
    let arguments =
        ["plugin", "check", "strategy.wasm", "--set", "bad-strategy.mode=same-for-ever", "--format", "json"];
    let ran = world.run(&arguments);
    assert_eq!(ran.code, Some(4), "{ran}");
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["ok"], false);
    assert_eq!((&document["kind"], &document["name"]), (&Value::from("strategy"), &Value::from("bad-strategy")));
    let findings = document["findings"].as_array().unwrap();
    let failed: Vec<&Value> = findings.iter().filter(|finding| finding["state"] == "failed").collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!((&failed[0]["section"], &failed[0]["check"]), (&"conformance".into(), &"is done by itself".into()));
    assert!(failed[0]["mend"].as_str().unwrap().len() > 20);
    // A warning is none: more than half of the memory is in use.
    let near = ["plugin", "check", "strategy.wasm", "--limit", "strategy.memory=2MiB", "--format", "json"];
    let near = world.run(&near);
    let document: Value = serde_json::from_str(&near.stdout).unwrap();
    let states = || document["findings"].as_array().unwrap().iter().map(|finding| &finding["state"]);
    assert_eq!(states().filter(|state| **state == "warning").count(), 1, "{near}");
    assert_eq!((near.code, &document["ok"]), (Some(0), &Value::from(true)), "{near}");
}

#[test]
fn wrong_names_and_values_have_a_way_out() {
    let world = World::new();
    let unknown = world.fails(2, &["plugin", "check", "balancd"]);
    assert!(unknown.stderr.contains("did you mean `balanced`?"), "{unknown}");
    let missing = world.fails(4, &["plugin", "check", "missing.wasm"]);
    assert!(missing.stderr.contains("missing.wasm"), "{missing}");
    let value = world.run(&["plugin", "check", "context", "--set", "context.size=4096"]);
    assert_eq!(value.code, Some(4), "{value}");
    assert!(value.stdout.contains("has no parameter `size`") && value.stdout.contains("did you mean"), "{value}");
}

#[test]
fn granted_limits_hold_under_the_name_of_the_manifest() {
    let world = World::new();
    world.write("other-name.wasm", guests::bytes("scorer"));
    let usual = world.run(&["plugin", "check", "other-name.wasm"]);
    assert!(usual.stdout.contains("of 64 MiB"), "{usual}");
    let granted = world.run(&["plugin", "check", "other-name.wasm", "--limit", "bad-scorer.memory=80MiB"]);
    assert!(granted.stdout.contains("of 80 MiB"), "{granted}");
    let nobody = world.run(&["plugin", "check", "other-name.wasm", "--limit", "bad-scorre.memory=80MiB"]);
    assert_eq!(nobody.code, Some(2), "{nobody}");
    assert!(nobody.stderr.contains("did you mean `bad-scorer`?"), "{nobody}");
}
