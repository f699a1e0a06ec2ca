//! The Ollama client: the only module that speaks HTTP to the server.
//!
//! [`client::Client`] asks, over a [`transport::Transport`] (HTTP in [`http`], or the simulator in process);
//! [`wire`] is what the server writes, [`ndjson`] cuts it into lines, [`error`] names what went wrong.

pub mod address;
mod classify;
pub mod client;
pub mod error;
mod exchange;
pub mod generation;
pub mod http;
mod lenient;
mod mask;
pub mod ndjson;
pub mod rates;
pub mod request;
pub mod transport;
pub mod wire;
