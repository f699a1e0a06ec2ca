//! The machine, the server and the model as seen from here; every fact with its source.

mod cgroup;
pub mod cpu;
pub mod disk;
#[cfg(test)]
mod fake;
pub mod gpu;
pub mod heat;
pub mod kv_cache;
pub mod machine;
pub mod memory;
pub mod model;
pub mod power;
mod read;
pub mod server;
