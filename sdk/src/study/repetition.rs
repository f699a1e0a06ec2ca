//! Whether notes say the same again and again, which a low temperature makes models do.

use super::{StudyExt, mean, parts_by_file};
use crate::{settings::Settings, strategy::Study};

/// The scorer whose part of a score says how much of a note is no repetition.
pub const REPETITION: &str = "repetition";

/// Mean of that part below which notes repeat themselves; a note below the second one does by itself. Most sound ones have 1, and a file
/// that says the same again and again has a note that does.
const REPEATING: f64 = 0.9;
const SOUND: f64 = 0.95;

/// So few notes raise a suspicion with one of them: another note is made before anything else is tried.
const FEW: usize = 2;

/// Whether notes that were made with the incumbent's temperature repeat themselves, by the scorer that looks for it: most of them, or
/// one of the only two. Not without that scorer.
#[must_use]
pub fn notes_repeat_themselves(study: &Study) -> bool {
    let present = study.incumbent("temperature");
    let values: Vec<f64> = parts_by_file(&study.history, REPETITION, |trial, _| {
        (trial.candidate.value("temperature") - present).abs() < 1e-9
    })
    .into_iter()
    .map(|(_, value)| value)
    .collect();
    let repeating = values.iter().filter(|value| **value < SOUND).count();
    let (many, few) = (2 * repeating > values.len(), values.len() <= FEW && repeating > 0);
    (many || few) && mean(&values).is_some_and(|mean| mean < REPEATING)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        testing::{Host, Server},
        types::{Fact, NoteScore},
    };

    #[test]
    fn one_note_of_two_is_a_suspicion_and_one_of_three_is_none() {
        let repeat = |parts: &[f64]| {
            let files: Vec<u32> = (0..).take(parts.len()).collect();
            let mut host = Host::new(Server::default(), &[1_000; 4]);
            host.baseline(&files);
            let part = |value| Fact { name: REPETITION.to_owned(), value };
            for trial in &mut host.study.history {
                trial.scores = (0..)
                    .zip(parts)
                    .map(|(file, value)| NoteScore { file, value: 0.8, parts: vec![part(*value)] })
                    .collect();
            }
            notes_repeat_themselves(&host.study)
        };
        assert!(repeat(&[0.6]) && repeat(&[0.6, 1.0]) && repeat(&[0.6, 0.7, 1.0]));
        assert!(!repeat(&[]) && !repeat(&[1.0, 1.0]) && !repeat(&[0.6, 1.0, 1.0]) && !repeat(&[0.94]));
    }
}
