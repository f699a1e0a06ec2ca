//! What is claimed of a real server holds on it: nothing is claimed of the same settings, and a pick is not slower on files that it was not chosen by.

use std::{collections::BTreeMap, sync::Arc};

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

use crate::server::{Real, say};

/// Seconds of the comparison, and of the study.
const SECONDS: f64 = 150.0;

/// Files that a pick is tried on.
const FRESH_FILES: usize = 30;

fn quick() -> (Intensity, Prepared) {
    let overrides = Overrides { intensity: Some("quick".into()), ..Overrides::default() };
    let mut intensity = settings::resolve(&overrides, &BTreeMap::new(), None, None).unwrap().intensity();
    intensity.budget = Budget::from_seconds(SECONDS);
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
    let (_, prepared) = quick();
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
        salt: 7,
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
    let comparison = compared(&real, &generated_workload(3), present(), present(), SECONDS).await.unwrap();
    tell(&comparison);
    assert_eq!(comparison.proof.verdict, ProofVerdict::Undecided);
    let interval = comparison.speed_ratio.interval;
    assert!((interval.low..=interval.high).contains(&1.0));
}

#[tokio::test]
async fn a_pick_is_not_slower_on_fresh_files() {
    let Some(real) = Real::new().await else { return };
    let (intensity, prepared) = quick();
    let begun = Begun {
        started_at: "2026-01-01T00:00:00Z".into(),
        seed: 1,
        salt: 1,
        intensity: intensity.name.clone(),
        budget: intensity.budget,
        machine: machine(),
        server: real.server.clone(),
        model: real.model.clone(),
        workload: generated_workload(1),
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
    say(&format!("{:?} after {:.0} s: {:?}", study.outcome, study.elapsed_seconds, present().differences(&pick)));
    assert!(study.elapsed_seconds <= SECONDS + 5.0, "{} s", study.elapsed_seconds);

    let mut fresh = generated_workload(2);
    fresh.files.truncate(FRESH_FILES);
    let Some(comparison) = compared(&real, &fresh, present(), pick, 2.0 * SECONDS).await else {
        return say("no two files were made with both in the time that there was");
    };
    tell(&comparison);
    assert_ne!(comparison.proof.verdict, ProofVerdict::Slower, "{comparison:?}");
}
