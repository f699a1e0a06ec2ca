//! The placebo detector: for every setting, evidence that the server obeyed it. Pure: from the finished trials, what `/api/ps` said in them, and
//! the machine's profile.
//!
//! A setting that the server ignores makes no difference, and a study would tune it all the same, by chance.

mod advice;
mod rates;
mod requests;

pub(super) use requests::{at_once, well};

use super::execute::LOADED_CONTEXT;
use crate::model::{
    candidate::Candidate,
    machine::{MachineProfile, ModelProfile, ServerProfile},
    obedience::{Obedience, Obeyed},
    space::Parameter,
    study::Warning,
    trial::Trial,
};

/// What the evidence is read from.
pub struct Witness<'a> {
    pub trials: &'a [Trial],
    pub machine: &'a MachineProfile,
    pub server: &'a ServerProfile,
    pub model: &'a ModelProfile,
    /// The settings that advice is about.
    pub chosen: &'a Candidate,
}

/// What is known of each setting that the server has a part in.
#[must_use]
pub fn examine(witness: &Witness<'_>) -> Vec<Obedience> {
    vec![
        context(witness),
        requests::overlap(witness),
        rates::threads(witness),
        rates::batch(witness),
        requests::answer_length(witness),
        requests::temperature(witness),
        requests::keep_alive(witness),
    ]
}

/// Warnings about what was not obeyed.
#[must_use]
pub fn warnings(obedience: &[Obedience]) -> Vec<Warning> {
    obedience.iter().filter_map(|one| one.warning.clone()).collect()
}

fn no_evidence(setting: &str, evidence: impl Into<String>) -> Obedience {
    Obedience {
        setting: setting.to_owned(),
        state: Obeyed::NoEvidence,
        evidence: evidence.into(),
        figures: Vec::new(),
        notable: false,
        warning: None,
    }
}

/// Whether every load has the context that was asked for.
fn context(witness: &Witness<'_>) -> Obedience {
    let setting = Parameter::NumCtx.name();
    let mut loads: Vec<(u32, f64)> = witness
        .trials
        .iter()
        .filter_map(|trial| Some((trial.candidate.num_ctx, trial.fact(LOADED_CONTEXT)?)))
        .collect();
    loads.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    loads.dedup_by(|a, b| a.0 == b.0 && (a.1 - b.1).abs() < 0.5);
    if loads.is_empty() {
        return no_evidence(setting, "the server does not say what context it loaded");
    }
    let figures = loads.iter().map(|(asked, loaded)| (format!("loaded_context_for_{asked}_tokens"), *loaded)).collect();
    let other = loads.iter().rfind(|(asked, loaded)| (f64::from(*asked) - loaded).abs() > 0.5);
    let Some((asked, loaded)) = other else {
        let sizes: Vec<String> = loads.iter().map(|(asked, _)| asked.to_string()).collect();
        return Obedience {
            state: Obeyed::Obeyed,
            figures,
            ..no_evidence(setting, format!("{} tokens asked for and loaded", sizes.join(", ")))
        };
    };
    let trained = witness.model.trained_context.value.is_some_and(|trained| (f64::from(trained) - loaded).abs() < 0.5);
    let why = if trained { ", which is all that the model was trained on" } else { "" };
    Obedience {
        state: Obeyed::Ignored,
        figures,
        warning: Some(Warning {
            what: format!("the server loaded a context of {loaded} tokens where {asked} were asked for{why}"),
            advice: Some(if trained {
                format!("set num_ctx to {loaded} or less; for more, take a model with a longer context")
            } else {
                "look for a context set in the server's environment, or for a proxy in between that drops options"
                    .to_owned()
            }),
        }),
        ..no_evidence(setting, format!("{asked} tokens asked for, {loaded} loaded"))
    }
}

#[cfg(test)]
mod tests;
