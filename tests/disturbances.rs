//! A machine that is shared or does not stay the same is noticed, and a quiet one is not slandered.

use ralf_tune::{
    model::study::Study,
    simulate::Scenario,
    tune::{self, plan::Choices},
};

use crate::support::studies::{Simulation, bundled, intensity, runtime};

/// `mid-range drift` and the like: machines that change, made here.
fn scenario(name: &str) -> Option<Scenario> {
    let (machine, change) = name.split_once(' ').unwrap_or((name, ""));
    let mut scenario = Scenario::named(machine)?;
    match change {
        "waves" => (scenario.noise.drift_share, scenario.noise.drift_period_seconds) = (0.2, 600.0),
        "slows" => (scenario.noise.drift_share, scenario.noise.drift_period_seconds) = (0.3, 1_800.0),
        _ => {}
    }
    Some(scenario)
}

fn study(name: &str, intensity_name: &str, seed: u64) -> Option<Study> {
    let scenario = scenario(name)?;
    let registry = bundled();
    Some(runtime().block_on(async {
        let simulation = Simulation::new(&scenario, seed).await.unwrap();
        let intensity = intensity(intensity_name);
        let prepared = tune::plan(&intensity, &registry, &Choices::default()).unwrap();
        simulation.study(&intensity, prepared).await
    }))
}

/// Studies of a scenario, and how many of them speak of another client and of a machine that changes.
fn warned(scenario: &str, intensity: &str, seeds: u64) -> (u32, u32, u32) {
    let (mut all, mut shared, mut changing) = (0, 0, 0);
    for seed in 0..seeds {
        let Some(study) = study(scenario, intensity, seed) else { continue };
        all += 1;
        shared += u32::from(study.disturbances.foreign() > 0);
        changing += u32::from(study.disturbances.drift.is_some());
        let told = |what: &str| study.warnings.iter().any(|warning| warning.what.contains(what));
        assert_eq!(told("another client used the server"), study.disturbances.foreign() > 0, "{:?}", study.warnings);
        if std::env::var_os("RALF_TUNE_STUDIES").is_some() {
            println!("{scenario} {intensity} {seed}: {:?}", study.disturbances);
        }
    }
    println!(
        "{scenario} {intensity}: of {all} studies {shared} name another client, {changing} a change of the machine"
    );
    (all, shared, changing)
}

/// `RALF_TUNE_STUDIES=100` makes as many studies of each; the suite makes a few.
fn seeds(few: u64) -> u64 {
    std::env::var("RALF_TUNE_STUDIES").ok().and_then(|count| count.parse().ok()).unwrap_or(few)
}

#[test]
fn quiet_machines_are_not_slandered() {
    for scenario in ["low-end", "mid-range", "high-end"] {
        let (all, shared, changing) = warned(scenario, "normal", seeds(4));
        assert!(all > 0 && shared == 0, "{scenario}: {shared} of {all}");
        assert!(changing * 10 <= all, "{scenario}: {changing} of {all}");
    }
}

#[test]
fn machines_that_change_are_noticed() {
    for scenario in ["low-end", "mid-range", "high-end"] {
        for change in ["waves", "slows"] {
            for intensity in ["quick", "normal", "full"] {
                warned(&format!("{scenario} {change}"), intensity, seeds(4));
            }
        }
    }
}
