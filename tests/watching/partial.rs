//! What it costs to measure anew, beside a full study of the machine as it was, and of the machine as it is.

use std::{fmt::Write as _, time::Duration};

use ralf_tune::tune::plan::{Choices, plan};
use serde_json::Value;

use super::{lines, of};
use crate::{
    program::World,
    support::studies::{Simulation, bundled, intensity, runtime},
};

/// The most of a full study that it may take.
const QUARTER: f64 = 0.25;

/// The machine that the settings are of, with what the user had there; what has become of it, and whether other settings are better now.
struct Case {
    then: &'static str,
    config: &'static str,
    now: &'static str,
    gains: bool,
}

const CASES: [Case; 7] = [
    Case { then: "high-end:slots=1", config: "{}", now: "high-end:noise=0.05,slowdown=0.3", gains: true },
    Case { then: "high-end:slots=2", config: "{}", now: "high-end:noise=0.05,upgrade=0.25", gains: true },
    Case {
        then: "vram-cliff",
        config: "{\"num_ctx\": 8192, \"max_concurrent_requests\": 1}",
        now: "vram-cliff:noise=0.05,squeeze=0.7",
        gains: true,
    },
    Case { then: "mid-range:slots=1", config: "{}", now: "mid-range:noise=0.05,slowdown=0.3", gains: false },
    Case { then: "vram-cliff", config: "{}", now: "vram-cliff:noise=0.05,slowdown=0.3", gains: false },
    Case { then: "one-slot", config: "{}", now: "one-slot:noise=0.05,slowdown=0.3", gains: false },
    Case { then: "low-end", config: "{}", now: "low-end:noise=0.05,upgrade=0.3", gains: false },
];

#[test]
fn it_takes_a_quarter_of_a_full_study_at_most() {
    let number = |name: &str, usual: u64| std::env::var(name).map_or(usual, |value| value.parse().unwrap());
    let (first, seeds) = (number("RALF_TUNE_TEST_FIRST_SEED", 1), number("RALF_TUNE_TEST_SEEDS", 1));
    let mut table = String::from("partial s  requests  full then  full now  share then, now\n");
    let (mut applied, mut could) = (0, 0);
    for case in &CASES {
        for seed in first..first + seeds {
            let Some(partial) = partial(case, seed) else {
                writeln!(table, "{} seed {seed}: no alert", case.now).unwrap();
                continue;
            };
            let full_now = full_study(case.now, seed);
            let (of_then, of_now) = (partial.seconds / partial.full_then, partial.seconds / full_now);
            writeln!(
                table,
                "{:>9.0} {:>9} {:>10.0} {full_now:>9.0}  {of_then:>5.2} {of_now:.2}  {} seed {seed}: {}{}",
                partial.seconds,
                partial.requests,
                partial.full_then,
                case.now,
                partial.outcome,
                if partial.rolled_back { ", and rolled back" } else { "" },
            )
            .unwrap();
            assert!(of_now <= QUARTER, "{table}");
            // Where the settings no longer fit, a study of what the machine was says little of one of what it is.
            assert!(of_then <= QUARTER || case.now.contains("squeeze"), "{table}");
            could += u32::from(case.gains);
            applied += u32::from(partial.outcome.contains("times the notes a minute"));
        }
    }
    println!("{table}\n{applied} changes applied, {could} times there was much to gain");
    assert!(3 * applied >= 2 * could, "{table}");
}

struct Partial {
    seconds: f64,
    requests: u64,
    full_then: f64,
    outcome: String,
    rolled_back: bool,
}

/// A full study of the machine as it was, and what watching it measured anew when it had changed.
fn partial(case: &Case, seed: u64) -> Option<Partial> {
    let world = World::new();
    world.write("config.json", case.config);
    let seed = seed.to_string();
    let full = ["run", "--simulate", case.then, "--full", "--config", "config.json", "--seed", &seed, "--no-report"];
    world.run(&full).succeeded();
    let watch = ["watch", "--json", "--simulate", case.now, "--probes", "80", "--retune", "auto", "--seed", &seed];
    let lines = lines(&world.run(&watch));
    let retuned: &Value = of(&lines, "retuned").into_iter().next()?;
    Some(Partial {
        seconds: retuned["seconds"].as_f64().unwrap(),
        requests: retuned["requests"].as_u64().unwrap(),
        full_then: retuned["seconds_of_the_study"].as_f64().unwrap(),
        outcome: retuned["outcome"].as_str().unwrap().to_owned(),
        rolled_back: !of(&lines, "rolled-back").is_empty(),
    })
}

/// Seconds that a full study takes on the machine when it has changed.
fn full_study(scenario: &str, seed: u64) -> f64 {
    runtime().block_on(async {
        let simulation = Simulation::new(&scenario.parse().unwrap(), seed).await.unwrap();
        tokio::time::sleep(Duration::from_hours(26)).await;
        let full = intensity("full");
        simulation.study(&full, plan(&full, &bundled(), &Choices::default()).unwrap()).await.elapsed_seconds
    })
}
