//! What an earlier study or others found, as something to be checked.

use serde::{Deserialize, Serialize};

use super::{
    candidate::Candidate,
    kept::StudyId,
    metric::Estimate,
    profile::Place,
    recommendation::{Behind, Recommendation},
    selection::Confidence,
    study::{Outcome, Study},
};

/// How much the sizes of two batches may differ, as a share, so that notes per minute mean the same.
const SAME_SIZES: f64 = 0.15;

/// The pick of an earlier study of the same model on the same machine, or what others' measurements recommend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// The earlier study; `None` where it is what others measured.
    #[serde(default)]
    pub study: Option<StudyId>,
    /// How much stands behind what others measured; `None` where it is an earlier study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<Behind>,
    /// Nothing else is asked where it does not hold.
    #[serde(default)]
    pub alone: bool,
    /// What it ended with: its winner, or the settings that it kept.
    pub settings: Candidate,
    /// Notes per minute with them then.
    pub notes_per_minute: Estimate,
    /// Requests that the server worked on at a time with them.
    pub at_once: f64,
    pub confidence: Confidence,
}

impl Prior {
    /// What a study has to say to later ones; `None` where it ended without a pick whose speed it knows.
    #[must_use]
    pub fn of(study: &Study, id: &StudyId) -> Option<Self> {
        let tuned =
            study.tuned.as_ref().filter(|_| matches!(study.outcome, Outcome::Improved | Outcome::KeepBaseline))?;
        let alike = study.candidates.iter().find(|one| one.candidate.works_like(&tuned.candidate))?;
        Some(Self {
            study: Some(id.clone()),
            shared: None,
            alone: false,
            settings: tuned.candidate.clone(),
            notes_per_minute: alike.notes_per_minute.filter(|_| alike.violations.is_empty())?,
            at_once: study.slots_seen().unwrap_or(f64::MAX).min(f64::from(tuned.candidate.max_concurrent_requests)),
            confidence: tuned.confidence.clone(),
        })
    }

    /// What others' measurements recommend to somebody who has the present settings: what their notes are made of stays theirs. `alone`: nothing else is asked where it does
    /// not hold.
    #[must_use]
    pub fn shared(recommendation: &Recommendation, present: &Candidate, alone: bool) -> Self {
        Self {
            study: None,
            shared: Some(recommendation.behind),
            alone,
            settings: Candidate {
                max_content_length: present.max_content_length,
                num_predict: present.num_predict,
                temperature: present.temperature,
                ..recommendation.settings.clone()
            },
            notes_per_minute: recommendation.notes_per_minute,
            at_once: 0.0,
            // What is believed of it is what is measured here.
            confidence: Confidence { percent: 0.0, meaning: String::new(), parts: Vec::new() },
        }
    }
}

/// Why a study says nothing of what is there now, each as a phrase; empty where it may be checked. `sizes` are characters of each file of
/// the batch, and `prompt` where it comes from.
#[must_use]
pub fn objections(study: &Study, now: &Place, sizes: &[usize], prompt: &str) -> Vec<String> {
    let mut objections = Place::of(&study.machine, &study.server, &study.model).changes(now);
    if study.workload.prompt_origin != prompt {
        objections.push("its prompt was another one".to_owned());
    }
    #[expect(clippy::cast_precision_loss, reason = "characters of a batch")]
    let mean = |sum: usize, files: usize| sum as f64 / files.max(1) as f64;
    let then = mean(study.workload.total_chars, study.workload.files_in_batch);
    let now = mean(sizes.iter().sum(), sizes.len());
    if (then / now.max(1.0)).ln().abs() > SAME_SIZES {
        objections.push("its files were of other sizes".to_owned());
    }
    objections
}
