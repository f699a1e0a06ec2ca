//! A scorer made for a later 0.1 that calls a function of the log that is not there yet.

misbehaving::later_scorer!(ralf::tune::log::flush());
