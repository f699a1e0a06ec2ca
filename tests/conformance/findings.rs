//! Good plugins pass, and what a bad one does is found, with what its author changes.

use std::path::Path;

use ralf_tune::{
    conformance::{Set, Terms, examine},
    model::{
        finding::{Examination, Finding, FindingState, Section},
        value::Value,
    },
    plugin::registry::{ComponentFile, bundled_names},
};
use ralf_tune_testing::{Ending, Error, Limits, Sandbox, candidates, note, odd_notes, recorded_notes};

use crate::{
    example_plugins,
    support::{guests, studies::engine},
};

fn examined(file: &ComponentFile, set: &[Set]) -> Examination {
    examine(engine(), file, &Terms { set: set.to_vec(), ..Terms::default() })
}

fn guest(name: &str) -> ComponentFile {
    ComponentFile::read(&guests::guest(name)).unwrap()
}

#[test]
fn bundled_plugins_pass_without_a_warning() {
    let names: Vec<&str> = bundled_names().collect();
    assert!(names.len() > 10);
    for name in names {
        assert_spotless(&examined(&ComponentFile::bundled(name).unwrap(), &[]));
    }
}

#[test]
fn examples_pass_without_a_warning() {
    for folder in ["strategy-two-contexts", "scorer-todo-free", "selector-least-memory"] {
        let path: &Path = example_plugins::component(folder);
        assert_spotless(&examined(&ComponentFile::read(path).unwrap(), &[]));
    }
}

fn assert_spotless(examination: &Examination) {
    let open: Vec<&Finding> = examination.findings.iter().filter(|finding| finding.mend.is_some()).collect();
    assert!(examination.is_ok() && open.is_empty(), "{}: {open:?}", examination.name);
    let sections: Vec<Section> = examination.findings.iter().map(|finding| finding.section).collect();
    assert!(sections.is_sorted() && Section::ALL.iter().all(|section| sections.contains(section)));
    let tried = examination.findings.iter().filter(|finding| finding.section == Section::Conformance);
    assert!(tried.filter(|finding| finding.state == FindingState::Passed).count() >= 5);
}

/// A guest, what it does wrong, the check that must find it, and a word of what was seen.
const WRONG: [(&str, &str, &str, &str); 16] = [
    ("scorer", "panic", "scores recorded notes", "panicked"),
    ("scorer", "not-a-number", "scores recorded notes", "NaN"),
    ("scorer", "long-reason", "scores recorded notes", "1024 KiB of output"),
    ("scorer", "recurse", "survives odd notes", "stack"),
    ("strategy", "same-for-ever", "is done by itself", "the same trial again and again"),
    ("strategy", "never-done", "is done by itself", "after 200 trials it still asks"),
    ("strategy", "out-of-bounds", "stays within the search space", "num_ctx = 1000000000"),
    ("strategy", "decides-another", "stays within the search space", "`num_ctx`, which its manifest"),
    ("strategy", "no-such-file", "stays within the search space", "no file 4000000"),
    ("strategy", "declines", "concludes when its time is over", "no study of mine"),
    ("strategy", "trap", "goes on from a recorded study", "unreachable"),
    ("selector", "fine", "the order of the candidates changes nothing", "in another order"),
    ("selector", "no-such-candidate", "picks a winner among the candidates", "does not exist"),
    ("selector", "sets-context", "survives a single candidate", "`num_ctx` can only be chosen"),
    ("selector", "allocate", "declines when nothing may be chosen", "64 MiB of memory"),
    ("selector", "panic", "survives estimates that are missing", "panicked"),
];

