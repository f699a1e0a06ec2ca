//! Where the result is to go: what cannot work is said before anything is measured, and nothing is ever lost.

use std::fs;

use crate::program::{Ran, World, check};

const STUDY: [&str; 6] = ["run", "--simulate", "--seed", "1", "--quick", "--yes"];

fn run_with(world: &World, more: &[&str]) -> Ran {
    world.run(&[&STUDY, more].concat())
}

/// A study that did not begin.
fn refused(world: &World, code: i32, config: &str) -> Ran {
    let ran = run_with(world, &["--config", config]).failed(code);
    assert!(!ran.stderr.contains("trial"), "{ran}");
    ran
}

#[test]
fn a_configuration_that_is_not_understood_is_never_overwritten() {
    let world = World::new();
    let mut all = Vec::new();
    for (name, text) in [
        ("comma.json", &b"{\"num_ctx\": 8192,}"[..]),
        ("notes.json", b"# my notes\n"),
        ("empty.json", b""),
        ("list.json", b"[1]"),
        ("text.json", b"{\"num_ctx\": \"8192\"}"),
        ("small.json", b"{\"num_ctx\": 0}"),
        ("half.json", b"{\"max_concurrent_requests\": 1.5}"),
        ("model.json", b"{\"model_name\": 7}"),
        ("utf16.json", b"\xff\xfe{\0}\0"),
    ] {
        world.write(name, text);
        all.push(refused(&world, 2, name));
        assert_eq!(world.read(name), text);
    }
    assert_eq!(world.names(".").len(), all.len(), "no backups, no temporary files");
    check("bad_input_config", &all);
}

#[test]
fn an_impossible_target_is_found_before_measuring() {
    let world = World::new();
    fs::create_dir(world.path("folder")).unwrap();
    world.write("file", "text");
    let locked = world.write("locked.json", "{}");
    let mut permissions = fs::metadata(&locked).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&locked, permissions).unwrap();
    let all: Vec<_> = ["folder", "folder/", "new/", "file/config.json", "file/a/config.json", "locked.json"]
        .iter()
        .map(|config| refused(&world, 5, config))
        .collect();
    check("bad_input_target", &all);
    // Who does not save needs no target.
    let measured = world.run(&["run", "--simulate", "--quick", "--no-save", "--no-report", "--config", "locked.json"]);
    assert!(measured.succeeded().stderr.contains("trial"));
    assert_eq!(world.names("."), ["file", "folder", "locked.json"]);
    assert_eq!(world.read("locked.json"), b"{}");
}

#[test]
#[cfg(unix)]
fn a_pipe_is_no_target_and_nobody_waits_for_it() {
    let world = World::new();
    match std::process::Command::new("mkfifo").arg(world.path("pipe")).status() {
        Ok(status) if status.success() => {}
        _ => return eprintln!("skipped: mkfifo is not there"),
    }
    let ran = refused(&world, 5, "pipe");
    assert!(ran.stderr.contains("pipe is not a file"), "{ran}");
    world.fails(2, &["run", "--simulate", "--prompt", "pipe"]);
    world.fails(2, &["run", "--simulate", "--samples", "pipe"]);
    for command in
        [&["plugin", "info"][..], &["plugin", "check"], &["plugin", "bench"], &["run", "--simulate", "--plugin"]]
    {
        let refused = world.fails(4, &[command, &["./pipe"]].concat());
        assert!(refused.stderr.contains("it is not a file"), "{refused}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_shown_and_the_result_saved() {
    let world = World::new();
    let ran = run_with(&world, &["--config", "config.json", "--output", "missing/report.txt"]);
    assert_eq!(ran.code, Some(5), "{ran}");
    assert!(ran.stdout.contains("── Next ──"), "{ran}");
    let (before, _) = ran.stderr.split_once("error: ").unwrap();
    assert!(before.contains("saved to config.json") && world.path("config.json").exists(), "{ran}");
    let before = before.to_owned();
    check("bad_input_output", &[ran.messages().with(&before, "").said_plainly()]);
}

#[test]
fn a_report_does_not_take_the_place_of_the_configuration() {
    let world = World::new();
    world.write("config.json", "{\"mine\": 1}\n");
    let ran = run_with(&world, &["--config", "config.json", "--output", "./config.json"]).failed(2);
    check("bad_input_output_is_config", &[ran]);
    assert_eq!(world.read("config.json"), b"{\"mine\": 1}\n");
}
