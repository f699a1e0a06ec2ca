//! What the program itself costs: start, plugins, a whole study, memory, size. Prints the table of docs/performance.md.
//!
//! `cargo bench -p ralf-tune`; std only. CPU time and peak memory of the study are read from `/proc`, hence on Linux only.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::{
    error::Error,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use ralf_tune::{
    model::{
        observation::FinishReason,
        score::{NoteEvidence, RequestEvidence},
    },
    plugin::{PluginEngine, Registry, parameters::resolve},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ralf-tune");

/// A component of ordinary size, as a file.
const COMPONENT: &str = "scorer_repetition.wasm";

/// Hundredths of a second: what Linux counts in for user space, on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;

fn main() -> Result<()> {
    // `cargo test --benches` starts it too; figures from there would mean nothing.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("run it with: cargo bench -p ralf-tune");
        return Ok(());
    }
    let cache = tempfile::tempdir()?;
    println!("| what | measured | aim |\n|---|---|---|");
    start()?;
    plugins(cache.path())?;
    study(cache.path())?;
    let bytes = fs::metadata(PROGRAM)?.len();
    row("size of the program", &format!("{:.1} MB", as_f64(bytes) / 1e6), "25 MB");
    Ok(())
}

fn row(what: &str, measured: &str, aim: &str) {
    println!("| {what} | {measured} | {aim} |");
}

/// The whole process, from its start to its end.
fn start() -> Result<()> {
    let times = repeat(100, || {
        let status = Command::new(PROGRAM).arg("--version").stdout(Stdio::null()).status()?;
        status.success().then_some(()).ok_or_else(|| "`--version` failed".into())
    })?;
    row("start: `ralf-tune --version`, whole process", &spread(&times), "20 ms");
    Ok(())
}

/// Compiling, loading and calling components.
fn plugins(cache: &Path) -> Result<()> {
    let file = component()?;
    let cold = repeat(5, || {
        let engine = Arc::new(PluginEngine::new(None)?);
        Ok(Registry::bundled(&engine)?)
    })?;
    row("all bundled components, compiled", &spread(&cold), "2 s");

    let engine = Arc::new(PluginEngine::new(Some(cache))?);
    let mut registry = Registry::bundled(&engine)?;
    registry.add_file(&file)?;
    let all = repeat(20, || {
        let engine = Arc::new(PluginEngine::new(Some(cache))?);
        Ok(Registry::bundled(&engine)?)
    })?;
    row("all bundled components, from the cache, manifests read", &spread(&all), "");
    let cached = repeat(200, || Ok(registry.add_file(&file)?))?;
    row("one component from the cache, manifest read", &spread(&cached), "1 ms");

    // `note-structure` looks for the headings that the prompt names. This prompt names none, so it returns at once.
    let text = "let total = items.iter().map(|item| item.price * item.count).sum::<f64>();\n";
    let note = note(&text.repeat(8192 / text.len()));
    for (scorer, what, aim) in [
        ("note-structure", "a scorer that returns at once, called with 8 KB in a fresh instance", "60 µs"),
        ("repetition", "a scorer that reads its 8 KB (`repetition`), in a fresh instance", ""),
    ] {
        let scorer = registry.scorer(scorer)?;
        let arguments = resolve(&scorer.manifest, &[])?;
        let times = repeat(2000, || Ok(scorer.evaluate(&note, &arguments)?))?;
        row(what, &spread(&times), aim);
    }
    Ok(())
}

/// The component as a file, where the build script left it: beside the profile's folder.
fn component() -> Result<PathBuf> {
    let target = Path::new(PROGRAM).ancestors().nth(2).ok_or("the program has no target directory")?;
    Ok(target.join("plugins/wasm32-unknown-unknown/plugin").join(COMPONENT))
}

/// A note of 8 KB in all: half of it the source, half of it the answer.
fn note(text: &str) -> NoteEvidence {
    let (source, answer) = text.split_at(text.len() / 2);
    NoteEvidence {
        path: "total.rs".into(),
        language: "rust".into(),
        source: source.into(),
        requests: vec![RequestEvidence {
            prompt: "Describe it.".into(),
            answer: answer.into(),
            finish: FinishReason::Stop,
            prompt_tokens: 1000,
            answer_tokens: 1000,
            truncated: false,
            start_char: 0,
            end_char: source.chars().count(),
        }],
        settings: Vec::new(),
    }
}

/// A simulated normal study, from the cache: what the host adds to the time that a server takes.
fn study(cache: &Path) -> Result<()> {
    let mut costs = Vec::new();
    for seed in 1..=5 {
        let home = tempfile::tempdir()?;
        let child = Command::new(PROGRAM)
            .args(["run", "--simulate", "--no-report", "--no-save", "--seed", &seed.to_string()])
            .current_dir(home.path())
            .env("RALF_TUNE_CACHE_DIR", cache)
            .env("RALF_TUNE_CONFIG_DIR", home.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let Some(cost) = watch(child)? else {
            row("CPU time and peak memory of a study", "not measured: there is no /proc", "");
            return Ok(());
        };
        costs.push(cost);
    }
    let cpu: Vec<Duration> = costs.iter().map(|cost| cost.cpu).collect();
    let peak = costs.iter().map(|cost| cost.peak_bytes).max().unwrap_or(0);
    row("CPU time of a simulated study of 8 minutes, simulator included", &spread(&cpu), "2 s");
    row("peak memory of it, simulator included", &format!("{:.0} MB", as_f64(peak) / 1e6), "80 MB");
    Ok(())
}

struct Cost {
    cpu: Duration,
    peak_bytes: u64,
}

/// Waits for a process, and reads from `/proc` what it used. `None` where there is no `/proc`.
///
/// The peak is looked at every few milliseconds while the process lives; its CPU time is still there when it has ended, until
/// somebody waits for it.
fn watch(mut child: Child) -> Result<Option<Cost>> {
    let folder = PathBuf::from(format!("/proc/{}", child.id()));
    let mut peak_bytes = 0;
    let cpu = loop {
        let Ok(stat) = fs::read_to_string(folder.join("stat")) else { break None };
        // Behind the name, which may hold anything: state, then the 14th and 15th field of all.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
        if fields.first() == Some(&"Z") {
            break Some(Duration::from_secs_f64((ticks(11) + ticks(12)) / TICKS_PER_SECOND));
        }
        let status = fs::read_to_string(folder.join("status")).unwrap_or_default();
        let high = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB"));
        peak_bytes = high.and_then(|kib| kib.trim().parse::<u64>().ok()).map_or(peak_bytes, |kib| kib * 1024);
        std::thread::sleep(Duration::from_millis(3));
    };
    let status = child.wait()?;
    if !status.success() {
        return Err(format!("the study ended with {status}").into());
    }
    Ok(cpu.map(|cpu| Cost { cpu, peak_bytes }))
}

/// How long each of so many runs took, sorted.
fn repeat<T>(runs: usize, mut work: impl FnMut() -> Result<T>) -> Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let start = Instant::now();
        let made = black_box(work()?);
        times.push(start.elapsed());
        drop(made);
    }
    Ok(times)
}

/// The least and the median: on a machine that others use too, the least is what the work costs.
fn spread(times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort();
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    format!("{} (median {})", human(at(0)), human(at(sorted.len() / 2)))
}

fn human(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        _ if seconds < 1e-3 => format!("{:.0} µs", seconds * 1e6),
        _ if seconds < 0.1 => format!("{:.1} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52 bytes")]
const fn as_f64(bytes: u64) -> f64 {
    bytes as f64
}
