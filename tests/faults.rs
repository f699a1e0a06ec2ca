//! Whatever the server does, a study ends within its budget, keeps what it measured, and says what went wrong.
//!
//! `docs/reliability.md` has the same rows; `cargo test --release -p ralf-tune --test promises -- faults --nocapture` prints them anew.

mod http;
mod memory;
mod storms;
mod transport;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    sync::Arc,
};

use ralf_tune::{
    model::{
        budget::{Budget, Intensity},
        candidate::Candidate,
        metric::Metric,
        observation::{FailureCause, Observation},
        study::{Outcome, Study},
        trial::{Trial, TrialState},
        verification::Verification,
    },
    report::terminal,
    simulate::{Scenario, SimulatedServer},
    tune::{
        plan::{Choices, plan},
        verify::{self, Verify},
    },
};

use crate::{
    architecture::root,
    support::studies::{Simulation, bundled, intensity, runtime},
};
use transport::{ALL, Fault, Faulty, OTHER_VERSION, machine};

/// Seconds of a study here.
const BUDGET: f64 = 400.0;

/// Seconds of a comparison.
const VERIFYING: f64 = 150.0;

/// Seconds that a study may end late.
const LATE: f64 = 5.0;

/// Requests that are not, where the fault passes.
const PASSING: usize = 3;

/// Requests that are answered well before the first that is not.
const GOOD: usize = 4;

fn short() -> Intensity {
    Intensity { budget: Budget::from_seconds(BUDGET), ..intensity("quick") }
}

fn tuned(fault: Fault, until: usize, everywhere: bool) -> Study {
    let scenario = machine("one-slot");
    study(&scenario, || Faulty { everywhere, ..Faulty::new(&scenario, fault, GOOD, until) })
}

/// A study of a server that is made on its clock.
fn study(scenario: &Scenario, server: impl FnOnce() -> Faulty) -> Study {
    runtime().block_on(async {
        let simulation = Simulation::over(scenario, 1, Arc::new(server())).await.unwrap();
        let prepared = plan(&short(), &bundled(), &Choices::default()).unwrap();
        simulation.study(&short(), prepared).await
    })
}

fn verified(fault: Fault, everywhere: bool) -> Verification {
    let scenario = machine("one-slot");
    runtime().block_on(async {
        let transport = Arc::new(Faulty { everywhere, ..Faulty::new(&scenario, fault, GOOD, usize::MAX) });
        let simulation = Simulation::over(&scenario, 1, transport).await.unwrap();
        let prepared = plan(&short(), &bundled(), &Choices::default()).unwrap();
        let faster = Candidate { max_concurrent_requests: 4, ..Candidate::default() };
        let setup = Verify {
            client: simulation.client(),
            server: &simulation.server,
            model: &simulation.model,
            workload: &simulation.workload,
            panel: &prepared.panel,
            old: (Candidate::default(), "old".into()),
            new: (faster, "new".into()),
            budget: Budget::from_seconds(VERIFYING),
            seed: 1,
            salt: 0,
            started_at: "2026-01-01T00:00:00Z".into(),
        };
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        verify::run(setup, stopped, &mut |_| {}).await
    })
}

/// The causes that were noted, and the requests that went well.
fn noted(study: &Study) -> (BTreeSet<&'static str>, usize) {
    let observations = || study.trials.iter().flat_map(|trial| &trial.observations);
    let trials = study.trials.iter().filter_map(|trial| match trial.state {
        TrialState::Failed(cause) => Some(cause),
        _ => None,
    });
    let causes = observations().filter_map(|observation| observation.failure).chain(trials);
    (
        causes.map(FailureCause::name).collect(),
        observations().filter(|observation| observation.failure.is_none()).count(),
    )
}

fn list(causes: &BTreeSet<&'static str>) -> String {
    if causes.is_empty() { "none".into() } else { causes.iter().copied().collect::<Vec<_>>().join(", ") }
}

