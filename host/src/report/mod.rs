//! What a study says: for a terminal, for a browser, as Markdown and as JSON.
//!
//! Everything here makes a string and prints nothing. [`terminal`] is the page at the end of a study and [`json`] its data; [`mod@html`] and
//! [`markdown`] say what that page says, and show what [`figures`] finds worth a plot;
//! [`machine`], [`plan`], [`plugins`], [`check`], [`mod@bench`] and [`author`] are the pages of the other commands. They are written on a [`page`],
//! which cleans every text, wraps it to the width and paints it only when asked; [`units`] makes numbers readable.

pub mod arena;
pub mod author;
pub mod bench;
pub mod block;
pub mod calibration;
pub mod check;
pub mod checkup;
pub mod config;
pub mod figures;
pub mod history;
pub mod html;
mod imports;
pub mod json;
pub mod listing;
pub mod machine;
pub mod markdown;
pub mod page;
mod panels;
pub mod plan;
pub mod plugins;
pub mod production;
pub mod profiles;
pub mod recommendations;
pub mod rehearsal;
pub mod sharing;
pub mod studies;
pub mod style;
pub mod table;
pub mod terminal;
pub mod traffic;
pub mod units;
pub mod update;
pub mod verification;
mod view;
pub mod wrap;
