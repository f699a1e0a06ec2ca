//! A tuned configuration -> files, always with a difference first.
