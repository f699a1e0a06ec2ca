//! The guide says what every misbehaving guest comes to. Each row of its tables is run.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use crate::{
    architecture::{files, root},
    program::World,
    support::guests,
};

/// Rows of the tables below a heading: the first cell without its quotes, and the exit code.
fn rows(heading: &str) -> Vec<(String, i32)> {
    let guide = fs::read_to_string(root().join("docs/plugins/limits.md")).unwrap();
    let section = guide.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let rows: Vec<(String, i32)> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_end_matches(" |").split(" | ").collect();
            (cells[0].trim_end_matches('`').to_owned(), cells[cells.len() - 1].parse().unwrap())
        })
        .collect();
    assert!(rows.len() >= 6, "{heading}: {rows:?}");
    rows
}

/// The modes that the source of a guest knows.
fn modes(source: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("tests/components").join(source)).unwrap();
    text.lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("=>"))
        .flat_map(|(names, _)| {
            names.split('|').map(|name| name.trim().trim_matches('"').to_owned()).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_guest_and_every_mode_is_in_the_guide() {
    let named: BTreeSet<String> =
        ["Refused before", "Refused for"].into_iter().flat_map(rows).map(|row| row.0).collect();
    // Told what to do wrong, found by a check alone, or with nothing wrong about them.
    let others =
        ["scorer", "strategy", "selector", "judging", "claims", "hungry", "later_version", "lazy_context", "wasi_good"]
            .map(str::to_owned);
    let known: BTreeSet<String> = files(&root().join("tests/components/guests"), "rs")
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| !others.contains(name))
        .collect();
    assert_eq!(named, known);

    let of = |heading| rows(heading).into_iter().map(|row| row.0).collect::<BTreeSet<String>>();
    let common = of("Whatever the kind");
    assert!(common.is_superset(&modes("src/lib.rs")), "{common:?}");
    for (heading, source) in [("Scorers", "scorer"), ("Strategies", "strategy"), ("Selectors", "selector")] {
        let mut known = modes(&format!("guests/{source}.rs"));
        known.remove("fine");
        let documented: BTreeSet<String> = of(heading).union(&common).cloned().collect();
        let missing: Vec<_> = known.difference(&documented).collect();
        assert!(missing.is_empty(), "{source}: {missing:?}");
        let stale: Vec<_> = of(heading).difference(&known).cloned().collect();
        assert!(stale.is_empty(), "{source}: {stale:?}");
    }
}

#[test]
fn what_is_refused_ends_as_the_guide_says() {
    let world = World::new();
    for (name, code) in rows("Refused before").into_iter().chain(rows("Refused for")) {
        let file = if name.starts_with("wasi") { guests::wasi_guest(&name) } else { Some(guests::guest(&name)) };
        let Some(file) = file else { continue };
        let path = world.write(&format!("{name}.wasm"), fs::read(file).unwrap());
        let file = path.file_name().unwrap().to_str().unwrap();
        let run = world.fails(code, &["run", "--simulate", "high-end", "--quick", "--plugin", file]);
        assert!(run.stderr.contains(&name), "{run}");
        let check = world.run(&["plugin", "check", file]);
        assert_eq!(check.code, Some(code), "{check}");
    }
}

#[test]
fn a_study_ends_as_the_guide_says() {
    let world = World::new();
    for kind in ["scorer", "strategy", "selector"] {
        world.write(&format!("{kind}.wasm"), guests::bytes(kind));
    }
    for (mode, code) in rows("Whatever the kind") {
        study(&world, &["scorer", "strategy", "selector"], &mode, code);
    }
    for (heading, kind) in [("Scorers", "scorer"), ("Strategies", "strategy"), ("Selectors", "selector")] {
        // A quick study of this machine has no candidate with a violation; `calls` has one.
        for (mode, code) in rows(heading).into_iter().filter(|(mode, _)| mode != "with-violation") {
            study(&world, &[kind], &mode, code);
        }
    }
}

/// Modes that do no harm: what is too much of them is dropped, and nothing is said.
const HARMLESS: [&str; 5] = ["log-flood", "many-reasons", "ugly-reason", "no-such-runner-up", "sets-timeout"];

/// A quick study with guests that all do the same; the report must name each of them, and have its measurements.
fn study(world: &World, kinds: &[&str], mode: &str, code: i32) {
    let mut arguments: Vec<String> =
        ["run", "--simulate", "high-end", "--quick", "--no-save", "--seed", "1", "--format", "json"]
            .map(str::to_owned)
            .into();
    for kind in kinds {
        arguments.extend(["--plugin".to_owned(), format!("{kind}.wasm")]);
        arguments.extend(["--set".to_owned(), format!("bad-{kind}.mode={mode}")]);
    }
    let ran = world.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ran.code, Some(code), "{kinds:?} {mode}: {ran}");
    let study: Value = serde_json::from_str(&ran.stdout).unwrap();
    let trials = study["trials"].as_array().unwrap();
    assert!(trials.iter().any(|trial| trial["stage"] != "bad-strategy" && trial["state"] == "complete"), "{mode}");
    if HARMLESS.contains(&mode) {
        return;
    }
    let warnings = study["warnings"].to_string();
    for kind in kinds {
        let stages = study["stages"].as_array().unwrap();
        let was_ended =
            stages.iter().any(|stage| stage["name"] == format!("bad-{kind}").as_str() && stage["cut_short"] == true);
        let is_named = warnings.contains(&format!("{kind} `bad-{kind}`"));
        assert!(is_named || was_ended, "{mode}: {kind} is not in {warnings}");
    }
}
