//! Fetching again: what changes is shown, and agreed to.

use ralf_tune::model::digest::Digest;

use super::{component, installed, later, lock, patched, run, stable};
use crate::{program::check, support::guests};

#[test]
fn what_changes_is_shown_before_it_is_changed() {
    let world = installed();
    let same = run(&world, &["plugin", "update"]).succeeded();
    assert_eq!(same.stderr, "scorer `bad-scorer` 1.2.3 is unchanged\n");
    let old = component(&world);
    world.write("plugin.wasm", later());
    let shown = run(&world, &["plugin", "update"]).failed(2);
    assert_eq!(component(&world), old);
    let updated = run(&world, &["plugin", "update", "bad-scorer", "--yes"]).succeeded();
    assert_eq!(lock(&world).plugins[0].sha256, Digest::of(&later()));
    assert!(!old.exists());
    let pages = [shown, updated]
        .map(|ran| stable(stable(ran, &later()).with(Digest::of(&guests::bytes("scorer")).hex(), "[OLD]"), b""));
    check("installing_update", &pages);
    let info = run(&world, &["plugin", "info", "bad-scorer"]).succeeded();
    assert!(info.stdout.contains("1.3.0"), "{info}");
}

#[test]
fn another_kind_or_name_or_nothing_is_told() {
    let world = installed();
    // The name of a selector, in the guest of a strategy.
    world.write("two.wasm", guests::bytes("selector"));
    run(&world, &["plugin", "add", "two.wasm", "--yes"]).succeeded();
    let turned = patched(guests::bytes("strategy"), &[("bad-strategy", "bad-selector")]);
    world.write("two.wasm", &turned);
    let kind = run(&world, &["plugin", "update", "bad-selector", "--yes"]).succeeded();
    assert!(kind.stderr.contains("It was a selector, and is a strategy now."), "{kind}");
    let renamed = patched(guests::bytes("scorer"), &[("bad-scorer", "mad-scorer")]);
    world.write("plugin.wasm", &renamed);
    let name = run(&world, &["plugin", "update", "bad-scorer", "--yes"]).failed(4);
    assert!(name.stderr.contains("now calls itself `mad-scorer`"), "{name}");
    std::fs::remove_file(world.path("plugin.wasm")).unwrap();
    run(&world, &["plugin", "update", "bad-scorer"]).failed(4);
    // One that fails does not keep the other from its update.
    world.write("two.wasm", patched(turned, &[("1.2.3", "1.2.4")]));
    let all = run(&world, &["plugin", "update", "--yes"]);
    assert_eq!(all.code, Some(4), "{all}");
    assert!(all.stderr.contains("`bad-scorer` stays as it is") && all.stderr.contains("to 1.2.4"), "{all}");
    let unknown = run(&world, &["plugin", "update", "bad-scorr"]).failed(2);
    assert!(unknown.stderr.contains("did you mean `bad-scorer`?"), "{unknown}");
}
