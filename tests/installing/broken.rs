//! Stores that somebody or something damaged.

use std::fs;

use super::{component, installed, lock, run, stable, world_with};
use crate::{
    program::{World, check},
    support::guests,
};

#[test]
fn a_file_that_changed_is_refused_before_it_is_compiled() {
    let world = installed();
    let (path, bytes) = (component(&world), guests::bytes("scorer"));
    // Of the same length, and still a component that works.
    fs::write(&path, super::patched(bytes.clone(), &[("1.2.3", "1.2.4")])).unwrap();
    let changed = run(&world, &["run", "--simulate", "--dry-run", "--scorer", "bad-scorer"]).failed(4);
    let info = run(&world, &["plugin", "info", "bad-scorer"]).failed(4);
    // Whoever does not need it goes on; whoever lists all is told.
    let idle = run(&world, &["run", "--simulate", "--dry-run"]).succeeded();
    assert_eq!(idle.stderr, "");
    let list = run(&world, &["plugin", "list"]).succeeded();
    assert!(!list.stdout.contains("bad-scorer"), "{list}");
    let list = crate::program::Ran { stdout: String::new(), ..list };
    fs::remove_file(&path).unwrap();
    let gone = run(&world, &["plugin", "info", "bad-scorer"]).failed(4);
    let pages = [changed, info, list, gone].map(|ran| stable(ran, &bytes));
    check("installing_changed", &pages);
    // The mend that the hint names.
    let mended = run(&world, &["plugin", "update", "bad-scorer"]).succeeded();
    assert!(mended.stderr.contains("whole again"), "{mended}");
    run(&world, &["plugin", "info", "bad-scorer"]).succeeded();
    assert_eq!(fs::read(path).unwrap(), bytes);
}

#[test]
fn a_file_may_be_cut_anywhere_or_be_something_else() {
    let world = installed();
    let path = component(&world);
    let bytes = fs::read(&path).unwrap();
    for content in [&bytes[..bytes.len() / 2], b"", b"hello"] {
        fs::write(&path, content).unwrap();
        let ran = run(&world, &["plugin", "info", "bad-scorer"]).failed(4);
        assert!(ran.stderr.contains("is not what was installed"), "{ran}");
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    run(&world, &["plugin", "info", "bad-scorer"]).failed(4);
    run(&world, &["plugin", "remove", "bad-scorer"]).succeeded();
}

#[test]
fn a_damaged_lock_file_is_named_and_never_overwritten() {
    let world = installed();
    let path = world.path("data/plugins.lock");
    let whole = fs::read_to_string(&path).unwrap();
    let mut pages = Vec::new();
    let newer = whole.replacen("version = 1", "version = 2", 1);
    for text in ["banana", &whole[..whole.len() - 30], &newer, &whole.replace("bad-scorer", "../../bad")] {
        fs::write(&path, text).unwrap();
        // The commands that change it refuse; those that can do without go on.
        for arguments in
            [&["plugin", "add", "plugin.wasm", "--yes"][..], &["plugin", "remove", "x"], &["plugin", "update"]]
        {
            let ran = run(&world, arguments).failed(5);
            assert!(ran.stderr.contains("data/plugins.lock is damaged: "), "{ran}");
        }
        let idle = run(&world, &["run", "--simulate", "--dry-run"]).succeeded();
        assert!(idle.stderr.starts_with("warning: installed plugins are not used: the lock file"), "{idle}");
        pages.push(idle.messages());
        pages.push(run(&world, &["run", "--simulate", "--dry-run", "--scorer", "bad-scorer"]));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    fs::write(&path, b"\xff\xfe").unwrap();
    run(&world, &["plugin", "update"]).failed(5);
    check("installing_lock", &pages);
    fs::write(&path, &whole).unwrap();
    run(&world, &["plugin", "info", "bad-scorer"]).succeeded();
}

#[cfg(unix)]
#[test]
fn links_in_the_store_lead_to_nothing_that_was_not_agreed_to() {
    use std::os::unix::fs::symlink;
    let world = installed();
    let path = component(&world);
    let other = world.write("other.wasm", super::later());
    // A link to another component.
    fs::remove_file(&path).unwrap();
    symlink(&other, &path).unwrap();
    run(&world, &["plugin", "info", "bad-scorer"]).failed(4);
    // Mending replaces the link, and not what it leads to.
    run(&world, &["plugin", "update", "bad-scorer"]).succeeded();
    assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(fs::read(&other).unwrap(), super::later());
    // Somebody keeps the lock file elsewhere: the link stays, and what it leads to changes.
    let lock_file = world.path("data/plugins.lock");
    fs::rename(&lock_file, world.path("kept.lock")).unwrap();
    symlink(world.path("kept.lock"), &lock_file).unwrap();
    run(&world, &["plugin", "remove", "bad-scorer"]).succeeded();
    assert!(fs::symlink_metadata(&lock_file).unwrap().is_symlink());
    assert!(lock(&world).plugins.is_empty());
}

#[test]
fn what_an_interrupted_add_left_behind_is_no_plugin_and_goes() {
    let world = world_with(&guests::bytes("scorer"));
    let digest = ralf_tune::model::digest::Digest::of(&guests::bytes("selector"));
    world.write(&format!("data/plugins/{digest}.wasm"), guests::bytes("selector"));
    world.write("data/plugins/.ralf-tune-a1b2c3", "half of one");
    world.write("data/plugins/mine.txt", "not ours");
    let list = run(&world, &["plugin", "list"]).succeeded();
    assert!(!list.stdout.contains("bad-selector"), "{list}");
    run(&world, &["plugin", "add", "plugin.wasm", "--yes"]).succeeded();
    let names = world.names("data/plugins");
    assert!(names.len() == 2 && names.contains(&"mine.txt".to_owned()), "{names:?}");
}

#[test]
fn a_data_directory_that_is_a_file() {
    let world = World::new();
    world.write("plugin.wasm", guests::bytes("scorer"));
    world.write("data", "a file");
    let ran = run(&world, &["plugin", "add", "plugin.wasm", "--yes"]).failed(5);
    assert!(ran.stderr.contains("data"), "{ran}");
    assert_eq!(world.read("data"), b"a file");
}
