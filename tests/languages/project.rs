//! A project of `plugin new`, and its toolchain, installed once for all.

use std::{
    collections::BTreeSet,
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use serde::Deserialize;

use crate::{program::World, support::cargo::root};

/// Whoever sets this wants no test left out.
const REQUIRED: &str = "RALF_TUNE_REQUIRE_TOOLCHAINS";

/// What a language asks of its authors: `.author` of its templates.
#[derive(Deserialize)]
pub struct Author {
    pub needs: Vec<String>,
    pub test: String,
    pub prepare: String,
    pub build: String,
}

pub fn author(language: &str) -> Author {
    toml::from_str(&fs::read_to_string(templates(language).join(".author")).unwrap()).unwrap()
}

/// A project with its component.
pub struct Project {
    file: String,
}

impl Project {
    /// The component.
    pub fn file(&self) -> &str {
        &self.file
    }
}

/// Where the pin of a language's toolchain stands, and where the toolchain is, in a project.
fn toolchain_names(language: &str) -> (&'static str, &'static str) {
    match language {
        "python" => ("requirements.txt", ".venv"),
        _ => ("package.json", "node_modules"),
    }
}

fn templates(language: &str) -> PathBuf {
    root().join("sdk/templates").join(language)
}

fn temporary() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// Writes a project with `plugin new` into a new or empty folder, with other files in place of some.
pub fn written(language: &str, kind: &str, name: &str, others: &[(String, String)], folder: &Path) {
    let target = folder.to_str().unwrap();
    World::new().run(&["plugin", "new", kind, name, "--lang", language, "--directory", target]).succeeded();
    for (file, text) in others {
        fs::write(folder.join(file), text).unwrap();
    }
}

/// The project with its component, or none where its toolchain cannot be had. A component whose files did not change is not built again.
pub fn built(language: &str, kind: &str, name: &str, others: &[(String, String)]) -> Option<Project> {
    /// One build at a time: some want much memory, and each uses all cores.
    static BUILDING: Mutex<()> = Mutex::new(());
    let _one = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);

    let toolchain = toolchain(language)?;
    let temporary = temporary().join("languages");
    fs::create_dir_all(&temporary).unwrap();
    let draft = tempfile::tempdir_in(&temporary).unwrap();
    written(language, kind, name, others, draft.path());

    let prefix = format!("{language}-{kind}-{name}-");
    let folder = temporary.join(format!("{prefix}{:016x}", fingerprint(draft.path())));
    let component = format!("{}.wasm", name.replace('-', "_"));
    if !folder.join(&component).exists() {
        for entry in fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap()) {
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                fs::remove_dir_all(entry.path()).unwrap();
            }
        }
        std::os::unix::fs::symlink(&toolchain, draft.path().join(toolchain_names(language).1)).unwrap();
        run(&author(language).build, draft.path()).unwrap_or_else(|said| panic!("{said}"));
        assert!(draft.path().join(&component).exists(), "the build of {language} left no {component}");
        fs::rename(draft.path(), &folder).unwrap();
    }
    Some(Project { file: folder.join(component).into_os_string().into_string().unwrap() })
}

/// Of the names and contents of all files.
fn fingerprint(folder: &Path) -> u64 {
    fn all(folder: &Path, hasher: &mut DefaultHasher) {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            path.file_name().hash(hasher);
            if path.is_dir() { all(&path, hasher) } else { fs::read(&path).unwrap().hash(hasher) }
        }
    }
    let mut hasher = DefaultHasher::new();
    all(folder, &mut hasher);
    hasher.finish()
}

/// The installed toolchain: the project's own command, run once in a folder that all projects share.
fn toolchain(language: &str) -> Option<PathBuf> {
    /// What could not be installed: trying again, for each test, would take long and end alike.
    static FAILED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

    if is_missing(language) {
        return None;
    }
    let (pin, installed) = toolchain_names(language);
    let folder = temporary().join("toolchains").join(language);
    let text =
        fs::read_to_string(templates(language).join("common").join(pin)).unwrap().replace("__name__", "toolchain");
    let prepare = author(language).prepare;
    let (ready, stamp) = (folder.join("ready"), format!("{prepare}\n{text}"));
    let mut failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner);
    if failed.contains(language) {
        not_tested(&format!("{language}: its toolchain cannot be installed"));
        return None;
    }
    if !fs::read_to_string(&ready).is_ok_and(|found| found == stamp) {
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(pin), text).unwrap();
        if let Err(said) = run(&prepare, &folder) {
            failed.insert(language.to_owned());
            not_tested(&format!("{language}: its toolchain cannot be installed\n{said}"));
            return None;
        }
        fs::write(ready, stamp).unwrap();
    }
    Some(folder.join(installed))
}

/// Whether a program that the language needs is not there, said once for each test.
pub fn is_missing(language: &str) -> bool {
    let there = |program: &String| run(&format!("command -v {program}"), Path::new("/")).is_ok();
    let missing: Vec<String> = author(language).needs.into_iter().filter(|program| !there(program)).collect();
    if !missing.is_empty() {
        not_tested(&format!("{language}: {} is not there", missing.join(", ")));
    }
    !missing.is_empty()
}

#[expect(clippy::print_stderr, reason = "a test that did not happen says so")]
fn not_tested(what: &str) {
    assert!(env::var_os(REQUIRED).is_none_or(|value| value != "1"), "{what}");
    eprintln!("NOT TESTED: {what}");
}

/// Runs a command of an author in a folder. What it said, whether it succeeded or not.
pub fn run(line: &str, folder: &Path) -> Result<String, String> {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(folder).env_remove("VIRTUAL_ENV").env_remove("PYTHONPATH");
    // A test runner in a test runner of the same language would report to it.
    shell.env_remove("NODE_TEST_CONTEXT").env_remove("NODE_OPTIONS").env("PYTHONDONTWRITEBYTECODE", "1");
    let output = shell.output().map_err(|error| format!("{line}: {error}"))?;
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if output.status.success() { Ok(said) } else { Err(format!("{line}\n{said}")) }
}
