//! The simulated server behaves like the real one, and its machines have the lessons that they are named for.

#![expect(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::needless_pass_by_value,
    reason = "a test that cannot go on must fail, its numbers are small, and `json!` makes owned values"
)]

mod batch;
mod behaviour;
mod client;
mod conditions;
mod created;
mod http;
mod presets;
mod quirks;
mod transcripts;
