//! Pure data: every thing that the program talks about, and nothing that does anything.
//!
//! No I/O, no async, no clock and no randomness here. Units are in the names. What is hidden in the documentation is no part of a study.

#[doc(hidden)]
pub mod arena;
#[doc(hidden)]
pub mod begun;
pub mod budget;
#[doc(hidden)]
pub mod calibration;
pub mod candidate;
#[doc(hidden)]
pub mod cause;
#[doc(hidden)]
pub mod checkup;
#[doc(hidden)]
pub mod clean;
pub mod clocks;
#[doc(hidden)]
pub mod cost;
#[doc(hidden)]
pub mod digest;
pub mod disturbance;
#[doc(hidden)]
pub mod exchange;
pub mod experiment;
#[doc(hidden)]
pub mod finding;
pub mod fleet;
pub mod forecast;
#[doc(hidden)]
pub mod heat;
#[doc(hidden)]
pub mod hub;
#[doc(hidden)]
pub mod judge;
#[doc(hidden)]
pub mod kept;
pub mod learned;
#[doc(hidden)]
pub mod limit;
#[doc(hidden)]
pub mod loopback;
pub mod machine;
pub mod metric;
#[doc(hidden)]
pub mod nearest;
pub mod noise;
pub mod obedience;
pub mod observation;
pub mod outlook;
pub mod pack;
pub mod parting;
#[doc(hidden)]
pub mod payback;
#[doc(hidden)]
pub mod plugin;
#[doc(hidden)]
pub mod prior;
#[doc(hidden)]
pub mod production;
pub mod profile;
pub mod proof;
pub mod recommendation;
#[doc(hidden)]
pub mod recommending;
#[doc(hidden)]
pub mod rehearsal;
pub mod score;
pub mod selection;
#[doc(hidden)]
pub mod server_failure;
pub mod space;
pub mod steps;
pub mod study;
pub mod trial;
#[doc(hidden)]
pub mod value;
#[doc(hidden)]
pub mod verification;
#[doc(hidden)]
pub mod workload;
