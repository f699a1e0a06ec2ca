//! What the program itself costs: start, a whole study, memory, size. Prints a table of docs/performance.md.
//!
//! `cargo bench -p ralf-tune`; std only. CPU time and peak memory of the study are read from `/proc`, hence on Linux only.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod figures;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use figures::{Result, repeat, row, spread, wanted};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ralf-tune");

/// Hundredths of a second: what Linux counts in for user space, on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;

fn main() -> Result<()> {
    if !wanted() {
        return Ok(());
    }
    let cache = tempfile::tempdir()?;
    start()?;
    study(cache.path())?;
    kept(cache.path())?;
    let bytes = fs::metadata(PROGRAM)?.len();
    row("size of the program", &format!("{:.1} MB", as_f64(bytes) / 1e6), "25 MB");
    Ok(())
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

/// The list of thousands of kept studies: each is a copy of one that was really made.
fn kept(cache: &Path) -> Result<()> {
    const STUDIES: u32 = 5000;
    let home = tempfile::tempdir()?;
    let program = |arguments: &[&str]| -> Result<usize> {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(home.path());
        for (variable, folder) in
            [("RALF_TUNE_CACHE_DIR", cache), ("RALF_TUNE_CONFIG_DIR", home.path()), ("RALF_TUNE_DATA_DIR", home.path())]
        {
            command.env(variable, folder);
        }
        let output = command.output()?;
        if !output.status.success() {
            return Err(format!("{arguments:?} ended with {}", output.status).into());
        }
        Ok(String::from_utf8(output.stdout)?.lines().count())
    };
    program(&["run", "--simulate", "--quick", "--no-report", "--no-save", "--seed", "1"])?;
    let folder = home.path().join("studies");
    let one = fs::read_dir(&folder)?.next().ok_or("no study was kept")??.path();
    for number in 1..STUDIES {
        let (day, second) = (1 + number / 86_400 % 28, number % 86_400);
        let time = format!("{:02}{:02}{:02}", second / 3600, second / 60 % 60, second % 60);
        fs::copy(&one, folder.join(format!("202601{day:02}-{time}-{number:04x}.study")))?;
    }
    let times = repeat(20, || {
        let lines = program(&["study", "list"])?;
        (lines >= STUDIES as usize).then_some(()).ok_or_else(|| format!("{lines} lines of {STUDIES} studies").into())
    })?;
    row("`study list` of 5000 kept studies, whole process", &spread(&times), "100 ms");
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

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52 bytes")]
const fn as_f64(bytes: u64) -> f64 {
    bytes as f64
}
