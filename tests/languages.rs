//! Plugins in Python and JavaScript: what the templates write tests itself without WebAssembly, is built by the toolchain that the
//! registries carry, and takes part in studies under the limits of everybody. Both languages decide alike.

mod faults;
mod project;

use std::{fs, path::Path};

use serde_json::Value;

use self::project::{Project, author, built, written};
use crate::{program::World, support::cargo::root};

const LANGUAGES: [&str; 2] = ["python", "javascript"];
const KINDS: [&str; 3] = ["scorer", "strategy", "selector"];

/// Folders of `examples/plugins`, with language and name.
const EXAMPLES: [(&str, &str, &str); 2] = [
    ("scorer-headings-python", "python", "headings"),
    ("scorer-prose-language-javascript", "javascript", "prose-language"),
];

/// An example is the template of a scorer with files of its own.
fn example(folder: &str) -> Vec<(String, String)> {
    let folder = root().join("examples/plugins").join(folder);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    files
        .filter(|path| name(path) != "README.md")
        .map(|path| (name(&path), fs::read_to_string(path).unwrap()))
        .collect()
}

/// The page of `plugin info`, as one line of words.
fn page(project: &Project) -> String {
    let page = World::new().run(&["plugin", "info", project.file()]).succeeded().stdout;
    assert!(!page.contains("wasi:"), "{page}");
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `plugin check` finds nothing that must be mended.
fn passes_its_check(project: &Project) {
    World::new().run(&["plugin", "check", project.file()]).succeeded();
}

/// A quick study with the plugin, on a simulated machine.
fn study(project: &Project, arguments: &[&str]) -> Value {
    let quick = ["run", "--simulate", "high-end", "--quick", "--no-save", "--seed", "1", "--format", "json"];
    let ran = World::new().run(&[&quick, ["--plugin", project.file()].as_slice(), arguments].concat()).succeeded();
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"))
}

/// The scores that one scorer gave.
fn scores_by(study: &Value, name: &str) -> Vec<Value> {
    let trials = study["trials"].as_array().unwrap().iter();
    let notes = trials.flat_map(|trial| trial["scores"].as_array().unwrap());
    let parts = notes.flat_map(|note| note["by_scorer"].as_array().unwrap());
    parts.filter(|part| part["scorer"] == name).map(|part| part["score"].clone()).collect()
}

/// What the plugins of all languages did, if there is a toolchain of more than none: it must be the same.
fn agree(outcomes: &[(&str, Value)]) {
    for pair in outcomes.windows(2) {
        assert_eq!(pair[0].1, pair[1].1, "{} and {}", pair[0].0, pair[1].0);
    }
}

/// The projects of a kind, in every language whose toolchain is there.
fn of_kind(kind: &'static str) -> Vec<(&'static str, Project)> {
    let name = format!("my-{kind}");
    LANGUAGES.into_iter().filter_map(|language| Some((language, built(language, kind, &name, &[])?))).collect()
}

#[test]
fn every_project_tests_itself_natively() {
    let templates = LANGUAGES.iter().flat_map(|language| KINDS.map(|kind| (*language, kind, "my-own", Vec::new())));
    let examples = EXAMPLES.map(|(folder, language, name)| (language, "scorer", name, example(folder)));
    for (language, kind, name, files) in templates.chain(examples) {
        if project::is_missing(language) {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        written(language, kind, name, &files, folder.path());
        let said = project::run(&author(language).test, folder.path()).unwrap_or_else(|said| panic!("{said}"));
        let tests = said
            .lines()
            .find_map(|line| {
                line.trim_start_matches(['#', 'ℹ', ' ']).strip_prefix("pass ").or(line.strip_prefix("Ran "))
            })
            .and_then(|rest| rest.split_whitespace().next()?.parse::<u32>().ok());
        assert!(tests.is_some_and(|tests| tests >= 4), "{language} {kind}: {said}");
    }
}

#[test]
fn scorers_join_the_panel() {
    let outcomes: Vec<_> = of_kind("scorer")
        .iter()
        .map(|(language, project)| {
            passes_its_check(project);
            let page = page(project);
            for part in ["scorer my-scorer", "pass_mark 0.8 0.1 to 1", "most 8 1 to 100", "ralf:tune/log@"] {
                assert!(page.contains(part), "{language}: {part} is not in {page}");
            }
            let study = study(project, &["--set", "my-scorer.pass_mark=1"]);
            assert_eq!(study["warnings"], Value::Array(Vec::new()), "{language}");
            let scores = scores_by(&study, "my-scorer");
            assert!(scores.iter().any(|score| score["parts"][0]["name"] == "functions"), "{language}: {scores:?}");
            (*language, Value::Array(scores))
        })
        .collect();
    agree(&outcomes);
}

#[test]
fn strategies_decide_their_setting() {
    let outcomes: Vec<_> = of_kind("strategy")
        .iter()
        .map(|(language, project)| {
            passes_its_check(project);
            let page = page(project);
            for part in ["Decides max_concurrent_requests", "workers 1,2,4 1 to 64", "quick, normal, full"] {
                assert!(page.contains(part), "{language}: {part} is not in {page}");
            }
            let study = study(project, &["--set", "my-strategy.workers=1,3"]);
            let own = study["trials"].as_array().unwrap().iter().filter(|trial| trial["stage"] == "my-strategy");
            let tried: Vec<&Value> = own.map(|trial| &trial["candidate"]["max_concurrent_requests"]).collect();
            assert_eq!(tried, [1.0, 3.0], "{language}");
            let stages = study["stages"].as_array().unwrap();
            let stage = stages.iter().find(|stage| stage["name"] == "my-strategy").unwrap();
            assert_eq!(stage["settings"][0][0], "max_concurrent_requests", "{language}: {stage}");
            (*language, stage.clone())
        })
        .collect();
    agree(&outcomes);
}

#[test]
fn selectors_choose_the_winner() {
    let outcomes: Vec<_> = of_kind("selector")
        .iter()
        .map(|(language, project)| {
            passes_its_check(project);
            assert!(page(project).contains("speed 0.8 0 to 1"), "{language}");
            let study = study(project, &["--set", "my-selector.speed=0.1"]);
            assert_eq!(study["selection"]["selector"], "my-selector", "{language}");
            assert!(study["selection"]["reasons"].to_string().contains("notes a minute"), "{language}");
            (*language, study["selection"].clone())
        })
        .collect();
    agree(&outcomes);
}

#[test]
fn examples_judge_notes_as_they_promise() {
    for (folder, language, name) in EXAMPLES {
        let Some(project) = built(language, "scorer", name, &example(folder)) else { continue };
        // What each says of the simulator's notes, which are in English and have headings, and what it is set to in its README.
        let (settings, complaint) = match name {
            "headings" => ("headings.wanted=Purpose, Inputs, Outputs", "PURPOSE is missing"),
            _ => ("prose-language.wanted=german", "written in english"),
        };
        passes_its_check(&project);
        let readme = fs::read_to_string(root().join("examples/plugins").join(folder).join("README.md")).unwrap();
        assert!(readme.contains(settings), "{folder}: {settings}");
        let values = |arguments: &[&str]| {
            let scores = scores_by(&study(&project, arguments), name);
            assert!(!scores.is_empty(), "{folder}");
            scores
        };
        assert!(values(&[]).iter().any(|score| score["value"].as_f64().unwrap() > 0.9), "{folder}");
        let poor = values(&["--set", settings]);
        assert!(poor.iter().all(|score| score["value"].as_f64().unwrap() < 0.1), "{folder}: {poor:?}");
        assert!(poor[0]["reasons"].to_string().contains(complaint), "{folder}: {poor:?}");
    }
}

#[test]
fn the_readme_of_a_project_has_its_commands() {
    for language in LANGUAGES {
        let author = author(language);
        for kind in KINDS {
            let folder = tempfile::tempdir().unwrap();
            written(language, kind, "my-own", &[], folder.path());
            let readme = fs::read_to_string(folder.path().join("README.md")).unwrap();
            let commands: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
            assert_eq!(commands[..3], [&author.test, &author.prepare, &author.build], "{language} {kind}");
            assert_eq!(
                commands[3..],
                ["ralf-tune plugin check my_own.wasm", "ralf-tune run --simulate --plugin my_own.wasm"],
                "{language} {kind}"
            );
            assert!(readme.lines().count() <= 45, "{language} {kind}: more than a screen");
        }
    }
}
