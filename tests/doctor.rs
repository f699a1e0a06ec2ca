//! `ralf-tune doctor` says what stands in the way, with what was seen and the command that mends it.

use serde_json::Value;

use crate::program::{
    World,
    server::{Ollama, nobody},
};

#[test]
fn a_server_that_is_not_there_is_bad_and_said_with_what_to_do() {
    let world = World::new();
    let ran = world.run(&["doctor", "--host", &nobody()]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stdout.contains("bad  server") && ran.stdout.contains("ollama serve"), "{ran}");
}

#[test]
fn what_the_present_settings_ask_for_is_held_against_what_is_there() {
    let world = World::new();
    let ollama = Ollama::serving(&["llama3.1:8b"]);
    let looked = |config: &str| {
        world.write("config.json", config);
        let ran = world.run(&["doctor", "--host", &ollama.address, "--format", "json"]);
        let ran = if ran.code == Some(2) { ran } else { ran.succeeded() };
        serde_json::from_str::<Value>(&ran.stdout).unwrap()["found"].clone()
    };
    world.write("ralf-tune.toml", "config = 'config.json'\n");
    let found = |found: &Value, subject: &str| -> Option<Value> {
        found.as_array().unwrap().iter().find(|one| one["subject"] == subject).cloned()
    };

    let healthy = looked(r#"{"num_ctx": 8192}"#);
    assert_eq!(found(&healthy, "server").unwrap()["gravity"], "good", "{healthy}");
    assert_eq!(found(&healthy, "context").unwrap()["gravity"], "good", "{healthy}");
    let tuning = found(&healthy, "tuning").unwrap();
    assert!(
        tuning["evidence"].as_str().unwrap().contains("not tuned") && tuning["mend"] == "ralf-tune run",
        "{tuning}"
    );

    let asking = looked(r#"{"num_ctx": 1000000, "batch_delay_seconds": 600}"#);
    let context = found(&asking, "context").unwrap();
    assert_eq!(context["gravity"], "warning", "{context}");
    assert!(context["evidence"].as_str().unwrap().contains("131072"), "{context}");
    assert!(found(&asking, "pauses").unwrap()["evidence"].as_str().unwrap().contains("600 s"), "{asking}");
}

#[test]
fn what_was_tuned_is_known_and_slots_are_those_that_were_seen() {
    let world = World::new();
    world.write("config.json", r#"{"num_ctx": 10000, "max_concurrent_requests": 4}"#);
    let simulated = ["--simulate", "one-slot"];
    let run = [&["run"], &simulated[..], &["--quick", "--seed", "1", "--no-save", "--config", "config.json"]].concat();
    world.run(&run).succeeded();
    world.write("ralf-tune.toml", "config = 'config.json'\n");
    let ran = world.run(&[&["doctor"], &simulated[..]].concat()).succeeded();
    let page = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("the server was seen to work on 1"), "{ran}");
    assert!(page.contains("OLLAMA_NUM_PARALLEL=4") && page.contains("tuning"), "{ran}");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{ran}");
}
