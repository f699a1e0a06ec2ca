//! Whatever is named by a user, a project or the environment and read: a pipe does not hang it, a device does not feed it, and nothing is read
//! that is larger than such a file can be.

use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::Path,
    process::Command,
};

use crate::program::{Ran, World};

/// Bytes of memory that nothing here may take: a file that was read whole would.
const MOST_MEMORY: u64 = 150_000_000;

/// Bytes of a file that is too large for anything; on the disk it takes none.
const HUGE: u64 = 8 << 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Odd {
    /// Nobody writes into it.
    Pipe,
    /// A link to one that never ends.
    Device,
    Huge,
}

const ODD: [Odd; 3] = [Odd::Pipe, Odd::Device, Odd::Huge];

impl Odd {
    fn make(self, path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match self {
            Self::Pipe => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
            Self::Device => symlink("/dev/zero", path).unwrap(),
            Self::Huge => File::create(path).unwrap().set_len(HUGE).unwrap(),
        }
    }
}

/// Where it lies, what is typed, and how the program ends.
struct Case {
    /// Below the folder of the world: `work/` or `home/`.
    place: &'static str,
    arguments: &'static [&'static str],
    code: i32,
    /// What is said, in which the file is named.
    says: &'static str,
}

const fn case(place: &'static str, arguments: &'static [&'static str], code: i32, says: &'static str) -> Case {
    Case { place, arguments, code, says }
}

const STUDY: &[&str] = &["run", "--simulate", "--seed", "1", "--quick", "--no-save"];

/// Everything that is read by name.
const CASES: [Case; 20] = [
    case("work/ralf-tune.toml", STUDY, 2, "error: cannot read the settings file [WORK]/ralf-tune.toml"),
    case("home/.config/ralf-tune/config.toml", STUDY, 2, "error: cannot read the settings file [HOME]/.config"),
    case("work/config.json", &["run", "--simulate", "--config", "config.json"], 5, "config.json"),
    case("work/new.json", &["verify", "--simulate", "--config", "old.json", "--against", "new.json"], 5, "new.json"),
    case("work/old.json.ralf-tune-backup", &["apply", "--undo", "--config", "old.json"], 5, "ralf-tune-backup"),
    case("work/prompt.txt", &["run", "--simulate", "--prompt", "prompt.txt"], 2, "prompt.txt"),
    case("work/plugin.wasm", &["plugin", "info", "plugin.wasm"], 4, "plugin.wasm"),
    case("work/plugin.wasm", &["plugin", "add", "./plugin.wasm"], 4, ""),
    case("work/core.wasm", &["plugin", "pack", "core.wasm", "--output", "out.wasm"], 4, "core.wasm"),
    case("work/cases.json", &["plugin", "test", "note-structure", "--cases", "cases.json"], 2, "cases.json"),
    case("work/fast.profile.json", &["profile", "import", "fast.profile.json"], 5, "fast.profile.json"),
    case(IN_DATA[0], &["plugin", "list"], 0, "plugins.lock"),
    case(IN_DATA[1], &["report", "last"], 5, "20260101-000000-0001"),
    case(IN_DATA[1], &["study", "list"], 0, "20260101-000000-0001"),
    case(IN_DATA[2], &["profile", "list"], 0, "fast.00000000"),
    case(IN_DATA[3], &["run", "--resume"], 5, "20260101-000000-0001"),
    case("work/src/.gitignore", &["run", "--simulate", "--samples", "src"], 2, "src/.gitignore"),
    case("work/.ignore", &["run", "--simulate", "--samples", "src"], 2, ".ignore` is no file, or too large"),
    case(
        "work/src/deep/.ignore",
        &["run", "--simulate", "--seed", "1", "--quick", "--samples", "src"],
        0,
        "folders whose .gitignore or .ignore is no file, or too large: 1 (deep)",
    ),
    case(
        "work/notes/ralf-tune-notes.json",
        &["batch", "src", "--out", "notes", "--present", "--simulate", "--config", "old.json"],
        5,
        "ralf-tune-notes.json",
    ),
];

/// What the program keeps.
const IN_DATA: [&str; 4] = [
    "home/.local/share/ralf-tune/plugins.lock",
    "home/.local/share/ralf-tune/studies/20260101-000000-0001.study",
    "home/.local/share/ralf-tune/profiles/fast.00000000.profile.json",
    "home/.local/share/ralf-tune/journals/20260101-000000-0001.journal",
];

fn met(odd: Odd, case: &Case) -> Result<(), String> {
    let world = World::new();
    world.write("old.json", "{}");
    world.write("src/a.py", "def total(items):\n    return sum(items)\n".repeat(20));
    world.write("src/deep/b.py", "def total(items):\n    return sum(items)\n".repeat(20));
    let path = world.work().parent().unwrap().join(case.place);
    odd.make(&path);
    let line = format!("{odd:?} at {}: ralf-tune {}", case.place, case.arguments.join(" "));
    let (ran, memory) = world.finish_watched(world.process(case.arguments), line);
    let is_read = |ran: &Ran| {
        // A page is wrapped; what is said may stand on either.
        let said = format!("{} {}", ran.stdout, ran.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        said.contains(case.says) && !ran.stderr.contains("panicked")
    };
    if ran.code != Some(case.code) || !is_read(&ran) || memory.unwrap_or(0) > MOST_MEMORY {
        return Err(format!("{memory:?} bytes: {ran}"));
    }
    if case.code != 0 && !ran.stderr.contains("\nhint: ") {
        return Err(format!("no hint: {ran}"));
    }
    Ok(())
}

#[test]
fn what_is_named_and_is_no_file_is_not_waited_for_and_not_read() {
    let wrong: Vec<String> =
        CASES.iter().flat_map(|case| ODD.into_iter().filter_map(move |odd| met(odd, case).err())).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len() * ODD.len(), wrong.join("\n"));
}
