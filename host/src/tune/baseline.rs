//! The first stage: what the present settings do.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    clock::seconds_until,
    facts::{Facts, Progress},
    first_request::chars_read,
    fleet::Fleet,
    stage,
};
use crate::model::{
    candidate::Candidate,
    experiment::{Experiment, Proposal},
    metric::Metric,
    observation::FailureCause,
    study::StudyEvent,
    trial::{Trial, TrialState},
};

/// Notes that are made of them, and how many of different files.
pub const NOTES: usize = 4;
const DIFFERENT: usize = 3;

/// Where the files lie in the order of their sizes, the first ones first.
const PLACES: [f64; 8] = [0.5, 0.85, 0.2, 0.35, 0.65, 0.95, 0.05, 0.75];

/// Tokens of the prompt and the answer of a probe for rates: short enough for a machine of one token a second.
pub const RATES_PROBE: (u32, u32) = (150, 12);

/// Share of the time that is left which it may take, by the first request after the load: who is slower than that is known well enough.
const LEAST_OF_THE_REST: f64 = 0.5;

/// Time that the first note may take where the stage's share is less: as long as most machines need for one.
const FIRST_NOTE: Duration = Duration::from_secs(36);

/// A few notes with the present settings: a middle, a large and a small file and the middle one again, as far as time allows.
pub async fn run(
    fleet: &mut Fleet<'_>,
    facts: &Facts<'_>,
    progress: &mut Progress,
    (why, notes): (&str, usize),
    (deadline, late): (Instant, Instant),
    emit: &mut dyn FnMut(StudyEvent),
) {
    let began = Instant::now();
    let mut files = files(facts.workload.files.len(), DIFFERENT);
    // The same once more: what differs between two equal notes is noise.
    files.extend(files.first().copied());
    let made = files_made(&progress.history, facts.baseline);
    files.retain(|file| !made.contains(file));
    files.truncate(notes.saturating_sub(made.len()));
    while !files.is_empty() {
        let left = seconds_until(deadline);
        let known = Known::of(&progress.history, facts);
        let (ending, others): (Vec<usize>, Vec<usize>) =
            files.into_iter().partition(|file| known.is_none_or(|known| known.seconds(*file, facts) <= left));
        let now = ending.len().min(fleet.hands());
        files = ending.get(now..).unwrap_or_default().iter().chain(&others).copied().collect();
        let asked = ending.get(..now).unwrap_or_default();
        if asked.is_empty() || left <= 0.0 {
            break;
        }
        let proposals = asked.iter().map(|file| {
            let proposal = Proposal {
                candidate: facts.baseline.clone(),
                experiment: Experiment::Notes { files: vec![*file] },
                why: why.into(),
            };
            let what = stage::describe(&proposal, facts.baseline);
            (proposal, what)
        });
        // Without a single note there is nothing to compare with: in a short study the first one may take longer.
        let none_yet = progress.history.iter().all(|trial| trial.sample(Metric::FileBusyMs).is_none());
        let until = if none_yet { deadline.max(late.min(began + FIRST_NOTE)) } else { deadline };
        let trials = fleet.run_all("baseline", proposals.collect(), false, None, until, emit).await;
        // One that ended before its time was not even asked for: the others would not end either.
        let stops = |trial: &Trial| {
            matches!(trial.state, TrialState::Failed(cause) if cause != FailureCause::OutOfTime)
                || (!trial.is_complete() && Instant::now() < deadline)
        };
        let stops = trials.iter().any(stops);
        progress.history.extend(trials);
        if stops {
            break;
        }
    }
    let any_note = progress.history.iter().any(|trial| trial.sample(Metric::FileBusyMs).is_some());
    let (prompt_tokens, output_tokens) = RATES_PROBE;
    let left = seconds_until(late);
    if !any_note && !fleet.foresees_no_end(prompt_tokens, output_tokens, left * LEAST_OF_THE_REST) {
        // Not one note in the time: at least its rates, which say how slow it is.
        let proposal = Proposal {
            candidate: facts.baseline.clone(),
            experiment: Experiment::Probe { prompt_tokens, output_tokens, parallel: 1, requests: 1 },
            why: "how slow your present settings are".into(),
        };
        let what = stage::describe(&proposal, facts.baseline);
        let trials = fleet.run_all("baseline", vec![(proposal, what)], false, None, late, emit).await;
        progress.history.extend(trials);
    }
}

/// A note that was made of the present settings.
#[derive(Clone, Copy)]
struct Known {
    seconds: f64,
    chars: f64,
}

impl Known {
    fn of(history: &[Trial], facts: &Facts<'_>) -> Option<Self> {
        history.iter().filter(|trial| trial.candidate.works_like(facts.baseline)).find_map(|trial| {
            let Experiment::Notes { files } = &trial.experiment else { return None };
            let seconds = trial.mean(Metric::FileBusyMs)? / 1000.0;
            Some(Self { seconds, chars: chars_of(*files.first()?, facts)? })
        })
    }

    /// Seconds that the note of another file takes, about: half of a note's time goes by what is read.
    fn seconds(self, file: usize, facts: &Facts<'_>) -> f64 {
        self.seconds * chars_of(file, facts).map_or(1.0, |chars| f64::midpoint(1.0, chars / self.chars))
    }
}

fn chars_of(file: usize, facts: &Facts<'_>) -> Option<f64> {
    facts.workload.files.get(file).map(|file| chars_read(file.chars, facts.baseline))
}

/// So many different files for first notes: a middle, a large and a small one, and then others.
#[must_use]
pub fn files(count: usize, wanted: usize) -> Vec<usize> {
    let mut files = spread(count, &PLACES);
    files.truncate(wanted);
    files
}

/// Whether notes were made with these settings before.
#[must_use]
pub fn is_known(history: &[Trial], settings: &Candidate) -> bool {
    !files_made(history, settings).is_empty()
}

/// Files that notes were made of with these settings before.
fn files_made(history: &[Trial], settings: &Candidate) -> Vec<usize> {
    let own = history.iter().filter(|trial| trial.candidate.works_like(settings) && trial.is_complete());
    own.filter_map(|trial| match &trial.experiment {
        Experiment::Notes { files } => Some(files.clone()),
        _ => None,
    })
    .flatten()
    .collect()
}

/// Positions in a sorted list of files, by quantile, each once.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a list of some files"
)]
fn spread(count: usize, quantiles: &[f64]) -> Vec<usize> {
    let mut positions = Vec::new();
    for quantile in quantiles {
        let position = (count.saturating_sub(1) as f64 * quantile).round() as usize;
        if position < count && !positions.contains(&position) {
            positions.push(position);
        }
    }
    positions
}
