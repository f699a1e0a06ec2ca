//! docs/commands.md is what the program says of itself, and its examples work.

use std::{fmt::Write as _, fs};

use clap::{Arg, Command, CommandFactory as _, Parser as _};
use ralf_tune::cli::args::Cli;

use crate::{
    architecture::{files, root},
    program::World,
};

const PAGE: &str = "docs/commands.md";

const HEAD: &str = "# Commands

Every command, as its `--help` says it. This page is made of the same descriptions by a test, which also says how to make it anew; the settings behind
the flags are explained in [settings.md](settings.md).
";

/// Every command that can be typed, with its own.
fn commands() -> Vec<Command> {
    fn add(command: &Command, found: &mut Vec<Command>) {
        found.push(command.clone());
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            add(sub, found);
        }
    }
    let mut program = Cli::command();
    program.build();
    let mut found = Vec::new();
    add(&program, &mut found);
    found
}

/// As it is typed.
fn line_of(command: &Command) -> &str {
    command.get_bin_name().unwrap_or("ralf-tune")
}

/// A command of the examples, and what is said of it.
fn split(line: &str) -> (&str, &str) {
    let line = line.trim();
    line.split_once("  ").map_or((line, ""), |(command, remark)| (command, remark.trim()))
}

/// The examples of a command: lines that are indented by two, and remarks below by six.
fn examples(command: &Command) -> Vec<String> {
    let text = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let behind = text.split("Examples:\n").nth(1).unwrap_or_default().to_owned();
    behind.lines().take_while(|line| line.starts_with("  ")).map(str::to_owned).collect()
}

fn is_command(line: &str) -> bool {
    let typed = split(line).0;
    line.starts_with("  ")
        && !line.starts_with("   ")
        && (typed.starts_with("ralf-tune") || typed.contains(" ralf-tune "))
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for command in commands() {
        let _ = writeln!(page, "\n## {}\n", line_of(&command));
        let _ = writeln!(page, "{}.\n", command.get_about().unwrap().to_string().trim_end_matches('.'));
        let usage = command.clone().render_usage().to_string();
        let _ = writeln!(page, "```text\n{}\n```", usage.trim_start_matches("Usage: "));
        let shown = |arg: &&Arg| !["help", "version"].contains(&arg.get_id().as_str()) && !arg.is_hide_set();
        let args: Vec<&Arg> = command.get_arguments().filter(shown).collect();
        if !args.is_empty() {
            page.push_str("\n| | |\n|---|---|\n");
            page.extend(args.into_iter().map(row));
        }
        let lines = examples(&command);
        if !lines.is_empty() {
            page.push_str(if lines.iter().any(|line| is_command(line)) { "\n```console\n" } else { "\n```text\n" });
            for line in &lines {
                let (typed, remark) = split(line);
                let _ = match (is_command(line), remark) {
                    (true, "") => writeln!(page, "$ {typed}"),
                    (true, remark) => writeln!(page, "$ {typed}    # {remark}"),
                    (false, _) if line.starts_with("      ") => writeln!(page, "# {}", line.trim()),
                    (false, _) => writeln!(page, "{}", line.trim()),
                };
            }
            page.push_str("```\n");
        }
    }
    page
}

/// A row of the table: what is typed, and what it means.
fn row(arg: &Arg) -> String {
    let values: Vec<String> =
        arg.get_value_names().unwrap_or_default().iter().map(|name| format!("<{name}>")).collect();
    let takes = arg.get_action().takes_values() && !values.is_empty();
    let typed = match (arg.get_long(), arg.get_short()) {
        (Some(long), Some(short)) => format!("--{long}, -{short}"),
        (Some(long), None) => format!("--{long}"),
        _ => String::new(),
    };
    let typed = if takes { format!("{typed} {}", values.join(" ")) } else { typed };
    let mut means = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let choices: Vec<String> =
        arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if takes && !choices.is_empty() {
        means = format!("{means}: {}", choices.join(", "));
    }
    let cell = |text: &str| text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ");
    format!("| `{}` | {} |\n", typed.trim().replace('|', "\\|"), cell(&means))
}

#[test]
fn the_reference_is_what_the_program_says() {
    let (made, path) = (page(), root().join(PAGE));
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(made == written, "make it anew: UPDATE_REFERENCE=1 cargo test --release --test promises -- reference");
    assert!(commands().len() > 30 && made.contains("\n## ralf-tune plugin new\n"), "{made}");
}

