//! The user's batch itself, as it went.

use serde::{Deserialize, Serialize};

use super::{candidate::Candidate, metric::Estimate, outlook::BatchOutlook, study::Warning};

/// Version of the JSON form of [`Production`]. It grows when a field changes its meaning or goes away.
pub const PRODUCTION_SCHEMA_VERSION: u32 = 1;

/// One run of the batch, from its beginning or from where an earlier one ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Production {
    pub schema_version: u32,
    pub tool_version: String,
    /// RFC 3339.
    pub started_at: String,
    pub model: String,
    pub settings: Candidate,
    /// Where the settings come from: a study, or a configuration.
    pub settings_from: String,
    /// Folder of the sources, and of the notes.
    pub sources: String,
    pub notes: String,
    /// Files that the batch makes notes of.
    pub files: usize,
    /// Notes that an earlier batch or a study made.
    pub made_before: usize,
    /// Those of them whose source has changed since.
    pub outdated: usize,
    /// Files in whose place something stands that is none of ours. It stays.
    pub foreign: Vec<String>,
    /// What was left out of the walk, and why.
    pub left_out: Vec<String>,
    pub made: Made,
    /// What the study expected of the files that were to be made; absent where no study measured these settings.
    pub predicted: Option<BatchOutlook>,
    pub end: ProductionEnd,
    pub warnings: Vec<Warning>,
}

/// What was made, and what it took.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Made {
    pub notes: usize,
    pub lost: Vec<LostFile>,
    /// Files that were not made because it ended before.
    pub left: usize,
    /// Notes of which an answer ended because it had no more room.
    pub cut: usize,
    /// Client clock, from the first request to the last answer. Loading the model first is not in it, waiting for a server that was gone is.
    pub seconds: f64,
    /// Seconds of them that nothing could be asked in, because the server was gone.
    pub waited_seconds: f64,
    /// How long the load before it took; 0 where it did not succeed.
    pub load_seconds: f64,
    /// Tries, and those that failed.
    pub requests: usize,
    pub failed_requests: usize,
    pub answer_tokens: u64,
    /// Fewest and most requests at once that were allowed, and how often that was lowered.
    pub least_at_once: u32,
    pub most_at_once: u32,
    pub lowered: usize,
    /// Mean score of the notes with its interval; absent with fewer than two scores.
    pub quality: Option<Estimate>,
    /// Notes that nobody could score.
    pub not_scored: usize,
}

impl Made {
    /// Notes in a minute, without the time that the server was gone; `None` before the first.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a batch has far fewer than 2^52 files")]
    pub fn notes_per_minute(&self) -> Option<f64> {
        let minutes = self.working_minutes();
        (self.notes > 0 && minutes > 0.0).then(|| self.notes as f64 / minutes)
    }

    /// Minutes without the time that the server was gone.
    #[must_use]
    pub fn working_minutes(&self) -> f64 {
        (self.seconds - self.waited_seconds).max(0.0) / 60.0
    }
}

/// A file without a note, and why. The next batch tries it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostFile {
    pub file: String,
    /// The name of a failure of a request, or `unreadable`, `unwritable`.
    pub cause: String,
    /// In words, where there are any.
    pub detail: Option<String>,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ProductionEnd {
    /// Every file had its turn.
    Complete,
    /// Stopped by the user; what was under way was finished.
    Interrupted,
    /// The server was gone, or failed everything, for longer than it was waited for.
    ServerLost { why: String },
    /// Notes cannot be written any more.
    CannotWrite { why: String },
}
