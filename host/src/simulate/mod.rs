//! An Ollama server with a known performance model.
