//! Guests of toolchains that import WASI get an empty one: no files, no network, no time, no waiting.

use std::sync::Arc;

use ralf_tune::plugin::{
    Limits,
    PluginErrorKind::{ForeignImport, OutOfMemory, Panicked, TimedOut, Trapped},
    registry::{Plugin, load},
    scorer::Scorer,
};

use super::{assert_named, engine, mode, note};
use crate::support::guests::wasi_guest;

fn plugin(name: &str) -> Option<Result<Plugin, ralf_tune::plugin::PluginError>> {
    let bytes = std::fs::read(wasi_guest(name)?).unwrap();
    Some(load(engine(), &bytes, name, "guest.wasm", Limits::default()))
}

fn good() -> Option<Scorer> {
    let Plugin::Scorer(scorer) = plugin("wasi_good")?.unwrap() else { panic!("no scorer") };
    Arc::into_inner(scorer)
}

#[test]
fn a_guest_that_wants_files_or_the_network_is_refused() {
    for (name, interface) in [("wasi_files", "wasi:filesystem/"), ("wasi_network", "wasi:sockets/")] {
        let Some(loaded) = plugin(name) else { return };
        let error = loaded.err().unwrap();
        assert!(
            matches!(&error.kind, ForeignImport(import) if import.starts_with(interface) || import.starts_with("wasi:filesystem/")),
            "{name}: {:?}",
            error.kind
        );
        assert_named(&error, &format!("plugin `{name}` (guest.wasm) imports `wasi:"), None);
        assert!(error.hint().contains("network"), "{}", error.hint());
    }
}

#[test]
fn a_guest_that_only_computes_runs_and_repeats_itself() {
    let Some(scorer) = good() else { return };
    let first = scorer.evaluate(&note(), &mode("fine")).unwrap();
    let part = |name: &str| first.parts.iter().find(|part| part.name == name).map(|part| part.value);
    assert_eq!(part("words"), Some(3.0));
    assert_eq!(part("environment"), Some(0.0));
    assert_eq!(first.reasons.get(1).map(String::as_str), Some("at 0 s"));
    // The order of a hash map is that of its random seed.
    for _again in 0..5 {
        assert_eq!(scorer.evaluate(&note(), &mode("fine")).unwrap(), first);
    }
}

#[test]
fn waiting_and_printing_are_limited() {
    let Some(mut scorer) = good() else { return };
    scorer.limits.call = std::time::Duration::from_secs(20);
    scorer.evaluate(&note(), &mode("sleep")).unwrap();
    scorer.evaluate(&note(), &mode("print-flood")).unwrap();
    let kind = |scorer: &Scorer, what: &str| {
        let error = scorer.evaluate(&note(), &mode(what)).unwrap_err();
        assert_named(&error, "scorer `wasi-good` 1.2.3 (guest.wasm) ", Some("evaluate"));
        error.kind
    };
    let panicked = kind(&scorer, "print-flood-and-panic");
    assert!(matches!(&panicked, Panicked(text) if text.contains("after many words")), "{panicked:?}");
    let exited = kind(&scorer, "exit");
    assert!(matches!(exited, Trapped(_)), "{exited:?}");
    assert_eq!(kind(&scorer, "allocate"), OutOfMemory { limit_mib: 64 });
    scorer.limits.call = std::time::Duration::from_millis(50);
    assert_eq!(kind(&scorer, "loop"), TimedOut { milliseconds: 50 });
}
