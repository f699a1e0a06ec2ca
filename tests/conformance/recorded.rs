//! What the suites are fed with: recorded on the simulated server, and readable by this version.

use std::fs;

use ralf_tune::{
    conformance::recorded::{RecordedStudy, study},
    model::{selection::Constraints, space::SearchSpace},
    plugin::strategy::WorkloadView,
    simulate::Scenario,
    tune::{self, plan::Choices},
};
use serde_json::Value;

use crate::{
    architecture::root,
    support::studies::{Simulation, bundled, intensity, runtime},
};

const FILE: &str = "host/src/conformance/recorded/study.json";
const AGAIN: &str = "record it again: RENEW_RECORDED=1 cargo test -p ralf-tune --test promises the_recorded_study";

#[test]
fn the_recorded_study_is_read_whole() {
    // The program under test has what was there when it was built.
    if std::env::var_os("RENEW_RECORDED").is_some() {
        return record();
    }
    let text = fs::read_to_string(root().join(FILE)).unwrap();
    let written: Value = serde_json::from_str(&text).unwrap();
    let study = study().expect(AGAIN);
    assert_eq!(serde_json::to_value(study).unwrap(), written, "{AGAIN}");
    assert!(study.trials.len() >= 20 && study.candidates.len() > 3);
    assert!(study.candidates.iter().any(|candidate| candidate.violations.is_empty() && !candidate.is_baseline));
}

/// Records the study again.
fn record() {
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
        let space = SearchSpace::of(&study.machine, &study.server, &study.model, &study.baseline);
        RecordedStudy::of(&study, &workload, space, Constraints::default())
    });
    fs::write(root().join(FILE), serde_json::to_string(&recorded).unwrap() + "\n").unwrap();
}
