//! What is measured of a real server is what it does: prompts that it cuts or refuses, slots.

use std::sync::Arc;

use ralf_tune::{
    model::{
        candidate::Candidate,
        experiment::{Experiment, Proposal},
        metric::Metric,
        observation::{FailureCause, Observation},
        workload::{SourceFile, Workload},
    },
    ollama::client::Client,
    tune::{Panel, drill::Drill},
    workload::generate::{Language, generated_workload, sample},
};

use crate::{
    cutting::Cutting,
    server::{Real, fresh, say, timeouts},
};

/// Small, so that a small file overflows it.
const CONTEXT: u32 = 2048;

/// Longest wait for a request, on the slowest machine.
const PATIENCE_SECONDS: u32 = 3_000;

/// Files of which the first four fit into the context, and the others do not.
fn files() -> Workload {
    let lengths = [800, 1_200, 2_000, 2_600, 12_000, 16_000];
    let mut workload = generated_workload(1);
    let file = |(seed, chars)| SourceFile::new(format!("{seed}.rs"), "rust", sample(Language::Rust, chars, seed));
    workload.files = (1..).zip(lengths).map(file).collect();
    workload.batch_chars = workload.files.iter().map(|file| file.chars).collect();
    workload
}

fn settings() -> Candidate {
    Candidate {
        num_ctx: CONTEXT,
        num_predict: 8,
        max_content_length: 60_000,
        request_timeout_seconds: PATIENCE_SECONDS,
        retry_attempts: 1,
        ..Candidate::default()
    }
}

/// One note of each file, one after the other.
async fn notes(real: &Real, client: &Client) -> Vec<Observation> {
    let workload = files();
    let drill = Drill {
        client,
        server: &real.server,
        model: &real.model,
        workload: &workload,
        panel: &Panel::default(),
        seed: fresh(),
    };
    let note = |file| Proposal {
        candidate: settings(),
        experiment: Experiment::Notes { files: vec![file] },
        why: String::new(),
    };
    let proposals: Vec<Proposal> = (0..workload.files.len()).map(note).collect();
    let (trials, _) = drill.run(&proposals, &[]).await;
    let notes = trials.into_iter().flat_map(|trial| trial.observations);
    // The first request after a load is one with a file of its own.
    notes.filter(|observation| observation.file.is_some()).collect()
}

#[tokio::test]
async fn prompts_that_a_server_cuts_are_noticed_and_no_other() {
    let Some(real) = Real::new().await else { return };
    let cutting = Client::new(Arc::new(Cutting { server: Arc::clone(&real.transport) }), timeouts());
    let seen = notes(&real, &cutting).await;
    for observation in &seen {
        let (file, tokens) = (observation.file.unwrap(), observation.prompt_tokens);
        say(&format!("file {file}: {tokens:?} tokens read, {:?}", observation.failure));
        let cut = file >= 4;
        assert_eq!(observation.failure == Some(FailureCause::Truncated), cut, "file {file}: {observation:?}");
    }
    assert!(seen.iter().filter(|observation| observation.file.unwrap() >= 4).count() >= 2);
}

#[tokio::test]
async fn prompts_that_a_server_refuses_are_too_long_and_no_fault_of_it() {
    let Some(real) = Real::new().await else { return };
    for observation in notes(&real, &real.client).await {
        let long = observation.file.unwrap() >= 4;
        assert_eq!(observation.failure == Some(FailureCause::ContextExceeded), long, "{observation:?}");
    }
}

/// What `RALF_TUNE_TEST_SLOTS` says is what eight short requests find; without it, two probes must agree.
#[tokio::test]
async fn eight_short_requests_find_the_slots() {
    let Some(real) = Real::new().await else { return };
    let workload = generated_workload(1);
    let drill = Drill {
        client: &real.client,
        server: &real.server,
        model: &real.model,
        workload: &workload,
        panel: &Panel::default(),
        seed: fresh(),
    };
    let experiment = Experiment::Probe { prompt_tokens: 64, output_tokens: 24, parallel: 8, requests: 8 };
    let probe = Proposal { candidate: settings(), experiment, why: String::new() };
    let (trials, _) = drill.run(&[probe.clone(), probe], &[]).await;
    let slots: Vec<f64> = trials.iter().map(|trial| trial.mean(Metric::EffectiveSlots).unwrap()).collect();
    say(&format!("slots: {slots:?}"));
    let told = std::env::var("RALF_TUNE_TEST_SLOTS").ok().map(|told| told.parse().unwrap());
    let expected: f64 = told.unwrap_or(slots[0]);
    assert!(slots.iter().all(|found| (found - expected).abs() < 0.5), "{slots:?}, not {expected}");
}
