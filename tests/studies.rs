//! Every study is kept, found again by any part of its name, shown as it was, chosen from again, and forgotten when somebody says so.

use std::fs;

use ralf_tune::{
    model::{
        kept::StudySummary,
        study::{Outcome, Study},
    },
    store::{StoreError, StudyStore},
};
use serde_json::Value;

use crate::program::World;

const QUICK: [&str; 6] = ["run", "--simulate", "one-slot", "--quick", "--seed", "1"];

/// The studies of a world, the newest first.
fn listed(world: &World) -> Vec<StudySummary> {
    serde_json::from_str(&world.run(&["study", "list", "--format", "json"]).succeeded().stdout).unwrap()
}

fn folder(world: &World) -> std::path::PathBuf {
    world.home().join(".local/share/ralf-tune/studies")
}

#[test]
fn a_study_is_kept_and_shown_again_as_it_was() {
    let world = World::new();
    let none = world.run(&["study", "list"]).succeeded();
    assert!(none.stdout.contains("None is kept yet"), "{none}");
    let refused = world.fails(2, &["report"]);
    assert!(refused.stderr.contains("no study is kept yet"), "{refused}");

    let ran = world.run(&QUICK).succeeded();
    assert!(ran.stderr.contains("kept as study"), "{ran}");
    let all = listed(&world);
    let [kept] = &all[..] else { panic!("{all:?}") };
    assert!(kept.simulated && kept.model.contains(':') && kept.elapsed_seconds > 10.0, "{kept:?}");
    assert_eq!(world.run(&["report"]).succeeded().stdout, ran.stdout);
    for meant in ["last", kept.id.as_str(), &kept.id.as_str()[..12], kept.id.mark()] {
        let shown = world.run(&["study", "show", meant, "--format", "json"]).succeeded();
        let study: Study = serde_json::from_str(&shown.stdout).unwrap();
        assert_eq!((study.seed, study.intensity.as_str()), (1, "quick"));
        assert!(study.trials.iter().any(|trial| !trial.observations.is_empty()), "all that was measured is there");
    }
    let page = world.run(&["study", "list"]).succeeded().stdout;
    assert!(page.contains(kept.id.as_str()) && page.contains("(simulated)"), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    assert!(listed(&world)[0].outcome != Outcome::Interrupted);

    let other = world.run(&["study", "list", "--model", "nobody:1b"]).succeeded();
    assert!(!other.stdout.contains(kept.id.as_str()), "{other}");
}

#[test]
fn names_that_mean_none_or_several_are_refused_with_what_to_type() {
    let world = World::new();
    for seed in ["1", "2"] {
        world.run(&["run", "--simulate", "--quick", "--budget", "40s", "--seed", seed]);
    }
    let all = listed(&world);
    assert_eq!(all.len(), 2);
    assert!(all[0].id.second() >= all[1].id.second(), "the newest is the first: {all:?}");
    let several = world.fails(2, &["report", "2"]);
    assert!(several.stderr.contains("2 studies") && several.stderr.contains(all[0].id.as_str()), "{several}");
    let unknown = world.fails(2, &["report", "no-such"]);
    assert!(unknown.stderr.contains("ralf-tune study list"), "{unknown}");
    for meant in ["../../etc/passwd", ""] {
        world.fails(2, &["study", "remove", meant]);
    }
    world.run(&["study", "remove", all[1].id.as_str()]).succeeded();
    assert_eq!(listed(&world).into_iter().map(|one| one.id).collect::<Vec<_>>(), [all[0].id.clone()]);
}

#[test]
fn what_is_broken_is_named_and_costs_no_other_study() {
    let world = World::new();
    world.run(&QUICK).succeeded();
    let good = listed(&world).remove(0);
    let whole = fs::read(folder(&world).join(format!("{}.study", good.id))).unwrap();
    let broken = folder(&world).join("20200101-000000-0000.study");
    let first_line = whole.iter().position(|byte| *byte == b'\n').unwrap();
    for (content, is_listed) in [
        (&b""[..], false),
        (&b"garbage\n"[..], false),
        (&whole[..first_line / 2], false),
        // The list says what it was; the study itself is not whole.
        (&whole[..whole.len() / 2], true),
    ] {
        fs::write(&broken, content).unwrap();
        let list = world.run(&["study", "list"]).succeeded();
        assert!(list.stdout.contains(good.id.as_str()), "{list}");
        assert_eq!(list.stderr.contains("is no whole study"), !is_listed, "{list}");
        let shown = world.fails(5, &["report", "20200101"]);
        assert!(shown.stderr.contains("rm '"), "{shown}");
        world.run(&["report", good.id.as_str()]).succeeded();
    }
    let mut newer: Value = serde_json::from_slice(&whole[first_line + 1..]).unwrap();
    newer["schema_version"] = 99.into();
    fs::write(&broken, [&whole[..=first_line], newer.to_string().as_bytes()].concat()).unwrap();
    let shown = world.fails(5, &["report", "20200101"]);
    assert!(shown.stderr.contains("newer release"), "{shown}");
    // What is none of ours is not looked at.
    fs::write(folder(&world).join("notes.txt"), "mine").unwrap();
    fs::create_dir(folder(&world).join("20200101-000000-0001.study")).unwrap();
    let list = world.run(&["study", "list"]).succeeded();
    assert!(list.stdout.contains(good.id.as_str()) && !list.stdout.contains("notes.txt"), "{list}");
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.run(&QUICK).succeeded();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder(&world)), 0o700);
    for entry in fs::read_dir(folder(&world)).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn a_study_that_cannot_be_kept_is_shown_all_the_same() {
    let world = World::new();
    let file = world.write("in-the-way", "a file");
    let ran = world.run_with(&[("RALF_TUNE_DATA_DIR", &file.to_string_lossy())], &QUICK).succeeded();
    assert!(
        ran.stderr.contains("the study is not kept") && ran.stdout.contains("notes a minute")
            || ran.stdout.contains("Notes per minute"),
        "{ran}"
    );
}

