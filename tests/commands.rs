//! The commands as a user meets them: what they print where, how they end, what they write.

mod looking;
mod reference;
mod saving;
mod study;
