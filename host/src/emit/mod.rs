//! A tuned configuration -> files, always with a difference first.
//!
//! [`ralf_notes`] knows the keys of RALF Note's `config.json`; [`forms`] and [`modelfile`] say the same for other programs, and
//! [`server`] what of the server's own settings a study knows. [`text`] is the change of a file that is ours as a whole; [`replace`] puts a
//! text in a file's place so that a crash, a full disk or another writer never costs what was there; [`target`] finds out beforehand
//! whether it can; [`notes`] keeps notes that a study made, [`notebook`] those of a batch, one by one.

mod by;
mod change;
pub mod forms;
pub mod modelfile;
pub mod notebook;
pub mod notes;
pub mod ralf_notes;
pub mod replace;
pub mod server;
pub mod target;
pub mod text;

pub use change::FileChange;