#[test]
fn a_study_ends_in_time_keeps_what_it_measured_and_names_the_fault() {
    let rows: Vec<(String, Vec<String>, f64)> = std::thread::scope(|scope| {
        let halves = ALL.chunks(ALL.len().div_ceil(2));
        let workers: Vec<_> =
            halves.map(|faults| scope.spawn(move || faults.iter().map(row).collect::<Vec<_>>())).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let mut table = String::from(
        "| fault | what is noted when it stays | good requests kept | seconds, and when it passes | `verify`, seconds |\n|---|---|---|---|---|\n",
    );
    let mut wrong = Vec::new();
    let latest = rows.iter().map(|(_, _, late)| *late).fold(f64::NEG_INFINITY, f64::max);
    for (row, problems, _) in rows {
        writeln!(table, "{row}").unwrap();
        wrong.extend(problems);
    }
    println!("{table}\nthe latest of {} runs ended {latest:.1} s after its budget", 3 * ALL.len());
    assert!(wrong.is_empty(), "{}\n{table}", wrong.join("\n"));
    // The document has the same rows; seconds may differ.
    let document = documented();
    let of_the_run = |line: &str| cells(line).into_iter().take(2).collect::<Vec<_>>();
    let is_documented = |line: &&str| {
        let row = of_the_run(line);
        document.get(&row[0]).is_some_and(|documented| documented.noted == row[1])
    };
    let missing: Vec<&str> = table.lines().skip(2).filter(|line| !is_documented(line)).collect();
    assert!(missing.is_empty(), "docs/reliability.md has not\n{}", missing.join("\n"));
    let known: BTreeSet<&str> = ALL.iter().map(|(_, name)| *name).collect();
    let invented: Vec<&String> = document.keys().filter(|name| !known.contains(name.as_str())).collect();
    assert!(invented.is_empty(), "docs/reliability.md has rows that no test has: {invented:?}");
}

/// What docs/reliability.md says of a fault.
struct Row {
    /// Texts that the program says; none where it says nothing of it.
    sees: Vec<String>,
    noted: String,
    /// The exit codes with which `run`, `verify` and `batch` may end.
    codes: [Vec<i32>; 3],
    /// Memory at most, in any of them.
    megabytes: u64,
}

fn cells(line: &str) -> Vec<String> {
    line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// The table of docs/reliability.md, by the name of the fault.
fn documented() -> BTreeMap<String, Row> {
    let document = fs::read_to_string(root().join("docs/reliability.md")).unwrap();
    let lines = document.lines().skip_while(|line| !line.starts_with("| fault |")).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|')).map(|line| {
        let [fault, _how, sees, noted, _kept, _seconds, codes, megabytes] = &cells(line)[..] else {
            panic!("another number of columns: {line}")
        };
        let any = |cell: &str| cell.split(" or ").map(|code| code.trim().parse().unwrap()).collect::<Vec<i32>>();
        let codes: Vec<Vec<i32>> = codes.split(',').map(any).collect();
        let row = Row {
            sees: sees.split('`').skip(1).step_by(2).map(str::to_owned).collect(),
            noted: noted.clone(),
            codes: codes.try_into().unwrap_or_else(|codes| panic!("{fault}: {codes:?}")),
            megabytes: megabytes.parse().unwrap(),
        };
        (fault.clone(), row)
    });
    rows.collect()
}

/// Whether answers are still answers.
fn is_harmless(fault: Fault) -> bool {
    has_no_clock(fault) || matches!(fault, Fault::WrongContentType | Fault::Restarted)
}

fn has_no_clock(fault: Fault) -> bool {
    matches!(fault, Fault::NoClocks | Fault::NegativeClocks | Fault::LongClocks)
}

/// A row of the table, what is wrong with it, and the seconds by which its latest run ended after its budget.
fn row((fault, name): &(Fault, &str)) -> (String, Vec<String>, f64) {
    let (stays, passes, checked) =
        (tuned(*fault, usize::MAX, false), tuned(*fault, GOOD + PASSING, false), verified(*fault, false));
    let mut problems = Vec::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            problems.push(format!("{name}: {what}"));
        }
    };
    let (causes, kept) = noted(&stays);
    let harmless = is_harmless(*fault);
    let mut late = f64::NEG_INFINITY;
    for (what, seconds, budget) in [
        ("stays", stays.elapsed_seconds, BUDGET),
        ("passes", passes.elapsed_seconds, BUDGET),
        ("verify", checked.elapsed_seconds, VERIFYING),
    ] {
        late = late.max(seconds - budget);
        expect(seconds <= budget + LATE, &format!("{what}: {seconds:.1} s"));
    }
    // One of the good requests is the load.
    expect(kept >= GOOD - 1, "what was measured before is there");
    expect(harmless || !causes.is_empty(), "its cause is noted");
    expect(noted(&passes).1 > kept || harmless || noted(&passes).1 > 8, "the study goes on when it has passed");
    expect(harmless || stays.outcome != Outcome::Improved, "nothing is recommended");
    // What is an answer to a setting is no failure of the server.
    let harmless_to_it = harmless || *fault == Fault::OutOfMemory;
    let lost = stays.lost_its_server();
    // A storm has harmless ones among its faults, and may end with any.
    let is_storm = *fault == Fault::Storm;
    expect(is_storm || lost.is_some() != harmless_to_it, &format!("whether the server was lost: {lost:?}"));
    let page = terminal::render(&stays, 80, false);
    expect(lost.is_none() || page.contains("No verdict: the server failed"), "the page says so");
    expect(lost.is_none() || !page.contains("  Confidence: "), "nothing was chosen");
    expect(lost.is_none() || stays.warnings.iter().any(|one| one.what.contains("the server failed")), "what to do");
    expect(harmless_to_it || is_storm || checked.lost_its_server().is_some(), "verify knows that its server was lost");
    expect(passes.lost_its_server().is_none(), "a server that works again was not lost");
    let row = format!(
        "| {name} | {} | {kept} | {:.0}, {:.0} | {:.0} |",
        list(&causes),
        stays.elapsed_seconds,
        passes.elapsed_seconds,
        checked.elapsed_seconds
    );
    (row, problems, late)
}

