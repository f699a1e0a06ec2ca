//! Several programs at once.

use std::thread;

use super::{lock, patched, run};
use crate::{program::World, support::guests};

#[test]
fn those_who_add_at_the_same_time_all_end_up_in_the_lock() {
    let world = World::new();
    let names: Vec<String> = (0..6).map(|number| format!("bad-score{number}")).collect();
    for name in &names {
        world.write(&format!("{name}.wasm"), patched(guests::bytes("scorer"), &[("bad-scorer", name)]));
    }
    thread::scope(|scope| {
        for name in &names {
            let world = &world;
            scope.spawn(move || run(world, &["plugin", "add", &format!("{name}.wasm"), "--yes"]).succeeded());
        }
    });
    let installed: Vec<String> = lock(&world).plugins.into_iter().map(|plugin| plugin.name).collect();
    assert_eq!(installed, names);
    assert_eq!(world.names("data/plugins").len(), names.len());
    // The same one twice: one installs it, the other finds it there.
    thread::scope(|scope| {
        for _ in 0..2 {
            let world = &world;
            scope.spawn(move || run(world, &["plugin", "remove", "bad-score0"]));
        }
    });
    assert_eq!(lock(&world).plugins.len(), names.len() - 1);
}