#[test]
fn another_selector_chooses_among_the_same_candidates() {
    let world = World::new();
    world.run(&["run", "--simulate", "mid-range", "--seed", "1"]).succeeded();
    let chosen = |arguments: &[&str]| -> Value {
        let asked = [&["study", "reselect", "last", "--format", "json"], arguments].concat();
        serde_json::from_str(&world.run(&asked).succeeded().stdout).unwrap()
    };
    let balanced = chosen(&[]);
    let names: Vec<&str> =
        balanced["study"]["choices"].as_array().unwrap().iter().map(|one| one["selector"].as_str().unwrap()).collect();
    assert_eq!(names[0], "balanced");
    assert_eq!(names.len(), 4, "the bundled ones stand beside it: {names:?}");
    assert_eq!(chosen(&["--selector", "threshold"])["selector"], "threshold");
    // No floor, or one that only the best reaches: the same candidates, another winner or the same, but an answer.
    for floor in ["0.1", "1"] {
        let found = chosen(&["--selector", "quality", "--quality-floor", floor]);
        assert!(found["study"]["choices"][0]["selection"]["winner"].is_u64(), "{found}");
    }
    let refused = world.fails(2, &["study", "reselect", "last", "--selector", "nobody"]);
    assert!(refused.stderr.contains("nobody"), "{refused}");
}

#[test]
fn thousands_are_listed_from_their_first_lines() {
    let data = tempfile::tempdir().unwrap();
    let store = StudyStore::new(data.path());
    assert!(matches!(store.find("last"), Err(StoreError::Empty)));
    let world = World::new();
    world.run(&QUICK).succeeded();
    let study: Study = serde_json::from_str(&world.run(&["report", "--format", "json"]).succeeded().stdout).unwrap();
    for hour in 0..300_u32 {
        let started_at = format!("2026-{:02}-{:02}T{:02}:00:00Z", 1 + hour / 240, 1 + hour / 24 % 28, hour % 24);
        store.save(&Study { started_at, seed: u64::from(hour), ..study.clone() }).unwrap();
    }
    // The same study again is no other one.
    let again = store.list().unwrap().studies.last().unwrap().clone();
    let first = store.load(&again.id).unwrap();
    assert_eq!(store.save(&first).unwrap(), again);
    let listing = store.list().unwrap();
    assert_eq!((listing.studies.len(), listing.unreadable.len()), (300, 0));
    assert!(listing.studies.is_sorted_by(|a, b| a.id.second() >= b.id.second()));
    assert_eq!(first, Study { started_at: first.started_at.clone(), seed: first.seed, ..study });
}