/// A page without its line ends.
fn flat(page: &str) -> String {
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_server_that_gives_no_whole_answer_any_more_is_named_by_its_kind() {
    let kinds = [
        (Fault::Silent, "it is silent"),
        (Fault::Dripping, "its answers do not end"),
        (Fault::EndlessStream, "its answers do not end"),
        (Fault::Refused, ""),
    ];
    for (fault, kind) in kinds {
        for everywhere in [false, true] {
            let (study, found) = (tuned(fault, usize::MAX, everywhere), verified(fault, everywhere));
            let case = format!("{fault:?}, everywhere: {everywhere}");
            for (seconds, budget) in [(study.elapsed_seconds, BUDGET), (found.elapsed_seconds, VERIFYING)] {
                assert!(seconds <= budget + LATE, "{case}: {seconds:.1} s of {budget} s");
            }
            let said = study.lost_its_server().unwrap_or_else(|| panic!("{case}: {:?}", study.parting)).said.unwrap();
            assert!(said.starts_with(kind), "{case}: {said}");
            let page = flat(&terminal::render(&study, 80, false));
            assert!(page.contains("No verdict: the server failed") && page.contains(kind), "{case}: {page}");
            let said = found.lost_its_server().unwrap_or_else(|| panic!("{case}: {:?}", found.parting)).said.unwrap();
            let page = flat(&ralf_tune::report::verification::render(&found, 80, false));
            assert!(page.contains("No verdict: the server failed") && page.contains(&said), "{case}: {page}");
            println!("{case}: {said}");
        }
    }
}

#[test]
fn clocks_that_cannot_be_right_are_dropped_and_said() {
    for (fault, name) in ALL.into_iter().filter(|(fault, _)| has_no_clock(*fault)) {
        let (study, found) = (tuned(fault, usize::MAX, false), verified(fault, false));
        let answers = |trials: &[Trial]| -> Vec<Observation> {
            let all = trials.iter().flat_map(|trial| trial.observations.clone());
            all.filter(|request| request.failure.is_none()).collect()
        };
        for trials in [&study.trials, &found.trials] {
            let all = answers(trials);
            let with = all.iter().filter(|request| request.server.is_some()).count();
            // One of the good requests is the load.
            assert_eq!(with, GOOD - 1, "{name}: those before the fault alone");
            assert!(all.iter().all(|request| request.latency_ms > 0.0) && all.len() > GOOD, "{name}: our own clock");
        }
        // Neither slots nor rates nor shares of the time come from what is not known.
        for trial in study.trials.iter().filter(|trial| trial.observations.iter().all(|one| one.server.is_none())) {
            for metric in [Metric::PrefillTokensPerSecond, Metric::DecodeTokensPerSecond, Metric::QueueWaitMs] {
                assert!(trial.sample(metric).is_none(), "{name}: {metric:?} of {trial:?}");
            }
        }
        assert!(
            study.trials.iter().all(|trial| trial.observations.iter().all(|one| one.disturbed.is_none())),
            "{name}"
        );
        let page = flat(&terminal::render(&study, 80, false));
        assert!(page.contains("no clock of the server that can be right"), "{name}: {page}");
        let page = flat(&ralf_tune::report::verification::render(&found, 80, false));
        assert!(page.contains("no clock of the server that can be right"), "{name}: {page}");
        let comparison = found.comparison.unwrap_or_else(|| panic!("{name}: notes can be compared without it"));
        assert!(comparison.pairs >= 2 && comparison.speed_ratio.value > 0.5, "{name}: {comparison:?}");
    }
}

#[test]
fn another_server_in_the_middle_is_named() {
    let (restarted, checked) = (tuned(Fault::Restarted, usize::MAX, true), verified(Fault::Restarted, true));
    let said = format!("was of version 0.32.15 when this began, and is of version {OTHER_VERSION} now");
    for page in [terminal::render(&restarted, 80, false), ralf_tune::report::verification::render(&checked, 80, false)]
    {
        assert!(flat(&page).contains(&said), "{page}");
    }
    // With fewer slots: seen where it comes between two trials that sent several requests at once with the same settings.
    let (scenario, fewer) = (machine("high-end"), machine("high-end:slots=1"));
    let said = "worked on 4 requests at once, and later on 1 with the same settings";
    let noticed: Vec<usize> = (12..32)
        .step_by(2)
        .filter(|from| {
            let study = study(&scenario, || Faulty {
                restarted: SimulatedServer::new(fewer.clone(), 1),
                everywhere: true,
                ..Faulty::new(&scenario, Fault::Restarted, *from, usize::MAX)
            });
            let page = flat(&terminal::render(&study, 80, false));
            page.contains(said) && page.contains("it was restarted meanwhile")
        })
        .collect();
    println!("fewer slots are noticed after {noticed:?} requests");
    assert!(!noticed.is_empty());
}

#[test]
fn a_server_that_stays_the_same_is_not_called_another() {
    for machine_name in ["mid-range", "high-end", "flaky"] {
        for condition in ["", ":noise=0.15", ":heavy-tails", ":competitor"] {
            let scenario = machine(&format!("{machine_name}{condition}"));
            let study = study(&scenario, || Faulty::new(&scenario, Fault::Refused, usize::MAX, usize::MAX));
            let changed = study.warnings.iter().find(|warning| warning.what.contains("with the same settings"));
            assert!(changed.is_none(), "{}: {changed:?}", scenario.name);
        }
    }
}
