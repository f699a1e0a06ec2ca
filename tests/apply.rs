//! What a kept study found is applied later, and taken back byte for byte.

use std::fs;

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
