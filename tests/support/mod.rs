//! What several promises need to be put to the test.

pub mod cargo;
pub mod guests;
pub mod studies;
