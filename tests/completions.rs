//! Shells complete what can be typed and what is there; manual pages say what `--help` says.

use std::{path::Path, process::Command as Process};

use clap::{Command, CommandFactory as _};
use ralf_tune::cli::args::Cli;

use crate::program::{World, server::Ollama};

/// What is offered for the last of these words: the program asked as the scripts ask it.
fn offered(world: &World, words: &[&str]) -> Vec<String> {
    let mut process = world.process(&[&["--"], words].concat());
    process.env("_RALF_TUNE_COMPLETE", "bash").env("_CLAP_IFS", "\n").env("_CLAP_COMPLETE_TYPE", "9");
    process.env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string()).env("_CLAP_COMPLETE_SPACE", "true");
    let ran = world.finish(process, words.join(" ")).succeeded();
    assert_eq!(ran.stderr, "", "{ran}");
    ran.stdout.lines().map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn every_shell_has_a_script_that_asks_the_program() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = world.run(&["completions", shell]).succeeded();
        assert!(script.stdout.contains("_RALF_TUNE_COMPLETE") && script.stdout.contains("ralf-tune"), "{script}");
        assert_eq!(script.stderr, "");
        // Nothing of the machine that it was made on.
        assert!(
            !script.stdout.contains("[WORK]") && !script.stdout.contains(env!("CARGO_BIN_EXE_ralf-tune")),
            "{script}"
        );
    }
    assert!(world.fails(2, &["completions", "csh"]).stderr.contains("possible values: bash, zsh, fish, powershell"));
}

