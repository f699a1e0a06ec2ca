//! Settings: command line, environment, project file, user file, defaults; each value remembers its origin.
