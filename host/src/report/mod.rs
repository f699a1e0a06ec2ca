//! What a study says: terminal and JSON.
