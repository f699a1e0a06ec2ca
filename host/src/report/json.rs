//! A study as JSON: the form that is promised to other programs.
//!
//! `schema_version` comes first, a unit is in its name, and what is not known is `null`, never missing.

use crate::model::study::Study;

/// The study as indented JSON with a line end. The raw record of every request is long, and only there on request:
/// without `with_observations` each trial's list of them is empty.
///
/// # Errors
/// When the study cannot be said in JSON.
pub fn render(study: &Study, with_observations: bool) -> Result<String, serde_json::Error> {
    let mut text = if with_observations {
        serde_json::to_string_pretty(study)?
    } else {
        let mut bare = study.clone();
        for trial in &mut bare.trials {
            trial.observations.clear();
        }
        serde_json::to_string_pretty(&bare)?
    };
    text.push('\n');
    Ok(text)
}
