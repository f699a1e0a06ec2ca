//! Every promise that the program makes, one file each.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod apply;
mod architecture;
mod arena;
mod author_way;
mod bad_input;
mod c_plugins;
mod calibration;
mod clocks;
mod commands;
mod conformance;
mod disturbances;
mod documents;
mod example_plugins;
mod honest_requests;
mod installing;
mod judge;
#[cfg(unix)]
mod languages;
mod obedience;
mod ollama_client;
mod optimum;
mod outlook;
mod plugin_bench;
mod plugin_test;
mod plugins;
mod program;
mod report;
mod report_pages;
mod sandbox;
mod saving;
mod simulator;
mod studies;
mod support;
mod truncation;
mod verify;
mod versions;
mod wit;
