//! How fast settings can be at most whose notes do not say how fast they are. Pure.

use super::first_request::{CUT_OFF_AFTER, FirstRequest, chars_read, least_note_seconds_after};
use crate::model::{
    candidate::Candidate,
    experiment::Experiment,
    metric::Metric,
    observation::FailureCause,
    trial::{Trial, TrialState},
    workload::Workload,
};

/// What notes of the present settings say beside their estimate, or where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bound {
    /// The most notes a minute that they can make, by requests that did not end or that had the server to themselves; `None` where nothing says so.
    pub at_most: Option<f64>,
    /// Notes were made with them, even if too few at once to say how fast they are.
    pub made_notes: bool,
}

impl Bound {
    /// What the history says of these settings.
    #[must_use]
    pub fn of(history: &[Trial], workload: &Workload, settings: &Candidate) -> Self {
        Self { at_most: most(history, workload, settings), made_notes: made_notes(history, settings) }
    }
}

/// Whether any note was made with these settings.
fn made_notes(history: &[Trial], settings: &Candidate) -> bool {
    history.iter().any(|trial| trial.candidate.works_like(settings) && trial.sample(Metric::FileBusyMs).is_some())
}

/// The most notes a minute that settings can make some of whose notes did not end: each took longer than it was waited for, which a file that
/// is larger than most says little of. Where not one ended, the first request after the load is all that is known besides. Where all ended, and had the server to
/// themselves, several at once take as long as the fastest of them at least.
#[expect(clippy::cast_precision_loss, reason = "a few notes")]
fn most(history: &[Trial], workload: &Workload, settings: &Candidate) -> Option<f64> {
    let own = || history.iter().filter(|trial| trial.candidate.works_like(settings));
    let usual = mean_chars(workload, settings);
    let cut_off = own().filter(|trial| trial.state == TrialState::Failed(FailureCause::OutOfTime));
    let bounds = cut_off.filter_map(|trial| {
        let Experiment::Notes { files } = &trial.experiment else { return None };
        let longest = files.iter().filter_map(|file| workload.files.get(*file)).map(|file| file.chars).max()?;
        let larger = (chars_read(longest, settings) / usual).max(1.0);
        let loading = trial.mean(Metric::LoadDurationMs).unwrap_or(0.0) / 1000.0;
        let at_once = f64::from(trial.candidate.max_concurrent_requests.max(1));
        // Those that ended before took their part of the time: at best all that were under way were about to end.
        let ended = trial.sample(Metric::FileBusyMs).map_or(0.0, |made| made.values.len() as f64);
        (trial.seconds > 0.0).then(|| 60.0 * (ended + at_once) * larger / (trial.seconds - loading).max(1.0))
    });
    let Some(of_notes) = bounds.min_by(f64::total_cmp) else {
        return most_by_single_notes(history, workload, settings);
    };
    let some_note_ended = own().any(|trial| trial.sample(Metric::FileBusyMs).is_some());
    let requests = || own().flat_map(|trial| &trial.observations);
    if some_note_ended {
        return Some(of_notes);
    }
    let at_once = f64::from(settings.max_concurrent_requests.max(1));
    let cut_off = own().filter_map(|trial| trial.fact(CUT_OFF_AFTER)).max_by(f64::total_cmp);
    let first = requests().filter_map(FirstRequest::of).map(|first| first.least_note_seconds(usual, workload));
    let first = first.min_by(f64::total_cmp);
    let least = first.or_else(|| Some(least_note_seconds_after(cut_off?, usual, workload)));
    Some(least.map_or(of_notes, |least| of_notes.min(60.0 * at_once / least)))
}

/// The same by notes that were made one at a time, where the settings would make several.
fn most_by_single_notes(history: &[Trial], workload: &Workload, settings: &Candidate) -> Option<f64> {
    if settings.max_concurrent_requests <= 1 {
        // How fast those are, their notes say themselves.
        return None;
    }
    let at_once = f64::from(settings.max_concurrent_requests);
    let usual = mean_chars(workload, settings);
    let own = history.iter().filter(|trial| trial.candidate.works_like(settings));
    let bounds = own.filter_map(|trial| {
        let Experiment::Notes { files } = &trial.experiment else { return None };
        let [file] = files.as_slice() else { return None };
        let larger = (chars_read(workload.files.get(*file)?.chars, settings) / usual).max(1.0);
        let seconds = trial.mean(Metric::FileBusyMs)? / 1000.0;
        (seconds > 0.0).then(|| 60.0 * at_once * larger / seconds)
    });
    bounds.max_by(f64::total_cmp)
}

#[expect(clippy::cast_precision_loss, reason = "batches are far smaller than 2^52 files")]
fn mean_chars(workload: &Workload, settings: &Candidate) -> f64 {
    let all: f64 = workload.batch_chars.iter().map(|chars| chars_read(*chars, settings)).sum();
    (all / workload.batch_chars.len().max(1) as f64).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{stats::summary::sample, workload::generate::generated_workload};

    #[test]
    fn notes_that_ended_before_the_time_did_took_their_part_of_it() {
        let workload = generated_workload(1);
        let settings = Candidate { max_concurrent_requests: 1, ..Candidate::default() };
        let bound = |ended: usize| {
            let trial = Trial {
                number: 0,
                stage: String::new(),
                why: String::new(),
                candidate: settings.clone(),
                experiment: Experiment::Notes { files: vec![0, 1, 2, 3, 4, 5] },
                state: TrialState::Failed(FailureCause::OutOfTime),
                seconds: 60.0,
                reloads: 0,
                samples: sample(Metric::FileBusyMs, vec![14_000.0; ended]).into_iter().collect(),
                facts: Vec::new(),
                scores: Vec::new(),
                observations: Vec::new(),
                notices: Vec::new(),
            };
            Bound::of(&[trial], &workload, &settings).at_most.unwrap()
        };
        assert!((bound(4) / bound(0) - 5.0).abs() < 1e-9, "{} {}", bound(4), bound(0));
        assert!(bound(4) >= 4.0, "four were made in this minute");
    }
}
