//! A scorer made for a later 0.1 that imports an interface that is not there yet.

misbehaving::later_scorer!(ralf::tune::maps::find("home"));
