//! The arena says who is better when somebody is, says nothing when nobody is, and says it again whoever asks.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ralf_tune::{
    arena::{
        Contest,
        line_up::{Contender, Field, LineUp, line_ups},
        surfaces::{Half, divide, surfaces},
    },
    model::arena::{ArenaReport, LineUpComparison, Verdict},
    plugin::Registry,
    report,
    simulate::Scenario,
    tune::plan::Choices,
};

use crate::{
    program::{Ran, World, check},
    support::{
        guests,
        studies::{bundled, intensity},
    },
};

const QUICK: [&str; 7] = ["arena", "--intensity", "quick", "--scenario", "mid-range", "--seeds", "2"];

/// Line-ups of a quick study: those of the bundled plugins and of a guest.
fn quick(guest: &str, contenders: &[&str], selectors: &[&str]) -> (Vec<LineUp>, Registry) {
    let (usual, mut all) = (bundled(), bundled());
    all.add_file(&guests::guest(guest)).unwrap();
    let intensity = intensity("quick");
    let contenders: Vec<Contender> = contenders.iter().map(|text| Contender::read(text)).collect();
    let selectors: Vec<String> = selectors.iter().map(|name| (*name).to_owned()).collect();
    let field = Field { intensity: &intensity, usual: &usual, all: &all };
    (line_ups(field, &contenders, &selectors).unwrap(), all)
}

fn play(guest: &str, contenders: &[&str], seeds: u64) -> ArenaReport {
    let (line_ups, registry) = quick(guest, contenders, &[]);
    let (intensity, choices) = (intensity("quick"), Choices::default());
    let contest = Contest {
        line_ups,
        scenarios: vec![Scenario::named("mid-range").unwrap()],
        seeds: (1..=seeds).collect(),
        intensity: &intensity,
        choices: &choices,
        registry: &registry,
        threads: NonZeroUsize::new(2).unwrap(),
    };
    contest.run(&AtomicBool::new(false), &|| {}).unwrap()
}

fn of<'a>(report: &'a ArenaReport, first: &str, second: &str) -> &'a LineUpComparison {
    let name = |index: usize| report.line_ups[index].name.as_str();
    let found = report.comparisons.iter().find(|pair| name(pair.first) == first && name(pair.second) == second);
    found.unwrap_or_else(|| panic!("{first} against {second}: {:?}", report.line_ups))
}

#[test]
fn who_finds_nothing_loses_and_nobody_beats_himself() {
    let report = play("lazy_context", &["lazy-context", "plan", "graybox"], 6);
    assert_eq!(report.studies.len(), 18);
    let lazy = of(&report, "lazy-context", "plan");
    assert_eq!((lazy.verdict, lazy.pairs), (Verdict::SecondIsBetter, 6), "{lazy:?}");
    assert!(lazy.regret.unwrap().interval.low > 0.1, "{lazy:?}");
    // The bundled one is the plan's: the same studies, to the last request.
    let same = of(&report, "plan", "graybox");
    assert_eq!((same.verdict, same.same_picks), (Verdict::SamePicks, 6));
    for difference in [same.regret, same.requests, same.seconds] {
        assert!(difference.unwrap().interval.high.abs() < 1e-12, "{same:?}");
    }
    let mut report = report;
    divide(&mut report, &[(Half::Tuning, Scenario::named("mid-range").unwrap())]);
    assert_eq!((report.parts.len(), report.parts[0].name.as_str()), (1, "tuning"));
    assert_eq!(report.parts[0].standings, report.standings, "all that was played is this half");
    let plan = &report.standings[1];
    let near = report.studies.iter().filter(|study| study.line_up == 1 && study.regret <= 0.05).count();
    assert_eq!((plan.near, plan.requests_to_near.is_some()), (near, near > 0));
    assert!(plan.requests_to_near.is_none_or(|to| to.mean <= plan.requests.mean), "{plan:?}");
    let page = report::arena::render(&report, 80, false);
    assert!(
        page.contains("The tuning half: 1 surface") && page.lines().all(|line| line.chars().count() <= 80),
        "{page}"
    );
    let said = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("- plan is better than lazy-context by "), "{page}");
    assert!(said.contains("- plan and graybox pick the same in every study"), "{page}");
    assert!(report.studies.iter().all(|study| study.regret > -0.2 && study.regret <= 1.0 && study.seconds > 0.0));
}

