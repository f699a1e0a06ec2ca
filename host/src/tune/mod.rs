//! The orchestrator: the only module that knows all the others.
//!
//! A study is a baseline, one stage a strategy, a selection, and a comparison of the winner with the present settings. The only
//! loop is the append-only history: strategies read it, nobody calls back.

mod baseline;
pub mod batch;
mod calibrate;
mod candidates;
mod clock;
mod closed_loop;
pub mod compare;
mod confidence;
mod describe;
mod execute;
mod facts;
pub mod judge;
mod measure;
pub mod oracle;
pub mod plan;
mod prompts;
mod prove;
mod restore;
mod score;
mod stage;
pub mod study;
mod summarise;
mod verdict;
pub mod verify;

pub use clock::StudyClock;
pub use execute::{TOLD_CHARS_PER_TOKEN, TOLD_OVERHEAD_TOKENS};
pub use judge::{JudgeGrant, JudgeLimits};
pub use plan::{PlanError, plan};
pub use score::{Panel, WeightedScorer};
pub use stage::describe as describe_proposal;
pub use study::{Setup, run};
pub use verdict::SELECT;
