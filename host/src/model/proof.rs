//! What a comparison of two settings proves, and how it was made.

use serde::{Deserialize, Serialize};

use super::metric::{ConfidenceInterval, Estimate};

/// What a comparison proves, and how it was made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Proof {
    /// What it proves.
    pub verdict: ProofVerdict,
    /// Evidence that the tuned settings are faster, against "as fast or slower": an e-value, 20 or more proves it at 5 %.
    pub evidence_faster: f64,
    /// The same for slower.
    pub evidence_slower: f64,
    /// Tuned / baseline: an interval that holds however often it was looked at. `None` while it has no end.
    pub anytime: Option<ConfidenceInterval>,
    /// Blocks of files that each of the two made, in the order A B, B A, A B …
    pub blocks: u32,
    /// Whether both were early and late alike, so that a machine that slowly gets faster or slower favours neither.
    pub drift_cancelled: bool,
    /// Why it ended when it did.
    pub ended: String,
    /// Tuned minus baseline, over the pairs that both were scored in.
    pub quality_difference: Option<Estimate>,
    /// Files that were lost, of all that were tried.
    pub baseline_lost: usize,
    /// The same of the compared settings.
    pub tuned_lost: usize,
    /// Prompts that the server cut.
    pub prompts_cut: usize,
    /// Client clock, loads included.
    pub seconds: f64,
}

/// What a comparison proves of the tuned settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProofVerdict {
    /// The compared settings are faster.
    Faster,
    /// No difference that so many pairs can show.
    #[default]
    Undecided,
    /// The compared settings are slower.
    Slower,
}
