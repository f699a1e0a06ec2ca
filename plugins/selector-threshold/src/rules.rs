//! The rules, and every number in them. All numbers are the design's own.

use crate::measured::{Measured, count};

/// A context whose memory is above this share of what is available is not even tried.
const NOT_TRIED_ABOVE: f64 = 0.8;
pub const BACKOFF_MULTIPLIER: f64 = 2.0;

/// How the context is chosen.
#[derive(Debug, Clone, Copy)]
pub struct ContextRule {
    /// Share of requests that must end well.
    pub least_success: f64,
    /// Share of available memory that may be used.
    pub memory_share: f64,
    /// How much slower than the smallest a larger context may be.
    pub latency_tolerance: f64,
    /// Tokens, when none is good.
    pub fallback: f64,
}

impl Default for ContextRule {
    fn default() -> Self {
        Self { least_success: 0.9, memory_share: 0.5, latency_tolerance: 0.2, fallback: 8192.0 }
    }
}

impl ContextRule {
    /// The context in tokens, and why. `tests` go from the smallest context up; no available memory means that it is unknown.
    pub fn choose(&self, tests: &[Measured], available_bytes: f64) -> (f64, String) {
        let known = available_bytes > 0.0;
        let good: Vec<&Measured> = tests
            .iter()
            .filter(|test| !known || test.memory_bytes <= available_bytes * NOT_TRIED_ABOVE)
            .filter(|test| test.success_rate() >= self.least_success)
            .collect();
        let Some(smallest_good) = good.first() else {
            return (
                self.fallback,
                format!("no measured one had {:.0} % success, so the safe default", self.least_success * 100.0),
            );
        };
        let budget = available_bytes * self.memory_share;
        let fits: Vec<&Measured> = good.iter().copied().filter(|test| !known || test.memory_bytes < budget).collect();
        let Some(smallest) = fits.first() else {
            let share = self.memory_share * 100.0;
            return (
                smallest_good.context,
                format!("none needs less than {share:.0} % of available memory, so the smallest that worked"),
            );
        };
        let limit = smallest.mean_ms() * (1.0 + self.latency_tolerance);
        let largest = fits.iter().rev().find(|test| test.mean_ms() <= limit).unwrap_or(smallest);
        let why = format!(
            "the largest of {} that fit with a mean latency ({:.0} ms) within {:.0} % of the smallest's ({:.0} ms)",
            fits.len(),
            largest.mean_ms(),
            self.latency_tolerance * 100.0,
            smallest.mean_ms()
        );
        (largest.context, why)
    }
}

/// What the latencies of a context say about time and errors. The default is that of no request at all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Latency {
    /// Of the requests that ended well, sorted, in ms.
    sorted: Vec<f64>,
    requests: f64,
}

impl Latency {
    pub fn new(mut latencies_ms: Vec<f64>, requests: f64) -> Self {
        latencies_ms.sort_by(f64::total_cmp);
        Self { sorted: latencies_ms, requests }
    }

    /// All requests failed: 1. No requests: 1 as well, the cautious reading.
    pub fn error_rate(&self) -> f64 {
        let errors = self.requests - count(self.sorted.len());
        if self.requests > 0.0 { (errors / self.requests).clamp(0.0, 1.0) } else { 1.0 }
    }

    fn at(&self, share: f64, otherwise: f64) -> f64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index within the list")]
        let index = (count(self.sorted.len()) * share) as usize;
        self.sorted.get(index).or(self.sorted.last()).copied().unwrap_or(otherwise)
    }

    fn p50_ms(&self) -> f64 {
        self.at(0.5, 30_000.0)
    }

    fn p99_ms(&self) -> f64 {
        self.at(0.99, 120_000.0)
    }

    fn mean_ms(&self) -> f64 {
        if self.sorted.is_empty() { 30_000.0 } else { self.sorted.iter().sum::<f64>() / count(self.sorted.len()) }
    }

    /// Three times the 99th percentile, 60 to 300 s; 180 s without any.
    pub fn timeout_seconds(&self) -> f64 {
        if self.sorted.is_empty() { 180.0 } else { (self.p99_ms() / 1000.0 * 3.0).trunc().clamp(60.0, 300.0) }
    }

    /// By the share of errors: none 2, under 10 % 3, under 30 % 5, else 7; 5 when all failed, 3 without requests.
    pub fn retries(&self) -> f64 {
        let rate = self.error_rate();
        if self.requests <= 0.0 {
            3.0
        } else if self.sorted.is_empty() {
            5.0
        } else if rate <= 0.0 {
            2.0
        } else if rate < 0.1 {
            3.0
        } else if rate < 0.3 {
            5.0
        } else {
            7.0
        }
    }

    /// A tenth of the mean latency, 0.5 to 5 s; 2 s when all failed, 1 s without requests.
    pub fn backoff_seconds(&self) -> f64 {
        match (self.sorted.is_empty(), self.requests > 0.0) {
            (true, true) => 2.0,
            (true, false) => 1.0,
            _ => (self.mean_ms() / 1000.0 * 0.1).clamp(0.5, 5.0),
        }
    }

    /// 100, less 30 x error rate, less 10 for a long tail, less 5 for a context that may have hit a limit.
    pub fn confidence(&self, context: f64) -> f64 {
        let tail = if self.p99_ms() > 3.0 * self.p50_ms() { 10.0 } else { 0.0 };
        let limit = if context >= 32_768.0 { 5.0 } else { 0.0 };
        (100.0 - 30.0 * self.error_rate() - tail - limit).clamp(0.0, 100.0)
    }

    /// One sentence with the numbers behind timeout, retries and backoff.
    pub fn explain(&self) -> String {
        if self.sorted.is_empty() {
            let what = if self.requests > 0.0 { "every request failed" } else { "no request was measured with it" };
            return format!("{what}: the cautious timeout, retries and backoff");
        }
        format!(
            "timeout {:.0} s (3 x p99 of {:.1} s), {:.0} retries ({:.1} % errors), backoff {:.1} s (10 % of {:.1} s)",
            self.timeout_seconds(),
            self.p99_ms() / 1000.0,
            self.retries(),
            self.error_rate() * 100.0,
            self.backoff_seconds(),
            self.mean_ms() / 1000.0
        )
    }
}

/// Files of a batch: 50 when requests run in parallel, else 10, times GB / 8, at most 2. Unknown memory counts as 8 GB, and
/// a batch has a file at least.
pub fn batch_size(parallel: bool, available_gb: f64) -> f64 {
    let base = if parallel { 50.0 } else { 10.0 };
    let factor = if available_gb > 0.0 { (available_gb / 8.0).min(2.0) } else { 1.0 };
    (base * factor).trunc().max(1.0)
}
