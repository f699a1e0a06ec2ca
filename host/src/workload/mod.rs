//! The user's files, or generated ones: what the batch works on.
