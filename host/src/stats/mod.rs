//! Pure mathematics, each formula with its source.
