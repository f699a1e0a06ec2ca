//! What the benchmarks share: timing, and rows of a table.

use std::{
    error::Error,
    hint::black_box,
    time::{Duration, Instant},
};

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The head of the table, where figures are wanted: `cargo test --benches` starts benchmarks too, and figures from there would mean
/// nothing.
pub fn wanted() -> bool {
    let wanted = std::env::args().any(|argument| argument == "--bench");
    if wanted {
        println!("| what | measured | aim |\n|---|---|---|");
    } else {
        println!("run it with: cargo bench -p ralf-tune");
    }
    wanted
}

/// One row of the table.
pub fn row(what: &str, measured: &str, aim: &str) {
    println!("| {what} | {measured} | {aim} |");
}

/// How long each of so many runs took, sorted.
pub fn repeat<T>(runs: usize, mut work: impl FnMut() -> Result<T>) -> Result<Vec<Duration>> {
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
pub fn spread(times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort();
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    format!("{} (median {})", human(at(0)), human(at(sorted.len() / 2)))
}

pub fn human(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        _ if seconds < 1e-3 => format!("{:.0} µs", seconds * 1e6),
        _ if seconds < 0.1 => format!("{:.1} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}