#[test]
fn a_plugin_that_fails_is_counted_and_named() {
    let (mut broken, registry) = quick("strategy", &["bad-strategy"], &[]);
    broken.truncate(1);
    let mode = ("bad-strategy".to_owned(), "mode".to_owned(), ralf_tune::model::value::Value::Text("panic".into()));
    let choices = Choices { parameters: vec![mode], ..Choices::default() };
    let intensity = intensity("quick");
    let contest = Contest {
        line_ups: broken,
        scenarios: vec![Scenario::named("mid-range").unwrap()],
        seeds: vec![1],
        intensity: &intensity,
        choices: &choices,
        registry: &registry,
        threads: NonZeroUsize::MIN,
    };
    let report = contest.run(&AtomicBool::new(false), &|| {}).unwrap();
    assert_eq!(report.standings[0].plugin_failures, 1);
    let page = report::arena::render(&report, 80, false);
    assert!(page.contains("Plugins that failed") && page.contains("panicked"), "{page}");
}

#[test]
fn a_scorer_that_fails_is_counted_too_and_one_that_may_not_ask_ends_it() {
    let (mut line_ups, mut registry) = quick("scorer", &["plan"], &[]);
    line_ups.truncate(1);
    let mode = ("bad-scorer".to_owned(), "mode".to_owned(), ralf_tune::model::value::Value::Text("panic".into()));
    let choices = Choices { parameters: vec![mode], ..Choices::default() };
    let intensity = intensity("quick");
    let run = |line_ups, registry: &Registry, choices: &Choices| {
        let scenarios = vec![Scenario::named("mid-range").unwrap()];
        let (seeds, threads) = (vec![1], NonZeroUsize::MIN);
        let contest = Contest { line_ups, scenarios, seeds, intensity: &intensity, choices, registry, threads };
        contest.run(&AtomicBool::new(false), &|| {})
    };
    let report = run(line_ups.clone(), &registry, &choices).unwrap();
    assert_eq!(report.standings[0].plugin_failures, 1);
    assert!(report.studies[0].plugin_failures.iter().any(|failure| failure.contains("bad-scorer")), "{report:?}");
    registry.add_file(&guests::guest("judging")).unwrap();
    let refused = run(line_ups, &registry, &choices).unwrap_err();
    assert!(refused.to_string().contains("wants to ask a model, which you have not allowed"), "{refused}");
}

#[test]
fn whoever_stops_it_sees_what_is_done() {
    let (line_ups, registry) = quick("lazy_context", &["plan", "lazy-context"], &[]);
    let (intensity, choices) = (intensity("quick"), Choices::default());
    let contest = Contest {
        line_ups,
        scenarios: ["mid-range", "high-end"].map(|name| Scenario::named(name).unwrap()).into(),
        seeds: vec![1, 2],
        intensity: &intensity,
        choices: &choices,
        registry: &registry,
        threads: NonZeroUsize::MIN,
    };
    // Two pieces find the bests, then come four studies a seed.
    for (stopped_after, bests, studies) in [(1, 1, 0), (2, 2, 0), (5, 2, 3)] {
        let (stop, done) = (AtomicBool::new(false), AtomicUsize::new(0));
        let report = contest
            .run(&stop, &|| {
                if done.fetch_add(1, Ordering::Relaxed) + 1 == stopped_after {
                    stop.store(true, Ordering::Relaxed);
                }
            })
            .unwrap();
        assert_eq!((report.scenarios.len(), report.studies.len()), (bests, studies), "after {stopped_after}");
        assert!(report.interrupted);
        let page = report::arena::render(&report, 80, false);
        assert!(page.contains("Interrupted: only what was done until then is counted."), "{page}");
    }
}

