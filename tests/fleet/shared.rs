//! One study on several hosts.

use std::collections::BTreeSet;

use ralf_tune::{
    model::{
        experiment::Experiment,
        fleet::Likeness,
        observation::{Observation, Repetition},
        study::{Outcome, Study},
    },
    simulate::Scenario,
    tune,
};

use super::support::{Asked, pick, study};
use crate::support::studies::{Simulation, bundled, intensity, runtime};

/// How fast the settings really are, by whoever knows the machine.
pub fn truth(name: &str, studies: &[&Study]) -> Vec<f64> {
    runtime().block_on(async {
        let scenario: Scenario = name.parse().unwrap();
        let simulation = Simulation::new(&scenario, 1).await.unwrap();
        let prepared = tune::plan(&intensity("quick"), &bundled(), &tune::plan::Choices::default()).unwrap();
        let oracle = simulation.oracle(&prepared.panel);
        let mut speeds = Vec::new();
        for study in studies {
            speeds.push(oracle.evaluate(&pick(study)).await.notes_per_minute);
        }
        speeds
    })
}

fn measured(study: &Study) -> Vec<&Observation> {
    let all = study.trials.iter().flat_map(|trial| &trial.observations);
    all.filter(|request| request.repetition == Repetition::Measured).collect()
}

#[test]
fn two_alike_hosts_find_what_one_finds_in_less_time() {
    for name in ["high-end", "mid-range"] {
        let one = study(&Asked::of(&[name], "full", 1)).study;
        let two = study(&Asked::of(&[name, name], "full", 1)).study;
        assert_eq!((one.outcome, two.outcome), (Outcome::Improved, Outcome::Improved), "{name}");
        let speeds = truth(name, &[&one, &two]);
        assert!(speeds[1] > 0.95 * speeds[0], "{name}: {speeds:?}");
        assert!(two.elapsed_seconds < one.elapsed_seconds, "{name}: {} {}", two.elapsed_seconds, one.elapsed_seconds);
        // What it says of the speed is that of one machine, and not of two.
        let said = |study: &Study| study.comparison.as_ref().unwrap().tuned_notes_per_minute;
        assert!((said(&two) / speeds[1] - 1.0).abs() < 0.25, "{name}: {} {speeds:?}", said(&two));
    }
}

#[test]
fn nothing_is_asked_of_a_host_beside_its_trial_and_every_request_names_its_host() {
    let made = study(&Asked::of(&["mid-range", "mid-range", "mid-range"], "quick", 2));
    let study = made.study;
    let hosts: BTreeSet<Option<u32>> = measured(&study).iter().map(|request| request.host).collect();
    assert_eq!(hosts, BTreeSet::from([Some(0), Some(1), Some(2)]));
    for trial in &study.trials {
        // Never more at once on a host than its trial wants.
        let wanted = match &trial.experiment {
            Experiment::Probe { parallel, .. } => *parallel,
            Experiment::Compare { other, .. } => {
                trial.candidate.max_concurrent_requests.max(other.max_concurrent_requests)
            }
            _ => trial.candidate.max_concurrent_requests,
        };
        for request in trial.measured() {
            let beside = trial.measured().filter(|other| {
                other.host == request.host
                    && other.started_ms <= request.started_ms
                    && request.started_ms < other.started_ms + other.latency_ms - 1e-6
            });
            assert!(beside.count() <= wanted as usize, "trial {}", trial.number);
        }
    }
    // Trials of one host do not overlap.
    for host in hosts {
        let mut spans: Vec<(f64, f64)> = Vec::new();
        for trial in &study.trials {
            let own: Vec<_> = trial.observations.iter().filter(|request| request.host == host).collect();
            let start = own.iter().map(|request| request.started_ms).fold(f64::INFINITY, f64::min);
            let end = own.iter().map(|request| request.started_ms + request.latency_ms).fold(0.0, f64::max);
            spans.extend((end > 0.0).then_some((start, end)));
        }
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0 + 1.0), "{host:?}: {spans:?}");
    }
    assert_eq!(made.as_found, [Some(true), Some(true), Some(true)], "left as they were found");
    let named = |name: &str| made.events.iter().any(|event| event.contains("TrialStarted") && event.contains(name));
    assert!(named("on host-0") && named("on host-1") && named("on host-2"), "{:?}", made.events);
    let fleet = study.fleet.unwrap();
    assert_eq!(fleet.hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>(), ["host-0", "host-1", "host-2"]);
    assert_eq!(fleet.hosts[0].likeness, Likeness::Reference);
    assert!(fleet.hosts.iter().all(|host| host.requests > 0 && host.lost_after_seconds.is_none()), "{fleet:?}");
}

#[test]
fn a_study_of_one_host_says_nothing_of_hosts() {
    let study = study(&Asked::of(&["mid-range"], "quick", 1)).study;
    assert_eq!(study.fleet, None);
    assert!(study.trials.iter().flat_map(|trial| &trial.observations).all(|request| request.host.is_none()));
    assert!(study.trials.iter().all(|trial| trial.stage != tune::HOSTS));
}
