//! `ralf-tune` finds the best settings for batch work with a local language model on Ollama.
//!
//! Another program uses [`embed`]: plan, run, hear what happens, select. [`model`] is the data that it takes and gives. All else is the program's
//! own and hidden here; it can be reached, and changes as the program needs.
//!
//! The pipeline: `settings` and `profile` say what is asked and what is there; `workload` is what the batch works on;
//! `tune` plans stages, asks strategies what to measure (`plugin`), measures it with `ollama` (or `simulate`),
//! has the notes scored and a winner selected; `emit` shows the difference and saves it; `report` says what was found.
//! `proxy` stands before a server and says what clients do with it, and `learning` what its records add up to. `watch` says when
//! settings are no longer what they were. `install` keeps plugins of
//! others, `share` says what a study is to others and theirs are to this machine, `conformance` puts one to the test. [`model`] is the data that flows, `stats` the mathematics; `cli` is the door.

#![deny(missing_docs)]

#[doc(hidden)]
pub mod arena;
#[doc(hidden)]
pub mod author;
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod conformance;
pub mod embed;
#[doc(hidden)]
pub mod emit;
#[doc(hidden)]
pub mod files;
#[doc(hidden)]
pub mod hub;
#[doc(hidden)]
pub mod install;
#[doc(hidden)]
pub mod learning;
pub mod model;
#[doc(hidden)]
pub mod ollama;
#[doc(hidden)]
pub mod plugin;
#[doc(hidden)]
pub mod profile;
#[doc(hidden)]
pub mod proxy;
#[doc(hidden)]
pub mod rehearsal;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod serving;
#[doc(hidden)]
pub mod settings;
#[doc(hidden)]
pub mod share;
#[doc(hidden)]
pub mod simulate;
#[doc(hidden)]
pub mod stats;
#[doc(hidden)]
pub mod store;
#[doc(hidden)]
pub mod tune;
#[doc(hidden)]
pub mod watch;
#[doc(hidden)]
pub mod workload;
