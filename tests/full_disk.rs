//! A disk that is full, read-only or gone costs no result, and never tears what is there.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::program::{Ran, World};

/// A study that finds something better than these settings, and saves it.
const STUDY: [&str; 8] = ["run", "--simulate", "--seed", "1", "--yes", "--config", "disk/config.json", "--quick"];

const BEFORE: &str = "{\n    \"source_paths\": [\"/notes\"],\n    \"num_ctx\": 10000\n}\n";

/// The program with these arguments, as the last two words of a shell's script: `"$0" "$@"`.
fn in_shell(world: &World, script: &str, arguments: &[&str]) -> Command {
    let program = world.process(arguments);
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.current_dir(world.work());
    shell
}

/// A folder `disk` with a configuration in it.
fn world() -> World {
    let world = World::new();
    world.write("disk/config.json", BEFORE);
    world
}

fn is_shown(ran: &Ran) -> bool {
    ran.stdout.contains("── ralf-tune: llama3.1:8b ") && ran.stdout.contains("── How it was found ")
}

fn is_quiet(ran: &Ran) -> bool {
    !ran.stderr.contains("panicked") && ran.code.is_some()
}

/// That the configuration is the old one and an error was said, or the whole new one with its backup; true for the second.
fn is_saved(world: &World, folder: &str, ran: &Ran) -> bool {
    let text = String::from_utf8(world.read(&format!("{folder}/config.json"))).unwrap();
    if text == BEFORE {
        assert_eq!(ran.code, Some(5), "{ran}");
        assert!(ran.stderr.contains("error: cannot write") && ran.stderr.contains("\nhint: "), "{ran}");
        let names = world.names(folder);
        assert!(names.iter().all(|name| !name.starts_with(".ralf-tune-")), "{names:?}");
        return false;
    }
    let new: Value = serde_json::from_str(&text).unwrap();
    assert!(new["model_name"] == "llama3.1:8b" && new["source_paths"][0] == "/notes", "{text}");
    assert_eq!(world.read(&format!("{folder}/config.json.ralf-tune-backup")), BEFORE.as_bytes());
    assert_eq!(ran.code, Some(0), "{ran}");
    true
}

/// Whether a disk can be mounted for a test alone, without any right of ours.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn can_mount(world: &World) -> bool {
    let script = "exec unshare -rm sh -c 'mount -t tmpfs -o size=64k none disk'";
    let can = in_shell(world, script, &[]).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !can {
        println!("skipped: no disk can be mounted here");
    }
    can
}

/// Runs it with a disk of its own at `disk`, on which `copied` lies; afterwards what is on it is in `after`.
fn on_a_disk(world: &World, options: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let inner = format!(
        "mkdir kept && cp -a disk/. kept && mount -t tmpfs -o {options} none disk && {{ cp -a kept/. disk || true; }} && \
         \"$0\" \"$@\"; code=$?; cp -a disk after; exit $code"
    );
    let mut shell = in_shell(world, "exec unshare -rm sh -c \"$INNER\" \"$0\" \"$@\"", arguments);
    shell.env("INNER", inner).envs(variables.iter().copied());
    world.finish(shell, format!("on a disk with {options}: ralf-tune {}", arguments.join(" ")))
}

#[test]
fn a_full_disk_never_tears_the_configuration() {
    let mut saved = Vec::new();
    for size in ["4k", "8k", "12k", "16k", "64k"] {
        let world = world();
        if !can_mount(&world) {
            return;
        }
        let ran = on_a_disk(&world, &format!("size={size}"), &STUDY, &[]);
        // Whether there is room is looked at before anything is measured; what is measured is shown.
        assert!(is_quiet(&ran) && (is_shown(&ran) || ran.code == Some(5)), "{ran}");
        saved.push(is_saved(&world, "after", &ran));
    }
    assert!(saved.starts_with(&[false]) && saved.ends_with(&[true]), "{saved:?}");
    println!("saved with 4, 8, 12, 16 and 64 KiB: {saved:?}");
}

