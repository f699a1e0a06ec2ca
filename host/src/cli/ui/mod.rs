//! Everything that reaches a person's terminal goes through here. Data goes to stdout, everything else to stderr.

mod batch_progress;
pub mod confirm;
pub mod errors;
mod narration;
pub mod output;
pub mod progress;
pub mod tally;

pub use batch_progress::BatchProgress;
pub use confirm::confirm;
pub use output::{OutputError, data, message, stderr_colour, stderr_width, stdout_colour, stdout_width};
pub use progress::{Progress, ProgressMode};
pub use tally::Tally;
