//! A tuned configuration -> files, always with a difference first.
//!
//! [`ralf_notes`] knows the keys of RALF Note's `config.json`; [`replace`] puts a text in a file's place so that a
//! crash, a full disk or another writer never costs what was there; [`notes`] keeps notes that a study made, [`notebook`] those of a
//! batch, one by one; [`target`] finds out beforehand whether it can.

pub mod notebook;
pub mod notes;
pub mod ralf_notes;
pub mod replace;
pub mod target;
