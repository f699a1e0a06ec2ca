//! Commands that only show something.

use std::process::Stdio;

use crate::program::{Ran, World, check};

/// The size of a component changes with every compiler.
fn without_size(ran: Ran) -> Ran {
    let line = ran.stdout.lines().find(|line| line.trim_start().starts_with("Size ")).unwrap().to_owned();
    ran.with(&line, "  [SIZE]")
}

#[test]
fn plugins_are_listed_and_shown() {
    let world = World::new();
    check("plugin_list", &[world.run(&["plugin", "list"]).succeeded()]);
    check("plugin_list_quick", &[world.run(&["plugin", "list", "--intensity", "quick"]).succeeded()]);
    for name in ["context", "balanced"] {
        let info = world.run(&["plugin", "info", name]).succeeded();
        check(&format!("plugin_info_{name}"), &[without_size(info)]);
    }
}

#[test]
fn a_dry_run_shows_the_plan_and_touches_nothing() {
    let world = World::new();
    world.write("config.json", "{}");
    let ran = world.run(&["run", "--dry-run", "--config", "config.json"]).succeeded();
    check("run_dry_run", &[ran]);
    assert_eq!(world.names("."), ["config.json"]);
    assert_eq!(world.read("config.json"), b"{}");
    assert!(std::fs::read_dir(world.home()).unwrap().next().is_none());
}

#[test]
fn a_value_for_somebody_who_takes_no_part_is_said_to_be_idle() {
    let world = World::new();
    let ran = world.run(&["run", "--dry-run", "--quick", "--set", "fast.tie=0.1"]).succeeded();
    assert!(ran.stderr.starts_with("warning: `fast` takes no part, so fast.tie has no effect"), "{ran}");
}

#[test]
fn the_simulated_machine_is_shown() {
    let world = World::new();
    check("machine_simulate", &[world.run(&["machine", "--simulate"]).succeeded()]);
    let json = world.run(&["machine", "--simulate", "--format", "json"]).succeeded();
    let document: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["machine"]["physical_cores"]["value"], 8);
    assert_eq!(document["server"]["locality"], "simulated");
    assert_eq!(document["model"]["name"], "llama3.1:8b");
    assert_eq!(json.stderr, "");
}

#[test]
fn a_closed_pipe_is_quiet() {
    let world = World::new();
    // The last one is longer than a pipe holds.
    let study = ["run", "--simulate", "--quick", "--no-save", "--format", "json"];
    for arguments in [&["--help"][..], &["plugin", "list"], &study] {
        let mut process = world.process(arguments);
        let mut child = process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {errors}");
        assert!(!errors.contains("error") && !errors.contains("panicked"), "{arguments:?}: {errors}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_not() {
    let world = World::new();
    let mut process = world.process(&["plugin", "list"]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = process.stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: cannot write to standard output\n"));
}
