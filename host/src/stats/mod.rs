//! Pure mathematics, each formula with its source. No I/O, no clock, no randomness.

pub mod change;
pub mod fit;
pub mod interval;
#[cfg(test)]
mod luck;
pub mod noise;
pub mod percentile;
pub mod ranks;
pub mod reliability;
pub mod sequential;
pub mod stratified;
pub mod summary;
pub mod throughput;
pub mod trend;
pub mod two_samples;
pub mod weighted;