/// The script in the shell itself, where there is one on this machine.
#[test]
fn bash_loads_the_script_and_completes() {
    let world = World::new();
    if Process::new("bash").arg("--version").output().is_err() {
        return;
    }
    let program = Path::new(env!("CARGO_BIN_EXE_ralf-tune")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let script = r#"
        set -e
        source <(ralf-tune completions bash)
        complete -p ralf-tune >&2
        typed() {
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_TYPE=9 COMPREPLY=()
            _clap_complete_ralf_tune ralf-tune "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            echo "${COMPREPLY[*]}"
        }
        typed ralf-tune stu
        typed ralf-tune study l
        typed ralf-tune run --simulate vram
    "#;
    let ran = Process::new("bash")
        .args(["--noprofile", "--norc", "-c", script])
        .env("PATH", path)
        .env("HOME", world.home())
        .current_dir(world.work())
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
    assert!(errors.contains("-F _clap_complete_ralf_tune ralf-tune"), "{errors}");
    assert_eq!(said, "study\nlist\nvram-cliff\n", "{errors}");
}

#[test]
fn what_is_there_now_is_offered() {
    let world = World::new();
    assert!(!offered(&world, &["ralf-tune", "report", ""]).contains(&"last".to_owned()), "nothing is kept yet");
    world.run(&["run", "--simulate", "--quick", "--seed", "1", "--no-report", "--no-save"]).succeeded();
    let listed = world.run(&["study", "list", "--format", "json"]).succeeded().stdout;
    let studies: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let id = studies[0]["id"].as_str().unwrap();
    for command in [&["report"][..], &["apply"], &["study", "show"], &["study", "remove"]] {
        let words = [&["ralf-tune"], command, &[""]].concat();
        assert_eq!(offered(&world, &words)[..2], ["last", id], "{words:?}");
        let words = [&["ralf-tune"], command, &[&id[..6]]].concat();
        assert_eq!(offered(&world, &words), [id], "{words:?}");
    }
    // Profiles stand behind the studies where both can be said, and everywhere else alone.
    assert_eq!(offered(&world, &["ralf-tune", "apply", ""])[2..5], ["balanced", "fast", "quality"]);
    assert_eq!(offered(&world, &["ralf-tune", "apply", "qu"]), ["quality"]);
    assert_eq!(offered(&world, &["ralf-tune", "profile", "use", "fa"]), ["fast"]);
    assert_eq!(offered(&world, &["ralf-tune", "batch", ".", "--out", "notes", "--profile", "fa"]), ["fast"]);
    assert_eq!(offered(&world, &["ralf-tune", "batch", ".", &id[..6]]), [id]);
    assert_eq!(offered(&world, &["ralf-tune", "proxy", "--apply", &id[..6]]), [id]);
    assert_eq!(offered(&world, &["ralf-tune", "study", "export", &id[..6]]), [id]);
    // Plugins by kind, and nobody's name twice.
    assert_eq!(offered(&world, &["ralf-tune", "run", "--selector", "ba"]), ["balanced"]);
    assert_eq!(offered(&world, &["ralf-tune", "run", "--strategy", "gray"]), ["graybox"]);
    world.write("context.wasm", "");
    assert_eq!(offered(&world, &["ralf-tune", "plugin", "check", "conte"]), ["context", "context.wasm"]);
    // Intensities of the user's own settings.
    world.write("ralf-tune.toml", "[intensity.overnight]\nbudget = \"8h\"\nstrategies = [\"context\"]\n");
    assert_eq!(offered(&world, &["ralf-tune", "run", "--intensity", "over"]), ["overnight"]);
    // Without a server there are the models of studies; with one, its own too.
    assert_eq!(offered(&world, &["ralf-tune", "run", "--model", ""])[0], "llama3.1:8b");
    let ollama = Ollama::serving(&["codellama:7b"]);
    world.write("ralf-tune.toml", "");
    let mut process = world.process(&["--", "ralf-tune", "run", "--model", "co"]);
    process.env("_RALF_TUNE_COMPLETE", "fish").env("OLLAMA_HOST", &ollama.address);
    let asked = world.finish(process, "--model co".to_owned()).succeeded();
    assert!(asked.stdout.starts_with("codellama:7b"), "{asked}");
    // A line is completed whatever the settings are.
    world.write("ralf-tune.toml", "model = [");
    assert_eq!(offered(&world, &["ralf-tune", "stu"]), ["study"]);
}

/// Every command with its own, in the order of the help.
fn commands(command: &Command, found: &mut Vec<Command>) {
    found.push(command.clone());
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        commands(sub, found);
    }
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let world = World::new();
    let written = world.run(&["man", "--output", "man1"]).succeeded();
    let mut program = Cli::command();
    program.build();
    let mut all = Vec::new();
    commands(&program, &mut all);
    assert!(all.len() > 25 && written.stderr.contains(&format!("{} pages are in man1", all.len())), "{written}");
    assert_eq!(world.names("man1").len(), all.len());
    for command in all {
        let name = command.get_display_name().unwrap_or("ralf-tune").to_owned();
        let page = String::from_utf8(world.read(&format!("man1/{name}.1"))).unwrap();
        assert!(page.contains(&format!(".TH {name} 1")), "{page}");
        for flag in command.get_arguments().filter_map(|argument| argument.get_long()) {
            assert!(page.contains(&format!("\\-\\-{}", flag.replace('-', "\\-"))), "{name} lacks --{flag}: {page}");
        }
        let examples = command.get_after_long_help().is_some_and(|text| text.to_string().contains("Examples:\n"));
        assert_eq!(examples, page.contains(".SH \"EXAMPLES\"\n.nf\n"), "{name}: {page}");
    }
    let first = world.run(&["man"]).succeeded().stdout.replace("[VERSION]", env!("CARGO_PKG_VERSION"));
    assert_eq!(first.into_bytes(), world.read("man1/ralf-tune.1"));
    // Where the tool is on this machine, it has nothing to complain of.
    let mut groff = Process::new("groff");
    if let Ok(page) = groff.args(["-ww", "-man", "-Tutf8", "man1/ralf-tune-run.1"]).current_dir(world.work()).output() {
        assert_eq!((page.status.code(), String::from_utf8(page.stderr).unwrap().as_str()), (Some(0), ""));
    }
}
