//! What a kept study expects of the files that are to be made. Pure.

use crate::{
    model::{
        candidate::Candidate,
        outlook::BatchOutlook,
        study::Study,
        workload::{PromptTemplate, SourceFile, Workload},
    },
    tune::{candidates::CostLine, outlook},
};

/// What is expected of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    pub outlook: BatchOutlook,
    /// Seconds that each file takes of it, in the order of the files; 1 for each where nothing tells them apart.
    pub weights: Vec<f64>,
}

/// What the trials of a study say of files of so many characters. `None` when no note was made as these settings make it, or in records of releases
/// that did not keep the sizes of files.
#[must_use]
pub fn predict(study: &Study, settings: &Candidate, chars: &[usize]) -> Option<Prediction> {
    if study.workload.file_chars.is_empty() || chars.is_empty() {
        return None;
    }
    // The texts are not kept; sizes are what the outlook is about. Only where a file is cut can differ, by a line.
    let mut batch_chars = chars.to_vec();
    batch_chars.sort_unstable();
    let files = study.workload.file_chars.iter().map(|chars| SourceFile::new("", "", "x".repeat(*chars))).collect();
    let prompt = PromptTemplate { text: String::new(), origin: study.workload.prompt_origin.clone() };
    let origin = study.workload.origin.clone();
    // A batch makes the notes that the trials made: its answers are as long as theirs, and not as those that clients got.
    let learned = None;
    let workload = Workload { origin, files, batch_chars, prompt, notices: Vec::new(), learned };
    let outlook = outlook(&study.trials, settings, &workload)?;
    let line = CostLine::of(&study.trials, &workload, settings);
    let weight = |chars: &usize| line.as_ref().map_or(1.0, |line| (line.file_ms(*chars, settings) / 1000.0).max(0.001));
    Some(Prediction { outlook, weights: chars.iter().map(weight).collect() })
}
