//! A plugin before its first performance: what it says beside the bundled ones.
//!
//! [`scorer`] puts notes ([`cases`]) to a scorer, [`replay`] a recorded study to a strategy, [`selector`] recorded candidates to a
//! selector. What a strategy is worth in studies of its own, the arena says.

pub mod cases;
pub mod record;
pub mod replay;
pub mod scorer;
pub mod selector;
