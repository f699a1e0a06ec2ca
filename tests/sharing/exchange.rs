//! From one user to another: previewed, written with a yes, taken, asked, proven.

use ralf_tune::model::{
    recommendation::Recommendation,
    study::{Outcome, Study},
};

use crate::program::World;

/// A world in which a simulated machine was studied.
fn studied(scenario: &str, seed: &str) -> World {
    let world = World::new();
    world.run(&["run", "--simulate", scenario, "--seed", seed, "--no-save"]).succeeded();
    world
}

fn requests(study: &Study) -> usize {
    study.trials.iter().map(|trial| trial.observations.len()).sum()
}

#[test]
fn what_is_previewed_is_what_is_written() {
    let world = studied("mid-range", "1");
    let preview = world.run(&["share", "export", "--preview"]).succeeded();
    assert!(world.names(".").is_empty(), "a preview writes nothing");
    // Nobody is here to say yes.
    world.fails(2, &["share", "export", "--output", "packs.json"]);
    assert!(world.names(".").is_empty());
    world.fails(2, &["share", "export"]);
    let written = world.run(&["share", "export", "last", "--output", "packs.json", "--yes"]).succeeded();
    // As bytes: what a world runs is shown without what varies.
    let bytes = world.process(&["share", "export", "--preview"]).output().unwrap().stdout;
    assert_eq!(world.read("packs.json"), bytes);
    assert!(written.stderr.contains("sent nowhere"), "{written}");
    let again = world.run(&["share", "export", "last", "last", "--preview"]).succeeded();
    assert_eq!(again.stdout, preview.stdout, "the same study is told once");
}

#[test]
fn what_comes_in_is_counted_kept_once_and_forgotten_on_demand() {
    let (one, other) = (studied("mid-range", "1"), studied("high-end", "2"));
    one.run(&["share", "export", "--output", "packs.json", "--yes"]).succeeded();
    other.run(&["share", "export", "--output", "packs.json", "--yes"]).succeeded();
    let user = World::new();
    user.write("in/a.json", one.read("packs.json"));
    user.write("in/b.json", other.read("packs.json"));
    let lied = String::from_utf8(one.read("packs.json")).unwrap().replacen("\"requests\": ", "\"requests\": 1", 1);
    user.write("in/c.json", lied);
    user.write("in/d.json", "{}");
    user.write("in/notes.txt", "not for us");
    let taken = user.run(&["share", "import", "in"]).succeeded();
    assert!(taken.stderr.contains("2 new, 0 known already, 1 refused"), "{taken}");
    let again = user.run(&["share", "import", "in/a.json"]).succeeded();
    assert!(again.stderr.contains("0 new, 1 known already, 0 refused"), "{again}");
    let nothing = user.fails(2, &["share", "import", "in/c.json"]);
    assert!(nothing.stderr.contains("1 refused: its signature does not fit"), "{nothing}");
    user.fails(2, &["share", "import", "in/d.json"]);
    user.fails(2, &["share", "import", "http://example.org/packs.json"]);
    let list = user.run(&["share", "list"]).succeeded();
    assert!(list.stdout.contains("llama3.1:8b") && list.stdout.contains("simulated"), "{list}");
    let key = serde_json::from_slice::<serde_json::Value>(&one.read("packs.json")).unwrap()["packs"][0]["key"].clone();
    let gone = user.run(&["share", "forget", &key.as_str().unwrap()[..8]]).succeeded();
    assert!(gone.stderr.contains("1 pack forgotten"), "{gone}");
    user.run(&["share", "forget", "--all"]).succeeded();
    let none = user.fails(2, &["recommend", "--simulate", "mid-range"]);
    assert!(none.stderr.contains("nothing of others is kept yet"), "{none}");
}

#[test]
fn a_good_neighbour_saves_two_thirds_and_a_wrong_one_nothing_is_lost_by() {
    let user = World::new();
    for seed in ["11", "12"] {
        let other = studied("mid-range", seed);
        other.run(&["share", "export", "--output", "packs.json", "--yes"]).succeeded();
        user.write(&format!("in/{seed}.json"), other.read("packs.json"));
    }
    user.run(&["share", "import", "in"]).succeeded();
    let ran = user.run(&["recommend", "--simulate", "mid-range", "--format", "json"]).succeeded();
    let found: Recommendation = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((found.behind.packs, found.behind.keys), (2, 2));
    let page = user.run(&["recommend", "--simulate", "mid-range"]).succeeded();
    assert!(page.stdout.contains("run --prove") && page.stdout.contains("2 keys"), "{page}");
    let study = |arguments: &[&str]| -> Study {
        let usual = ["run", "--simulate", "mid-range", "--seed", "1", "--no-save", "--format", "json"];
        serde_json::from_str(&user.run(&[&usual[..], arguments].concat()).succeeded().stdout).unwrap()
    };
    let (alone, with) = (study(&[]), study(&["--prior", "shared"]));
    assert!(3 * requests(&with) <= requests(&alone), "{} of {}", requests(&with), requests(&alone));
    assert!(with.stages.iter().any(|stage| stage.name == "prior"), "{:?}", with.stages);
    let speed = |study: &Study| {
        let tuned = &study.tuned.as_ref().unwrap().candidate;
        let found = study.candidates.iter().find(|one| one.candidate.works_like(tuned)).unwrap();
        found.notes_per_minute.unwrap()
    };
    assert_eq!((with.outcome, alone.outcome), (Outcome::Improved, Outcome::Improved));
    // Few notes say less of the speed, and not another one.
    let (few, many) = (speed(&with), speed(&alone));
    assert!(few.interval.low < many.value && many.value < few.interval.high, "{few:?} {many:?}");
    let settings = |study: &Study| study.tuned.as_ref().unwrap().candidate.max_concurrent_requests;
    assert_eq!(settings(&with), settings(&alone));
}

