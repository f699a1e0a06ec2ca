//! Many whole studies of simulated machines, line-up against line-up: this is how we, and authors, know that a strategy is better.
//!
//! A [`line_up`] says which strategies and which selector take part. A [`contest`] runs every line-up on every scenario with every
//! seed, each study in a [`simulation`] on a clock of its own, and asks the oracle what its pick is [`worth`]. [`standings`] makes
//! figures and verdicts of it. [`surfaces`] are those to be examined on, in two halves. A [`calibration`] holds what studies claim against the truth of many machines.

pub mod calibration;
pub mod contest;
mod ground;
pub mod line_up;
mod parallel;
pub mod recommendations;
pub mod simulation;
pub mod standings;
pub mod surfaces;
pub mod worth;

pub use calibration::Calibration;
pub use contest::{ArenaError, Contest};
pub use line_up::{Contender, LineUp};
pub use simulation::Simulation;
