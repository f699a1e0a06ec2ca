//! Whatever is wrong is named, with the next thing to do and the right exit code, and nothing is lost.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod command_line;
mod files;
mod plugin_files;
mod servers;
mod settings_files;
mod targets;
