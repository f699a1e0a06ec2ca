//! The examples for plugin authors work as their READMEs say: they build with plain cargo, load, take part, and change what they promise.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use serde_json::Value;

use crate::support::cargo::{PLAIN, cargo, root, succeed, target_directory};

/// A folder of `examples/plugins`, and the component that its README builds there.
struct Example {
    folder: &'static str,
    file: PathBuf,
}

/// Builds an example as its README says, but outside its folder.
fn example(folder: &'static str) -> &'static Example {
    static BUILT: OnceLock<Vec<Example>> = OnceLock::new();
    let all = BUILT.get_or_init(|| {
        let build = |folder: &'static str| {
            let (line, file) = said(folder);
            let mut cargo = cargo(&root().join("examples/plugins").join(folder));
            cargo.args(line.split_whitespace().skip(1)).args(["--locked", "--quiet"]);
            succeed(cargo);
            Example { folder, file: target_directory().join(file) }
        };
        ["strategy-two-contexts", "scorer-todo-free", "selector-least-memory"].map(build).into()
    });
    all.iter().find(|example| example.folder == folder).unwrap()
}

/// The build command of a README, and the file below `target` that its next commands name.
fn said(folder: &str) -> (String, PathBuf) {
    let readme = fs::read_to_string(root().join("examples/plugins").join(folder).join("README.md")).unwrap();
    let commands: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    assert!(commands.contains(&format!("rustup target add {PLAIN}").as_str()), "{readme}");
    let build = commands.iter().find(|line| line.starts_with("cargo build ")).unwrap();
    let files: Vec<&str> = commands
        .iter()
        .flat_map(|line| line.split_whitespace())
        .filter_map(|word| word.strip_prefix("target/"))
        .collect();
    assert!(files.len() >= 2 && files.iter().all(|file| *file == files[0]), "{files:?}");
    ((*build).to_owned(), files[0].into())
}

/// The component of an example.
pub fn component(folder: &'static str) -> &'static Path {
    &example(folder).file
}

/// The program, away from everything of whoever runs the tests.
fn ralf_tune(arguments: &[&str]) -> Output {
    static HOME: OnceLock<tempfile::TempDir> = OnceLock::new();
    let home = HOME.get_or_init(|| tempfile::tempdir().unwrap()).path();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ralf-tune"));
    command.args(arguments).current_dir(home).env_clear().env("HOME", home);
    command.env("RALF_TUNE_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-plugins"));
    command.output().unwrap()
}

/// What it says when it succeeds, as one line of words.
fn words(arguments: &[&str]) -> String {
    let output = ralf_tune(arguments);
    assert!(output.status.success(), "{arguments:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A quick study on the simulated machine.
fn study(arguments: &[&str]) -> Value {
    let quick = ["run", "--simulate", "high-end", "--quick", "--no-save", "--seed", "1", "--format", "json"];
    serde_json::from_str(&words(&[&quick, arguments].concat())).unwrap()
}

fn plan(arguments: &[&str]) -> String {
    words(&[&["run", "--simulate", "high-end", "--quick", "--dry-run"], arguments].concat())
}

fn path(example: &Example) -> &str {
    example.file.to_str().unwrap()
}

#[test]
fn the_strategy_takes_the_stage_that_decides_the_context() {
    let file = path(example("strategy-two-contexts"));
    let plan = plan(&["--plugin", file]);
    assert!(plan.contains("two-contexts"), "{plan}");
    assert!(plan.contains("graybox: `two-contexts` decides num_ctx instead"), "{plan}");

    let study = study(&["--plugin", file, "--set", "two-contexts.small=3072"]);
    let trials = study["trials"].as_array().unwrap();
    let own: Vec<f64> = trials
        .iter()
        .filter(|trial| trial["stage"] == "two-contexts")
        .map(|trial| trial["candidate"]["num_ctx"].as_f64().unwrap())
        .collect();
    assert_eq!(own, [3072.0, 8192.0]);
    assert!(!trials.iter().any(|trial| trial["stage"] == "context"));
    let decided = study["stages"].as_array().unwrap().iter().find(|stage| stage["name"] == "two-contexts").unwrap();
    assert_eq!(decided["settings"][0][0], "num_ctx", "{decided}");
}

#[test]
fn the_scorer_joins_the_panel() {
    let file = path(example("scorer-todo-free"));
    let plan = plan(&["--plugin", file]);
    for scorer in ["todo-free", "note-structure", "identifier-grounding", "repetition"] {
        assert!(plan.contains(scorer), "{scorer}: {plan}");
    }
    let study = study(&["--plugin", file, "--set", "todo-free.cost=0.5"]);
    let scores: Vec<&Value> =
        study["trials"].as_array().unwrap().iter().flat_map(|trial| trial["scores"].as_array().unwrap()).collect();
    assert!(!scores.is_empty());
    for score in scores {
        let by: Vec<&str> =
            score["by_scorer"].as_array().unwrap().iter().filter_map(|part| part["scorer"].as_str()).collect();
        assert!(by.contains(&"todo-free") && by.len() > 1, "{by:?}");
    }
}

#[test]
fn the_selector_replaces_the_default_and_changes_the_result() {
    let file = path(example("selector-least-memory"));
    let usual = study(&[]);
    let own = study(&["--plugin", file, "--set", "least-memory.speed=0.1"]);
    assert_eq!(usual["selection"]["selector"], "balanced");
    assert_eq!(own["selection"]["selector"], "least-memory");
    assert_eq!(own["plan"]["selector"], "least-memory");
    assert_ne!(own["tuned"]["candidate"], usual["tuned"]["candidate"]);
    let reasons = own["selection"]["reasons"].to_string();
    assert!(reasons.contains("GB") && reasons.contains("notes a minute"), "{reasons}");
}

#[test]
fn each_is_shown_with_its_parameters_and_limits() {
    for (folder, name, parameter) in [
        ("strategy-two-contexts", "two-contexts", "worth"),
        ("scorer-todo-free", "todo-free", "cost"),
        ("selector-least-memory", "least-memory", "speed"),
    ] {
        let page = words(&["plugin", "info", path(example(folder))]);
        for part in [name, parameter, "0.1.0", "ralf:tune/log@0.1.0", "64 MiB"] {
            assert!(page.contains(part), "{folder}: {part} is not in {page}");
        }
    }
}

#[test]
fn every_command_of_the_readmes_exists() {
    for folder in ["strategy-two-contexts", "scorer-todo-free", "selector-least-memory"] {
        let file = path(example(folder));
        let readme = fs::read_to_string(root().join("examples/plugins").join(folder).join("README.md")).unwrap();
        let commands: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("$ ralf-tune ")).collect();
        assert_eq!(commands.len(), 2, "{folder}");
        for command in commands {
            let mut arguments: Vec<&str> =
                command.split_whitespace().map(|word| if word.starts_with("target/") { file } else { word }).collect();
            if arguments[0] == "run" {
                arguments.extend(["--simulate", "high-end", "--quick", "--no-save"]);
            }
            words(&arguments);
        }
    }
}
