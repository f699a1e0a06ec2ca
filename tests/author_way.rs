//! The author's way: `plugin new`, and then what it prints, typed as it stands, in an empty home, until the new plugin takes part in a study.

mod guide;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::support::cargo::target_directory;

const KINDS: [&str; 3] = ["strategy", "scorer", "selector"];

/// Every project of a language is written to the same place and has the same name, so that builds find what they left.
const NAME: &str = "my-own";

/// Folders that tools make in a project: the next project of the language gets them.
const KEPT: [&str; 3] = [".venv", "node_modules", ".zig-cache"];

#[test]
fn rust() {
    author_way("rust");
}

#[test]
fn c() {
    author_way("c");
}

/// Types everything for each kind of a language.
fn author_way(language: &str) {
    let way = Way::new(language);
    or_not_tested(KINDS.iter().try_for_each(|kind| way.walk(kind)));
}

/// A test whose tools cannot be had says so, and passes unless the environment wants them.
#[expect(clippy::print_stderr, reason = "a test that did not happen says so")]
pub fn or_not_tested(done: Result<(), String>) {
    if let Err(why) = done {
        assert!(env::var_os("RALF_TUNE_REQUIRE_TOOLCHAINS").is_none(), "{why}");
        eprintln!("NOT TESTED: {why}");
    }
}

#[test]
fn nothing_is_overwritten() {
    let way = Way::new("nothing");
    let line = "ralf-tune plugin new scorer mine --directory 'my own'";
    let said = way.succeed(&way.folder, line);
    assert!(said.contains("\n    cd 'my own'\n"), "{said}");
    let file = way.folder.join("my own/src/lib.rs");
    fs::write(&file, "changed").unwrap();
    let again = way.run(&way.folder, line);
    assert_eq!(again.status.code(), Some(2), "{again:?}");
    assert_eq!(fs::read_to_string(file).unwrap(), "changed");
}

