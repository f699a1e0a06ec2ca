//! The rules of the user's design document for timeouts, tries and waits.

use ralf_tune_sdk::study::{count, mean};

/// What the document takes when every request failed.
pub const ALL_FAILED: Rules = Rules { timeout_seconds: 180.0, attempts: 5.0, backoff_seconds: 2.0, multiplier: 2.0 };

/// Latencies in milliseconds that the document assumes when every request failed.
pub const ASSUMED: Percentiles = Percentiles { mean: 30_000.0, p50: 30_000.0, p95: 60_000.0, p99: 120_000.0 };

/// Decided values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    pub timeout_seconds: f64,
    pub attempts: f64,
    pub backoff_seconds: f64,
    pub multiplier: f64,
}

/// Latencies in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentiles {
    pub mean: f64,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

impl Percentiles {
    /// As the document takes them: entry `floor(n * p)` of the sorted values. With fewer than 100 values `p99`
    /// (and with fewer than 20 `p95`) is the maximum. `None` without values.
    #[must_use]
    pub fn of(latencies: &[f64]) -> Option<Self> {
        let mut sorted = latencies.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |hundredths: usize| sorted.get(sorted.len() * hundredths / 100).or(sorted.last()).copied();
        Some(Self { mean: mean(&sorted)?, p50: at(50)?, p95: at(95)?, p99: at(99)? })
    }
}

/// `factor` x p99 in whole seconds, within the limits.
#[must_use]
pub fn timeout_seconds(p99_ms: f64, factor: f64, least: f64, most: f64) -> f64 {
    (p99_ms / 1000.0 * factor).floor().min(most).max(least)
}

/// Tries by error rate: none 2, below 10 % 3, below 30 % 5, else 7; 3 when there were no requests.
#[must_use]
pub fn attempts(errors: f64, requests: f64) -> f64 {
    if requests <= 0.0 {
        return 3.0;
    }
    let rate = errors / requests;
    if rate <= 0.0 {
        2.0
    } else if rate < 0.1 {
        3.0
    } else if rate < 0.3 {
        5.0
    } else {
        7.0
    }
}

/// `share` of the mean latency, within 0.5 and 5 s; 1 s when nothing was measured.
#[must_use]
pub fn backoff_seconds(latencies: &[f64], share: f64) -> f64 {
    mean(latencies).map_or(1.0, |mean| (mean / 1000.0 * share).clamp(0.5, 5.0))
}

/// Requests needed for a 99th percentile that is not the maximum.
#[must_use]
pub fn tells_p99(requests: usize) -> bool {
    count(requests) >= 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_timeout_three_times_p99_within_60_and_300() {
        for (p99, expected) in
            [(0.0, 60.0), (19_999.0, 60.0), (20_000.0, 60.0), (30_900.0, 92.0), (99_999.0, 299.0), (200_000.0, 300.0)]
        {
            assert_eq!(timeout_seconds(p99, 3.0, 60.0, 300.0), expected, "{p99} ms");
        }
    }

    #[test]
    fn row_retries_by_error_rate() {
        for (errors, requests, expected) in [
            (0.0, 10.0, 2.0),
            (1.0, 11.0, 3.0),
            (1.0, 10.0, 5.0),
            (2.0, 10.0, 5.0),
            (3.0, 10.0, 7.0),
            (10.0, 10.0, 7.0),
            (0.0, 0.0, 3.0),
        ] {
            assert_eq!(attempts(errors, requests), expected, "{errors} of {requests}");
        }
    }

    #[test]
    fn row_backoff_a_tenth_of_the_mean_within_half_a_second_and_five() {
        assert_eq!(backoff_seconds(&[1_000.0, 2_000.0], 0.1), 0.5);
        assert_eq!(backoff_seconds(&[10_000.0, 30_000.0], 0.1), 2.0);
        assert_eq!(backoff_seconds(&[90_000.0], 0.1), 5.0);
        assert_eq!(backoff_seconds(&[], 0.1), 1.0);
    }

    #[test]
    fn row_all_failed() {
        assert_eq!((ALL_FAILED.timeout_seconds, ALL_FAILED.attempts), (180.0, 5.0));
        assert_eq!((ALL_FAILED.backoff_seconds, ALL_FAILED.multiplier), (2.0, 2.0));
        assert_eq!((ASSUMED.mean, ASSUMED.p50, ASSUMED.p95, ASSUMED.p99), (30_000.0, 30_000.0, 60_000.0, 120_000.0));
    }

    #[test]
    fn row_percentiles_of_ten_are_their_maximum() {
        let ten: Vec<f64> = (1..=10).map(f64::from).collect();
        let found = Percentiles::of(&ten).expect("ten values");
        assert_eq!((found.mean, found.p50, found.p95, found.p99), (5.5, 6.0, 10.0, 10.0));
        assert!(!tells_p99(99) && tells_p99(100));
        let many: Vec<f64> = (1..=1000).map(f64::from).collect();
        assert_eq!(Percentiles::of(&many).map(|found| (found.p95, found.p99)), Some((951.0, 991.0)));
        assert_eq!(Percentiles::of(&[]), None);
    }
}
