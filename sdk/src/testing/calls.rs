use super::surroundings::{constraints, machine, model, workload};
use crate::{
    Arguments,
    scorer::{Note, Score, Scorer},
    selector::{Candidate, Selection, SelectionInput, SelectionInputExt as _, Selector},
    types::{Manifest, Value},
};

/// The score of a note, with the defaults of the scorer's parameters.
///
/// # Errors
/// What the scorer says, or what the host would refuse: a value that is not within 0 to 1, a part that is no number.
pub fn score<S: Scorer>(note: &Note) -> Result<Score, String> {
    score_with::<S>(note, &[])
}

/// The same with some parameters set.
///
/// # Errors
/// As of [`score`], and for a parameter that is not in the manifest.
pub fn score_with<S: Scorer>(note: &Note, changes: &[(&str, Value)]) -> Result<Score, String> {
    let score = S::evaluate(note, &arguments(&S::manifest(), changes)?)?;
    if !(0.0..=1.0).contains(&score.value) {
        return Err(format!("the score {} is not within 0 to 1", score.value));
    }
    match score.parts.iter().find(|part| !part.value.is_finite()) {
        Some(part) => Err(format!("the part {} is {}", part.name, part.value)),
        None => Ok(score),
    }
}

/// The winner among some candidates, with the defaults of the selector's parameters.
///
/// # Errors
/// What the selector says, or what the host would refuse: a winner that is no candidate or must not be chosen.
pub fn select<S: Selector>(candidates: Vec<Candidate>) -> Result<Selection, String> {
    select_with::<S>(candidates, &[])
}

/// The same with some parameters set.
///
/// # Errors
/// As of [`select`], and for a parameter that is not in the manifest.
pub fn select_with<S: Selector>(candidates: Vec<Candidate>, changes: &[(&str, Value)]) -> Result<Selection, String> {
    let arguments = arguments(&S::manifest(), changes)?;
    let input = SelectionInput {
        candidates,
        constraints: constraints(),
        machine: machine(true),
        model: model(),
        workload: workload(&[500, 2_000, 6_000]),
        history: Vec::new(),
        arguments: Vec::new(),
    };
    let selection = S::select(&input, &arguments)?;
    let named = std::iter::once(&selection.winner).chain(&selection.runners_up);
    let known = |id: &u32| input.candidates.iter().any(|candidate| candidate.id == *id);
    if let Some(unknown) = named.into_iter().find(|id| !known(id)) {
        return Err(format!("there is no candidate {unknown}"));
    }
    if !input.eligible().any(|candidate| candidate.id == selection.winner) {
        return Err(format!("the winner {} has a violation", selection.winner));
    }
    Ok(selection)
}

fn arguments(manifest: &Manifest, changes: &[(&str, Value)]) -> Result<Arguments, String> {
    changes.iter().try_fold(Arguments::defaults(manifest), |arguments, (name, value)| {
        if arguments.get(name).is_none() {
            return Err(format!("there is no parameter {name}"));
        }
        Ok(arguments.with(name, value.clone()))
    })
}
