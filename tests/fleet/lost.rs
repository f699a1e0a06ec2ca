//! A host that dies costs no note.

use ralf_tune::model::{
    observation::FailureCause,
    study::{Outcome, Study},
};

use super::support::{Asked, pick, study};

fn lost_files(study: &Study) -> f64 {
    study.trials.iter().filter_map(|trial| trial.fact("files_lost")).sum()
}

#[test]
fn what_a_lost_host_had_begun_is_made_by_the_others() {
    let whole = study(&Asked::of(&["high-end", "high-end"], "quick", 3));
    let prompts = whole.study.fleet.as_ref().unwrap().hosts[1].requests;
    assert!(prompts > 8, "{prompts}");
    for (dies, after) in [(1, 11), (1, 15), (1, prompts.into()), (0, 11), (0, 16)] {
        let mut asked = Asked::of(&["high-end", "high-end"], "quick", 3);
        asked.hosts[dies].1 = after;
        let made = study(&asked);
        let study = &made.study;
        assert_eq!(study.outcome, Outcome::Improved, "{dies} {after}");
        assert!(study.comparison.is_some(), "{dies} {after}");
        let hosts = &study.fleet.as_ref().unwrap().hosts;
        assert!(hosts[dies].lost_after_seconds.is_some() && hosts[1 - dies].lost_after_seconds.is_none(), "{hosts:?}");
        assert!(lost_files(study) < 0.5, "no note is lost");
        let unreachable = |cause| cause == Some(FailureCause::Unreachable);
        let failed = study.trials.iter().flat_map(|trial| &trial.observations).any(|one| unreachable(one.failure));
        assert!(!failed, "a machine that is off says nothing of settings");
        let name = format!("host-{dies}");
        assert!(study.warnings.iter().any(|warning| warning.what.starts_with(&name)), "{:?}", study.warnings);
        assert_eq!(made.as_found[1 - dies], Some(true), "the other is left as it was found");
        assert_eq!(pick(study).num_ctx, pick(&whole.study).num_ctx);
    }
}

#[test]
fn a_host_that_is_gone_before_the_first_trial_leaves_the_study_to_the_other() {
    for dies in [0, 1] {
        let mut asked = Asked::of(&["high-end", "high-end"], "quick", 3);
        // The load is the first prompt.
        asked.hosts[dies].1 = 1;
        let study = study(&asked).study;
        assert_eq!(study.outcome, Outcome::Improved);
        assert!(study.fleet.unwrap().hosts[dies].lost_after_seconds.is_some());
    }
}

#[test]
fn when_all_are_gone_the_study_ends_and_says_so() {
    let mut asked = Asked::of(&["high-end", "high-end"], "quick", 3);
    asked.hosts[0].1 = 12;
    asked.hosts[1].1 = 12;
    let study = study(&asked).study;
    assert!(
        study.warnings.iter().any(|warning| warning.what.contains("the server failed in the end")),
        "{:?}",
        study.warnings
    );
}
