//! On every preset of the simulator a study finds the region of the optimum, and never settings that must not be used.

use std::fmt::Write as _;

use ralf_tune::{
    arena::{
        Contest,
        contest::GRACE_SECONDS,
        line_up::{Contender, Field, line_ups},
    },
    model::study::Outcome,
    simulate::Scenario,
    tune::plan::Choices,
};

use crate::support::studies::{bundled, intensity};

/// Share of the simulator's own best that a pick may miss, and how many of ten seeds may miss more.
const MAY_MISS: f64 = 0.15;
const MAY_FAIL: usize = 2;

#[test]
fn every_preset_is_tuned_to_its_optimum() {
    let (registry, intensity, choices) = (bundled(), intensity("normal"), Choices::default());
    let field = Field { intensity: &intensity, usual: &registry, all: &registry };
    let contest = Contest {
        line_ups: line_ups(field, &[Contender::Plan], &[]).unwrap(),
        scenarios: Vec::new(),
        seeds: (1..=10).collect(),
        intensity: &intensity,
        choices: &choices,
        registry: &registry,
        threads: std::thread::available_parallelism().unwrap(),
    };
    let only = std::env::var("RALF_TUNE_TEST_SCENARIO").ok();
    let mut table =
        String::from("scenario     seed  best  found  miss  quality (best)  ctx  par  content  outcome        s\n");
    let mut wrong = Vec::new();
    for name in Scenario::NAMES.into_iter().filter(|name| only.as_deref().is_none_or(|only| only == *name)) {
        let scenario = Scenario::named(name).unwrap();
        let mut best = None;
        let mut misses = 0;
        for told in contest.studies(&contest.line_ups[0], &scenario).unwrap() {
            let (seed, best) = (told.study.seed, best.insert(told.best));
            let miss = 1.0 - told.truth.notes_per_minute / best.truth.notes_per_minute;
            misses += usize::from(miss > MAY_MISS);
            let picked = &told.truth.candidate;
            writeln!(
                table,
                "{name:<12} {seed:>4} {:>5.2}  {:>5.2} {:>4.0}%  {:.2} ({:.2}) {:>8} {:>4} {:>8}  {:?} {:.0}",
                best.truth.notes_per_minute,
                told.truth.notes_per_minute,
                miss * 100.0,
                told.truth.quality,
                best.quality,
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
            if told.study.elapsed_seconds > told.study.budget.total_seconds + GRACE_SECONDS {
                wrong.push(format!("{name} seed {seed}: took {:.0} s", told.study.elapsed_seconds));
            }
        }
        let best = best.unwrap().truth;
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