#[test]
fn two_studies_are_told_apart_by_more_than_noise() {
    let world = World::new();
    let run = |scenario: &str, seed: &str| {
        world.run(&["run", "--simulate", scenario, "--seed", seed, "--no-save", "--no-report"]).succeeded();
        // Names of one second are in no order.
        listed(&world).into_iter().map(|one| one.id).collect::<Vec<_>>()
    };
    let first = run("mid-range", "1").remove(0);
    let second = run("mid-range", "2").into_iter().find(|id| *id != first).unwrap();
    let same = world.run(&["study", "compare", first.as_str(), second.as_str()]).succeeded().stdout;
    assert!(same.contains("no more than noise") && !same.contains("by more than noise"), "{same}");
    let slower = run("mid-range:slots=1", "3").into_iter().find(|id| ![&first, &second].contains(&id)).unwrap();
    let other = world.run(&["study", "compare", first.as_str(), slower.as_str()]).succeeded().stdout;
    assert!(other.contains("by more than noise") && other.contains("max_concurrent_requests"), "{other}");
    let trend = world.run(&["study", "trend"]).succeeded().stdout;
    for id in [&first, &second, &slower] {
        assert!(trend.contains(id.as_str()), "{trend}");
    }
    assert!(trend.contains("slower, by more than") && trend.lines().all(|line| line.chars().count() <= 80), "{trend}");
    world.fails(2, &["study", "compare", "nothing"]);
}

/// What another machine measured: the same study, as if it had been there.
fn from_elsewhere(world: &World, change: impl Fn(&mut Value)) -> Value {
    let exported = world.run(&["study", "export"]).succeeded();
    assert_eq!(exported.stderr, "");
    let mut study: Value = serde_json::from_str(&exported.stdout).unwrap();
    study["started_at"] = "2030-01-01T00:00:00Z".into();
    study["machine"]["cpu_model"]["value"] = "Other CPU".into();
    change(&mut study);
    study
}

#[test]
fn a_study_goes_to_another_machine_and_stands_there_beside_others() {
    let world = World::new();
    world.run(&["run", "--simulate", "mid-range", "--seed", "1", "--no-save", "--no-report"]).succeeded();
    let own = listed(&world).remove(0);
    let exported = world.run(&["study", "export", "--output", "study.json"]).succeeded();
    assert!(exported.stdout.is_empty() && exported.stderr.contains("the study is in study.json"), "{exported}");
    let shown = world.run(&["study", "show", "--format", "json"]).succeeded().stdout;
    assert_eq!(
        String::from_utf8(world.read("study.json")).unwrap().replace("0.1.0", ""),
        shown.replace("[VERSION]", "").replace("0.1.0", "")
    );
    // One's own comes back as itself.
    let known = world.run(&["study", "import", "study.json"]).succeeded();
    assert!(known.stderr.contains("kept already") && known.stderr.contains(own.id.as_str()), "{known}");
    assert_eq!(listed(&world), std::slice::from_ref(&own));

    let theirs = from_elsewhere(&world, |_| {});
    world.write("theirs.json", theirs.to_string());
    let imported = world.run(&["study", "import", "theirs.json"]).succeeded();
    assert!(imported.stderr.contains("Other CPU"), "{imported}");
    let all = listed(&world);
    assert!(all.len() == 2 && all[0].imported && !all[1].imported, "{all:?}");
    let page = world.run(&["study", "list"]).succeeded().stdout;
    let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("imported: Other") && page.lines().all(|line| line.chars().count() <= 80), "{page}");
    let compared = world.run(&["study", "compare", own.id.as_str(), all[0].id.as_str()]).succeeded().stdout;
    let words = compared.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("the hardware is another one: it was") && words.contains("and is Other CPU"), "{compared}");
    // It is newer, and yet nothing is done by it unasked.
    let last = world.run(&["report", "--format", "json"]).succeeded().stdout;
    assert!(!last.contains("Other CPU"));
    let trend = world.run(&["study", "trend"]).succeeded();
    assert!(!trend.stdout.contains(all[0].id.as_str()) && trend.stderr.contains("left out: 1"), "{trend}");
    let applied = world.run(&["apply", all[0].id.as_str(), "--to", "json"]).succeeded();
    assert!(applied.stderr.contains("a guess on this machine"), "{applied}");
    for format in ["text", "html", "markdown", "json"] {
        world.run(&["report", all[0].id.as_str(), "--format", format]).succeeded();
    }
    world.run(&["study", "remove", all[0].id.as_str()]).succeeded();
    assert_eq!(listed(&world), [own]);
}

