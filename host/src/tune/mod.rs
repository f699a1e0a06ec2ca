//! The orchestrator: the only module that knows all the others.
//!
//! A study is a baseline, one stage a strategy, a selection, and a comparison of the winner with the present settings. The only
//! loop is the append-only history: strategies read it, nobody calls back.

mod afterwards;
mod answer_length;
mod baseline;
pub mod batch;
mod calibrate;
mod candidates;
mod changed;
mod clock;
mod clocks;
mod closed_loop;
pub mod compare;
mod confidence;
mod describe;
mod disturbance;
pub mod drill;
mod execute;
mod facts;
mod forecast;
mod hindsight;
pub mod judge;
mod measure;
mod noise;
mod notes;
mod obedience;
pub mod oracle;
mod outlook;
pub mod plan;
mod prior;
pub mod produce;
mod profiles;
mod prompts;
mod prove;
mod recording;
mod residuals;
mod restore;
mod rough_tokens;
mod score;
mod server;
mod shrink;
mod stage;
mod steps;
pub mod study;
mod summarise;
mod synthetic;
mod tries;
mod truncated;
mod verdict;
pub mod verify;
mod watch;
mod whole_batch;
mod worth;

pub use afterwards::{NOISE_SIGMA, TOLD_CHARS_PER_TOKEN, TOLD_OVERHEAD_TOKENS};
pub use clock::StudyClock;
pub use judge::{JudgeGrant, JudgeLimits};
pub use notes::{MadeNote, MadeNotes};
pub use outlook::outlook;
pub use plan::{PlanError, plan};
pub use recording::{End, Ledger, Recording, Remembered};
pub use score::{Panel, WeightedScorer};
pub use stage::describe as describe_proposal;
pub use study::{Setup, run};
pub use verdict::SELECT;
pub use whole_batch::{BatchEnd, make_batch};
