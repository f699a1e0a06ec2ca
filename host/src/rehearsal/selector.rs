//! A selector over recorded candidates, beside the bundled ones.

use std::{sync::Arc, time::Instant};

use super::record::Record;
use crate::{
    conformance::recorded::RecordedStudy,
    model::{
        rehearsal::{Choice, REHEARSAL_SCHEMA_VERSION, SelectionCase, SelectorRehearsal},
        selection::MeasuredCandidate,
    },
    plugin::{parameters::Arguments, selector::Selector, strategy::StudyView},
};

/// A selector with the values of its parameters.
pub type Ready = (Arc<Selector>, Arguments);

/// Candidates to choose from.
pub enum Source<'a> {
    /// The study that comes with the program.
    Recorded(&'a RecordedStudy),
    Study(&'a Record),
}

/// Has the selector and the bundled ones choose among the candidates of a study.
#[must_use]
pub fn rehearse(own: &Ready, bundled: &[Ready], name: &str, study: &Source<'_>) -> SelectorRehearsal {
    SelectorRehearsal {
        schema_version: REHEARSAL_SCHEMA_VERSION,
        selector: own.0.manifest.name.clone(),
        study: case(own, bundled, name, study),
    }
}

fn case(own: &Ready, bundled: &[Ready], name: &str, source: &Source<'_>) -> SelectionCase {
    let choices = |candidates: &[MeasuredCandidate], view: StudyView<'_>| -> SelectionCase {
        let beside = bundled.iter().filter(|(selector, _)| !Arc::ptr_eq(selector, &own.0));
        SelectionCase {
            name: name.to_owned(),
            candidates: candidates.to_vec(),
            choices: std::iter::once(own).chain(beside).map(|ready| choose(ready, candidates, &view)).collect(),
        }
    };
    match source {
        Source::Recorded(study) => choices(&study.candidates, study.view(&study.workload(), &study.trials, 0.0)),
        Source::Study(record) => {
            let study = &record.study;
            let workload = record.workload(&study.trials);
            choices(&study.candidates, record.view(&workload, &study.baseline, &study.trials, 0.0))
        }
    }
}

fn choose((selector, arguments): &Ready, candidates: &[MeasuredCandidate], view: &StudyView<'_>) -> Choice {
    let began = Instant::now();
    let answer = selector.select(candidates, view, arguments);
    let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
    let (selection, failure) = match answer {
        Ok(selection) => (Some(selection), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Choice { selector: selector.manifest.name.clone(), selection, failure, milliseconds }
}
