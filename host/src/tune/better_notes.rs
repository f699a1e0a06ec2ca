//! Whether the notes of one of two settings are surely better than those of the other, by all files that both made. Pure.

use super::compare;
use crate::{
    model::{candidate::Candidate, trial::Trial},
    stats::{interval::mean_interval_at, summary::mean},
};

/// Surer than usual: some of these files decided which settings were looked at.
const LEVEL: f64 = 0.99;

/// Fewest files.
const LEAST_FILES: usize = 5;

/// Whether ours are.
#[must_use]
pub fn are_better(history: &[Trial], (ours, theirs): (&Candidate, &Candidate)) -> bool {
    let scores =
        |settings: &Candidate| compare::scores(history.iter().filter(|trial| trial.candidate.works_like(settings)));
    let theirs = scores(theirs);
    let differences: Vec<f64> =
        scores(ours).iter().filter_map(|(file, ours)| Some(mean(ours) - mean(theirs.get(file)?))).collect();
    differences.len() >= LEAST_FILES
        && mean_interval_at(&differences, LEVEL).is_some_and(|difference| difference.interval.low > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{experiment::Experiment, score::NoteScore, trial::TrialState};

    fn at(temperature: f64) -> Candidate {
        Candidate { temperature, ..Candidate::default() }
    }

    fn trial(settings: &Candidate, scores: &[(usize, f64)]) -> Trial {
        let score = |(file, value): &(usize, f64)| NoteScore { file: *file, value: *value, by_scorer: Vec::new() };
        Trial {
            number: 0,
            stage: String::new(),
            why: String::new(),
            candidate: settings.clone(),
            experiment: Experiment::Notes { files: scores.iter().map(|(file, _)| *file).collect() },
            state: TrialState::Complete,
            seconds: 1.0,
            reloads: 0,
            samples: Vec::new(),
            facts: Vec::new(),
            scores: scores.iter().map(score).collect(),
            observations: Vec::new(),
            notices: Vec::new(),
        }
    }

    #[test]
    fn all_files_that_both_made_count_and_no_others() {
        let (ours, theirs) = (at(0.5), at(0.1));
        let gains = [0.10, 0.16, 0.12, 0.18, 0.14];
        let base = |file: usize| 0.5 + f64::from(u8::try_from(file).unwrap()) * 0.08;
        let of = |gains: &[f64]| {
            let (ours, theirs) = (&ours, &theirs);
            let made = gains.iter().enumerate();
            made.flat_map(|(file, gain)| {
                [trial(ours, &[(file, base(file) + gain)]), trial(theirs, &[(file, base(file))])]
            })
            .collect::<Vec<Trial>>()
        };
        let are_better = |history: &[Trial]| super::are_better(history, (&ours, &theirs));
        assert!(are_better(&of(&gains)));
        assert!(!are_better(&of(&gains[..4])), "four files");
        assert!(!are_better(&of(&[0.1, 0.3, -0.1, 0.2, 0.0])), "it may be chance");
        let mut others = of(&gains[..4]);
        others.push(trial(&ours, &[(9, 0.9)]));
        assert!(!are_better(&others), "nobody knows what the other settings make of the last one");
    }
}
