//! The policy with which a batch ends soonest, among those that lose few files.

use crate::{
    Requests,
    batch::{Batch, Outlook, Policy, Possible, batch_seconds, expect, groups, possible},
    count,
};

/// Timeouts that are looked at, in multiples of the least one.
const TIMEOUTS: [f64; 8] = [1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0];

/// First waits that are looked at, in seconds. The document's rules keep within these ends too.
const BACKOFFS: [f64; 4] = [0.5, 1.0, 2.0, 5.0];

/// A coarser look than the final one: groups of sizes, and points of the two unknown probabilities.
const GROUPS: usize = 6;
const POINTS: (usize, usize) = (14, 7);

/// Where no policy keeps to the bounds: what loses less than so many times the least is as good. Otherwise the last hundredth of a file would be
/// paid for with endless timeouts.
const NEARLY_THE_LEAST: f64 = 1.5;

/// A policy, and what follows from it.
struct Look {
    policy: Policy,
    lost: f64,
    /// Probability that a file is lost.
    something_lost: f64,
    seconds: f64,
}

/// Within what a policy is looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// No good request needs more than the least one.
    pub least_timeout_seconds: f64,
    pub most_timeout_seconds: f64,
    pub least_tries: u32,
    pub most_tries: u32,
    pub multiplier: f64,
    /// Greatest expected share of lost files.
    pub lost_share: f64,
    /// Greatest probability that the batch loses a file at all.
    pub risk: f64,
}

/// What was chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    pub policy: Policy,
    pub outlook: Outlook,
    /// Whether it keeps to what may be lost. Otherwise it is one that loses hardly more than the least.
    pub keeps_to_bounds: bool,
}

/// The policy of least expected time among those that keep to the bounds; of those with the same time the first: the shorter timeout,
/// the fewer tries, the shorter wait. Where none keeps to them, the same among those that lose hardly more than the least.
#[must_use]
pub fn choose(requests: &Requests, batch: &Batch, bounds: &Bounds) -> Choice {
    let sizes = groups(batch, GROUPS);
    let files = count(batch.files.len()).max(1.0);
    let mut looked_at: Vec<Look> = Vec::new();
    for (timeout_seconds, backoff_seconds) in waits(bounds) {
        let policy =
            Policy { timeout_seconds, tries: bounds.most_tries, backoff_seconds, multiplier: bounds.multiplier };
        let possible = possible(requests, &sizes, &policy, bounds.most_tries, POINTS);
        for tries in bounds.least_tries.max(1)..=bounds.most_tries.max(bounds.least_tries.max(1)) {
            let of = |one: &Possible| one.by_tries.get(tries as usize - 1).copied().unwrap_or((files, f64::MAX));
            let sum =
                |value: &dyn Fn(&Possible) -> f64| possible.iter().map(|one| one.weight * value(one)).sum::<f64>();
            looked_at.push(Look {
                policy: Policy { tries, ..policy },
                lost: sum(&|one| of(one).0),
                something_lost: 1.0 - sum(&|one| (-of(one).0).exp()),
                seconds: batch_seconds(requests, batch, sum(&|one| of(one).1)),
            });
        }
    }
    let soonest = |allowed: &dyn Fn(&Look) -> bool| {
        let allowed = looked_at.iter().filter(|look| allowed(look));
        allowed.min_by(|one, other| one.seconds.total_cmp(&other.seconds)).map(|look| look.policy)
    };
    let least_lost = looked_at.iter().map(|look| look.lost).fold(f64::INFINITY, f64::min);
    let best = soonest(&|look| look.lost <= bounds.lost_share * files && look.something_lost <= bounds.risk);
    let safe = soonest(&|look| look.lost <= NEARLY_THE_LEAST * least_lost);
    let fallback = Policy {
        timeout_seconds: bounds.least_timeout_seconds,
        tries: bounds.least_tries.max(1),
        backoff_seconds: 1.0,
        multiplier: bounds.multiplier,
    };
    let policy = best.or(safe).unwrap_or(fallback);
    Choice { policy, outlook: expect(requests, batch, &policy), keeps_to_bounds: best.is_some() }
}

