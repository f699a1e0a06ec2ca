//! Every promise that the program makes, one file each.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod architecture;
mod arena;
mod author_way;
mod bad_input;
mod c_plugins;
mod clocks;
