use clap::{CommandFactory, error::ErrorKind};

use super::*;
use crate::settings::KEYS;

fn run(args: &str) -> Result<Overrides, clap::Error> {
    let words = ["ralf-tune", "run"].into_iter().chain(args.split_whitespace());
    match Cli::try_parse_from(words)?.command {
        Command::Run(args) => Ok(Overrides::from(&*args)),
        other => panic!("not a run: {other:?}"),
    }
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_setting_has_its_flag_and_its_help_names_the_variable() {
    let mut command = Cli::command();
    let run = command.find_subcommand_mut("run").unwrap().clone();
    // What only those need who send something to others.
    let push = command.find_subcommand_mut("share").unwrap().find_subcommand_mut("push").unwrap().clone();
    for key in KEYS {
        let takes_it = if key.flag == "--hub" { &push } else { &run };
        let flag = takes_it.get_arguments().find(|arg| arg.get_long() == Some(&key.flag[2..]));
        let help = flag.unwrap_or_else(|| panic!("no {}", key.flag)).get_help().unwrap().to_string();
        assert!(help.contains(&format!("[env: {}", key.variable)), "{}: {help}", key.flag);
    }
}

#[test]
fn contradictions_are_refused() {
    for args in [
        "--quick --full",
        "--quick --intensity normal",
        "--full --intensity normal",
        "--save --no-save",
        "--report --no-report",
        "--save --dry-run",
        "--simulate --host x",
    ] {
        assert_eq!(run(args).unwrap_err().kind(), ErrorKind::ArgumentConflict, "{args}");
    }
}

#[test]
fn simulate_takes_a_scenario_or_the_usual_one() {
    assert_eq!(run("").unwrap().simulate, None);
    assert_eq!(run("--simulate --yes").unwrap().simulate.as_deref(), Some("mid-range"));
    assert_eq!(run("--simulate cpu-only").unwrap().simulate.as_deref(), Some("cpu-only"));
}

#[test]
fn what_is_not_typed_is_not_said() {
    assert_eq!(run("").unwrap(), Overrides::default());
}

#[test]
fn what_is_typed_is_said() {
    let typed =
        run("--full --budget 1h30m --scorer format=2 --scorer coverage --set a.b=1,2 --no-save --no-report -y \
                     --format json --quality-floor 0.9 --seed 7 --plugin x.wasm --plugin y.wasm")
        .unwrap();
    assert_eq!((typed.intensity.as_deref(), typed.intensity_flag), (Some("full"), Some("--full")));
    assert_eq!(typed.budget, Some(Duration::from_mins(90)));
    assert_eq!(typed.scorers.unwrap().iter().map(|s| s.weight).collect::<Vec<_>>(), [Some(2.0), None]);
    assert_eq!(typed.params[0].param, "b");
    assert_eq!((typed.save, typed.report, typed.yes), (Some(false), Some(false), Some(true)));
    assert_eq!((typed.format, typed.quality_floor, typed.seed), (Some(Format::Json), Some(0.9), Some(7)));
    assert_eq!(typed.plugins, Some(vec!["x.wasm".into(), "y.wasm".into()]));
}

#[test]
fn mistakes_are_explained() {
    for (args, part) in [
        ("--budget 240", "the unit is missing: write 240s"),
        ("--scorer format=much", "the weight of `format` must be a number"),
        ("--set sizes=1", "the plugin's name is missing"),
        ("--quality-floor 95", "did you mean 0.95?"),
        ("--format xml", "possible values: text, json"),
        ("--seed -1", "invalid value '-1' for '--seed <N>'"),
        ("--quality-floor -1", "a share between 0 and 1 is needed"),
    ] {
        let error = run(args).unwrap_err().to_string();
        assert!(error.contains(part), "{args}: {error}");
    }
}
