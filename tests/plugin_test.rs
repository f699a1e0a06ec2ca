//! `plugin test` shows what a plugin answers, beside the bundled ones, and what it would have done in a study that was recorded.

use std::path::PathBuf;

use ralf_tune::model::rehearsal::{ReplayEnd, ScorerRehearsal, SelectorRehearsal, StrategyReplay};
use serde::de::DeserializeOwned;

use crate::{
    program::{Ran, World, check},
    support::guests,
};

const NOTES: &str = concat!(
    r#"{"path": "a.py", "language": "python", "source": "def add_prices(prices):\n    return sum(prices)\n", "answer": "Sure!", "label": "talk"}"#,
    "\n\n",
    r####"{"path": "b.py", "language": "python", "source": "def total(x):\n    return x\n", "label": "good", "requests": [{"answer": "### SUMMARY\nReturns the `total` of x."}]}"####,
    "\n",
);

/// A guest in the working directory, so that no path of this machine is in what is compared.
fn guest(world: &World, name: &str) -> PathBuf {
    world.write(&format!("{name}.wasm"), std::fs::read(guests::guest(name)).unwrap())
}

fn json<T: DeserializeOwned>(ran: &Ran) -> T {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"))
}

/// The page without its layout.
fn said(ran: &Ran) -> String {
    ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Figures change as plugins learn, and times with the machine.
fn without_figures(ran: Ran) -> Ran {
    let word = |word: &str| {
        let bare = word.trim_matches(|c: char| ",:()".contains(c));
        if bare.parse::<f64>().is_ok() { word.replace(bare, "#") } else { word.to_owned() }
    };
    let lines = ran.stdout.lines().map(|line| {
        let line = if line.trim_start().starts_with("Slowest call") { "Slowest call #" } else { line };
        line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
    });
    Ran { stdout: lines.collect::<Vec<_>>().join("\n") + "\n", ..ran }
}

#[test]
fn a_scorer_stands_beside_the_bundled_ones() {
    let world = World::new();
    world.write("notes.jsonl", NOTES);
    guest(&world, "scorer");
    let page = world.run(&["plugin", "test", "scorer.wasm", "--cases", "notes.jsonl"]).succeeded();
    assert!(page.stdout.lines().all(|line| line.chars().count() <= 80), "{page}");
    for said in
        ["── 1. a.py (python): talk ──", "── 2. b.py (python): good ──", "bad-scorer", "note-structure", "bundled mix"]
    {
        assert!(page.stdout.contains(said), "{said}: {page}");
    }
    assert!(said(&page).contains("Failed 0 of 2"), "{page}");
    // Limits are for it too, whoever set them.
    let granted = [("RALF_TUNE_LIMIT", "bad-scorer.memory=80MiB")];
    let arguments = ["plugin", "test", "scorer.wasm", "--cases", "notes.jsonl"];
    world.run_with(&granted, &arguments).succeeded();
    world.run(&[&arguments[..], &["--limit", "scorer.call=10s"]].concat()).succeeded();
    let nobody = world.fails(2, &[&arguments[..], &["--limit", "scorrer.call=10s"]].concat());
    assert!(nobody.stderr.contains("did you mean `scorer`?"), "{nobody}");
    // One that asks a model is told that there is none.
    let silent = world.run(&["plugin", "test", "judge", "--cases", "notes.jsonl"]).succeeded();
    assert!(self::said(&silent).contains("Could not judge 2 of 2"), "{silent}");

    let data = world.run(&["plugin", "test", "scorer.wasm", "--cases", "notes.jsonl", "--format", "json"]).succeeded();
    let rehearsal: ScorerRehearsal = json(&data);
    let lines: Vec<usize> = rehearsal.cases.iter().map(|case| case.line).collect();
    assert_eq!(lines, [1, 3]);
    assert!(
        rehearsal
            .cases
            .iter()
            .all(|case| (case.own.score.as_ref().unwrap().value - 0.5).abs() < 1e-12 && case.bundled.len() >= 3)
    );
    // Always the same score: nothing stands out, and no order can be compared.
    assert_eq!((rehearsal.summary.good_above_others, rehearsal.summary.agreement), (Some(0.5), None));

    let failing = ["plugin", "test", "scorer.wasm", "--cases", "notes.jsonl", "--set", "bad-scorer.mode=panic"];
    let failing = world.run(&failing);
    assert_eq!(failing.code, Some(4), "{failing}");
    assert!(said(&failing).contains("Failed 2 of 2") && said(&failing).contains("panicked"), "{failing}");
}

#[test]
fn the_notes_that_come_with_the_program_tell_good_from_bad() {
    let world = World::new();
    let rehearsal: ScorerRehearsal =
        json(&world.run(&["plugin", "test", "repetition", "--format", "json"]).succeeded());
    assert!(rehearsal.cases.len() >= 12);
    assert_eq!((rehearsal.summary.judged, rehearsal.summary.failed), (rehearsal.cases.len(), 0));
    assert!(rehearsal.summary.bundled_good_above_others.unwrap() > 0.9, "{:?}", rehearsal.summary);
    assert!(rehearsal.summary.good_above_others.unwrap() > 0.6 && rehearsal.summary.agreement.unwrap() > 0.2);
}

/// A replay is faithful: whoever made the record asks the same again, at every step.
#[test]
fn strategies_ask_again_what_they_asked_when_it_was_recorded() {
    let world = World::new();
    let run = ["run", "--simulate", "--seed", "2", "--no-save", "--format", "json", "--output", "study.json"];
    let sweeps = ["context", "threads", "throughput", "chunk", "latency"];
    let mut asked = 0;
    for strategies in [&["graybox", "latency"][..], &sweeps] {
        let chosen: Vec<&str> = strategies.iter().flat_map(|name| ["--strategy", name]).collect();
        world.run(&[&run[..], &chosen].concat()).succeeded();
        for name in strategies {
            let ran = world.run(&["plugin", "test", name, "--cases", "study.json", "--format", "json"]).succeeded();
            let replay: StrategyReplay = json(&ran);
            let recorded = replay.in_place_of.as_ref().unwrap();
            let proposals = || replay.steps.iter().flat_map(|step| &step.proposals);
            assert_eq!(recorded.name, *name);
            assert!(
                replay.repeats && proposals().all(|proposal| proposal.trial.is_some()),
                "{name}: {:?}",
                replay.steps
            );
            assert_eq!(proposals().count(), recorded.trials as usize, "{name}");
            assert_eq!(replay.decision.unwrap().settings, recorded.settings, "{name}");
            asked += proposals().count();
        }
    }
    assert!(asked >= 11, "only {asked} trials");

    // Another strategy in the same place.
    guest(&world, "lazy_context");
    let lazy = world.run(&["plugin", "test", "lazy_context.wasm", "--cases", "study.json"]).succeeded();
    check("plugin_test_replay", &[without_figures(lazy)]);
    guest(&world, "strategy");
    let arguments =
        ["plugin", "test", "strategy.wasm", "--cases", "study.json", "--set", "bad-strategy.mode=never-done"];
    let ran = world.run(&[&arguments[..], &["--format", "json"]].concat()).succeeded();
    let replay: StrategyReplay = json(&ran);
    assert_eq!((replay.end, replay.steps.len(), replay.in_place_of), (ReplayEnd::NotInRecord, 1, None));
    assert_eq!(replay.decision.unwrap().settings, [("num_batch".to_owned(), 1024.0)]);
}

#[test]
fn a_strategy_plays_against_the_bundled_one() {
    let world = World::new();
    guest(&world, "lazy_context");
    let arguments =
        ["plugin", "test", "lazy_context.wasm", "--intensity", "quick", "--scenario", "mid-range", "--seeds", "2"];
    let page = world.run(&arguments).succeeded();
    for said in
        ["lazy-context", "plan", "without:lazy-context", "Regret, in points", "What a study took", "Who is better"]
    {
        assert!(page.stdout.contains(said), "{said}: {page}");
    }
}

#[test]
fn a_selector_chooses_beside_the_bundled_ones() {
    let world = World::new();
    guest(&world, "selector");
    let rehearsal: SelectorRehearsal =
        json(&world.run(&["plugin", "test", "selector.wasm", "--format", "json"]).succeeded());
    let choices = &rehearsal.study.choices;
    let names: Vec<&str> = choices.iter().map(|choice| choice.selector.as_str()).collect();
    assert_eq!(names[0], "bad-selector");
    assert!(["balanced", "fast", "quality", "threshold"].iter().all(|name| names.contains(name)), "{names:?}");
    assert!(choices.iter().all(|choice| choice.selection.is_some()), "{choices:?}");

    let nobody = ["plugin", "test", "selector.wasm", "--set", "bad-selector.mode=no-such-candidate"];
    let nobody = world.run(&nobody);
    assert_eq!(nobody.code, Some(4), "{nobody}");
    assert!(nobody.stdout.contains("candidate 4000000 does not exist"), "{nobody}");
    assert!(nobody.stdout.lines().all(|line| line.chars().count() <= 80), "{nobody}");
}

#[test]
fn what_cannot_be_tested_is_named() {
    let world = World::new();
    world.write("bad.jsonl", format!("{NOTES}{{\"path\": \"c.py\"}}\n"));
    world.write("empty.jsonl", "\n");
    world.write("old.json", r#"{"schema_version": 99}"#);
    let wrong = [
        &["note-structure", "--cases", "bad.jsonl"][..],
        &["note-structure", "--cases", "empty.jsonl"],
        &["note-structure", "--cases", "missing.jsonl"],
        &["note-structure", "--scenario", "mid-range"],
        &["balanced", "--seeds", "3"],
        &["context", "--cases", "bad.jsonl"],
        &["context", "--cases", "old.json"],
        &["note-struture"],
        &["repetition", "--set", "repetition.sise=1"],
        &["repetition", "--set", "repetitoin.size=1"],
    ];
    let ran: Vec<Ran> =
        wrong.into_iter().map(|arguments| world.fails(2, &[&["plugin", "test"], arguments].concat())).collect();
    check("plugin_test_bad_input", &ran);
}
