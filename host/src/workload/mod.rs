//! The user's files, or generated ones: what the batch works on.
//!
//! [`samples`] reads a directory for trials and [`sources`] for the whole batch, [`generate`] writes code when there is none; [`pick`] chooses what trials may use of it, and [`learned`] makes
//! files as large as the requests that the proxy recorded.
//! [`prompt`] puts a piece of a file into the task's text, [`probe`] and [`needle`] make the other prompts that are measured.

mod error;
pub mod generate;
mod language;
pub mod learned;
mod left_out;
pub mod needle;
pub mod pick;
pub mod probe;
pub mod prompt;
pub mod samples;
mod skipping;
pub mod sources;

pub use error::WorkloadError;

/// How many files are picked for trials when nobody says otherwise: enough strata for a stable mean, few enough to
/// go through once within a short budget.
pub const DEFAULT_PICK: usize = 24;
