//! What a kept study found is applied later, and taken back byte for byte.

use std::fs;
#[cfg(unix)]
use std::process::Command;

use serde_json::{Map, Value};

use crate::program::World;

/// As RALF Note writes it, with what is not ours and in its own order.
const CONFIG: &str = "{\n  \"source_paths\": [\"/home/u/caf\\u00e9\"],\n  \"num_ctx\": 10000,\n  \"max_files\": 1.50e2,\n  \"temperature\": 0.10,\n  \
                      \"max_concurrent_requests\": 1\n}\n";

const GAIN: [&str; 6] = ["run", "--simulate", "mid-range", "--seed", "1", "--no-report"];

#[test]
fn a_result_is_applied_later_and_taken_back_byte_for_byte() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    world.write("config.json", CONFIG);
    // Without a terminal and without a yes nothing is written.
    let asked = world.run(&["apply", "--config", "config.json"]).succeeded();
    assert!(asked.stderr.contains("num_ctx") && asked.stderr.contains("not saved"), "{asked}");
    assert_eq!(world.read("config.json"), CONFIG.as_bytes());

    let applied = world.run(&["apply", "last", "--config", "config.json", "--yes"]).succeeded();
    assert!(applied.stderr.contains("ralf-tune apply --undo"), "{applied}");
    let tuned = String::from_utf8(world.read("config.json")).unwrap();
    assert!(
        tuned.contains("caf\\u00e9") && tuned.contains("1.50e2") && !tuned.contains("\"num_ctx\": 10000"),
        "{tuned}"
    );
    let again = world.run(&["apply", "--config", "config.json", "--yes"]).succeeded();
    assert!(again.stderr.contains("says that already"), "{again}");

    let undone = world.run(&["apply", "--undo", "--config", "config.json", "--yes"]).succeeded();
    assert!(undone.stderr.contains("num_ctx"), "{undone}");
    assert_eq!(world.read("config.json"), CONFIG.as_bytes());
    // Twice is as before.
    world.run(&["apply", "--undo", "--config", "config.json", "--yes"]).succeeded();
    assert_eq!(world.read("config.json"), tuned.as_bytes());
}

#[test]
fn a_damaged_file_gets_the_good_one_back_and_nothing_is_lost() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    world.write("config.json", CONFIG);
    world.run(&["apply", "--config", "config.json", "--yes"]).succeeded();
    world.write("config.json", "{ damaged");
    world.fails(2, &["apply", "--config", "config.json", "--yes"]);
    world.run(&["apply", "--undo", "--config", "config.json", "--yes"]).succeeded();
    assert_eq!(world.read("config.json"), CONFIG.as_bytes());
    let kept = world.names(".").into_iter().any(|name| world.read(&name) == b"{ damaged");
    assert!(kept, "{:?}", world.names("."));
}

#[test]
fn what_cannot_be_applied_is_said_and_changes_nothing() {
    let world = World::new();
    let empty = world.fails(2, &["apply"]);
    assert!(empty.stderr.contains("no study is kept yet"), "{empty}");
    world.run(&GAIN).succeeded();
    // A simulated machine is nobody's.
    fs::create_dir(world.home().join(".ralf-notes")).unwrap();
    let own = world.home().join(".ralf-notes/config.json");
    fs::write(&own, CONFIG).unwrap();
    let simulated = world.fails(2, &["apply", "--yes"]);
    assert!(simulated.stderr.contains("simulated") && simulated.stderr.contains("--config"), "{simulated}");
    assert_eq!(fs::read_to_string(&own).unwrap(), CONFIG);
    let never = world.fails(5, &["apply", "--undo", "--yes"]);
    assert!(never.stderr.contains("never changed by ralf-tune"), "{never}");
    let both = world.fails(2, &["apply", "last", "--undo"]);
    assert!(both.stderr.contains("cannot be used with"), "{both}");
    // Kept settings are no result.
    world.run(&["run", "--simulate", "one-slot", "--quick", "--seed", "1", "--no-report"]).succeeded();
    let kept = world.run(&["apply", "--config", "other.json", "--yes"]).succeeded();
    assert!(kept.stderr.contains("nothing to apply") && world.names(".").is_empty(), "{kept}");
}

/// The object that `--to json` prints.
fn tuned(world: &World) -> Map<String, Value> {
    let printed = world.run(&["apply", "--to", "json"]).succeeded();
    assert!(printed.stderr.contains("simulated machine"), "{printed}");
    serde_json::from_str(&printed.stdout).unwrap()
}

