//! What studies claim is held against the truth by one command: each figure beside its aim, the same for any number of threads.

use ralf_tune::model::calibration::{CalibrationReport, Start, Tuner};

use crate::program::World;

const QUICK: [&str; 8] = ["arena", "--calibration", "--intensity", "quick", "--machines", "2", "--seeds", "2"];

#[test]
fn claims_stand_beside_the_truth_and_do_not_depend_on_threads() {
    let world = World::new();
    let json = |jobs: &str| world.run(&[&QUICK[..], &["--format", "json", "--jobs", jobs]].concat()).succeeded().stdout;
    let one = json("1");
    assert_eq!(one, json("2"));
    let report: CalibrationReport = serde_json::from_str(&one).unwrap();
    // Two starts for studies and rules, and a study of the two other intensities.
    assert_eq!((report.machines, report.seeds, report.studies.len()), (2, 2, 2 * 2 * 6));
    for study in report.studies.iter().filter(|study| study.intensity == "quick") {
        let truth = study.truth.as_ref().unwrap();
        assert!(truth.notes_per_minute > 0.0 && truth.regret < 1.0 && truth.regret > -0.2, "{study:?}");
        if study.start == Start::Best && !truth.is_below_floor {
            assert!(truth.gain.unwrap() < 1.1, "nothing can be gained: {study:?}");
        }
        assert!(study.tuner == Tuner::Study || study.confidence.unwrap() > 0.5, "the formula is never in doubt");
    }
    let figure = |what: &str| report.figures.iter().find(|figure| figure.what.starts_with(what)).unwrap();
    for budget in ["quick", "normal", "full"] {
        assert!(figure(&format!("longest beyond the budget, {budget}")).ours.unwrap().value <= 5.0);
    }
    assert_eq!(figure("gains claimed where nothing can be gained").ours.unwrap().count, 4);
    assert!(figure("length of a study").rules.unwrap().value > figure("length of a study").ours.unwrap().value);
    // Of every second machine, from the settings of its user.
    assert_eq!(report.reliability.iter().map(|bin| bin.count).sum::<usize>(), 2);

    let page = ralf_tune::report::calibration::render(&report, 80, false);
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    for text in ["cut prompts that were", "≥ 95 %", "met", "Confidence of studies", "Confidence of the rules"] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
}

#[test]
fn contenders_and_calibration_exclude_each_other() {
    let world = World::new();
    let refused = world.run(&["arena", "--calibration", "--strategy", "plan"]);
    assert!(refused.stderr.contains("--calibration") && refused.stderr.contains("cannot be used with"), "{refused}");
}
