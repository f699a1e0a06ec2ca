//! What a study says of a batch, held against the batch.

#![expect(clippy::cast_precision_loss, reason = "some hundred files")]

use std::{fmt::Write as _, sync::Arc, time::Duration};

use ralf_tune::{
    emit::notebook::Notebook,
    model::{kept::chosen, production::ProductionEnd},
    simulate::{Scenario, SimulatedServer},
    tune::{
        plan::{Choices, plan},
        produce::predict,
    },
};

use super::{Batch, write_files};
use crate::support::studies::{Simulation, bundled, intensity, runtime};

const FILES: usize = 200;

/// How often the time of a batch must lie in the 95 % interval. What it is, the test prints; `docs/accuracy.md` says it.
const LEAST: f64 = 0.9;

#[test]
fn a_batch_takes_the_time_that_the_study_said() {
    let number = |name: &str, usual: u64| std::env::var(name).map_or(usual, |value| value.parse().unwrap());
    let (first, seeds) = (number("RALF_TUNE_TEST_FIRST_SEED", 1), number("RALF_TUNE_TEST_SEEDS", 20));
    let name = std::env::var("RALF_TUNE_TEST_SCENARIO").unwrap_or_else(|_| "mid-range".into());
    let scenario: Scenario = name.parse().unwrap();
    let mut table = String::from("seed  min, said (interval)      min  lost\n");
    let (mut within, mut all, mut ratios, mut reaches) = (0.0, 0.0, 0.0, 0.0);
    for seed in first..first + seeds {
        runtime().block_on(async {
            let mut simulation = Simulation::new(&scenario, seed).await.unwrap();
            // A machine that drifts is met at any point of its swing, and not always at the same.
            tokio::time::sleep(Duration::from_secs(seed * 97 % 600)).await;
            let folder = tempfile::tempdir().unwrap();
            let sources = write_files(folder.path(), &simulation, FILES);
            let chars: Vec<usize> = sources.iter().map(|source| source.chars).collect();
            simulation.workload.batch_chars.clone_from(&chars);
            simulation.workload.batch_chars.sort_unstable();
            let intensity = intensity("normal");
            let study = simulation.study(&intensity, plan(&intensity, &bundled(), &Choices::default()).unwrap()).await;
            let settings = chosen(&study).clone();
            let Some(prediction) = predict(&study, &settings, &chars) else {
                writeln!(table, "{seed:>4} the study made no note of the batch, and expects nothing").unwrap();
                return;
            };
            let outlook = prediction.outlook.clone();
            let batch = Batch {
                simulation: &simulation,
                transport: Arc::new(SimulatedServer::new(scenario.clone(), 1000 + seed)),
                settings,
                prediction: Some(prediction),
                patience: Duration::from_mins(10),
            };
            let mut notebook = Notebook::open(&folder.path().join("notes")).unwrap();
            let produced = batch.quietly(&sources, &mut notebook).await;
            notebook.close().unwrap();
            assert_eq!(produced.end, ProductionEnd::Complete);
            assert_eq!(produced.made.notes + produced.made.lost.len(), FILES);
            let minutes = produced.made.working_minutes();
            let is_within = (outlook.interval.low..=outlook.interval.high).contains(&minutes);
            writeln!(
                table,
                "{seed:>4} {:>6.1} ({:>5.1} to {:>5.1}) {minutes:>8.1} {:>5}{}",
                outlook.expected_minutes,
                outlook.interval.low,
                outlook.interval.high,
                produced.made.lost.len(),
                if is_within { "" } else { "  outside" },
            )
            .unwrap();
            all += 1.0;
            within += f64::from(u8::from(is_within));
            ratios += (minutes / outlook.expected_minutes).ln();
            reaches += outlook.interval.high / outlook.expected_minutes - 1.0;
            // Faults are made good by tries.
            assert!(produced.made.lost.len() as f64 <= 0.01 * FILES as f64, "{:?}", produced.made.lost);
        });
    }
    let (ratio, reach) = ((ratios / all).exp(), 100.0 * reaches / all);
    println!(
        "{name}: {within} of {all} within the interval, up to {reach:.0} % above; made by said {ratio:.3}\n{table}"
    );
    assert!(all >= 0.8 * seeds as f64 && within >= LEAST * all, "{within} of {all}\n{table}");
}
