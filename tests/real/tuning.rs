//! What is claimed of a real server holds on it: nothing is claimed of the same settings, and a pick is not slower on files that it was not chosen by.

use std::{collections::BTreeMap, env, sync::Arc};

use ralf_tune::{
    model::{
        begun::Begun,
        budget::{Budget, Intensity},
        candidate::Candidate,
        proof::ProofVerdict,
        selection::Constraints,
        study::Comparison,
        workload::Workload,
    },
    plugin::{PluginEngine, Registry},
    profile::machine::machine,
    settings::{self, Overrides},
    tune::{
        self, Setup,
        plan::{Choices, Prepared},
        verify::{self, Verify},
    },
    workload::generate::generated_workload,
};
use tokio::sync::watch;

use crate::{
    replay,
    server::{Real, fresh, say},
};

/// Seconds of the comparison; `RALF_TUNE_TEST_COMPARISON_SECONDS` says otherwise.
const COMPARISON_SECONDS: f64 = 150.0;

/// Seconds of the study; `RALF_TUNE_TEST_STUDY_SECONDS` says otherwise.
const STUDY_SECONDS: f64 = 240.0;

/// Files that a pick is tried on.
const FRESH_FILES: usize = 30;

/// A machine that others use as well needs longer than the built-in times.
fn seconds(variable: &str, built_in: f64) -> f64 {
    env::var(variable).map_or(built_in, |told| told.parse().unwrap())
}

fn quick(seconds: f64) -> (Intensity, Prepared) {
    let overrides = Overrides { intensity: Some("quick".into()), ..Overrides::default() };
    let mut intensity = settings::resolve(&overrides, &BTreeMap::new(), None, None).unwrap().intensity();
    intensity.budget = Budget::from_seconds(seconds);
    let engine = Arc::new(PluginEngine::new(None).unwrap());
    let registry = Registry::bundled(&engine).unwrap();
    let prepared = tune::plan(&intensity, &registry, &Choices::default()).unwrap();
    (intensity, prepared)
}

/// Settings with which a small model on a small machine makes a note in seconds.
fn present() -> Candidate {
    Candidate {
        num_ctx: 4096,
        num_predict: 64,
        max_content_length: 4_000,
        request_timeout_seconds: 120,
        ..Candidate::default()
    }
}

async fn compared(
    real: &Real,
    workload: &Workload,
    old: Candidate,
    new: Candidate,
    seconds: f64,
) -> Option<Comparison> {
    let (_, prepared) = quick(seconds);
    let setup = Verify {
        client: &real.client,
        server: &real.server,
        model: &real.model,
        workload,
        panel: &prepared.panel,
        old: (old, "old".into()),
        new: (new, "new".into()),
        budget: Budget::from_seconds(seconds),
        seed: 7,
        salt: fresh(),
        started_at: "2026-01-01T00:00:00Z".into(),
    };
    let (_stop, stopped) = watch::channel(false);
    verify::run(setup, stopped, &mut |_| {}).await.comparison
}

fn tell(comparison: &Comparison) {
    let (ratio, proof) = (&comparison.speed_ratio, &comparison.proof);
    say(&format!(
        "{:.2}x [{:.2}, {:.2}], {} pairs, {:?}: {}",
        ratio.value, ratio.interval.low, ratio.interval.high, comparison.pairs, proof.verdict, proof.ended
    ));
}

#[tokio::test]
async fn the_same_settings_are_not_called_faster() {
    let Some(real) = Real::new().await else { return };
    let seconds = seconds("RALF_TUNE_TEST_COMPARISON_SECONDS", COMPARISON_SECONDS);
    let comparison = compared(&real, &generated_workload(3), present(), present(), seconds).await.unwrap();
    tell(&comparison);
    assert_eq!(comparison.proof.verdict, ProofVerdict::Undecided);
    let interval = comparison.speed_ratio.interval;
    assert!((interval.low..=interval.high).contains(&1.0));
}

#[tokio::test]
async fn a_pick_is_not_slower_on_fresh_files() {
    let Some(real) = Real::new().await else { return };
    let (intensity, prepared) = quick(seconds("RALF_TUNE_TEST_STUDY_SECONDS", STUDY_SECONDS));
    let workload = generated_workload(1);
    let begun = Begun {
        started_at: "2026-01-01T00:00:00Z".into(),
        seed: 1,
        salt: fresh(),
        intensity: intensity.name.clone(),
        budget: intensity.budget,
        machine: machine(),
        server: real.server.clone(),
        model: real.model.clone(),
        workload: workload.clone(),
        baseline: present(),
        constraints: Constraints::default(),
        files: None,
        prior: None,
        hosts: None,
    };
    let setup = Setup { client: &real.client, mates: &[], prepared, begun, shared: None, recording: None, notes: None };
    let (_stop, stopped) = watch::channel(false);
    let study = tune::run(setup, stopped, &mut |_| {}).await;
    let pick = study.tuned.as_ref().map_or_else(present, |tuned| tuned.candidate.clone());
    let (took, budget) = (study.elapsed_seconds, intensity.budget.total_seconds);
    say(&format!("{:?} after {took:.0} of {budget:.0} s: {:?}", study.outcome, present().differences(&pick)));
    for warning in &study.warnings {
        say(&format!("warning: {}", warning.what));
    }

    if pick.works_like(&present()) {
        say("the present settings stay: there is nothing to replay");
        return;
    }
    let fresh = fresh_files(&workload);
    let replay = replay::replayed(&real, &fresh, &present(), &pick).await;
    say(&replay.to_string());
    assert!(replay.is_known(), "hardly a note was made: {replay}");
    assert!(!replay.is_slower(), "the pick is slower than the present settings: {replay}");
}

/// Files that the study of `known` did not have.
fn fresh_files(known: &Workload) -> Workload {
    let mut fresh = generated_workload(2);
    fresh.files.extend(generated_workload(3).files);
    fresh.files.retain(|file| known.files.iter().all(|old| old.text != file.text));
    fresh.files.truncate(FRESH_FILES);
    assert_eq!(fresh.files.len(), FRESH_FILES);
    fresh
}
