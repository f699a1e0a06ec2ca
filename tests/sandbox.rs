//! Whatever a plugin does wrong: it is refused or ended, named, and nothing else suffers.

mod calls;
mod documented;
mod files;
mod loading;
mod noise;
mod studies;
mod wasi;

use ralf_tune::{
    model::{score::NoteEvidence, value::Value},
    plugin::{
        Limits, PluginError,
        parameters::Arguments,
        registry::{Plugin, load},
    },
};

use crate::support::{guests, studies::engine};

/// Loads a guest the way that a file takes.
fn loaded(name: &str) -> Result<Plugin, PluginError> {
    load(engine(), &guests::bytes(name), name, "guest.wasm", Limits::default())
}

/// Tells a guest what to do wrong.
fn mode(mode: &str) -> Arguments {
    Arguments(vec![("mode".to_owned(), Value::Text(mode.to_owned()))])
}

/// A small note.
fn note() -> NoteEvidence {
    ralf_tune_testing::note("a.py", "python", "def a(): pass", "### SUMMARY\nnothing")
}

/// The message says who and where, the hint says what to do, and neither can harm a terminal or fill a screen.
fn assert_named(error: &PluginError, who: &str, function: Option<&str>) {
    let (text, hint) = (error.to_string(), error.hint());
    assert!(text.starts_with(who), "{text}");
    if let Some(function) = function {
        assert!(text.ends_with(&format!(" in `{function}`")), "{text}");
    }
    assert!(hint.split_whitespace().count() >= 5, "{text}: {hint}");
    for said in [&text, &hint] {
        assert!(!said.chars().any(char::is_control), "{said:?}");
        assert!(said.len() < 1000, "{} characters: {said}", said.len());
    }
}
