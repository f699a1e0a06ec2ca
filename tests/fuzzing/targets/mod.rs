//! What must hold whatever bytes come in: one function a door that others can put bytes through.
//!
//! Each takes any bytes and panics when a promise is broken. The fuzzers in `fuzz/` look for such bytes; `tests/fuzzing.rs` plays what they
//! found worth keeping.

mod address;
mod answers;
mod component;
mod config;
mod hub_api;
mod journal;
mod manifest;
mod pack;
mod reader;
mod settings;
mod stream;
mod transport;

/// Takes any bytes; panics when a promise is broken.
type Target = fn(&[u8]);

/// Every target: its name, which is that of its folders in `fuzz/`, and its function.
pub const TARGETS: [(&str, Target); 10] = [
    ("address", address::check),
    ("answers", answers::check),
    ("component", component::check),
    ("config", config::check),
    ("hub_api", hub_api::check),
    ("journal", journal::check),
    ("manifest", manifest::check),
    ("pack", pack::check),
    ("settings", settings::check),
    ("stream", stream::check),
];

/// Runs the target of that name.
///
/// # Panics
/// When a promise is broken, or there is no such target.
pub fn check(name: &str, input: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).unwrap();
    target(input);
}

/// A message that others had a part in: it must not steer the terminal, and it must come to an end.
fn is_fit_to_show(text: &str) {
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(text.chars().count() < 2000, "{} characters: {text:?}", text.chars().count());
}

/// A folder for one input, in memory where the system has such a place: thousands are made.
fn folder() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}
