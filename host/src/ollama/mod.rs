//! The Ollama client: the only module that speaks HTTP to the server.

pub mod transport;
