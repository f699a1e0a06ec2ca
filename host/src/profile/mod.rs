//! The machine, the server and the model as seen from here; every fact with its source.