#[test]
fn every_form_for_other_programs_says_what_the_study_found() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    world.write("config.json", "{}");
    world.run(&["apply", "--config", "config.json", "--yes"]).succeeded();
    let configuration: Map<String, Value> = serde_json::from_slice(&world.read("config.json")).unwrap();
    let json = tuned(&world);
    for (key, value) in &configuration {
        // Derived for RALF Note alone.
        assert!(key == "max_chunk_summary_length" || json.get(key) == Some(value), "{key}: {json:?}");
    }
    assert!(json["num_predict"].is_u64() && !json.values().any(Value::is_null), "{json:?}");

    let toml: toml::Table = world.run(&["apply", "--to", "toml"]).succeeded().stdout.parse().unwrap();
    let env = world.run(&["apply", "--to", "env"]).succeeded().stdout;
    let modelfile = world.run(&["apply", "--to", "modelfile"]).succeeded().stdout;
    assert_eq!(toml.len(), json.len());
    for (key, value) in &json {
        let word = value.as_str().map_or(value.to_string(), str::to_owned);
        assert!(env.contains(&format!("\nRALF_TUNED_{}={word}\n", key.to_uppercase())), "{key}: {env}");
        assert_eq!(value.is_u64(), toml[key].is_integer(), "{key}: {toml}");
        let kept = ["num_ctx", "num_batch", "num_thread", "temperature", "num_predict"].contains(&key.as_str());
        assert_eq!(modelfile.contains(&format!("\nPARAMETER {key} {word}\n")), kept, "{key}: {modelfile}");
    }
    assert!(modelfile.contains("\nFROM llama3.1:8b\n"), "{modelfile}");
}

/// What a POSIX shell makes of the lines.
#[test]
#[cfg(unix)]
fn the_lines_for_a_shell_are_read_by_one() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    let num_ctx = tuned(&world)["num_ctx"].to_string();
    world.run(&["apply", "--to", "env", "--output", "tuned.env", "--yes"]).succeeded();
    let script = "set -a; . ./tuned.env; env";
    let ran = Command::new("sh").args(["-c", script]).current_dir(world.work()).output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(said.lines().any(|line| line == format!("RALF_TUNED_NUM_CTX={num_ctx}")), "{said}");
    assert!(said.lines().any(|line| line == "RALF_TUNED_MODEL_NAME=llama3.1:8b"), "{said}");
    // Our own program does not take them for slips.
    let mut process = world.process(&["study", "list"]);
    process.env("RALF_TUNED_NUM_CTX", &num_ctx);
    let listed = world.finish(process, "ralf-tune study list".to_owned()).succeeded();
    assert_eq!(listed.stderr, "");
}

#[test]
fn a_file_of_any_form_is_shown_first_and_taken_back_byte_for_byte() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    for target in ["json", "toml", "env", "modelfile"] {
        let before = format!("# mine \u{e9}\r\nnum_ctx = 1 # {target}\n\n");
        world.write(target, &before);
        let arguments = ["apply", "--to", target, "--output", target];
        let asked = world.run(&arguments).succeeded();
        assert!(asked.stderr.contains("- num_ctx = 1") && asked.stderr.contains("not saved"), "{asked}");
        assert_eq!((asked.stdout.as_str(), world.read(target)), ("", before.clone().into_bytes()));
        let yes = [&arguments[..], &["--yes"]].concat();
        let saved = world.run(&yes).succeeded();
        assert!(saved.stderr.contains(&format!("ralf-tune apply --undo --output {target}")), "{saved}");
        let printed = world.run(&arguments[..3]).succeeded().stdout.replace("[VERSION]", env!("CARGO_PKG_VERSION"));
        assert_eq!(String::from_utf8(world.read(target)).unwrap(), printed);
        assert!(world.run(&yes).succeeded().stderr.contains("says that already"));
        world.run(&["apply", "--undo", "--output", target, "--yes"]).succeeded();
        assert_eq!(world.read(target), before.into_bytes());
    }
    let never = world.fails(5, &["apply", "--undo", "--output", "never", "--yes"]);
    assert!(never.stderr.contains("hint: nothing was there before"), "{never}");
}

#[test]
fn flags_that_say_nothing_to_a_target_are_refused() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    for (arguments, part) in [
        (&["apply", "--output", "x"][..], "--output says nothing to the target ralf-notes"),
        (&["apply", "--to", "json", "--config", "x"], "--config says nothing to the target json"),
        (&["apply", "--to", "json", "--undo"], "which file"),
        (&["apply", "--to", "jsno"], "tip: a similar value exists: 'json'"),
    ] {
        let refused = world.fails(2, arguments);
        assert!(refused.stderr.contains(part), "{refused}");
    }
    assert!(world.names(".").is_empty());
}

/// A study that kept the settings has nothing for RALF Note, and something for others.
#[test]
fn settings_that_were_kept_are_a_result_for_others() {
    let world = World::new();
    world.run(&["run", "--simulate", "one-slot", "--quick", "--seed", "1", "--no-report"]).succeeded();
    assert_eq!(tuned(&world)["num_ctx"], 10_000);
}
