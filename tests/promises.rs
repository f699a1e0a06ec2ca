//! Every promise that the program makes, one file each.

mod architecture;
mod documents;
mod ollama_client;
mod optimum;
mod plugins;
mod report;
mod saving;
mod simulator;
