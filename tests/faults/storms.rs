//! Random sequences of all faults: a study ends in its time, whatever comes after what.

use std::{collections::BTreeMap, fmt::Write as _, sync::Mutex, thread};

use ralf_tune::{
    model::{
        study::Outcome,
        trial::{Trial, TrialState},
    },
    report::terminal,
};

use super::{
    BUDGET, LATE, study,
    transport::{Fault, Faulty, machine, mixed},
};

/// Storms that are tried; `RALF_TUNE_TEST_STORMS` asks for more.
const STORMS: u64 = 100;

/// What became of one.
struct Weathered {
    seed: u64,
    seconds: f64,
    outcome: Outcome,
    lost: bool,
    requests: usize,
    failed: usize,
}

fn weathered(seed: u64) -> Weathered {
    let scenario = machine(["one-slot", "mid-range", "high-end", "slow"][usize::try_from(seed % 4).unwrap()]);
    // The first answer that is broken is one of the first eight; in half of the storms short questions fail as well.
    let from = 1 + usize::try_from(mixed(seed) % 8).unwrap();
    let everywhere = mixed(seed).count_ones().is_multiple_of(2);
    let study = study(&scenario, || Faulty {
        everywhere,
        luck: Some(seed),
        ..Faulty::new(&scenario, Fault::Storm, from, usize::MAX)
    });
    let page = terminal::render(&study, 80, false);
    assert!(page.lines().all(|line| line.chars().count() <= 80), "seed {seed}: {page}");
    let lost = study.lost_its_server().is_some();
    assert_eq!(lost, page.contains("No verdict: the server failed"), "seed {seed}: {page}");
    // What was measured is there, each request and each trial with its end.
    let is_told =
        |trial: &Trial| trial.state != TrialState::Complete || !trial.observations.is_empty() || trial.reloads > 0;
    assert!(!study.trials.is_empty() && study.trials.iter().all(is_told), "seed {seed}: {:?}", study.trials);
    let requests = || study.trials.iter().flat_map(|trial| &trial.observations);
    Weathered {
        seed,
        seconds: study.elapsed_seconds,
        outcome: study.outcome,
        lost,
        requests: requests().count(),
        failed: requests().filter(|request| request.failure.is_some()).count(),
    }
}

#[test]
fn a_storm_of_faults_makes_no_study_late() {
    let storms = std::env::var("RALF_TUNE_TEST_STORMS").map_or(STORMS, |storms| storms.parse().unwrap());
    let next = Mutex::new(0..storms);
    let mut all: Vec<Weathered> = thread::scope(|scope| {
        let worker = || {
            let mut done = Vec::new();
            loop {
                let Some(seed) = next.lock().unwrap().next() else { return done };
                done.push(weathered(seed));
            }
        };
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    all.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    let mut outcomes = BTreeMap::new();
    for one in &all {
        *outcomes.entry(format!("{:?}", one.outcome)).or_insert(0) += 1;
    }
    let sum = |count: fn(&Weathered) -> usize| all.iter().map(count).sum::<usize>();
    let mut page = String::new();
    writeln!(
        page,
        "{} storms of {BUDGET} s: the latest ended after {:.1} s; {} requests, {} of them failed; lost {} times; {outcomes:?}",
        all.len(),
        all[0].seconds,
        sum(|one| one.requests),
        sum(|one| one.failed),
        sum(|one| usize::from(one.lost)),
    )
    .unwrap();
    println!("{page}");
    let late: Vec<u64> = all.iter().filter(|one| one.seconds > BUDGET + LATE).map(|one| one.seed).collect();
    assert!(late.is_empty(), "too late with the seeds {late:?}: {page}");
    assert!(sum(|one| one.failed) > 0 && sum(|one| usize::from(one.lost)) > 0, "{page}");
}
