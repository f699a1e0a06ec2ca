//! Pure data: every thing that the program talks about, and nothing that does anything.
//!
//! No I/O, no async, no clock and no randomness here. Units are in the names.

pub mod arena;
pub mod begun;
pub mod budget;
pub mod calibration;
pub mod candidate;
pub mod cause;
pub mod checkup;
pub mod clean;
pub mod clocks;
pub mod cost;
pub mod digest;
pub mod disturbance;
pub mod experiment;
pub mod finding;
pub mod forecast;
pub mod judge;
pub mod kept;
pub mod limit;
pub mod loopback;
pub mod machine;
pub mod metric;
pub mod nearest;
pub mod noise;
pub mod obedience;
pub mod observation;
pub mod outlook;
pub mod parting;
pub mod payback;
pub mod plugin;
pub mod prior;
pub mod profile;
pub mod production;
pub mod proof;
pub mod rehearsal;
pub mod score;
pub mod selection;
pub mod server_failure;
pub mod space;
pub mod steps;
pub mod study;
pub mod trial;
pub mod value;
pub mod verification;
pub mod workload;
