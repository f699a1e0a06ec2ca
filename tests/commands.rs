//! The commands as a user meets them: what they print where, how they end, what they write.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod looking;
mod saving;
mod study;