#[test]
fn whoever_names_nothing_sees_what_everybody_is_worth() {
    let names = |guest, contenders: &[&str], selectors: &[&str]| -> Vec<String> {
        quick(guest, contenders, selectors).0.into_iter().map(|line_up| line_up.name).collect()
    };
    // A file contends by being there: in its place, against the bundled one, and against nobody.
    assert_eq!(names("lazy_context", &[], &[]), ["lazy-context", "plan", "without:lazy-context"]);
    assert_eq!(names("strategy", &[], &[]), ["bad-strategy", "plan", "without:bad-strategy"]);
    assert_eq!(names("selector", &[], &[]), ["bad-selector", "balanced"]);
    assert_eq!(names("strategy", &["latency"], &[]), ["plan", "without:latency"]);
    assert_eq!(names("strategy", &["context+latency"], &[]), ["context+latency", "plan"]);
    assert_eq!(names("strategy", &["plan", "plan"], &["fast"]), ["plan", "plan (2)"]);
    assert_eq!(
        names("strategy", &["plan", "only:context"], &["fast", "quality"]),
        ["plan, fast", "plan, quality", "only:context, fast", "only:context, quality"]
    );
    let (line_ups, _) = quick("lazy_context", &[], &[]);
    let strategies: Vec<Vec<String>> = line_ups.iter().map(|line_up| line_up.summary().strategies).collect();
    assert_eq!(
        strategies,
        [
            vec!["lazy-context", "throughput", "temperature", "latency"],
            vec!["graybox", "temperature", "latency"],
            vec!["temperature", "latency"]
        ]
    );
}

#[test]
fn the_sweeps_have_a_name() {
    let (line_ups, _) = quick("lazy_context", &["coordinate", "plan"], &[]);
    let named: Vec<_> = line_ups.iter().map(|line_up| (line_up.name.clone(), line_up.summary().strategies)).collect();
    let sweeps = ["context", "threads", "throughput", "chunk", "temperature", "latency"].map(str::to_owned).to_vec();
    assert_eq!(named[0], ("coordinate".to_owned(), sweeps));
    assert_eq!(named[1].1, ["graybox", "temperature", "latency"]);
}

#[test]
fn surfaces_are_documented_in_their_halves() {
    let documented = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/arena.md")).unwrap();
    let all = surfaces(&Half::ALL, None).unwrap();
    for (half, surface) in &all {
        let row = documented.lines().find(|line| line.contains(&format!("`{}`", surface.name)));
        let columns: Vec<&str> = row.unwrap_or_else(|| panic!("{}", surface.name)).split('|').collect();
        let own = if *half == Half::Tuning { 2 } else { 3 };
        assert!(columns[own].contains(&surface.name), "{half:?} {}", surface.name);
    }
}

/// Figures change as strategies learn; what is shown where does not.
fn without_figures(ran: Ran) -> Ran {
    let lines = ran.stdout.lines().map(|line| {
        let words = line.split(' ').filter(|word| !word.is_empty());
        let masked = words.map(|word| if word.parse::<f64>().is_ok() { "#" } else { word });
        masked.collect::<Vec<_>>().join(" ")
    });
    Ran { stdout: lines.collect::<Vec<_>>().join("\n") + "\n", ..ran }
}

#[test]
fn the_page_says_what_the_data_says_on_any_number_of_threads() {
    let world = World::new();
    let arguments = ["--strategy", "plan", "--strategy", "context", "--jobs", "1", "--format", "json"];
    let ran = world.run(&[&QUICK[..], &arguments, &["--output", "arena.json"]].concat()).succeeded();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", "5 of 5 steps done\nthe result is in arena.json\n"));
    let report: ArenaReport = serde_json::from_slice(&world.read("arena.json")).unwrap();
    assert_eq!(report, play("lazy_context", &["plan", "context"], 2), "one thread, two threads");
    let page = report::arena::render(&report, 80, false);
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    check("arena", &[without_figures(Ran { stdout: page, ..ran })]);

    let of_plan = report.studies.iter().filter(|study| study.line_up == 0);
    let mean = of_plan.map(|study| study.regret).sum::<f64>() / 2.0;
    assert!((report.standings[0].regret.mean - mean).abs() < 1e-12, "{report:?}");
}

#[test]
fn wrong_names_are_named_before_anything_runs() {
    let world = World::new();
    let wrong = [
        &["--strategy", "contxt"][..],
        &["--strategy", "without:laency"],
        &["--strategy", "balanced"],
        &["--selector", "fest"],
        &["--scenario", "midrange"],
        &["--seeds", "0"],
        &["--surfaces", "both"],
        &["--surfaces", "all", "--noise", "3"],
        &["--noise", "0.05"],
        &["--set", "context.sise=1"],
        &["--set", "contest.sizes=1"],
        &["--plugin", "missing.wasm"],
    ];
    let ran: Vec<Ran> = wrong
        .into_iter()
        .map(|arguments| {
            let code = if arguments[0] == "--plugin" { 4 } else { 2 };
            world.fails(code, &[&["arena"], arguments].concat())
        })
        .collect();
    check("arena_bad_input", &ran);
}