/// The help of every command fits a terminal, and its examples can be typed.
#[test]
fn every_command_helps_and_its_examples_can_be_typed() {
    let world = World::new();
    let mut checked = 0;
    for command in commands() {
        let line = line_of(&command).to_owned();
        let words: Vec<&str> = line.split(' ').skip(1).chain(["--help"]).collect();
        let help = world.run(&words).succeeded();
        assert!(help.stdout.contains("Usage: ") && help.stderr.is_empty(), "{help}");
        // Examples of addresses and digests cannot be wrapped.
        let long = help.stdout.lines().find(|line| line.chars().count() > 120 && !line.contains("https://"));
        assert_eq!(long, None, "{line}");
        for example in examples(&command).iter().filter(|example| is_command(example)) {
            checked += 1;
            let typed = typed(example);
            if let Err(error) = Cli::try_parse_from(&typed) {
                panic!("{example}\n{error}");
            }
        }
    }
    assert!(checked > 50, "{checked}");
}

/// The words of an example, without variables before it and without what a shell would do behind it.
fn typed(example: &str) -> Vec<String> {
    let words = split(example).0.split_whitespace();
    let own = words.skip_while(|word| *word != "ralf-tune").take_while(|word| !["|", ">", "&"].contains(word));
    own.map(str::to_owned).collect()
}

/// Commands that need neither a server nor a file that only an example has.
const ALONE: [&str; 9] = [
    "ralf-tune report",
    "ralf-tune study",
    "ralf-tune apply --to",
    "ralf-tune profile list",
    "ralf-tune profile show",
    "ralf-tune config",
    "ralf-tune completions",
    "ralf-tune schema",
    "ralf-tune man",
];

#[test]
fn examples_that_need_no_server_work_as_they_stand() {
    let world = World::new();
    world.run(&["run", "--simulate", "--seed", "1", "--no-report", "--no-save"]).succeeded();
    let listed = world.run(&["study", "list", "--format", "json"]).succeeded().stdout;
    let studies: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let id = studies[0]["id"].as_str().unwrap();
    let here = |word: String| match word.as_str() {
        "2a7f" => id.rsplit('-').next().unwrap().to_owned(),
        name if name.starts_with("20261127-15") => id.to_owned(),
        _ => word.replace('~', &world.home().display().to_string()),
    };
    let mut removing = Vec::new();
    let mut ran = 0;
    for example in commands().iter().flat_map(examples).filter(|example| is_command(example)) {
        let line = typed(&example).join(" ");
        let needs_more = [".wasm", "ollama-model", "study compare"].iter().any(|part| line.contains(part));
        if needs_more || !ALONE.iter().any(|alone| line.starts_with(alone)) {
            continue;
        }
        let words: Vec<String> = typed(&example).into_iter().skip(1).map(here).collect();
        // The last ones: nothing is left to show behind them.
        if line.contains(" remove ") {
            removing.push(words);
            continue;
        }
        ran += 1;
        world.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).succeeded();
    }
    for words in removing {
        world.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).succeeded();
    }
    assert!(ran > 20, "only {ran} examples");
}

/// Every command of the reference is typed by a test that looks at what it does, and not only at its help.
#[test]
fn every_command_is_run_by_a_test() {
    let tests = files(&root().join("tests"), "rs");
    let all: String = tests.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let all = all.split_whitespace().collect::<Vec<_>>().join(" ");
    let lacking: Vec<String> = commands()
        .iter()
        .filter(|command| command.get_subcommands().next().is_none())
        .map(|command| line_of(command).to_owned())
        .filter(|line| {
            let words: Vec<String> = line.split(' ').skip(1).map(|word| format!("\"{word}\"")).collect();
            !all.contains(&format!("[{}", words.join(", ")))
        })
        .collect();
    assert_eq!(lacking, <[String; 0]>::default(), "no test runs these");
    // A core module is packed where there is a compiler of C; what is none is refused everywhere.
    let world = World::new();
    world.write("text.wasm", "no module");
    let refused = world.fails(4, &["plugin", "pack", "text.wasm", "--output", "packed.wasm"]);
    assert!(refused.stderr.contains("text.wasm") && !world.path("packed.wasm").exists(), "{refused}");
}
