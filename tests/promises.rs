//! Every promise that the program makes, one file each.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod architecture;
mod documents;
mod ollama_client;
mod optimum;
mod plugins;
mod report;
mod saving;
mod simulator;
