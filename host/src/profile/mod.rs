//! The machine, the server and the model as seen from here; every fact with its source.

pub mod kv_cache;
pub mod model;
pub mod server;
