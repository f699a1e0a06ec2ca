//! The promises that are put to the fuzzers: the same functions that the tests call.

#![expect(clippy::unwrap_used, reason = "a promise that is broken must stop the fuzzer")]

#[path = "../../tests/fuzzing/targets/mod.rs"]
pub mod targets;
