//! On every preset of the simulator a study finds the region of the optimum, and never settings that must not be used.

use std::{fmt::Write as _, sync::atomic::AtomicBool};

use ralf_tune::{
    arena::{
        Contest,
        line_up::{Contender, Field, line_ups},
    },
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
    let only = std::env::var("RALF_TUNE_TEST_SCENARIO").ok();
    let is_wanted = |name: &&str| only.as_deref().is_none_or(|only| only == *name);
    let contest = Contest {
        line_ups: line_ups(field, &[Contender::Plan], &[]).unwrap(),
        scenarios: Scenario::NAMES.into_iter().filter(is_wanted).filter_map(Scenario::named).collect(),
        seeds: (1..=10).collect(),
        intensity: &intensity,
        choices: &choices,
        registry: &registry,
        threads: std::thread::available_parallelism().unwrap(),
    };
    let report = contest.run(&AtomicBool::new(false), &|| {}).unwrap();
    let mut table =
        String::from("scenario     seed  best  found  miss  quality (best)  ctx  par  content  outcome        s\n");
    let mut wrong = Vec::new();
    for best in &report.scenarios {
        let name = &best.name;
        let mut misses = 0;
        for study in report.studies.iter().filter(|study| study.scenario == *name) {
            let miss = 1.0 - study.notes_per_minute / best.notes_per_minute;
            misses += usize::from(miss > MAY_MISS);
            writeln!(
                table,
                "{name:<12} {:>4} {:>5.2}  {:>5.2} {:>4.0}%  {:.2} ({:.2}) {:>8} {:>4} {:>8}  {:?} {:.0}",
                study.seed,
                best.notes_per_minute,
                study.notes_per_minute,
                miss * 100.0,
                study.quality,
                best.best_quality,
                study.pick.num_ctx,
                study.pick.max_concurrent_requests,
                study.pick.max_content_length,
                study.outcome,
                study.seconds,
            )
            .unwrap();
            if study.infeasible_pick {
                wrong.push(format!("{name} seed {}: infeasible pick {:?}", study.seed, study.infeasible));
            }
            if study.overrun {
                wrong.push(format!("{name} seed {}: took {:.0} s", study.seed, study.seconds));
            }
            if !study.plugin_failures.is_empty() {
                wrong.push(format!("{name} seed {}: {:?}", study.seed, study.plugin_failures));
            }
        }
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