/// A user who took in what two others measured on such a machine, in short studies.
fn user_of(measured: &str) -> World {
    let user = World::new();
    for seed in ["11", "12"] {
        let other = World::new();
        other.run(&["run", "--simulate", measured, "--seed", seed, "--no-save"]).succeeded();
        other.run(&["share", "export", "--output", "packs.json", "--yes"]).succeeded();
        user.write(&format!("in/{seed}.json"), other.read("packs.json"));
    }
    user.run(&["share", "import", "in"]).succeeded();
    user
}

/// What half a minute says on that machine.
fn proven(user: &World, machine: &str) -> Study {
    let ran = user.run(&["run", "--simulate", machine, "--seed", "1", "--no-save", "--format", "json", "--prove"]);
    assert!([Some(0), Some(1)].contains(&ran.code), "{ran}");
    let study: Study = serde_json::from_str(&ran.stdout).unwrap();
    assert!(study.budget.total_seconds <= 30.0 && study.elapsed_seconds <= 32.0, "{}", study.elapsed_seconds);
    assert!(study.stages.iter().all(|stage| ["prior", "confirm", "baseline"].contains(&stage.name.as_str())));
    study
}

#[test]
fn half_a_minute_decides_by_short_requests_where_notes_have_no_time() {
    // The first five make a note in 7 to 75 seconds with the settings that nobody changed.
    let gains = ["low-end", "mid-range", "high-end", "vram-cliff", "flaky"];
    for machine in gains {
        let study = proven(&user_of(machine), machine);
        assert_eq!(study.outcome, Outcome::Improved, "{machine}: {:?} {:?}", study.selection, study.warnings);
        let reasons = study.selection.as_ref().unwrap().reasons.join("; ");
        assert!(reasons.contains("short requests"), "{machine}: what proves it is said: {reasons}");
        assert!(study.trials.iter().all(|trial| trial.scores.is_empty()), "{machine}: no note was made");
        // What short requests cannot show is left as it is.
        let (tuned, present) = (&study.tuned.as_ref().unwrap().candidate, &study.baseline);
        assert_eq!(
            (tuned.max_content_length, tuned.num_predict, tuned.chunk_size),
            (present.max_content_length, present.num_predict, present.chunk_size),
            "{machine}"
        );
    }
    // Nothing can be gained here: that is said, and nothing changes.
    let study = proven(&user_of("one-slot"), "one-slot");
    assert_eq!(study.outcome, Outcome::KeepBaseline, "{:?}", study.selection);
    let prior = study.stages.iter().find(|stage| stage.name == "prior").unwrap();
    assert!(prior.reasons[0].contains("as fast"), "{:?}", prior.reasons);
}

#[test]
fn what_misleads_is_not_adopted_and_costs_a_study_little() {
    // Those who measured had four slots, and memory enough for four requests at once.
    let user = user_of("high-end");
    let machine = "high-end:slots=1";
    let short = proven(&user, machine);
    if let Some(tuned) = short.tuned.as_ref().filter(|_| short.outcome == Outcome::Improved) {
        // It may be better all the same: its context is smaller.
        assert!(tuned.candidate.num_ctx < short.baseline.num_ctx, "{tuned:?}");
    }
    let study = |arguments: &[&str]| -> Study {
        let usual = ["run", "--simulate", machine, "--seed", "1", "--no-save", "--format", "json"];
        serde_json::from_str(&user.run(&[&usual[..], arguments].concat()).succeeded().stdout).unwrap()
    };
    let (alone, with) = (study(&["--prior", "none"]), study(&["--prior", "shared"]));
    let speed = |study: &Study| {
        let ended = study.tuned.as_ref().map_or(&study.baseline, |tuned| &tuned.candidate);
        let found = study.candidates.iter().find(|one| one.candidate.works_like(ended)).unwrap();
        found.notes_per_minute.unwrap().value
    };
    assert!(speed(&with) > 0.9 * speed(&alone), "{} {}", speed(&with), speed(&alone));
    // Notes that were made before the time was over are not held against the present settings.
    let reasons = with.selection.as_ref().unwrap().reasons.join("; ");
    assert!(!reasons.contains("too slow to be compared"), "{reasons}");
    // What was measured of it is its own stage, and no longer than its share of the time.
    let prior: f64 = with.trials.iter().filter(|trial| trial.stage == "prior").map(|trial| trial.seconds).sum();
    assert!(prior <= 0.31 * with.budget.total_seconds, "{prior}");
}
