//! What a study knows of the server's own settings, and how to make them so: text to look at and to run, never done for anybody.
//!
//! The server reads them when it starts, from its environment, and no request can change them. A study does not vary them either. What it
//! sees is which were in force while it measured: a server that is started otherwise does not give the figures that it found.

mod evidence;
mod platform;

pub use evidence::{Known, Variable, known};
pub use platform::{Platform, render};
