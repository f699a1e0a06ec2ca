//! A hub keeps packs of many, and gives what they add up to: the same on SQLite and on PostgreSQL.

mod asking;
mod databases;
mod looking;
pub mod packs;
mod poison;
mod serving;
mod storing;
