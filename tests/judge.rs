//! A scorer may ask the model when the user allows it: within a budget, never beside a measured request, never the same twice.

mod guests;
mod studies;

use std::fs;

use serde_json::Value;

use crate::program::{Ran, World, check};

const JUDGED: [&str; 9] = ["run", "--simulate", "--seed", "1", "--quick", "--no-save", "--scorer", "judge", "--format"];

#[test]
fn without_leave_it_is_refused_and_can_still_be_looked_at() {
    let world = World::new();
    let refused = world.fails(4, &["run", "--simulate", "--quick", "--scorer", "judge"]);
    let beside = world.fails(4, &["run", "--simulate", "--dry-run", "--scorer", "judge=0.5"]);
    let slip = world.fails(2, &["run", "--simulate", "--allow", "juge"]).messages();
    let info = world.run(&["plugin", "info", "judge"]).succeeded();
    let size = info.stdout.lines().find(|line| line.trim_start().starts_with("Size ")).unwrap().to_owned();
    check("judge_refused", &[refused, beside, slip, info.with(&size, "  [SIZE]")]);
    assert!(world.run(&["plugin", "list"]).succeeded().stdout.contains("--allow judge"));
    // Nobody who does not name it meets it.
    let plan = world.run(&["run", "--simulate", "--dry-run", "--allow", "judge"]).succeeded();
    assert!(!plan.stdout.contains("judge"), "{plan}");
}

#[test]
fn only_the_user_gives_leave() {
    let world = World::new();
    let dry_run = ["run", "--simulate", "--dry-run", "--scorer", "judge"];
    world.write("ralf-tune.toml", "allow = [\"judge\"]");
    let project = world.fails(2, &dry_run);
    check("judge_project", &[project]);
    fs::remove_file(world.path("ralf-tune.toml")).unwrap();

    world.run_with(&[("RALF_TUNE_ALLOW", "judge")], &dry_run).succeeded();
    world.write("settings/config.toml", "allow = [\"judge\"]\nscorers = [\"judge\"]");
    let settings = world.path("settings");
    let user = world.run_with(&[("RALF_TUNE_CONFIG_DIR", settings.to_str().unwrap())], &dry_run).succeeded();
    assert!(user.stdout.contains("judge"), "{user}");
}

#[test]
fn with_leave_notes_are_judged_and_the_cost_is_shown() {
    let world = World::new();
    let text: Vec<&str> = JUDGED.into_iter().chain(["text", "--allow", "judge"]).collect();
    let ran = world.run(&text).succeeded();
    assert_eq!(ran, world.run(&text), "the same seed, the same study");
    let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Scorers asked the model for ") && words.contains(" of the budget"), "{ran}");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{ran}");

    let study = json(&world, &["--allow", "judge"]);
    assert!(total(&study, "judgements") > 0.0 && total(&study, "judging_seconds") > 0.0);
    for trial in study["trials"].as_array().unwrap() {
        let judging: f64 = facts(trial, "judging_seconds").sum();
        assert!(judging <= trial["seconds"].as_f64().unwrap(), "{trial}");
    }
    assert!(scorers(&study).all(|name| name == "judge"));
    // Beside the usual mix, every scored note has an opinion of the judge: else notes would be on two scales.
    let mixed = world.run(&[
        "run",
        "--simulate",
        "--seed",
        "1",
        "--quick",
        "--no-save",
        "--format",
        "json",
        "--scorer",
        "judge=1",
        "--allow",
        "judge",
    ]);
    let mixed: Value = serde_json::from_str(&mixed.succeeded().stdout).unwrap();
    let count = |wanted: &str| scorers(&mixed).filter(|name| name == wanted).count();
    assert!(count("judge") > 0 && count("judge") == count("note-structure"), "{}", count("judge"));
}

/// The guide's example is the documentation test of the SDK.
#[test]
fn the_guide_shows_what_is_tested() {
    let read = |name: &str| fs::read_to_string(crate::architecture::root().join(name)).unwrap();
    let guide = read("docs/plugins/judge.md");
    let (_, example) = guide.split_once("```rust\n").unwrap();
    let (example, _) = example.split_once("\n```").unwrap();
    let sdk: Vec<String> = read("sdk/src/judge.rs")
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned())
        .collect();
    assert!(sdk.join("\n").contains(example), "{example}");
}

fn json(world: &World, more: &[&str]) -> Value {
    let arguments: Vec<&str> = JUDGED.into_iter().chain(["json"]).chain(more.iter().copied()).collect();
    let ran: Ran = world.run(&arguments).succeeded();
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The scorer of each opinion of each note.
fn scorers(study: &Value) -> impl Iterator<Item = String> {
    let trials = study["trials"].as_array().unwrap().iter();
    let notes = trials.flat_map(|trial| trial["scores"].as_array().unwrap());
    let opinions = notes.flat_map(|note| note["by_scorer"].as_array().unwrap());
    opinions.map(|opinion| opinion["scorer"].as_str().unwrap().to_owned())
}

fn facts<'a>(trial: &'a Value, name: &'a str) -> impl Iterator<Item = f64> + 'a {
    let facts = trial["facts"].as_array().unwrap().iter();
    facts.filter(move |fact| fact[0] == name).map(|fact| fact[1].as_f64().unwrap())
}

fn total(study: &Value, name: &str) -> f64 {
    study["trials"].as_array().unwrap().iter().map(|trial| facts(trial, name).sum::<f64>()).sum()
}
