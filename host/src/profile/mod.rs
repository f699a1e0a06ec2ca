//! The machine, the server and the model as seen from here; every fact with its source.

mod cgroup;
pub mod cpu;
pub mod gpu;
pub mod machine;
pub mod memory;
pub mod model;
pub mod power;
pub mod server;