#[test]
fn what_a_guest_does_wrong_is_found() {
    for (name, mode, check, seen) in WRONG {
        let set = (format!("bad-{name}"), "mode".to_owned(), Value::Text(mode.to_owned()));
        assert_found(&examined(&guest(name), &[set]), check, seen);
    }
    let claims = examined(&guest("claims"), &[]);
    assert_found(&claims, "less of an answer never scores higher", "rises to");
    assert_found(&claims, "accepts what its parameters promise", "it rejects strictness = 1");
    for (name, section, seen) in [
        ("next_version", Section::Api, "made for ralf:tune 0.2.0"),
        ("two_kinds", Section::Exports, "more than one kind"),
        ("no_kind", Section::Exports, "none of strategy, scorer, selector"),
        ("other_shape", Section::Exports, "does not fit"),
        ("foreign_import", Section::Imports, "their:vault/secrets"),
        ("manifest_default", Section::Manifest, "parameter `steps`"),
        ("manifest_loop", Section::Manifest, "timed out"),
    ] {
        let examination = examined(&guest(name), &[]);
        let found = examination.findings.iter().find(|finding| finding.state == FindingState::Failed).unwrap();
        assert!(found.section == section && found.seen.contains(seen), "{name}: {found:?}");
        assert!(found.mend.as_ref().is_some_and(|mend| mend.split_whitespace().count() >= 5), "{found:?}");
    }
}

fn assert_found(examination: &Examination, check: &str, seen: &str) {
    let found = examination.findings.iter().find(|finding| finding.check == check && finding.seen.contains(seen));
    let found = found.unwrap_or_else(|| panic!("{check}: {seen} is not in {:?}", examination.findings));
    assert_eq!(found.state, FindingState::Failed, "{found:?}");
    assert!(found.mend.as_ref().is_some_and(|mend| mend.split_whitespace().count() >= 3), "{found:?}");
    assert!(!examination.is_ok());
}

#[test]
fn the_sandbox_of_authors_runs_the_real_component() {
    let sandbox = Sandbox::new().unwrap();
    let of =
        |kind: &str, mode: &str| sandbox.load(guests::guest(kind)).unwrap().set("mode", Value::Text(mode.to_owned()));
    let plain = note("a.py", "python", "x = 1", "### SUMMARY\nx is 1");
    let scorer = of("scorer", "fine");
    assert!((scorer.scorer().unwrap().evaluate(&plain).unwrap().value - 0.5).abs() < 1e-9);
    assert!(scorer.usage().memory_bytes > 0 && scorer.usage().calls >= 2);
    let Err(Error::Plugin(error)) = of("scorer", "longer-reason").scorer().unwrap().evaluate(&plain) else {
        panic!("a gigabyte was handed over")
    };
    assert!(error.to_string().contains("64 MiB"), "{error}");

    // What every scorer must survive, for tests of their own.
    let bundled = sandbox.bundled("repetition").unwrap().scorer().unwrap();
    for note in recorded_notes().iter().chain(odd_notes().iter().map(|(_, note)| note)) {
        assert!((0.0..=1.0).contains(&bundled.evaluate(note).unwrap().value));
    }
    let judge = sandbox.bundled("judge").unwrap().scorer().unwrap().evaluate(&plain).unwrap();
    assert!((judge.value - 0.7).abs() < 1e-9, "{judge:?}");
    let tight = Sandbox::new().unwrap().with_limits(Limits { memory_bytes: 1 << 20, ..Limits::default() });
    assert!(tight.load(guests::guest("scorer")).err().unwrap().to_string().contains("1 MiB of memory"));

    let stage = of("strategy", "fine").strategy().unwrap().stage(60.0).unwrap();
    assert_eq!((stage.ending, stage.decision.settings), (Ending::Done, vec![("num_batch".to_owned(), 512.0)]));
    let selection = of("selector", "fine").selector().unwrap().select(candidates()).unwrap();
    assert!(candidates().iter().any(|candidate| candidate.id == selection.winner));

    assert!(
        matches!(of("scorer", "fine").strategy().err(), Some(Error::Wrong(text)) if text.contains("it is a scorer"))
    );
    let report = sandbox.conformance(guests::guest("claims")).unwrap();
    assert!(!report.0.is_ok());
    assert!(std::panic::catch_unwind(|| report.assert_ok()).is_err());
}
