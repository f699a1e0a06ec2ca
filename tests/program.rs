//! The real program in a world of its own: an empty home, a folder to work in, nothing of the user's environment.

pub mod server;

use std::{
    fmt, fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command as Process, Stdio},
    sync::{Once, OnceLock, mpsc},
    thread,
    time::{Duration, Instant},
};

use assert_cmd::Command;
use ralf_tune::install::private;
use tempfile::TempDir;

/// Compiled plugins of all tests: compiling them takes seconds, finding them compiled takes none.
pub const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/plugin-cache");

/// The cache, or one of this run alone where the program would not use the first: others may write there.
fn cache() -> &'static Path {
    static OWN: OnceLock<Option<TempDir>> = OnceLock::new();
    let own = OWN.get_or_init(|| private::check(Path::new(CACHE)).is_err().then(|| tempfile::tempdir().unwrap()));
    own.as_ref().map_or(Path::new(CACHE), TempDir::path)
}

static COMPILED: Once = Once::new();

/// A program that hangs fails its test. Far longer than the slowest start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Between two looks at the memory of a program. The system keeps the highest value; only what comes right before the end is missed.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// The most bytes of memory that a process ever had. None where the system does not say, or the process has ended.
pub fn most_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}

/// A home and a working directory, both empty.
pub struct World {
    folder: TempDir,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        fs::create_dir(folder.path().join("work")).unwrap();
        let world = Self { folder };
        COMPILED.call_once(|| assert!(world.process(&["plugin", "list"]).output().unwrap().status.success()));
        world
    }

    /// The working directory: relative names in arguments are in it.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.work().join(name)
    }

    /// Writes a file into the working directory, folders included.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// The names in a folder of the working directory, sorted.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program, ready to start.
    pub fn process(&self, arguments: &[&str]) -> Process {
        let mut process = Process::new(env!("CARGO_BIN_EXE_ralf-tune"));
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().to_uppercase();
            if ["OLLAMA_", "RALF_TUNE_", "XDG_", "RUST_"].iter().any(|prefix| text.starts_with(prefix))
                || text.ends_with("_PROXY")
            {
                process.env_remove(name);
            }
        }
        // A server that happens to run on this machine is somebody's: nothing may reach it by accident.
        process.env("OLLAMA_HOST", "127.0.0.1:1");
        process.env("HOME", self.home()).env("NO_COLOR", "1").env("RALF_TUNE_CACHE_DIR", cache());
        process.current_dir(self.work()).args(arguments);
        process
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(&[], arguments)
    }

    /// Runs it with variables of the environment.
    pub fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let mut process = self.process(arguments);
        process.envs(variables.iter().copied());
        let mut words: Vec<String> =
            variables.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
        words.push("ralf-tune".to_owned());
        words.extend(arguments.iter().map(|argument| quoted(argument)));
        self.finish(process, words.join(" "))
    }

    /// Runs a prepared process to its end; `line` is what a person would have typed.
    pub fn finish(&self, process: Process, line: String) -> Ran {
        let output = Command::from_std(process).timeout(PATIENCE).output().unwrap();
        let text = |bytes: Vec<u8>| self.redacted(&String::from_utf8(bytes).unwrap());
        Ran { line, code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Runs a prepared process to its end, and looks at its memory meanwhile: the most bytes that it ever had, as far as the system says that.
    pub fn finish_watched(&self, mut process: Process, line: String) -> (Ran, Option<u64>) {
        let began = Instant::now();
        let mut child = process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (at_work, ended) = mpsc::channel::<()>();
        let reader = |mut from: Box<dyn Read + Send>| {
            let at_work = at_work.clone();
            thread::spawn(move || {
                let mut bytes = Vec::new();
                from.read_to_end(&mut bytes).unwrap();
                drop(at_work);
                bytes
            })
        };
        let (stdout, stderr) = (reader(Box::new(stdout)), reader(Box::new(stderr)));
        drop(at_work);
        let mut most = None;
        // Until both are at their end: a look, then a moment, so that those who look do not take the processor from those who work.
        while ended.recv_timeout(BETWEEN_LOOKS) == Err(mpsc::RecvTimeoutError::Timeout) {
            most = most.max(most_memory(child.id()));
            if began.elapsed() > PATIENCE {
                child.kill().unwrap();
            }
        }
        let text = |bytes: Vec<u8>| self.redacted(&String::from_utf8(bytes).unwrap());
        let (stdout, stderr) = (text(stdout.join().unwrap()), text(stderr.join().unwrap()));
        (Ran { line, code: child.wait().unwrap().code(), stdout, stderr }, most)
    }

    /// Runs what must fail: with that code, nothing on stdout, an error that is plain, and something to do about it.
    pub fn fails(&self, code: i32, arguments: &[&str]) -> Ran {
        self.run(arguments).failed(code)
    }

    fn redacted(&self, text: &str) -> String {
        let text = text.replace(&*self.work().to_string_lossy(), "[WORK]");
        let text = text.replace(&*self.home().to_string_lossy(), "[HOME]");
        // `0.1.0` is also the version of the plugins and of their interface.
        let text = text.replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
        let text = replace_between(&text, "(os error ", ")", "[N]");
        let text = replace_between(&text, "kept as study ", "\n", "[STUDY]");
        replace_between(&text, "Measured: ", "\n", "[TIME]")
    }
}

/// How the program ended and what it said, with what varies named instead.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    pub line: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Fails unless it is a plain error. See [`World::fails`].
    pub fn failed(self, code: i32) -> Self {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{self}");
        self.said_plainly()
    }

    pub fn said_plainly(self) -> Self {
        assert!(self.stderr.starts_with("error: ") || self.stderr.contains("\nerror: "), "{self}");
        assert!(self.stderr.contains("\nhint: ") || self.stderr.contains("try '--help'"), "something to do: {self}");
        assert!(!self.stderr.contains("panicked") && !self.stderr.contains('\u{1b}'), "{self}");
        self
    }

    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }

    /// The same with another text in the place of one that varies.
    pub fn with(self, varies: &str, name: &str) -> Self {
        let named = |text: String| text.replace(varies, name);
        Self { line: named(self.line), stdout: named(self.stdout), stderr: named(self.stderr), ..self }
    }

    /// The same without stdout, where that is about the machine at hand.
    pub fn messages(self) -> Self {
        Self { stdout: String::new(), ..self }
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ {}", self.line)?;
        f.write_str(&self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "[stderr]\n{}", self.stderr)?;
        }
        match self.code {
            Some(code) => writeln!(f, "[exit {code}]"),
            None => writeln!(f, "[killed]"),
        }
    }
}

/// Compares transcripts with the snapshot of that name.
pub fn check(name: &str, transcripts: &[Ran]) {
    let page: Vec<String> = transcripts.iter().map(ToString::to_string).collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, page.join("\n")));
}

/// Whether this process may do everything: permissions do not bind it.
#[cfg(unix)]
pub fn is_root(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(folder).unwrap().uid() == 0
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.escape_debug()) }
}

fn replace_between(text: &str, before: &str, behind: &str, name: &str) -> String {
    let mut parts = text.split(before);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |replaced, part| {
        let rest = part.find(behind).map_or("", |at| &part[at..]);
        [&replaced, before, name, rest].concat()
    })
}
