//! A kept study becomes a page for a browser and a Markdown document: whole, without anything fetched or run, and no text of others is
//! markup in them.

mod well_formed;

use std::{collections::BTreeSet, fs};

use ralf_tune::{
    model::{
        disturbance::{Drift, DriftKind},
        machine::{Gpu, GpuVendor},
        study::Study,
    },
    report::{figures, html, markdown},
};

use crate::{
    architecture::root,
    program::World,
    report::{every_study, poison, sample},
};
use well_formed::{is_escaped, is_whole, tables_are_whole};

/// Every figure there is.
const FIGURES: [&str; 10] = [
    "pareto",
    "steps",
    "throughput",
    "latency",
    "time-split",
    "quality-context",
    "quality-size",
    "memory",
    "timeline",
    "reliability",
];

/// Whatever could end a text, an attribute, a tag, a table's cell or a paragraph, and steer a terminal besides.
const EVIL: &str = "\"'></title></style></svg><script>alert(1)</script><img src=x onerror=alert(1)>&lt;\u{1b}[2J\u{0}\u{7}\u{202e}\r\n\r\n\
                    # head\n| a | b |\n```\n[x](javascript:alert(1))<!--]]>{{x}}*_~~`";

/// A study of the simulator that asks everything of a large machine.
fn asked_everything(world: &World) -> Study {
    let run = ["run", "--simulate", "high-end", "--full", "--seed", "2", "--no-save"];
    let strategies = ["--strategy", "context", "--strategy", "throughput", "--strategy", "chunk"];
    world.run(&[&run[..], &strategies].concat()).succeeded();
    world.run(&["report", "--format", "json", "--output", "study.json"]).succeeded();
    serde_json::from_slice(&world.read("study.json")).unwrap()
}

fn ids(study: &Study) -> Vec<&'static str> {
    figures::of(study).drawn.iter().map(|figure| figure.id).collect()
}

#[test]
fn a_study_of_the_simulator_yields_each_figure() {
    let world = World::new();
    let study = asked_everything(&world);
    let figures = figures::of(&study);
    assert_eq!(figures.left_out, [], "nothing is missing");
    assert_eq!(ids(&study).into_iter().collect::<BTreeSet<_>>(), FIGURES.into_iter().collect::<BTreeSet<_>>());
    let page = html::render(&study);
    let document = markdown::render(&study);
    for figure in &figures.drawn {
        assert!(!figure.data.is_empty() && !figure.says.is_empty(), "{}", figure.id);
        let start = page.find(&format!("<figure id=\"{}\">", figure.id)).unwrap();
        let shown = page[start..].split("</figure>").next().unwrap();
        for part in ["<svg role=\"img\"", "class=\"key\"", "<details>", "<thead>"] {
            assert!(shown.contains(part), "{} has no {part}", figure.id);
        }
        assert!(document.contains(&format!("### {}\n", figure.title)), "{}", figure.title);
    }
    is_whole(&page);
    tables_are_whole(&document);

    // What the program writes is that page.
    for (command, format, text) in [
        (&["report"][..], "html", &page),
        (&["report", "last"], "markdown", &document),
        (&["study", "show"], "html", &page),
    ] {
        let told = world.run(&[command, &["--format", format, "--output", "written"]].concat()).succeeded();
        assert!(told.stdout.is_empty() && told.stderr.contains("written"), "{told}");
        assert_eq!(String::from_utf8(world.read("written")).unwrap(), *text, "{command:?}");
    }
    assert!(world.run(&["report", "--format", "html"]).succeeded().stdout.starts_with("<!DOCTYPE html>"));
    for refused in [["report", "--format", "pdf"], ["machine", "--format", "html"]] {
        world.fails(2, &refused);
    }
}

