//! Whether notes say the same again and again, which a low temperature makes models do.

use super::{StudyExt, mean};
use crate::{settings::Settings, strategy::Study};

/// The scorer whose part of a score says how much of a note is no repetition.
pub const REPETITION: &str = "repetition";

/// Mean of that part below which notes repeat themselves: sound ones have 0.95 and more.
const REPEATING: f64 = 0.9;
const ALONE: f64 = 0.75;

/// Whether notes that were made with the incumbent's temperature repeat themselves, by the scorer that looks for it; not without it, and
/// by a single note only where that does little else.
#[must_use]
pub fn notes_repeat_themselves(study: &Study) -> bool {
    let present = study.incumbent("temperature");
    let own = study.history.iter().filter(|trial| (trial.candidate.value("temperature") - present).abs() < 1e-9);
    let parts = own.flat_map(|trial| &trial.scores).flat_map(|score| &score.parts);
    let values: Vec<f64> = parts.filter(|part| part.name == REPETITION).map(|part| part.value).collect();
    let most = if values.len() > 1 { REPEATING } else { ALONE };
    mean(&values).is_some_and(|mean| mean < most)
}
