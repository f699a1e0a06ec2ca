//! What `run` writes.

use std::fs;

use serde_json::{Map, Value};

use crate::program::{Ran, World};

/// A machine and a budget with which something better than the present settings is found.
const STUDY: [&str; 5] = ["run", "--simulate", "--seed", "1", "--yes"];

/// RALF Note rejects a float under these.
const INTEGERS: [&str; 8] = [
    "num_ctx",
    "chunk_size",
    "max_content_length",
    "max_chunk_summary_length",
    "request_timeout_seconds",
    "retry_attempts",
    "batch_size",
    "max_concurrent_requests",
];

const FLOATS: [&str; 6] = [
    "temperature",
    "request_delay_seconds",
    "initial_backoff_seconds",
    "backoff_multiplier",
    "batch_delay_seconds",
    "confidence_score",
];

fn tune(world: &World, config: &str) -> Ran {
    world.run(&[&STUDY[..], &["--no-report", "--config", config]].concat()).succeeded()
}

fn object(bytes: &[u8]) -> Map<String, Value> {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn a_new_file_has_every_key_with_its_type() {
    let world = World::new();
    let ran = tune(&world, "deep/new.json");
    assert!(ran.stderr.contains("deep/new.json (new file)\n+ model_name"), "{ran}");
    assert!(ran.stderr.ends_with("saved to deep/new.json\n"), "{ran}");
    assert_eq!(world.names("deep"), ["new.json"], "no backup of nothing");
    let written = object(&world.read("deep/new.json"));
    for key in INTEGERS {
        assert!(written[key].is_u64(), "{key}: {}", written[key]);
    }
    for key in FLOATS {
        assert!(written[key].is_f64(), "{key}: {}", written[key]);
    }
    assert_eq!(written["model_name"], "llama3.1:8b");
    assert!(written["benchmark_date"].as_str().unwrap().ends_with('Z'));
    for key in written.keys() {
        assert!(ran.stderr.contains(&format!("\n+ {key} ")), "{key} was shown: {ran}");
    }
}

#[test]
fn an_existing_file_keeps_what_is_not_ours_and_has_a_backup() {
    let world = World::new();
    let before = "{\n    \"source_paths\": [\"/notes\"],\n    \"num_ctx\": 10000,\n    \"theme\": {\"num_ctx\": 1},\n    \
                  \"max_concurrent_requests\": 1\n}\n";
    world.write("config.json", before);
    let ran = tune(&world, "config.json");
    assert!(ran.stderr.contains("\n~ num_ctx "), "{ran}");
    assert!(!ran.stderr.contains("theme") && !ran.stderr.contains("source_paths"), "{ran}");
    let text = String::from_utf8(world.read("config.json")).unwrap();
    assert!(text.starts_with("{\n    \"source_paths\": [\"/notes\"],\n    \"num_ctx\": "), "{text}");
    assert!(text.contains("    \"theme\": {\"num_ctx\": 1},\n"), "{text}");
    assert_eq!(world.names("."), ["config.json", "config.json.ralf-tune-backup"]);
    assert_eq!(world.read("config.json.ralf-tune-backup"), before.as_bytes());
    assert!(ran.stderr.contains("what it was before is in config.json.ralf-tune-backup"), "{ran}");
}

/// Whether the second study finds something better is its own business; that every change is shown is ours.
#[test]
fn a_second_run_says_what_it_changed() {
    let world = World::new();
    tune(&world, "config.json");
    let first = world.read("config.json");
    let ran = tune(&world, "config.json");
    let (before, after) = (object(&first), object(&world.read("config.json")));
    if before == after {
        assert!(ran.stderr.contains("nothing to save: your present settings stay as they are"), "{ran}");
        assert_eq!(world.names("."), ["config.json"]);
        return;
    }
    for (key, value) in &after {
        let shown = ["~", "+"].iter().any(|sign| ran.stderr.contains(&format!("\n{sign} {key} ")));
        assert_eq!(before.get(key) != Some(value), shown, "{key}: {ran}");
    }
    assert_eq!(world.read("config.json.ralf-tune-backup"), first);
}

#[test]
fn nothing_is_written_without_a_yes() {
    let world = World::new();
    let file = world.home().join(".ralf-notes/config.json");
    fs::create_dir(file.parent().unwrap()).unwrap();
    fs::write(&file, "{}").unwrap();
    world.write("config.json", "{}");
    // There is nobody to ask: stdin is no terminal.
    let unasked =
        world.run(&["run", "--simulate", "--seed", "1", "--no-report", "--config", "config.json"]).succeeded();
    assert!(unasked.stderr.contains("+ num_ctx") && unasked.stderr.contains("run again with --yes"), "{unasked}");
    // A simulated machine is not the user's, even with a yes.
    let simulated = world.run(&[&STUDY[..], &["--no-report"]].concat()).succeeded();
    assert!(simulated.stderr.contains("not saved: a simulated machine is not yours"), "{simulated}");
    let never = world.run(&["run", "--simulate", "--no-save", "--no-report", "--yes", "--config", "config.json"]);
    assert!(!never.succeeded().stderr.contains("saved"));
    assert_eq!((fs::read(&file).unwrap(), world.read("config.json")), (b"{}".to_vec(), b"{}".to_vec()));
}
