//! Nothing is loaded from where others can write.

#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt as _};

use super::{DATA, installed, run};
use crate::program::{World, check};

fn set_mode(world: &World, name: &str, mode: u32) {
    fs::set_permissions(world.path(name), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_store_that_others_can_write_to_is_not_used() {
    let world = installed();
    let mut pages = Vec::new();
    for (folder, mode) in [(DATA, 0o777), ("data/plugins", 0o722), (".", 0o777)] {
        set_mode(&world, folder, mode);
        let idle = run(&world, &["run", "--simulate", "--dry-run"]).succeeded().messages();
        let add = run(&world, &["plugin", "add", "plugin.wasm", "--yes"]).failed(5);
        pages.extend([idle, add]);
        set_mode(&world, folder, 0o755);
    }
    check("installing_exposed", &pages);
    run(&world, &["plugin", "info", "bad-scorer"]).succeeded();
}

#[test]
fn what_is_made_is_the_users_alone() {
    let world = installed();
    for folder in [DATA, "data/plugins"] {
        let mode = fs::metadata(world.path(folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}");
    }
}

#[test]
fn compiled_code_is_kept_where_only_the_user_writes_and_may_be_deleted() {
    let world = World::new();
    let list = || world.run_with(&[("RALF_TUNE_CACHE_DIR", "cache")], &["plugin", "list"]).succeeded();
    fs::create_dir(world.path("cache")).unwrap();
    set_mode(&world, "cache", 0o777);
    let exposed = list();
    assert_eq!(
        exposed.stderr,
        "warning: compiled plugins are not kept, which makes every start slow: others may write to [WORK]/cache; \
         chmod go-w '[WORK]/cache'\n"
    );
    assert!(world.names("cache").is_empty());
    set_mode(&world, "cache", 0o755);
    let kept = list();
    assert_eq!((kept.stderr.as_str(), &kept.stdout), ("", &exposed.stdout));
    assert!(!world.names("cache").is_empty());
    // What is damaged is compiled again.
    for file in walk(&world.path("cache")) {
        fs::write(file, "damaged").unwrap();
    }
    assert_eq!(list(), kept);
    fs::remove_dir_all(world.path("cache")).unwrap();
    assert_eq!(list(), kept);
    let mode = fs::metadata(world.path("cache")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

/// Every file below a folder.
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] })
        .collect()
}