/// Timeouts in whole seconds, each with every wait.
fn waits(bounds: &Bounds) -> impl Iterator<Item = (f64, f64)> {
    let most = bounds.most_timeout_seconds.max(1.0);
    let least = bounds.least_timeout_seconds.ceil().clamp(1.0, most);
    let mut timeouts: Vec<f64> = TIMEOUTS.iter().map(|times| (least * times).round().min(most)).collect();
    timeouts.dedup_by(|one, other| (*one - *other).abs() < 0.5);
    timeouts.into_iter().flat_map(|timeout| BACKOFFS.into_iter().map(move |backoff| (timeout, backoff)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Evidence, Timed, batch::File};

    const BOUNDS: Bounds = Bounds {
        least_timeout_seconds: 60.0,
        most_timeout_seconds: 3600.0,
        least_tries: 2,
        most_tries: 7,
        multiplier: 2.0,
        lost_share: 0.005,
        risk: 0.05,
    };

    /// Requests of 10 s, some of which failed, were stalled for so many seconds, or were given up.
    fn chosen(failed: f64, stalls: &[f64], timed_out: f64, load_seconds: f64) -> Choice {
        let good = (0..80_u32).map(|index| Timed {
            size: f64::from(1 + index % 5),
            seconds: (5.0 + f64::from(1 + index % 5)) * [0.95, 1.0, 1.05][index as usize % 3]
                + stalls.get(index as usize).copied().unwrap_or(0.0),
        });
        let evidence = Evidence {
            good: good.collect(),
            requests: 80.0 + failed + timed_out,
            failed,
            failed_seconds: 4.0 * failed,
            timed_out,
            timed_out_seconds: 60.0 * timed_out,
            retries: failed,
            retries_failed: 0.0,
            load_seconds,
            ..Evidence::default()
        };
        let files = (0..800_u32).map(|index| File { pieces: 1.0, size: f64::from(1 + index % 5) }).collect();
        let batch = Batch { files, workers: 1.0, batch_size: 50.0, ..Batch::default() };
        choose(&Requests::of(&evidence).expect("requests"), &batch, &BOUNDS)
    }

    #[test]
    fn no_fault_few_tries_and_the_least_timeout() {
        let choice = chosen(0.0, &[], 0.0, 2.0);
        assert!(choice.keeps_to_bounds && choice.policy.tries <= 4, "{choice:?}");
        assert!(choice.policy.timeout_seconds <= 90.0, "{choice:?}");
        assert!(choice.outlook.lost < 0.3 && choice.outlook.nothing_lost > 0.94, "{choice:?}");
    }

    #[test]
    fn faults_ask_for_more_tries_and_crashes_for_longer_waits() {
        let tries: Vec<u32> =
            [0.0, 4.0, 20.0].iter().map(|failed| chosen(*failed, &[], 0.0, 2.0).policy.tries).collect();
        assert!(tries.windows(2).all(|pair| pair[1] > pair[0]), "{tries:?}");
        let total = |choice: Choice| (1..choice.policy.tries).map(|attempt| choice.policy.wait(attempt)).sum::<f64>();
        let (light, heavy) = (chosen(4.0, &[], 0.0, 1.0), chosen(4.0, &[], 0.0, 30.0));
        assert!(total(heavy) > 2.0 * total(light), "{light:?} {heavy:?}");
    }

    #[test]
    fn stalls_are_waited_for_where_giving_up_loses_more() {
        let calm = chosen(0.0, &[], 0.0, 2.0);
        let stalled = chosen(0.0, &[90.0, 120.0, 60.0, 150.0, 100.0, 80.0], 2.0, 2.0);
        let until = |choice: Choice| choice.policy.timeout_seconds * f64::from(choice.policy.tries);
        assert!(until(stalled) > 2.0 * until(calm), "{calm:?} {stalled:?}");
    }
}
