//! `ralf-tune` finds the best settings for batch work with a local language model on Ollama.
//!
//! The pipeline: [`settings`] and [`profile`] say what is asked and what is there; [`workload`] is what the batch works on;
//! [`tune`] plans stages, asks strategies what to measure ([`plugin`]), measures it with [`ollama`] (or [`simulate`]),
//! has the notes scored and a winner selected; [`emit`] shows the difference and saves it; [`report`] says what was found.
//! [`proxy`] stands before a server and says what clients do with it, and [`learning`] what its records add up to.
//! [`install`] keeps plugins of others, [`conformance`] puts one to the test. [`model`] is the data that flows, [`stats`] the
//! mathematics; [`cli`] is the door.

pub mod arena;
pub mod author;
pub mod cli;
pub mod conformance;
pub mod emit;
pub mod files;
pub mod install;
pub mod learning;
pub mod model;
pub mod ollama;
pub mod plugin;
pub mod profile;
pub mod proxy;
pub mod rehearsal;
pub mod report;
pub mod settings;
pub mod simulate;
pub mod stats;
pub mod store;
pub mod tune;
pub mod workload;
