//! Samples and prompts.

use std::fs;

use crate::program::{World, check};

#[test]
fn samples_that_are_none() {
    let world = World::new();
    fs::create_dir(world.path("empty")).unwrap();
    world.write("binary/tool.rs", b"\x7fELF\0\0\0");
    world.write("binary/logo.png", b"\x89PNG\r\n\0");
    world.write("binary/data.bin", [0xff, 0, 1]);
    world.write("hidden/.secret.rs", "fn main() {}\n");
    world.write("a-file.rs", "fn main() {}\n");
    let cases = ["empty", "binary", "hidden", "missing", "a-file.rs", "a-file.rs/below", ""];
    let ran: Vec<_> =
        cases.iter().map(|samples| world.fails(2, &["run", "--simulate", "--samples", samples])).collect();
    check("bad_input_samples", &ran);
    // A dry run is the place to find out.
    world.fails(2, &["run", "--dry-run", "--samples", "missing"]);
}

#[test]
fn a_file_that_cannot_be_used_is_left_out_and_said() {
    let world = World::new();
    world.write("src/good.py", "def total(items):\n    return sum(items)\n".repeat(20));
    world.write("src/binary.py", b"x = 1\0\0");
    world.write("src/latin.py", b"name = 'caf\xe9'\n");
    world.write("src/empty.py", "\n");
    let ran = world.run(&["run", "--simulate", "--seed", "1", "--quick", "--no-save", "--samples", "src"]).succeeded();
    for name in ["binary.py", "latin.py", "empty.py"] {
        assert!(ran.stdout.contains(name), "{name}: {ran}");
    }
}

#[test]
#[cfg(unix)]
fn a_file_that_may_not_be_read_is_left_out_and_said() {
    use std::os::unix::{fs::PermissionsExt as _, process::CommandExt as _};

    let world = World::new();
    let good = world.write("src/good.py", "def total(items):\n    return sum(items)\n".repeat(20));
    let locked = world.write("src/locked.py", "secret = 1\n");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0)).unwrap();
    let mut process = world.process(&["run", "--simulate", "--quick", "--no-save", "--samples", "src"]);
    if crate::program::is_root(&good) {
        // Nothing is locked for root: let the program be nobody.
        for folder in [world.work().parent().unwrap(), &world.work(), &world.home()] {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        }
        process.uid(65_534).gid(65_534).env_remove("RALF_TUNE_CACHE_DIR");
        let probe = std::process::Command::new(process.get_program()).uid(65_534).arg("--version").output();
        if !probe.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: root may read everything, and nobody else may start the program here");
            return;
        }
    }
    let ran = world.finish(process, "run".to_owned()).succeeded();
    assert!(ran.stdout.contains("left out as unreadable: 1 (locked.py: "), "{ran}");
}

#[test]
fn prompts_that_are_none() {
    let world = World::new();
    world.write("no-place.txt", "Write a note.\n");
    world.write("binary.txt", b"{content}\0");
    world.write("long.txt", "{content}".repeat(10_000));
    fs::create_dir(world.path("folder")).unwrap();
    let cases = ["no-place.txt", "binary.txt", "long.txt", "folder", "missing.txt"];
    let ran: Vec<_> = cases.iter().map(|prompt| world.fails(2, &["run", "--simulate", "--prompt", prompt])).collect();
    check("bad_input_prompts", &ran);
}
