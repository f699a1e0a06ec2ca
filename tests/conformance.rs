//! Plugins are put to the test before they take part: `ralf-tune plugin check`.

mod recorded;
