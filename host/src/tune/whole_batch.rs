//! A whole batch, with whatever goes wrong in it: what an outlook is measured by.

use std::{cell::RefCell, time::Duration};

use tokio::time::Instant;

use super::{
    batch::make_notes,
    calibrate::Calibration,
    clock::StudyClock,
    measure::{Bench, Contexts, keep_alive},
    prompts::Nonces,
    server::Server,
};
use crate::{
    model::{
        budget::Budget, candidate::Candidate, machine::ModelProfile, observation::FailureCause, workload::Workload,
    },
    ollama::{client::Client, request::LoadRequest},
};

/// Longest that a batch may take; only a simulated one takes so long.
const LONGEST: Duration = Duration::from_hours(24 * 30);

/// How a batch ended.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchEnd {
    pub files: usize,
    /// Why each lost file is lost.
    pub lost: Vec<FailureCause>,
    pub minutes: f64,
    /// Tries, and those that failed.
    pub requests: usize,
    pub failed_requests: usize,
}

/// Makes all files of the workload into notes, exactly as the user's batch does. The model is loaded before the clock
/// starts; a load that fails is the first request's to make good.
pub async fn make_batch(
    client: &Client,
    model: &ModelProfile,
    workload: &Workload,
    candidate: &Candidate,
    seed: u64,
) -> BatchEnd {
    let request = LoadRequest::new(&model.name, candidate.load_key());
    // Whether it worked shows in the requests.
    let _ = client.load(&request).await;
    let calibration = RefCell::new(Calibration::default());
    let bench = Bench {
        server: Server::new(client),
        model,
        workload,
        clock: StudyClock::start(Budget::from_seconds(LONGEST.as_secs_f64())),
        nonces: &Nonces::new(seed, 0),
        calibration: &calibration,
        contexts: Contexts::default(),
        keep_alive: Some(keep_alive()),
    };
    let started = Instant::now();
    let files: Vec<usize> = (0..workload.files.len()).collect();
    let run = make_notes(&bench, candidate, &files, started + LONGEST).await;
    BatchEnd {
        files: run.notes.len(),
        lost: run.notes.iter().filter_map(|note| note.lost).collect(),
        minutes: started.elapsed().as_secs_f64() / 60.0,
        requests: run.observations.len(),
        failed_requests: run.observations.iter().filter(|one| one.failure.is_some()).count(),
    }
}
