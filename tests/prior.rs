//! An earlier study saves most of the next one's requests while nothing has changed, and nothing of them where something has.

use ralf_tune::model::{candidate::Candidate, study::Study};

use crate::program::World;

/// A study, as data.
fn study(world: &World, arguments: &[&str]) -> Study {
    let ran = world.run(&[&["run", "--format", "json", "--save", "--yes"], arguments].concat()).succeeded();
    serde_json::from_str(&ran.stdout).unwrap()
}

fn requests(study: &Study) -> usize {
    study.trials.iter().map(|trial| trial.observations.len()).sum()
}

fn end(study: &Study) -> &Candidate {
    &study.tuned.as_ref().unwrap().candidate
}

#[test]
fn nothing_changed_is_seen_with_few_requests() {
    let (mut all, mut again, mut fresh) = (0, 0, 0);
    for scenario in ["mid-range", "high-end", "vram-cliff"] {
        let world = World::new();
        let with = |config, seed, more: &[&str]| {
            let usual = ["--simulate", scenario, "--config", config, "--seed", seed];
            study(&world, &[&usual, more].concat())
        };
        world.write("mine.json", "{}");
        let first = with("mine.json", "1", &[]);
        // The user has what was found.
        let kept = with("mine.json", "2", &["--prior", "last"]);
        assert!(kept.warnings.iter().all(|warning| !warning.what.contains("no longer holds")), "{:?}", kept.warnings);
        assert!(end(&kept).works_like(end(&first)) && kept.comparison.is_none(), "{scenario}");
        assert!(kept.stages.iter().any(|stage| stage.name == "prior"), "{:?}", kept.stages);
        // Another user of the machine does not.
        world.write("theirs.json", "{}");
        let found = with("theirs.json", "3", &["--prior", "last"]);
        assert!(end(&found).works_like(end(&first)), "{scenario}: {:?} {:?}", end(&found), end(&first));
        all += requests(&first);
        again += requests(&kept);
        fresh += requests(&found);
        eprintln!(
            "{scenario}: {} requests, {} once it is applied, {} where it is not",
            requests(&first),
            requests(&kept),
            requests(&found)
        );
    }
    assert!(3 * again <= all, "{again} of {all}");
    assert!(fresh < all, "{fresh} of {all}");
}

#[test]
fn a_change_is_noticed_and_everything_is_measured() {
    let world = World::new();
    world.write("mine.json", "{}");
    study(&world, &["--simulate", "mid-range", "--config", "mine.json", "--seed", "1"]);
    // The server was started anew, with one slot.
    let arguments = ["--simulate", "mid-range:slots=1", "--config", "mine.json", "--seed", "2"];
    let changed = study(&world, &[&arguments[..], &["--prior", "last"]].concat());
    let warning = changed.warnings.iter().find(|warning| warning.what.contains("no longer holds"));
    assert!(warning.is_some(), "{:?}", changed.warnings);
    assert!(changed.stages.iter().any(|stage| stage.name == "graybox"), "{:?}", changed.stages);
}

#[test]
fn a_study_that_says_nothing_here_is_refused_and_none_is_none() {
    let world = World::new();
    let quick = ["run", "--simulate", "one-slot", "--quick", "--seed", "1", "--no-save"];
    let nothing = world.fails(2, &[&quick[..], &["--prior", "last"]].concat());
    assert!(nothing.stderr.contains("no study is kept yet"), "{nothing}");
    let once = world.run(&quick).succeeded();
    let none = world.run(&[&quick[..], &["--prior", "none"]].concat()).succeeded();
    assert_eq!(once.stdout, none.stdout, "a simulated study begins from none unless one is named");
    let other = world.fails(2, &["run", "--simulate", "vram-cliff", "--no-save", "--prior", "last"]);
    assert!(other.stderr.contains("and this one of") && other.stderr.contains("study list"), "{other}");
}
