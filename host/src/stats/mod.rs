//! Pure mathematics, each formula with its source. No I/O, no clock, no randomness.

pub mod fit;
pub mod interval;
pub mod ranks;
pub mod stratified;
pub mod summary;
pub mod throughput;
pub mod two_samples;
