//! What is installed was shown before, is what was agreed to, stays whole, and takes part only where it is named.

mod adding;
mod broken;
mod limits;
mod private;
mod registry;
mod serve;
mod together;
mod updating;
mod web;

use std::fs;

use ralf_tune::{install::LockFile, model::digest::Digest};

use crate::{
    program::{Ran, World},
    support::guests,
};

/// The data directory, in the working directory.
const DATA: &str = "data";

/// Runs the program with a data directory of its own.
fn run(world: &World, arguments: &[&str]) -> Ran {
    world.run_with(&[("RALF_TUNE_DATA_DIR", DATA)], arguments)
}

/// A world in which `plugin.wasm` is that component.
fn world_with(component: &[u8]) -> World {
    let world = World::new();
    world.write("plugin.wasm", component);
    world
}

/// A world in which the scorer `bad-scorer` is installed.
fn installed() -> World {
    let world = world_with(&guests::bytes("scorer"));
    run(&world, &["plugin", "add", "plugin.wasm", "--yes"]).succeeded();
    world
}

/// What is installed.
fn lock(world: &World) -> LockFile {
    LockFile::parse(&fs::read_to_string(world.path("data/plugins.lock")).unwrap()).unwrap()
}

/// The file of the one plugin that is installed.
fn component(world: &World) -> std::path::PathBuf {
    let lock = lock(world);
    let [plugin] = lock.plugins.as_slice() else { panic!("{lock:?}") };
    world.path(&format!("data/plugins/{}.wasm", plugin.sha256))
}

/// The component with one text in the place of another of the same length, in the order of `pairs`.
fn patched(mut bytes: Vec<u8>, pairs: &[(&str, &str)]) -> Vec<u8> {
    for (from, to) in pairs {
        assert_eq!(from.len(), to.len());
        let at: Vec<usize> = bytes
            .windows(from.len())
            .enumerate()
            .filter(|(_, part)| part == &from.as_bytes())
            .map(|(at, _)| at)
            .collect();
        assert!(!at.is_empty(), "there is no {from}");
        for at in at {
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
    }
    bytes
}

/// The same scorer in a later version, with another summary.
fn later() -> Vec<u8> {
    patched(guests::bytes("scorer"), &[("1.2.3", "1.3.0"), ("Does what it is told", "Does what it is TOLD")])
}

/// Without what changes with every compiler and every day.
fn stable(ran: Ran, component: &[u8]) -> Ran {
    let size = ran.stdout.lines().chain(ran.stderr.lines()).find(|line| line.trim_start().starts_with("Size "));
    let size = size.unwrap_or("  Size").to_owned();
    let ran = ran.with(Digest::of(component).hex(), "[SHA-256]").with(&size, "  [SIZE]");
    let year = ran.stdout.find("Added  ").map(|at| ran.stdout[at..].lines().next().unwrap().to_owned());
    match year {
        Some(line) => ran.with(&line, "[ADDED]"),
        None => ran,
    }
}