#[test]
fn what_a_study_has_no_data_for_is_left_out_and_said() {
    for (name, study) in every_study() {
        let figures = figures::of(&study);
        assert_eq!(figures.drawn.len() + figures.left_out.len(), FIGURES.len(), "{name}");
        let (page, document) = (html::render(&study), markdown::render(&study));
        assert_eq!(page.matches("<figure").count(), figures.drawn.len(), "{name}");
        for missing in &figures.left_out {
            let said = format!("{}: {}.", missing.title, missing.why);
            assert_eq!(page.matches(&said).count(), 1, "{name}: {said}");
            assert!(document.contains(&said), "{name}: {said}");
        }
        is_whole(&page);
        tables_are_whole(&document);
    }
    let mut nothing = sample::gain();
    nothing.trials.clear();
    nothing.candidates.clear();
    nothing.steps.clear();
    nothing.tuned = None;
    assert_eq!(ids(&nothing), <[&str; 0]>::default());
    assert!(!html::render(&nothing).contains("<svg"), "nothing is drawn that was not measured");
}

/// The figure of the confidence has the table of the page of accuracy, and no other.
#[test]
fn the_reliability_is_that_of_the_page_of_accuracy() {
    let page = fs::read_to_string(root().join("docs/accuracy.md")).unwrap();
    let rows = page.split("| stated | studies | mean | came true |\n").nth(1).unwrap();
    let written: Vec<Vec<u32>> = rows
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect())
        .collect();
    let drawn: Vec<Vec<u32>> = figures::reliability::STATED
        .into_iter()
        .map(|(low, high, studies, stated, came_true)| vec![low, high, studies, stated, came_true])
        .collect();
    assert_eq!(drawn, written);
    assert!(page.contains(&format!("over {} studies of 56 machines", drawn.iter().map(|row| row[2]).sum::<u32>())));
    let study = sample::gain();
    let stated = study.tuned.as_ref().unwrap().confidence.percent;
    let figures = figures::of(&study);
    let figure = figures.drawn.iter().find(|figure| figure.id == "reliability").unwrap();
    assert!(figure.says.contains(&format!("This study states {stated:.0} %")), "{}", figure.says);
}

/// A machine that became slower is seen to in the timeline, where settings came back.
#[test]
fn a_drift_is_drawn_where_settings_come_back() {
    let world = World::new();
    let study = |scenario: &str| -> Study {
        world.run(&["run", "--simulate", scenario, "--seed", "1", "--no-save", "--no-report"]).succeeded();
        serde_json::from_str(&world.run(&["report", "--format", "json"]).succeeded().stdout).unwrap()
    };
    let timeline = |study: &Study| {
        let mut drawn = figures::of(study).drawn.into_iter();
        drawn.find(|figure| figure.id == "timeline").unwrap()
    };
    let steady = timeline(&study("mid-range"));
    assert!(
        steady.says.contains("No drift of the machine was seen") && steady.says.contains("lowest row"),
        "{}",
        steady.says
    );
    assert!(steady.plot.key.iter().any(|(_, meaning)| meaning.contains("speed of writing")));
    let mut slower = study("mid-range");
    for request in slower.trials.iter_mut().flat_map(|trial| &mut trial.observations) {
        let share = request.started_ms / 1000.0 / slower.elapsed_seconds;
        if let Some(server) = &mut request.server {
            server.decode_ms *= 1.0 + share;
        }
    }
    slower.disturbances.drift = Some(Drift { kind: DriftKind::Throttling, share: 1.0, p_value: 0.001, requests: 20 });
    let drawn = timeline(&slower);
    assert!(drawn.says.contains("The machine became slower by 100 %"), "{}", drawn.says);
    let ends = |figure: &figures::Figure| {
        let mut lines = figure.plot.marks.iter().filter_map(|mark| match mark {
            figures::plot::Mark::Line { points, tone: figures::plot::Tone::Decode } => Some(points.clone()),
            _ => None,
        });
        let line = lines.next_back().unwrap();
        (line[0].1, line[line.len() - 1].1)
    };
    let (first, last) = ends(&drawn);
    assert!(last < first, "{first} to {last}");
}

