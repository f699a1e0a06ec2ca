//! A study says what it saves, and takes no longer than it can save.

use serde_json::Value;

use crate::program::{Ran, World};

fn run(world: &World, files: &str) -> (Ran, Value) {
    let ran = world.run(&["run", "--simulate", "--seed", "1", "--no-save", "--files", files]).succeeded();
    let study = world.run(&["study", "show", "last", "--format", "json"]).succeeded();
    (ran, serde_json::from_str(&study.stdout).unwrap())
}

/// The report in one line, so that no line break is in the way.
fn flat(ran: &Ran) -> String {
    ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_large_batch_is_worth_all_of_it_and_the_report_says_from_which_file_on() {
    let world = World::new();
    let (ran, study) = run(&world, "8120");
    let page = flat(&ran);
    assert!(page.contains("On 8,120 files the tuned settings save"), "{ran}");
    assert!(page.contains("has paid for itself after"), "{ran}");
    assert_eq!(study["workload"]["files_in_batch"], 8120);
    assert!(page.contains("0 of 8120 files would be truncated"), "{ran}");
}

#[test]
fn a_small_batch_is_tuned_for_a_shorter_time_or_not_at_all() {
    let world = World::new();
    let (ran, study) = run(&world, "5");
    assert!(flat(&ran).contains("tuning could not save more than it costs"), "{ran}");
    let stages: Vec<&Value> = study["trials"].as_array().unwrap().iter().map(|trial| &trial["stage"]).collect();
    assert!(!stages.is_empty() && stages.iter().all(|stage| *stage == "baseline"), "{stages:?}");
    assert_eq!(study["outcome"], "keep-baseline");

    let (ran, study) = run(&world, "20");
    let seconds = study["elapsed_seconds"].as_f64().unwrap();
    let page = flat(&ran);
    assert!(page.contains("so tuning was given no more than"), "{ran}");
    assert!(seconds < study["budget"]["total_seconds"].as_f64().unwrap() * 0.6, "{seconds}");
}

#[test]
fn what_is_no_number_of_files_is_refused() {
    let world = World::new();
    for files in ["0", "-3", "many", "99999999999"] {
        let refused = world.fails(2, &["run", "--simulate", "--files", files]);
        assert!(refused.stderr.contains("--files") && refused.stderr.contains("such as 800"), "{refused}");
    }
}
