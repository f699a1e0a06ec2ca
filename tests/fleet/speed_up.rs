//! What several hosts are worth: how much sooner a study ends, and how much more it has measured by then. `--nocapture` shows the table;
//! `RALF_TUNE_TEST_SPEED_UP=3` plays three studies of every machine.

use std::fmt::Write as _;

use ralf_tune::{
    model::{observation::Repetition, study::Study},
    simulate::Scenario,
};

use super::{
    shared::truth,
    support::{Asked, study},
};

const FEW: [&str; 2] = ["high-end", "one-slot"];

fn requests(study: &Study) -> f64 {
    let all = study.trials.iter().flat_map(|trial| &trial.observations);
    f64::from(u32::try_from(all.filter(|request| request.repetition == Repetition::Measured).count()).unwrap())
}

fn pairs(study: &Study) -> f64 {
    study.comparison.as_ref().map_or(0.0, |found| f64::from(u32::try_from(found.pairs).unwrap()))
}

fn mean(studies: &[Study], of: impl Fn(&Study) -> f64) -> f64 {
    mean_of(&studies.iter().map(of).collect::<Vec<_>>())
}

fn mean_of(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / f64::from(u32::try_from(values.len()).unwrap())
}

#[test]
fn two_and_four_hosts_end_sooner_and_find_as_good_settings() {
    let seeds = std::env::var("RALF_TUNE_TEST_SPEED_UP").map_or(0, |seeds| seeds.parse().unwrap());
    let machines: Vec<&str> = if seeds > 0 { Scenario::NAMES.to_vec() } else { FEW.to_vec() };
    let mut page = String::from("machine      hosts  minutes  speed-up  requests  pairs  worth of the pick\n");
    let mut logs = [Vec::new(), Vec::new()];
    for name in &machines {
        let mut alone = (0.0, 0.0);
        for hosts in [1, 2, 4] {
            let studies: Vec<Study> = (0..seeds.max(1))
                .map(|seed| study(&Asked::of(&vec![*name; hosts], "full", 10 * seed + 1)).study)
                .collect();
            let seconds = mean(&studies, |study| study.elapsed_seconds);
            let truths = truth(name, &studies.iter().collect::<Vec<_>>());
            let worth = mean_of(&truths);
            if hosts == 1 {
                alone = (seconds, worth);
            } else {
                logs[hosts / 4].push((alone.0 / seconds).ln());
            }
            let _ = writeln!(
                page,
                "{name:12} {hosts:5} {:8.1} {:9.2} {:9.0} {:6.0} {:18.2}",
                seconds / 60.0,
                alone.0 / seconds,
                mean(&studies, requests),
                mean(&studies, pairs),
                worth / alone.1
            );
            // Where the time goes, for whoever wants to know: minutes of each stage, and its trials.
            for stage in (seeds > 0).then_some(&studies[0].stages).into_iter().flatten() {
                let _ = writeln!(page, "    {:12} {:6.2} {:3}", stage.name, stage.seconds / 60.0, stage.trials);
            }
            assert!(seeds > 0 || worth > 0.95 * alone.1, "{page}");
        }
    }
    let [two, four] = logs.map(|logs| mean_of(&logs).exp());
    let _ = writeln!(page, "geometric mean: {two:.2} times as fast with two hosts, {four:.2} with four");
    println!("{page}");
    assert!(two > 1.15 && four > two, "{page}");
}
