//! Studies that are kept: what identifies one, and what a list says of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    candidate::Candidate,
    machine::Locality,
    profile::Place,
    study::{Outcome, Study},
};

/// The name of a kept study: when it began, and four digits that tell those of one second apart. Names sort by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct StudyId(String);

impl StudyId {
    /// The name of a study that began then (RFC 3339); `mark` is any number that others of the same second do not have.
    #[must_use]
    pub fn new(started_at: &str, mark: u64) -> Self {
        let digits: String = started_at.chars().filter(char::is_ascii_digit).take(14).collect();
        let (date, time) = digits.split_at(digits.len().min(8));
        Self(format!("{date}-{time}-{:04x}", mark & 0xffff))
    }

    /// The name that a file has; `None` when it is none of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let is_number =
            |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_mark = |part: &str| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        match parts[..] {
            [date, time, mark] if is_number(date, 8) && is_number(time, 6) && is_mark(mark) => {
                Some(Self(text.to_owned()))
            }
            _ => None,
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When it began, to the second.
    #[must_use]
    pub fn second(&self) -> &str {
        self.0.rsplit_once('-').map_or("", |(second, _)| second)
    }

    /// The digits that tell it from others of its second.
    #[must_use]
    pub fn mark(&self) -> &str {
        self.0.rsplit('-').next().unwrap_or_default()
    }
}

impl fmt::Display for StudyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a list says of a study, without reading all of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudySummary {
    pub id: StudyId,
    /// RFC 3339.
    pub started_at: String,
    pub tool_version: String,
    pub model: String,
    pub model_digest: Option<String>,
    pub host: String,
    pub server_version: Option<String>,
    pub simulated: bool,
    /// Processor and GPUs of a server on the machine that measured; `None` where they are unknown, and in records of earlier releases.
    #[serde(default)]
    pub machine: Option<String>,
    /// Made elsewhere, and brought here.
    #[serde(default)]
    pub imported: bool,
    pub intensity: String,
    pub outcome: Outcome,
    pub elapsed_seconds: f64,
    /// With the settings that it ends with.
    pub notes_per_minute: Option<f64>,
    /// Of the comparison: new by present settings.
    pub speed_ratio: Option<f64>,
    /// 0 to 100.
    pub confidence: Option<f64>,
}

impl StudySummary {
    /// What a list says of that study.
    #[must_use]
    pub fn of(id: StudyId, study: &Study) -> Self {
        let chosen = chosen(study);
        let speed =
            study.candidates.iter().find(|one| one.candidate.works_like(chosen)).and_then(|one| one.notes_per_minute);
        Self {
            id,
            started_at: study.started_at.clone(),
            tool_version: study.tool_version.clone(),
            model: study.model.name.clone(),
            model_digest: study.model.digest.value.clone(),
            host: study.server.host.clone(),
            server_version: study.server.version.value.clone(),
            simulated: is_simulated(study),
            machine: Place::of(&study.machine, &study.server, &study.model).hardware(),
            imported: false,
            intensity: study.intensity.clone(),
            outcome: study.outcome,
            elapsed_seconds: study.elapsed_seconds,
            notes_per_minute: speed.map(|speed| speed.value),
            speed_ratio: study.comparison.as_ref().map(|comparison| comparison.speed_ratio.value),
            confidence: study.tuned.as_ref().map(|tuned| tuned.confidence.percent),
        }
    }
}

/// The settings that a study ends with: the winner, or those that were there.
#[must_use]
pub const fn chosen(study: &Study) -> &Candidate {
    match (study.outcome, &study.tuned) {
        (Outcome::Improved | Outcome::Interrupted, Some(tuned)) => &tuned.candidate,
        _ => &study.baseline,
    }
}

/// Whether the server of a study was a simulated one.
#[must_use]
pub fn is_simulated(study: &Study) -> bool {
    study.server.locality == Locality::Simulated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_when_and_sort_by_time() {
        let id = StudyId::new("2026-11-27T15:04:05Z", 0x1_2a7f);
        assert_eq!(id.as_str(), "20261127-150405-2a7f");
        assert_eq!((StudyId::parse(id.as_str()), id.mark()), (Some(id.clone()), "2a7f"));
        assert!(id < StudyId::new("2026-11-27T15:04:06Z", 0));
        for other in ["", "last", "20261127-150405-2a7", "20261127-150405-2a7f.x", "../20261127-150405-2a7f"] {
            assert_eq!(StudyId::parse(other), None, "{other}");
        }
    }
}
