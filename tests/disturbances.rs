//! A machine that is shared or does not stay the same is noticed, and a quiet one is not slandered.
//!
//! `RALF_TUNE_STUDIES=100` makes a hundred studies of each scenario instead of a few, and prints each.

use ralf_tune::{
    model::study::Study,
    simulate::Scenario,
    tune::{self, plan::Choices},
};

use crate::support::studies::{Simulation, bundled, intensity, runtime};

fn study(name: &str, intensity_name: &str, seed: u64) -> Study {
    let scenario = Scenario::named(name).unwrap();
    let registry = bundled();
    runtime().block_on(async {
        let simulation = Simulation::new(&scenario, seed).await.unwrap();
        let intensity = intensity(intensity_name);
        let prepared = tune::plan(&intensity, &registry, &Choices::default()).unwrap();
        simulation.study(&intensity, prepared).await
    })
}

/// How many studies of a scenario there were, speak of another client, and of a machine that changes.
struct Warned {
    all: u64,
    shared: u64,
    changing: u64,
}

#[expect(clippy::print_stdout, reason = "how much is noticed is worth seeing with --nocapture")]
fn warned(scenario: &str, few: u64) -> Warned {
    let many = std::env::var("RALF_TUNE_STUDIES").ok().and_then(|count| count.parse().ok());
    let mut warned = Warned { all: many.unwrap_or(few), shared: 0, changing: 0 };
    for seed in 0..warned.all {
        let study = study(scenario, "normal", seed);
        let found = &study.disturbances;
        let told = |what: &str| study.warnings.iter().any(|warning| warning.what.contains(what));
        assert_eq!(told("another client used the server"), found.foreign() > 0, "{:?}", study.warnings);
        assert_eq!(told("the machine"), found.drift.is_some(), "{:?}", study.warnings);
        warned.shared += u64::from(found.foreign() > 0);
        warned.changing += u64::from(found.drift.is_some());
        if many.is_some() {
            println!("{scenario} {seed}: {found:?} {:?}", study.noise);
        }
    }
    let Warned { all, shared, changing } = warned;
    println!("{scenario}: of {all} studies {shared} speak of another client, {changing} of a machine that changes");
    warned
}

#[test]
fn quiet_machines_are_not_slandered() {
    for scenario in ["low-end", "mid-range", "high-end", "flaky", "mid-range:noise=0.15", "one-slot:heavy-tails"] {
        let Warned { all, shared, changing } = warned(scenario, 2);
        assert!(shared == 0 && changing * 10 <= all, "{scenario}: {shared} and {changing} of {all}");
    }
}

#[test]
fn other_clients_are_noticed() {
    for scenario in ["one-slot:competitor", "mid-range:competitor", "one-slot:thrash", "mid-range:thrash"] {
        let Warned { all, shared, .. } = warned(scenario, 2);
        assert!(2 * shared >= all, "{scenario}: {shared} of {all}");
    }
}

#[test]
fn machines_that_change_are_noticed() {
    let mut noticed = 0;
    for scenario in ["one-slot:throttle=0.4", "high-end:throttle=0.4", "one-slot:drift=0.2", "high-end:drift=0.2"] {
        noticed += warned(scenario, 2).changing;
    }
    assert!(noticed > 0);
}
