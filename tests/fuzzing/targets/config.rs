//! RALF Note's `config.json`: what is not ours stays byte for byte.
//!
//! The first bytes choose a result, the rest is the file.

use std::{fs, path::Path};

use ralf_tune::{
    emit::{
        FileChange as _,
        ralf_notes::{ConfigChange, ConfigError},
    },
    model::{
        candidate::Candidate,
        selection::{Confidence, TunedConfig},
        space::Parameter,
    },
};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::{is_fit_to_show, reader::Reader};

/// Keys that a result may write besides those of the parameters.
const OURS: [&str; 4] = ["model_name", "max_chunk_summary_length", "benchmark_date", "confidence_score"];

pub fn check(input: &[u8]) {
    let mut reader = Reader(input);
    let to_disk = reader.byte() % 16 == 0;
    let tuned = tuned(&mut reader);
    let Ok(text) = str::from_utf8(reader.0) else { return };
    let path = Path::new("config.json");
    let change = match ConfigChange::plan(path, Some(text), &tuned) {
        Ok(change) => change,
        Err(error) => {
            refused_with_reason(&error, text);
            return;
        }
    };
    let (before, after) = (members(text), members(change.text()));
    let is_ours = |name: &str| OURS.contains(&name) || Parameter::ALL.iter().any(|parameter| parameter.name() == name);
    let foreign =
        |members: &[(String, String)]| members.iter().filter(|(name, _)| !is_ours(name)).cloned().collect::<Vec<_>>();
    assert_eq!(foreign(&before), foreign(&after), "what is not ours was changed");

    // It is what was shown, and what the result says.
    let read = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap();
    let (old, new) = (read(text), read(change.text()));
    for name in old.keys().chain(new.keys()).filter(|name| old.get(*name) != new.get(*name)) {
        let shown =
            change.changes().iter().find(|change| change.key == *name).unwrap_or_else(|| panic!("{name} is not shown"));
        assert_eq!((shown.old.as_ref(), shown.new.as_ref()), (old.get(name), new.get(name)));
    }
    assert_eq!(new["num_ctx"], tuned.candidate.num_ctx);
    assert!(change.render(false).lines().count() == 1 + change.changes().len().max(1));
    // A second time there is nothing to do.
    let again = ConfigChange::plan(path, Some(change.text()), &tuned).unwrap();
    assert!(again.is_nothing() && again.changes().is_empty(), "{:?}", again.changes());
    if to_disk {
        can_be_undone(text, &tuned, change.text());
    }
}

/// Written, it is there; undone, the original is back, byte for byte.
fn can_be_undone(text: &str, tuned: &TunedConfig, expected: &str) {
    let folder = super::folder();
    let path = folder.path().join("config.json");
    fs::write(&path, text).unwrap();
    ConfigChange::prepare(&path, tuned).unwrap().write().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    ConfigChange::undo(&path).unwrap().write().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

fn refused_with_reason(error: &ConfigError, text: &str) {
    assert!(!error.to_string().is_empty() && error.hint().is_some());
    if let ConfigError::NotJson { .. } = error {
        assert!(serde_json::from_str::<Map<String, Value>>(text).is_err(), "{error}");
    }
    if let ConfigError::NotAnObject { found, .. } = error {
        is_fit_to_show(found);
    }
}

/// Name and written value of every member, in order: read by the parser, not by the scanner that is under test.
fn members(text: &str) -> Vec<(String, String)> {
    let mut members = Vec::new();
    let mut rest = text.trim_start().strip_prefix('{').unwrap().trim_start();
    while rest.starts_with('"') {
        let mut names = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        let name = names.next().unwrap().unwrap();
        rest = rest[names.byte_offset()..].trim_start().strip_prefix(':').unwrap().trim_start();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        values.next().unwrap().unwrap();
        let (value, behind) = rest.split_at(values.byte_offset());
        members.push((name, value.to_owned()));
        rest = behind.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    assert_eq!(rest.trim(), "}");
    members
}

/// A result as a study could give it, and sometimes as it never should.
fn tuned(reader: &mut Reader) -> TunedConfig {
    let mut candidate = Candidate::default();
    let which = reader.number();
    for (index, parameter) in Parameter::ALL.into_iter().enumerate() {
        if which >> index & 1 == 1 {
            candidate.set(parameter, f64::from(reader.number()) / if parameter.is_integer() { 1.0 } else { 64.0 });
        }
    }
    TunedConfig {
        model_name: "llama3.2:3b".to_owned(),
        candidate,
        benchmark_date: "2026-11-27T15:04:05Z".to_owned(),
        confidence: Confidence { percent: f64::from(reader.byte()) / 2.5, meaning: String::new(), parts: Vec::new() },
    }
}
