//! The orchestrator: the only module that knows all the others.