#[test]
fn files_that_are_no_studies_are_refused() {
    let world = World::new();
    world.run(&["run", "--simulate", "mid-range", "--quick", "--seed", "1", "--no-save", "--no-report"]).succeeded();
    let cases = [
        ("{".to_owned(), "is no study"),
        ("[]".to_owned(), "is no study"),
        ("{\"schema_version\": 1}".to_owned(), "is no study"),
        (from_elsewhere(&world, |study| study["schema_version"] = 99.into()).to_string(), "newer release"),
        (from_elsewhere(&world, |study| study["started_at"] = "../../x".into()).to_string(), "when it was made"),
        (from_elsewhere(&world, |study| study["trials"] = serde_json::json!([])).to_string(), "nothing was measured"),
        (from_elsewhere(&world, |study| study["baseline"]["num_ctx"] = 0.into()).to_string(), "num_ctx"),
        (
            from_elsewhere(&world, |study| study["tuned"]["candidate"]["temperature"] = 1e9.into()).to_string(),
            "temperature",
        ),
    ];
    for (text, named) in cases {
        world.write("bad.json", &text);
        let ran = world.run(&["study", "import", "bad.json"]);
        assert!(ran.code != Some(0) && ran.stderr.contains(named), "{named}: {ran}");
        ran.said_plainly();
    }
    world.write("bad.json", [0xff, 0xfe]);
    assert!(world.run(&["study", "import", "bad.json"]).stderr.contains("it is no text"));
    assert!(world.run(&["study", "import", "nobody.json"]).stderr.contains("cannot read nobody.json"));
    assert_eq!(listed(&world).len(), 1);
}

/// What others wrote may hold any numbers: a page of it may be nonsense, and is a page.
#[test]
fn figures_that_make_no_sense_break_no_page() {
    let world = World::new();
    world.run(&["run", "--simulate", "mid-range", "--quick", "--seed", "1", "--no-save", "--no-report"]).succeeded();
    let good: Value = serde_json::from_str(&world.run(&["study", "export"]).succeeded().stdout).unwrap();
    let mut places = Vec::new();
    numbers(&good, String::new(), &mut places);
    assert!(places.len() > 500, "{}", places.len());
    let mut shown = 0;
    // One place in some, so that every kind of figure has its turn and the test ends soon.
    for (index, place) in places.iter().enumerate().step_by(1 + places.len() / 150) {
        let nonsense = [0.into(), (-1).into(), 1e300.into(), u32::MAX.into(), Value::Null];
        let mut study = good.clone();
        *study.pointer_mut(place).unwrap() = nonsense[index % nonsense.len()].clone();
        let Ok(study) = serde_json::from_value::<Study>(study) else { continue };
        shown += 1;
        assert!(!ralf_tune::report::terminal::render(&study, 80, false).is_empty(), "{place}");
        assert!(ralf_tune::report::html::render(&study).ends_with("</html>\n"), "{place}");
        assert!(!ralf_tune::report::markdown::render(&study).is_empty(), "{place}");
    }
    assert!(shown > 50, "{shown} of {}", places.len());
}

/// Where numbers stand, as JSON pointers.
fn numbers(value: &Value, place: String, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(place),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| numbers(item, format!("{place}/{at}"), found));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| numbers(member, format!("{place}/{name}"), found));
        }
        _ => {}
    }
}
