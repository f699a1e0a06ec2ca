//! Every promise that the program makes, one file each.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod apply;
mod architecture;
mod arena;
mod author_way;
mod bad_input;
mod batching;
mod browser;
mod c_plugins;
mod calibration;
mod clocks;
mod commands;
mod completions;
mod config;
mod conformance;
mod disturbances;
mod doctor;
mod documents;
mod embedding;
mod example_plugins;
mod faults;
mod fleet;
#[cfg(target_os = "linux")]
mod full_disk;
mod fuzzing;
mod honest_requests;
mod hub;
mod installing;
mod judge;
mod keeping_notes;
#[cfg(unix)]
mod languages;
mod learned;
#[cfg(unix)]
mod left_as_found;
mod long_life;
mod obedience;
mod ollama_client;
mod optimum;
mod outlook;
mod plugin_bench;
mod plugin_test;
mod plugins;
mod prior;
mod profiles;
mod program;
mod proxying;
mod report;
mod report_pages;
mod resuming;
mod sandbox;
mod saving;
mod schemas;
mod secrets;
mod sharing;
mod short_studies;
mod simulator;
mod studies;
mod supply;
mod support;
mod truncation;
mod verify;
mod versions;
mod watching;
mod wit;
mod worth;
