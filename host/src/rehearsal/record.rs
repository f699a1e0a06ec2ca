//! A study as `ralf-tune run --format json` writes it, made ready to be played again.

use crate::{
    model::{
        candidate::Candidate,
        selection::Constraints,
        space::SearchSpace,
        study::{SCHEMA_VERSION, Study},
        trial::Trial,
    },
    plugin::strategy::{StudyView, WorkloadView},
    tune::{TOLD_CHARS_PER_TOKEN, TOLD_OVERHEAD_TOKENS},
};

/// What stands for measurements that a record of an earlier release does not have.
const CHARS_PER_TOKEN: f64 = 3.0;
const OVERHEAD_TOKENS: u32 = 400;

/// A file that is no study.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("it is no study as JSON: {0}")]
    NotAStudy(String),
    #[error("its schema version is {0}, and this program knows {SCHEMA_VERSION}")]
    Version(u64),
}

impl RecordError {
    /// How to get one.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NotAStudy(_) => {
                "make one: ralf-tune run --simulate --no-save --format json --output study.json".to_owned()
            }
            Self::Version(_) => "record it again with this release".to_owned(),
        }
    }
}

/// A study, and what plugins were told of it.
pub struct Record {
    pub study: Study,
    pub space: SearchSpace,
    workload: WorkloadView,
    pub constraints: Constraints,
    /// What is not as it was in the study.
    pub notices: Vec<String>,
}

impl Record {
    /// Reads a study.
    ///
    /// # Errors
    /// When it is none, or of another version.
    pub fn read(text: &str) -> Result<Self, RecordError> {
        let document: serde_json::Value =
            serde_json::from_str(text).map_err(|error| RecordError::NotAStudy(error.to_string()))?;
        match document.get("schema_version").and_then(serde_json::Value::as_u64) {
            Some(version) if version != u64::from(SCHEMA_VERSION) => return Err(RecordError::Version(version)),
            _ => {}
        }
        let study = serde_json::from_value(document).map_err(|error| RecordError::NotAStudy(error.to_string()))?;
        Ok(Self::of(study))
    }

    /// A study that was just made.
    #[must_use]
    pub fn of(study: Study) -> Self {
        let space = SearchSpace::of(&study.machine, &study.server, &study.model, &study.baseline);
        let summary = &study.workload;
        let mut notices = Vec::new();
        if summary.file_chars.is_empty() || summary.batch_chars.is_empty() {
            notices.push("the record does not have the sizes of the files: each counts as the median".to_owned());
        }
        let sizes = |known: &[usize], count: usize| {
            if known.is_empty() { vec![summary.median_chars; count] } else { known.to_vec() }
        };
        let workload = WorkloadView {
            file_chars: sizes(&summary.file_chars, summary.files_picked),
            batch_chars: sizes(&summary.batch_chars, summary.files_in_batch),
            chars_per_token: summary.chars_per_token.unwrap_or(CHARS_PER_TOKEN),
            overhead_tokens: OVERHEAD_TOKENS,
        };
        Self { space, workload, constraints: Constraints::default(), notices, study }
    }

    /// One line that says what was recorded.
    #[must_use]
    pub fn title(&self) -> String {
        let study = &self.study;
        format!("{}, {}, seed {}, {} trials", study.model.name, study.intensity, study.seed, study.trials.len())
    }

    /// What was known of the workload when that much had happened.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "tokens of a prompt")]
    pub fn workload(&self, history: &[Trial]) -> WorkloadView {
        let told = |fact: &str| {
            let facts = history.iter().rev().flat_map(|trial| &trial.facts);
            facts.into_iter().find(|(name, _)| name == fact).map(|(_, value)| *value)
        };
        let mut workload = self.workload.clone();
        if let (Some(chars), Some(overhead)) = (told(TOLD_CHARS_PER_TOKEN), told(TOLD_OVERHEAD_TOKENS)) {
            workload.chars_per_token = chars;
            workload.overhead_tokens = overhead as u32;
        }
        workload
    }

    /// What a plugin is told when that much has happened.
    #[must_use]
    pub fn view<'a>(
        &'a self,
        workload: &'a WorkloadView,
        incumbent: &'a Candidate,
        history: &'a [Trial],
        seconds_left: f64,
    ) -> StudyView<'a> {
        StudyView {
            machine: &self.study.machine,
            server: &self.study.server,
            model: &self.study.model,
            workload,
            space: &self.space,
            constraints: &self.constraints,
            baseline: &self.study.baseline,
            incumbent,
            seconds_left,
            history,
            seed: self.study.seed,
        }
    }
}
