//! Every promise that the program makes, one file each.

mod bad_input;
mod commands;
mod ollama_client;
mod optimum;
mod plugins;
mod program;
mod report;
mod saving;
mod simulator;
