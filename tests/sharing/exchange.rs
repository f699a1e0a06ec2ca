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
        found.notes_per_minute.unwrap().value
    };
    assert_eq!((with.outcome, alone.outcome), (Outcome::Improved, Outcome::Improved));
    assert!(speed(&with) > 0.85 * speed(&alone), "{} {}", speed(&with), speed(&alone));
    // Half a minute is little on a machine of five notes a minute: it is proven in it, or the page says why not.
    let ran = user.run(&["run", "--simulate", "mid-range", "--seed", "1", "--no-save", "--format", "json", "--prove"]);
    assert!([Some(0), Some(1)].contains(&ran.code), "{ran}");
    let proven: Study = serde_json::from_str(&ran.stdout).unwrap();
    assert!(proven.budget.total_seconds <= 30.0 && proven.elapsed_seconds <= 32.0, "{}", proven.elapsed_seconds);
    assert!(proven.stages.iter().all(|stage| ["prior", "confirm", "baseline"].contains(&stage.name.as_str())));
    let said = proven.stages.iter().any(|stage| stage.name == "prior") || !proven.warnings.is_empty();
    assert!(said, "{:?}", proven.warnings);
}