#[test]
fn what_is_mistyped_is_named_with_what_was_meant() {
    let way = Way::new("mistyped");
    let mut said = String::new();
    for arguments in [
        "",
        "scorer",
        "scorrer my-scorer",
        "my-scorer scorer",
        "scorer MyScorer",
        "scorer ../up",
        "scorer match",
        "scorer my-scorer --lang rusty",
        "scorer my-scorer --sdk nowhere",
    ] {
        let output = way.run(&way.folder, &format!("ralf-tune plugin new {arguments}"));
        assert_eq!(output.status.code(), Some(2), "{arguments}: {output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        said.extend(["$ ralf-tune plugin new ", arguments, "\n", &*stderr, "\n"]);
    }
    assert!(fs::read_dir(&way.folder).unwrap().all(|entry| entry.unwrap().file_name() == "home"));
    insta::assert_snapshot!("plugin_new_mistyped", said);
}

/// An empty home, and a folder for the projects of a language. While one lives, no other of the same name does.
pub struct Way {
    language: String,
    home: PathBuf,
    pub folder: PathBuf,
    toolchains: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl Way {
    pub fn new(language: &str) -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let folder = place.join("author-way").join(language);
        let (home, toolchains) = (folder.join("home"), place.join("toolchains"));
        keep(&folder.join(NAME), &toolchains.join(language));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&home).unwrap();
        Self { language: language.to_owned(), home, folder, toolchains, _alone: alone }
    }

    fn walk(&self, kind: &str) -> Result<(), String> {
        let (project, commands) = self.write(kind);
        let [between @ .., check, run] = commands.as_slice() else { panic!("{commands:?}") };
        for command in between {
            self.try_tools(&project, command)?;
        }
        assert!(check.starts_with("ralf-tune plugin check "), "{check}");
        if self.run(&project, "ralf-tune plugin check --help").status.success() {
            self.succeed(&project, check);
        }
        let study = self.study(&project, run);
        // It was there, and it was asked.
        let trials = study["trials"].as_array().unwrap();
        match kind {
            "strategy" => assert!(trials.iter().filter(|trial| trial["stage"] == NAME).count() >= 2, "{study}"),
            "selector" => assert_eq!(study["selection"]["selector"], NAME),
            _ => {
                let scores = trials.iter().flat_map(|trial| trial["scores"].as_array().unwrap());
                let all = scores.flat_map(|score| score["by_scorer"].as_array().unwrap());
                assert!(all.into_iter().any(|part| part["scorer"] == NAME), "{study}");
            }
        }
        let warnings = study["warnings"].to_string();
        assert!(!warnings.contains(NAME), "{warnings}");
        Ok(())
    }

    /// Writes a project with `plugin new`. Gives its folder, and what is to be typed there.
    pub fn write(&self, kind: &str) -> (PathBuf, Vec<String>) {
        let kept = self.toolchains.join(&self.language);
        keep(&self.folder.join(NAME), &kept);
        let printed =
            self.succeed(&self.folder, &format!("ralf-tune plugin new {kind} {NAME} --lang {}", self.language));
        let mut commands = printed.lines().filter_map(|line| line.strip_prefix("    ")).map(str::to_owned);
        let project = self.folder.join(commands.next().unwrap().strip_prefix("cd ").unwrap());
        for name in KEPT.into_iter().filter(|name| kept.join(name).exists()) {
            fs::rename(kept.join(name), project.join(name)).unwrap();
        }
        share_target(&project);
        (project, commands.collect())
    }

    /// The study that the last printed command runs.
    pub fn study(&self, project: &Path, run: &str) -> serde_json::Value {
        assert!(run.starts_with("ralf-tune run --simulate --plugin "), "{run}");
        let study = self.succeed(project, &format!("{run} --quick --no-save --seed 1 --format json"));
        serde_json::from_str(&study).unwrap()
    }

    /// Runs a command of the language's own tools. Where it fails because they cannot be had, that is the error.
    pub fn try_tools(&self, folder: &Path, line: &str) -> Result<(), String> {
        let output = self.run(folder, line);
        if output.status.success() {
            return Ok(());
        }
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let missing = ["not found", "No matching distribution", "Could not resolve", "NewConnectionError", "ENOTFOUND"]
            .iter()
            .any(|text| said.contains(text));
        assert!(missing && self.language != "rust", "{line}\n{said}");
        Err(format!("`{line}` cannot be run here: {}", said.lines().last().unwrap_or_default()))
    }

    pub fn succeed(&self, folder: &Path, line: &str) -> String {
        let output = self.run(folder, line);
        assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Types a line. What the tools of the language are told (where a registry is, for example) stays; what cargo told us does not.
    pub fn run(&self, folder: &Path, line: &str) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_ralf-tune")).parent().unwrap().to_owned();
        let paths = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>();
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(folder);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            let inherited = ["RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "MAKEFLAGS", "OLLAMA_HOST"];
            if inherited.contains(&&*text)
                || ["CARGO", "RALF_TUNE_", "XDG_"].iter().any(|start| text.starts_with(start))
            {
                shell.env_remove(&name);
            }
        }
        shell.env("PATH", env::join_paths(std::iter::once(program).chain(paths)).unwrap());
        shell.env("HOME", &self.home);
        for (name, usual) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
            shell.env(name, env::var_os(name).map_or_else(|| home.join(usual), PathBuf::from));
        }
        shell.env("RALF_TUNE_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-plugins"));
        for (name, folder) in [("PIP_CACHE_DIR", "pip"), ("npm_config_cache", "npm"), ("ZIG_GLOBAL_CACHE_DIR", "zig")] {
            shell.env(name, self.toolchains.join(folder));
        }
        shell.env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
        shell.output().unwrap()
    }
}

/// Lets a project build where all guests are built, so that nothing is compiled twice.
fn share_target(project: &Path) {
    #[cfg(unix)]
    std::os::unix::fs::symlink(target_directory().canonicalize().unwrap(), project.join("target")).unwrap();
    #[cfg(not(unix))]
    let _ = project;
}

/// Takes the tools' folders out of a project, and the rest away.
fn keep(project: &Path, kept: &Path) {
    fs::create_dir_all(kept).unwrap();
    for name in KEPT.into_iter().filter(|name| project.join(name).exists() && !kept.join(name).exists()) {
        fs::rename(project.join(name), kept.join(name)).unwrap();
    }
    let _ = fs::remove_dir_all(project);
}
