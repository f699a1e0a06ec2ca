//! What is claimed of a real server holds on it: nothing is claimed of the same settings, and a pick is not slower on files that it was not chosen by,
//! whether the study began with sound settings or with poor ones.

use std::{collections::BTreeMap, env, sync::Arc};

use ralf_tune::{
    model::{
        begun::Begun,
        budget::{Budget, Intensity},
        candidate::Candidate,
        proof::ProofVerdict,
        selection::Constraints,
        space::Parameter,
        study::{Comparison, Study},
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

/// Threads for each one that may be used, in the poor settings.
const TOO_MANY_TIMES: u32 = 8;

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
    chosen_and_replayed(&real, present()).await;
}

#[tokio::test]
async fn a_pick_for_poor_settings_is_not_slower_on_fresh_files() {
    let Some(real) = Real::new().await else { return };
    let poor = poor();
    say(&format!("poor settings: {:?}", present().differences(&poor)));
    chosen_and_replayed(&real, poor).await;
}

/// What somebody has who copied settings: those of [`present`] but for what `RALF_TUNE_TEST_POOR` says, such as `num_batch=16,num_ctx=8192`.
/// Without it, the threads of a container that sees every processor of its host, and may use an eighth of them.
fn poor() -> Candidate {
    let Ok(told) = env::var("RALF_TUNE_TEST_POOR") else {
        let usable = machine().usable_threads.value.unwrap();
        return Candidate { num_thread: TOO_MANY_TIMES * usable, ..present() };
    };
    told.split(',').fold(present(), |settings, one| {
        let (name, value) = one.split_once('=').unwrap();
        settings.with(Parameter::from_name(name.trim()).unwrap(), value.trim().parse().unwrap())
    })
}

/// A study of these settings, whose pick then makes notes of files that it does not know, in turns with them.
async fn chosen_and_replayed(real: &Real, present: Candidate) {
    let workload = generated_workload(1);
    let study = studied(real, &workload, &present).await;
    let pick = study.tuned.as_ref().map_or_else(|| present.clone(), |tuned| tuned.candidate.clone());
    let (took, budget) = (study.elapsed_seconds, study.budget.total_seconds);
    say(&format!("{:?} after {took:.0} of {budget:.0} s: {:?}", study.outcome, present.differences(&pick)));
    for warning in &study.warnings {
        say(&format!("warning: {}", warning.what));
    }
    // What was not measured side by side is an estimate of each.
    for one in study.candidates.iter().filter(|one| one.is_baseline || one.candidate == pick) {
        let (whose, estimate) = (if one.is_baseline { "present" } else { "pick" }, one.notes_per_minute.as_ref());
        say(&format!("{whose}: {:.2?} notes a minute", estimate.map(|notes| (notes.value, notes.interval))));
    }
    if let Some(comparison) = &study.comparison {
        tell(comparison);
    }
    if pick.works_like(&present) {
        say("the present settings stay: there is nothing to replay");
        return;
    }
    let replay = replay::replayed(real, &fresh_files(&workload), &present, &pick).await;
    say(&format!("replayed: {replay}"));
    assert!(replay.is_known(), "hardly a note was made: {replay}");
    assert!(replay.is_not_slower(), "the pick is slower than the present settings, or may be: {replay}");
}

async fn studied(real: &Real, workload: &Workload, present: &Candidate) -> Study {
    let (intensity, prepared) = quick(seconds("RALF_TUNE_TEST_STUDY_SECONDS", STUDY_SECONDS));
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
        baseline: present.clone(),
        constraints: Constraints::default(),
        files: None,
        prior: None,
        hosts: None,
    };
    let setup = Setup { client: &real.client, mates: &[], prepared, begun, shared: None, recording: None, notes: None };
    let (_stop, stopped) = watch::channel(false);
    tune::run(setup, stopped, &mut |_| {}).await
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
