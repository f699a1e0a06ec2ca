//! How a batch ends whose requests may be slow, hang or fail: files that are lost, and the time that it takes.
//!
//! Pure and without dependencies, because two use it: the strategy `latency`, which chooses timeout, tries and waits with it,
//! and the host, which prints what to expect of them. In words, with sources: `docs/how-it-decides.md`, "When to give up".
//!
//! - **A good request** takes a line over its size, times a factor whose logarithm is normal with unknown mean and
//!   variance, so that what comes next follows Student's t ([`latency`]).
//! - **A fault** comes quickly (an error, a broken connection, a full queue), with an unknown probability; a **stall** is a
//!   request that says nothing for a time that may be endless, with another one ([`faults`]).
//! - All that is unknown is integrated out, not replaced by its best guess: a few measurements without a fault do not mean that
//!   there are none ([`batch`]).

pub mod batch;
pub mod choose;
pub mod faults;
pub mod latency;

pub use batch::{Batch, File, Outlook, Policy, expect};
pub use choose::{Bounds, Choice, choose};

use faults::{Faults, Stalls};
use latency::Latency;

/// One request that ended well.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timed {
    /// Length of what it carried, in the unit in which [`File::size`] is given.
    pub size: f64,
    pub seconds: f64,
}

/// What is known of requests.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// Requests that ended well and were made as the batch makes them.
    pub good: Vec<Timed>,
    /// Requests that ended well and were made otherwise, in groups of which each was made alike: they tell how often requests are stalled.
    pub others: Vec<Vec<Timed>>,
    /// All requests, tries that failed included.
    pub requests: f64,
    /// Requests that failed soon, of a cause that passes, and their seconds together.
    pub failed: f64,
    pub failed_seconds: f64,
    /// Requests that were given up for their length, and their seconds together.
    pub timed_out: f64,
    pub timed_out_seconds: f64,
    /// Tries after a failed one, and those of them that failed as well.
    pub retries: f64,
    pub retries_failed: f64,
    /// Seconds that a load of the model takes: what a crash costs. 0 when unknown.
    pub load_seconds: f64,
}

/// In a smaller group nobody can tell a stalled request from a slow one.
const LEAST_GROUP: usize = 4;

/// What follows from the evidence for requests to come.
#[derive(Debug, Clone, PartialEq)]
pub struct Requests {
    pub latency: Latency,
    pub faults: Faults,
    pub stalls: Stalls,
}

impl Requests {
    /// `None` when no request ended well: then nothing is known of how long one takes.
    #[must_use]
    pub fn of(evidence: &Evidence) -> Option<Self> {
        let (latency, mut waits) = Latency::of(&evidence.good)?;
        let mut watched = evidence.good.len();
        for group in evidence.others.iter().filter(|group| group.len() >= LEAST_GROUP) {
            if let Some((_, more)) = Latency::of(group) {
                watched += group.len();
                waits.extend(more);
            }
        }
        let faults = Faults::of(evidence, latency.typical_seconds);
        let stalls = Stalls::of(evidence, &waits, watched, latency.typical_seconds);
        Some(Self { latency, faults, stalls })
    }
}

/// A length as a number to compute with.
#[expect(clippy::cast_precision_loss, reason = "lists are far shorter than 2^52")]
fn count(length: usize) -> f64 {
    length as f64
}

/// The middle of some values (of two middle ones the mean); 0 without any.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2, middle.checked_sub(1).and_then(|lower| values.get(lower))) {
        (Some(upper), 0, Some(lower)) => f64::midpoint(*lower, *upper),
        (Some(upper), ..) => *upper,
        _ => 0.0,
    }
}