#[test]
fn numbers_that_cannot_be_drawn_spoil_no_page() {
    for number in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
        let mut study = sample::gain();
        for candidate in &mut study.candidates {
            for estimate in [&mut candidate.notes_per_minute, &mut candidate.quality].into_iter().flatten() {
                (estimate.value, estimate.interval.high) = (number, number);
            }
            candidate.peak_memory_bytes = Some(number);
        }
        for trial in &mut study.trials {
            trial.seconds = number;
            for request in &mut trial.observations {
                (request.started_ms, request.latency_ms) = (number, number);
            }
        }
        let page = html::render(&study);
        is_whole(&page);
        assert!(!page.contains("=\"NaN") && !page.contains("=\"inf"), "{number}");
        tables_are_whole(&markdown::render(&study));
    }
}

#[test]
fn the_first_screen_says_what_to_use_what_it_gains_and_what_it_cost() {
    let page = html::render(&sample::gain());
    let first = page.split("<h2>").next().unwrap();
    for said in
        ["Use the tuned settings", "interval of that ratio", "Confidence:", "Notes per minute", "The study took"]
    {
        assert!(first.contains(said), "{said}: {first}");
    }
    let document = markdown::render(&sample::gain());
    assert!(document.starts_with("# ralf-tune: "), "{document}");
    assert!(document.split("\n## ").next().unwrap().contains("Use the tuned settings"), "{document}");
}

#[test]
fn every_colour_of_a_plot_has_a_dark_one() {
    let page = html::render(&asked_everything(&World::new()));
    let (style, body) = page.split_once("</style>").unwrap();
    let mut colours = 0;
    for attribute in ["fill", "stroke"] {
        let used: BTreeSet<&str> =
            body.split(&format!(" {attribute}=\"")).skip(1).filter_map(|rest| rest.split('"').next()).collect();
        for colour in used.into_iter().filter(|colour| *colour != "none") {
            assert!(style.contains(&format!("svg [{attribute}=\"{colour}\"]")), "no dark {attribute} for {colour}");
            colours += 1;
        }
    }
    assert!(colours > 8, "{colours} colours");
    for needed in ["prefers-color-scheme: dark", "@media print", "width=device-width"] {
        assert!(page.contains(needed), "{needed}");
    }
}

#[test]
fn no_text_of_others_is_markup() {
    let mut studies: Vec<Study> = every_study().into_iter().map(|(_, study)| study).collect();
    studies.push(asked_everything(&World::new()));
    for study in studies {
        let mut data = serde_json::to_value(&study).unwrap();
        poison(&mut data, EVIL);
        // A study may be called anything from its first character on.
        data["model"]["name"] = EVIL.into();
        let mut poisoned: Study = serde_json::from_value(data).unwrap();
        poisoned.machine.gpus.push(Gpu {
            name: EVIL.to_owned(),
            vendor: GpuVendor::Nvidia,
            memory_total_bytes: Some(1 << 33),
            memory_free_bytes: None,
            unified: false,
            source: EVIL.to_owned(),
        });
        let (page, document) = (html::render(&poisoned), markdown::render(&poisoned));
        is_whole(&page);
        assert!(page.contains("&lt;script&gt;"), "it is shown, as text");
        tables_are_whole(&document);
        let steers = |character: char| (character.is_control() && character != '\n') || character == '\u{202e}';
        for text in [&page, &document] {
            assert!(!text.contains(steers), "{text:?}");
        }
        for (at, _) in document.match_indices(['<', '>', '`', '[', ']', '&']) {
            assert!(is_escaped(&document, at), "{}", document[..=at].lines().last().unwrap());
        }
        let headings = |text: &str| text.lines().filter(|line| line.starts_with('#')).count();
        assert_eq!(headings(&document), headings(&markdown::render(&study)), "no heading of others");
    }
}
