//! Whole studies of a simulated machine.

use crate::program::World;

const STUDY: [&str; 6] = ["run", "--simulate", "--seed", "1", "--quick", "--no-save"];

/// Figures change as strategies learn; what is shown where does not.
#[test]
fn a_study_is_the_same_every_time_and_says_everything() {
    let world = World::new();
    let ran = world.run(&STUDY).succeeded();
    assert_eq!(ran, World::new().run(&STUDY), "the same seed, the same study");
    let seven = ["run", "--simulate", "--seed", "7", "--quick", "--no-save"];
    assert_ne!(ran.stdout, world.run(&seven).stdout, "another seed, another study");

    let headings: Vec<&str> = ran
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("── "))
        .map(|line| line.trim_end_matches(['─', ' ']))
        .collect();
    let mut rest = headings.iter();
    for heading in [
        "ralf-tune: llama3.1:8b",
        "System",
        "Model settings",
        "Performance settings",
        "Batch settings",
        "Confidence",
        "Workload",
        "How it was found",
        "Next",
    ] {
        assert!(rest.any(|found| *found == heading), "{heading} in {headings:?}");
    }
    for fact in ["The server is simulated", "Measured: [TIME]", "Intensity quick, seed 1", "ralf-tune [VERSION]"] {
        assert!(ran.stdout.contains(fact), "{fact}: {ran}");
    }
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{ran}");
    // Without a terminal there is one line a finished trial, and nothing else.
    let mut lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.pop(), Some("its profiles fast, balanced, quality: ralf-tune profile list"));
    assert_eq!(lines.pop(), Some("kept as study [STUDY]"));
    for (index, line) in lines.into_iter().enumerate() {
        assert!(line.starts_with('[') && line.contains(&format!("] trial {}, ", index + 1)), "{line}");
    }
    assert!(!(ran.stdout + &ran.stderr).contains('\u{1b}'));
    // Nothing was written but the study.
    let home: Vec<_> = std::fs::read_dir(world.home()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(world.names(".").is_empty() && home == [".local"], "{home:?}");
}

#[test]
fn a_study_as_json_keeps_its_promises() {
    let world = World::new();
    let ran = world.run(&[&STUDY[..], &["--format", "json"]].concat()).succeeded();
    let study: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(ran.stdout.starts_with("{\n  \"schema_version\": 1,\n"));
    assert_eq!((study["seed"].as_u64(), study["intensity"].as_str()), (Some(1), Some("quick")));
    let trials = study["trials"].as_array().unwrap();
    assert!(!trials.is_empty());
    let elapsed = study["elapsed_seconds"].as_f64().unwrap();
    assert!(elapsed > 0.0 && elapsed <= 240.0 * 1.1, "{elapsed} s of a budget of 240 s");

    // The report in a file is the same, and stdout stays free.
    let elsewhere = world.run(&[&STUDY[..], &["--format", "json", "--output", "study.json"]].concat()).succeeded();
    assert_eq!(elsewhere.stdout, "");
    assert!(elsewhere.stderr.contains("the report is in study.json"), "{elsewhere}");
    let written: serde_json::Value = serde_json::from_slice(&world.read("study.json")).unwrap();
    assert_eq!(written["trials"], study["trials"]);
}

#[test]
fn every_scenario_comes_to_an_end() {
    let world = World::new();
    for name in ralf_tune::simulate::Scenario::NAMES {
        let ran = world.run(&["run", "--simulate", name, "--seed", "3", "--quick", "--no-save", "--no-report"]);
        assert!(matches!(ran.code, Some(0 | 1)), "{ran}");
        assert!(ran.stdout.starts_with("── ralf-tune: "), "{ran}");
    }
}
