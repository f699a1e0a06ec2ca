//! A tuned configuration -> files, always with a difference first.
//!
//! [`ralf_notes`] knows the keys of RALF Note's `config.json`; [`forms`] and [`modelfile`] say the same for other programs;
//! [`text`] is the change of a file that is ours as a whole; [`replace`] puts a text in a file's place so that a crash, a full
//! disk or another writer never costs what was there; [`notes`] keeps notes that a study made, [`notebook`] those of a batch, one by one; [`target`] finds out beforehand whether it can.

mod by;
mod change;
pub mod forms;
pub mod modelfile;
pub mod notebook;
pub mod notes;
pub mod ralf_notes;
pub mod replace;
pub mod target;
pub mod text;

pub use change::FileChange;
