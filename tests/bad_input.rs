//! Whatever is wrong is named, with the next thing to do and the right exit code, and nothing is lost.

mod command_line;
mod files;
#[cfg(unix)]
mod odd_files;
mod plugin_files;
mod servers;
mod settings_files;
mod targets;
