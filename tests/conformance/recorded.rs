//! What the suites are fed with: recorded on the simulated server, and readable by this version.

use std::fs;

use ralf_tune::{
    conformance::recorded::{RecordedStudy, study},
    model::{selection::Constraints, space::SearchSpace},
    plugin::strategy::WorkloadView,
    simulate::Scenario,
    tune::{self, plan::Choices},
};
use serde_json::{Value, json};

use crate::{
    architecture::root,
    support::studies::{Simulation, bundled, intensity, runtime},
};

#[test]
fn the_recorded_study_is_read_whole() {
    let text = fs::read_to_string(root().join("host/src/conformance/recorded/study.json")).unwrap();
    let written: Value = serde_json::from_str(&text).unwrap();
    let study = study().expect("record it again: cargo test -- --ignored record");
    assert_eq!(serde_json::to_value(study).unwrap(), written, "record it again: cargo test -- --ignored record");
    assert!(study.trials.len() >= 20 && study.candidates.len() > 3);
    assert!(study.candidates.iter().any(|candidate| candidate.violations.is_empty() && !candidate.is_baseline));
}

#[test]
#[ignore = "writes the fixtures of the conformance suites again"]
fn record() {
    let folder = root().join("host/src/conformance/recorded");
    let intensity = intensity("full");
    let prepared = tune::plan(&intensity, &bundled(), &Choices::default()).unwrap();
    let recorded = runtime().block_on(async {
        let simulation = Simulation::new(&Scenario::named("mid-range").unwrap(), 1).await.unwrap();
        let study = simulation.study(&intensity, prepared).await;
        let workload = WorkloadView {
            file_chars: simulation.workload.files.iter().map(|file| file.chars).collect(),
            batch_chars: simulation.workload.batch_chars.clone(),
            chars_per_token: study.workload.chars_per_token.unwrap_or(3.0),
            overhead_tokens: 300,
        };
        let trained = study.model.trained_context.value.unwrap();
        let threads = study.machine.usable_threads.value.unwrap();
        RecordedStudy::of(&study, &workload, SearchSpace::standard(trained, threads), Constraints::default())
    });
    fs::write(folder.join("study.json"), serde_json::to_string(&recorded).unwrap() + "\n").unwrap();

    let samples = root().join("plugins/note-samples/samples");
    let notes: Vec<Value> = [
        ("ledger.py", "python"),
        ("queue.rs", "rust"),
        ("router.js", "javascript"),
        ("cache.go", "go"),
    ]
    .into_iter()
    .map(|(name, language)| {
        let source = fs::read_to_string(samples.join(name)).unwrap();
        let note = samples.join(name).with_extension("md");
        json!({"path": name, "language": language, "source": source, "answer": fs::read_to_string(note).unwrap()})
    })
    .collect();
    fs::write(folder.join("notes.json"), serde_json::to_string_pretty(&notes).unwrap() + "\n").unwrap();
}
