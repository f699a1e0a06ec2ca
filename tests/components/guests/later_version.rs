//! A scorer made for a later 0.1 that uses nothing new.

misbehaving::later_scorer!(());
