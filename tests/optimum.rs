//! On every preset of the simulator a study finds the region of the optimum, and never settings that must not be used.

use std::fmt::Write as _;

use ralf_tune::{
    model::{
        candidate::Candidate,
        study::{Outcome, Study},
    },
    plugin::Registry,
    simulate::Scenario,
    tune::{
        self,
        oracle::{Oracle, Truth},
        plan::Choices,
    },
};

use crate::support::studies::{Simulation, bundled, intensity, runtime};

/// Share of the simulator's own best that a pick may miss, and how many of ten seeds may miss more.
const MAY_MISS: f64 = 0.15;
const MAY_FAIL: usize = 2;

struct Told {
    study: Study,
    truth: Truth,
    best: Truth,
    best_quality: f64,
}

/// A study on a scenario, and what the simulator knows of its outcome.
fn told(registry: &Registry, scenario: &Scenario, seed: u64, best: Option<&(Truth, f64)>) -> Told {
    let intensity = intensity("normal");
    runtime().block_on(async {
        let simulation = Simulation::new(scenario, seed).await;
        let plan = || tune::plan(&intensity, registry, &Choices::default()).unwrap();
        let panel = plan().panel;
        let (model, workload) = (&simulation.model, &simulation.workload);
        let oracle = Oracle { scenario, model, workload, panel: &panel, seed: 0 };
        let (best, best_quality) = match best {
            Some(known) => known.clone(),
            None => oracle.best(&Candidate::default(), 0.95).await.unwrap(),
        };
        let study = simulation.study(&intensity, plan()).await;
        let picked = study.tuned.as_ref().map_or_else(Candidate::default, |tuned| tuned.candidate.clone());
        let truth = oracle.evaluate(&picked).await;
        Told { study, truth, best, best_quality }
    })
}

#[test]
fn every_preset_is_tuned_to_its_optimum() {
    let registry = bundled();
    let only = std::env::var("RALF_TUNE_TEST_SCENARIO").ok();
    let mut table =
        String::from("scenario     seed  best  found  miss  quality (best)  ctx  par  content  outcome        s\n");
    let mut wrong = Vec::new();
    for name in Scenario::NAMES.into_iter().filter(|name| only.as_deref().is_none_or(|only| only == *name)) {
        let scenario = Scenario::named(name).unwrap();
        let mut best = None;
        let mut misses = 0;
        for seed in 1..=10 {
            let told = told(&registry, &scenario, seed, best.as_ref());
            best.get_or_insert((told.best.clone(), told.best_quality));
            let miss = 1.0 - told.truth.notes_per_minute / told.best.notes_per_minute;
            misses += usize::from(miss > MAY_MISS);
            let picked = &told.truth.candidate;
            writeln!(
                table,
                "{name:<12} {seed:>4} {:>5.2}  {:>5.2} {:>4.0}%  {:.2} ({:.2}) {:>8} {:>4} {:>8}  {:?} {:.0}",
                told.best.notes_per_minute,
                told.truth.notes_per_minute,
                miss * 100.0,
                told.truth.quality,
                told.best_quality,
                picked.num_ctx,
                picked.max_concurrent_requests,
                picked.max_content_length,
                told.study.outcome,
                told.study.elapsed_seconds,
            )
            .unwrap();
            if told.study.outcome == Outcome::Improved && told.truth.infeasible.is_some() {
                wrong.push(format!("{name} seed {seed}: infeasible pick {:?}", told.truth.infeasible));
            }
            if told.study.elapsed_seconds > told.study.budget.total_seconds + 5.0 {
                wrong.push(format!("{name} seed {seed}: took {:.0} s", told.study.elapsed_seconds));
            }
        }
        let best = best.unwrap().0;
        writeln!(
            table,
            "{name:<12} best: ctx {} parallel {} content {}",
            best.candidate.num_ctx, best.candidate.max_concurrent_requests, best.candidate.max_content_length
        )
        .unwrap();
        if misses > MAY_FAIL {
            wrong.push(format!("{name}: {misses} of 10 seeds miss the best by more than 15 %"));
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{}\n{table}", wrong.join("\n"));
}
