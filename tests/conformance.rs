//! Plugins are put to the test before they take part: `ralf-tune plugin check`.

mod check;
mod findings;
mod noise;
mod recorded;
