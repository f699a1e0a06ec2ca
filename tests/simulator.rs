//! The simulated server behaves like the real one, and its machines have the lessons that they are named for.

#[path = "simulator/batch.rs"]
mod batch;
#[path = "simulator/behaviour.rs"]
mod behaviour;
#[path = "simulator/client.rs"]
mod client;
#[path = "simulator/http.rs"]
mod http;
#[path = "simulator/presets.rs"]
mod presets;
#[path = "simulator/transcripts.rs"]
mod transcripts;
