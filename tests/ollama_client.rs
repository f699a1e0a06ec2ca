//! What a real server answered, and what a broken one could: the client reports it exactly and never hangs.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]

mod http;
mod malformed;
mod profile;
mod refusals;
mod scripted;
mod timeouts;
mod transcripts;
