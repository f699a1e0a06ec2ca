//! Against a real server, where there is one: `RALF_TUNE_TEST_OLLAMA_HOST` names it, `RALF_TUNE_TEST_MODEL` the model (else the first
//! installed one that generates text). Without the first, nothing is tested. The model is reloaded several times; nobody else should use it.
//!
//! Whether a study keeps to its budget is not asserted here, since others may use the machine. What it finds is printed: `cargo test --release -p ralf-tune --test real -- --nocapture`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod client;
mod cutting;
mod measuring;
mod replay;
mod server;
mod tuning;