#[test]
fn a_full_disk_for_what_is_kept_costs_no_result() {
    let mut said = Vec::new();
    for size in ["8k", "160k", "180k", "210k", "8m"] {
        let world = world();
        if !can_mount(&world) {
            return;
        }
        fs::remove_file(world.path("disk/config.json")).unwrap();
        let arguments = ["run", "--simulate", "--seed", "1", "--quick"];
        let ran = on_a_disk(&world, &format!("size={size}"), &arguments, &[("RALF_TUNE_DATA_DIR", "disk")]);
        assert!(is_shown(&ran) && is_quiet(&ran) && ran.code == Some(0), "{ran}");
        let is_kept = ran.stderr.contains("kept as study");
        let no_journal = ran.stderr.contains("cannot be gone on with");
        let torn_journal =
            ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ").contains("could not have been gone on with");
        assert!(is_kept != ran.stderr.contains("warning: the study is not kept"), "{ran}");
        // What is there can be read, and nothing half written lies beside it.
        let listed = world.run_with(&[("RALF_TUNE_DATA_DIR", "after")], &["study", "list"]);
        assert_eq!(listed.stdout.contains("llama3.1:8b"), is_kept, "{listed}");
        assert!(!listed.stderr.contains("no whole study"), "{listed}");
        let studies = world.path("after/studies");
        assert_eq!(fs::read_dir(&studies).map_or(0, Iterator::count), usize::from(is_kept), "{ran}");
        let journals = fs::read_dir(world.path("after/journals")).map_or(0, Iterator::count);
        let is_left = ran.stderr.contains("its answers are still there: ralf-tune run --resume");
        assert_eq!(is_left, !is_kept && !no_journal && !torn_journal, "{ran}");
        assert_eq!(journals, usize::from(is_left), "nothing else is left of it: {ran}");
        if is_left {
            // With room again, the whole study is there without a question.
            let again = world.run_with(&[("RALF_TUNE_DATA_DIR", "after")], &["run", "--resume"]).succeeded();
            assert!(is_shown(&again) && again.stderr.contains("kept as study"), "{again}");
            assert_eq!(fs::read_dir(world.path("after/journals")).unwrap().count(), 0, "{again}");
        }
        said.push((size, is_kept, no_journal, torn_journal));
    }
    println!("size, kept, no journal, torn journal: {said:?}");
    assert!(said.iter().any(|(_, is_kept, ..)| *is_kept) && said.iter().any(|(_, is_kept, ..)| !is_kept), "{said:?}");
    assert!(said.iter().any(|(_, _, no_journal, _)| *no_journal), "{said:?}");
    assert!(said.iter().any(|(_, _, _, torn)| *torn), "{said:?}");
    assert!(said.iter().any(|(_, kept, none, torn)| !kept && !none && !torn), "{said:?}");
}

#[test]
fn a_read_only_disk_is_said_before_or_costs_no_result() {
    let world = world();
    if !can_mount(&world) {
        return;
    }
    let ran = on_a_disk(
        &world,
        "ro,size=64k",
        &["run", "--simulate", "--seed", "1", "--quick"],
        &[("RALF_TUNE_DATA_DIR", "disk")],
    );
    assert!(is_shown(&ran) && is_quiet(&ran) && ran.code == Some(0), "{ran}");
    assert!(
        ran.stderr.contains("warning: the study is not kept") && ran.stderr.contains("Read-only file system"),
        "{ran}"
    );
    let world = self::world();
    let ran = on_a_disk(&world, "ro,size=64k", &STUDY, &[]);
    assert!(
        ran.code == Some(5) && ran.stdout.is_empty() && ran.stderr.contains("error: cannot write disk/config.json"),
        "{ran}"
    );
}

/// Runs a study, and takes a folder away when its first trial has ended.
fn without(world: &World, folder: &Path, arguments: &[&str]) -> Ran {
    let mut process = world.process(arguments);
    let mut child = process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut stdout = child.stdout.take().unwrap();
    let shown = std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).unwrap();
        text
    });
    let mut stderr = String::new();
    while let Some(Ok(line)) = lines.next() {
        if line.contains("trial 1") {
            fs::remove_dir_all(folder).unwrap();
        }
        stderr.push_str(&line);
        stderr.push('\n');
    }
    let code = child.wait().unwrap().code();
    Ran { line: arguments.join(" "), code, stdout: shown.join().unwrap(), stderr }
}

#[test]
fn a_folder_that_vanishes_costs_no_result() {
    let world = world();
    let ran = without(&world, &world.home().join(".local/share/ralf-tune"), &STUDY);
    assert!(is_shown(&ran) && is_quiet(&ran), "{ran}");
    assert!(is_saved(&world, "disk", &ran), "{ran}");
    assert!(ran.stderr.contains("kept as study") || ran.stderr.contains("the study is not kept"), "{ran}");
    // The configuration's own: it is made again, or it is said that it cannot be.
    let world = self::world();
    let ran = without(&world, &world.path("disk"), &STUDY);
    assert!(is_shown(&ran) && is_quiet(&ran), "{ran}");
    match ran.code {
        Some(0) => assert!(serde_json::from_slice::<Value>(&world.read("disk/config.json")).unwrap().is_object()),
        _ => assert!(ran.code == Some(5) && ran.stderr.contains("\nhint: "), "{ran}"),
    }
}
