//! How often watching is wrong, and how soon it is right. Prints the tables of docs/accuracy.md.
//!
//! `cargo bench -p ralf-tune --bench watch`. Times of requests are lognormal, each with its own luck; a probe is the median of three of them. What is played is the
//! series that `ralf-tune watch` keeps, clipping and summing up included.

#![expect(clippy::print_stdout, reason = "the tables are what this program is for")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts, far below 2^52"
)]

use ralf_tune::watch::{LEAST_CHANGE, Point, Series};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Normal};

/// Noise of a request.
const NOISE: [f64; 2] = [0.05, 0.15];

/// Clean probes of one series, and how many series there are.
const CLEAN: usize = 10_000;
const SERIES: u64 = 10;

/// Probes before a change, and series of each.
const BEFORE: [usize; 3] = [24, 48, 200];
const CHANGES: u64 = 200;
const PATIENCE: usize = 40;

/// Probes of a server whose requests take about a second.
struct Probes {
    random: ChaCha8Rng,
    noise: Normal<f64>,
    tails: bool,
}

impl Probes {
    fn new(seed: u64, sigma: f64, tails: bool) -> Option<Self> {
        Some(Self { random: ChaCha8Rng::seed_from_u64(seed), noise: Normal::new(0.0, sigma).ok()?, tails })
    }

    /// The median of three requests.
    fn next(&mut self, times: f64) -> Point {
        let mut requests = [0.0; 3].map(|_: f64| {
            let slow = self.tails && rand::RngExt::random_bool(&mut self.random, 0.05);
            self.noise.sample(&mut self.random).exp() * if slow { 3.0 } else { 1.0 }
        });
        requests.sort_by(f64::total_cmp);
        let time = 1000.0 * times * requests[1];
        Point::new(String::new(), [0.4 * time, 0.6 * time, 0.0, 0.0])
    }
}

fn main() {
    println!(
        "| noise of a request | clean probes | changes claimed | of them alerts | claims in 10,000 probes |\n|---|---|---|---|---|"
    );
    for (sigma, tails) in [(NOISE[0], false), (NOISE[1], false), (NOISE[1], true)] {
        let (mut claims, mut alerts) = (0_u32, 0_u32);
        for seed in 0..SERIES {
            let Some(mut probes) = Probes::new(seed, sigma, tails) else { return };
            let mut series = Series::default();
            for _ in 0..CLEAN {
                if let Some(change) = series.push(probes.next(1.0)) {
                    claims += 1;
                    alerts += u32::from(is_alert(change.before.level.mean, &change.after));
                }
            }
        }
        let all = CLEAN as u64 * SERIES;
        let rate = f64::from(claims) / (all as f64 / 10_000.0);
        let tails = if tails { ", 5 % of requests three times as long" } else { "" };
        println!("| {:.0} %{tails} | {all} | {claims} | {alerts} | {rate:.2} |", 100.0 * sigma);
    }
    println!(
        "\n| noise of a request | probes before | slower by | noticed within 20 | median | 95 % within |\n|---|---|---|---|---|---|"
    );
    for sigma in NOISE {
        for before in BEFORE {
            for times in [1.2, 1.5] {
                delays(sigma, before, times);
            }
        }
    }
}

fn delays(sigma: f64, before: usize, times: f64) {
    let mut delays: Vec<usize> = Vec::new();
    for seed in 0..CHANGES {
        let Some(mut probes) = Probes::new(1_000_000 + seed, sigma, false) else { return };
        let mut series = Series::default();
        for _ in 0..before {
            series.push(probes.next(1.0));
        }
        let found = (1..=PATIENCE).find(|_| {
            series.push(probes.next(times)).is_some_and(|change| is_alert(change.before.level.mean, &change.after))
        });
        delays.push(found.unwrap_or(PATIENCE + 1));
    }
    delays.sort_unstable();
    let within = delays.iter().filter(|delay| **delay <= 20).count() as f64 / delays.len() as f64;
    let at = |share: f64| delays[((delays.len() - 1) as f64 * share) as usize];
    println!(
        "| {:.0} % | {before} | {:.0} % | {:.1} % | {} | {} |",
        100.0 * sigma,
        100.0 * (times - 1.0),
        100.0 * within,
        at(0.5),
        at(0.95)
    );
}

/// As the program judges it.
fn is_alert(baseline: f64, after: &[Point]) -> bool {
    let mut times: Vec<f64> = after.iter().map(|point| point.time_ms().ln()).collect();
    times.sort_by(f64::total_cmp);
    let middle = f64::midpoint(times[(times.len() - 1) / 2], times[times.len() / 2]);
    (middle - baseline).exp() >= LEAST_CHANGE
}
