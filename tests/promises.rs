//! Every promise that the program makes, one file each.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod example_plugins;
mod ollama_client;
mod optimum;
mod plugins;
mod report;
mod sandbox;
mod saving;
mod simulator;
mod support;
mod wit;
