//! A whole batch under a policy: how long it takes, and how many files it loses.

use crate::{Requests, count, faults::posterior};

/// Probability that a stall holds its slot, so that the next try waits behind it. An abandoned request of Ollama ends with the next token that
/// is ready, which a runner that hangs does not make; a connection that died holds nothing. Nobody measured how often which, so it is half.
const STALL_HOLDS_SLOT: f64 = 0.5;

/// Files are summed up in so many groups of sizes.
const GROUPS: usize = 16;

/// Values of the probability of a fault, and of a stall, that are looked at.
pub(crate) const POINTS: (usize, usize) = (24, 12);

/// The interval that is told has so much probability in it.
const LEVEL: f64 = 0.95;

/// A file as the batch cuts it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct File {
    /// Requests that it takes.
    pub pieces: f64,
    /// Length of what one of them carries.
    pub size: f64,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    pub files: Vec<File>,
    /// Requests at a time.
    pub workers: f64,
    /// What a worker waits after each request.
    pub delay_seconds: f64,
    /// After so many files everybody waits for the last one, and for `pause_seconds`.
    pub batch_size: f64,
    pub pause_seconds: f64,
}

/// When a request is given up, and what then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    pub timeout_seconds: f64,
    /// The first included.
    pub tries: u32,
    /// Seconds before the second try.
    pub backoff_seconds: f64,
    /// Each further wait is so many times the one before.
    pub multiplier: f64,
}

impl Policy {
    /// Seconds to wait after the try of that number, the first being 1.
    #[must_use]
    pub fn wait(&self, attempt: u32) -> f64 {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        (self.backoff_seconds * self.multiplier.powi(exponent)).clamp(0.0, 600.0)
    }
}

/// What to expect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    pub files: f64,
    pub lost: f64,
    /// 95 % of the probability lies in it, ends included.
    pub lost_interval: (f64, f64),
    /// Probability that no file is lost.
    pub nothing_lost: f64,
    pub seconds: f64,
    pub seconds_interval: (f64, f64),
}

/// The batch's files in groups: size, pieces of one file, files.
pub(crate) fn groups(batch: &Batch, most: usize) -> Vec<(f64, f64, f64)> {
    let mut files = batch.files.clone();
    files.sort_by(|one, other| one.size.total_cmp(&other.size));
    let mean = |files: &[File], value: &dyn Fn(&File) -> f64| files.iter().map(value).sum::<f64>() / count(files.len());
    let group = |files: &[File]| (mean(files, &|file| file.size), mean(files, &|file| file.pieces), count(files.len()));
    let each = files.len().div_ceil(most.max(1)).max(1);
    // The largest one is a group of its own: whether it ends in time is what a timeout is about.
    let last = files.pop();
    files.chunks(each).map(group).chain(last.map(|file| (file.size, file.pieces, 1.0))).collect()
}

/// One possible truth, and what follows from it for each number of tries, the first for one.
pub(crate) struct Possible {
    pub weight: f64,
    /// Expected lost files, and seconds that all workers are busy together.
    pub by_tries: Vec<(f64, f64)>,
}

/// All possible truths under a policy, for one to `most_tries` tries.
pub(crate) fn possible(
    requests: &Requests,
    groups: &[(f64, f64, f64)],
    policy: &Policy,
    most_tries: u32,
    points: (usize, usize),
) -> Vec<Possible> {
    let tries: Vec<Try> = (1..=most_tries.max(1)).map(|attempt| Try::of(requests, policy, attempt)).collect();
    let sizes: Vec<Size> = groups.iter().map(|(size, ..)| Size::of(requests, *size, policy, &tries)).collect();
    let faults = posterior(requests.faults.failed, requests.faults.well, points.0);
    let stalls = posterior(requests.stalls.stalled, requests.stalls.well, points.1);
    let mut found = Vec::with_capacity(faults.len() * stalls.len());
    for (fault, fault_weight) in &faults {
        for (stall, stall_weight) in &stalls {
            let mut by_tries = vec![(0.0, 0.0); tries.len()];
            for ((_, pieces, files), size) in groups.iter().zip(&sizes) {
                let request = request(requests, size, policy, &tries, (*fault, *stall));
                for (sum, (lost, seconds)) in by_tries.iter_mut().zip(request) {
                    sum.0 += files * (1.0 - (1.0 - lost).powf(*pieces));
                    sum.1 += files * pieces * seconds;
                }
            }
            found.push(Possible { weight: fault_weight * stall_weight, by_tries });
        }
    }
    found
}

/// What does not depend on the request.
struct Try {
    /// Probability that a server that was down when the try before ended is down still.
    still_down: f64,
    /// Seconds until the last of so many tries is given up, if all are.
    until: f64,
    /// Seconds to wait after it.
    wait: f64,
}

impl Try {
    fn of(requests: &Requests, policy: &Policy, attempt: u32) -> Self {
        let waited = if attempt > 1 { policy.wait(attempt - 1) } else { 0.0 };
        let waits: f64 = (1..attempt).map(|attempt| policy.wait(attempt)).sum();
        Self {
            still_down: (-waited / requests.faults.recovery_seconds).exp(),
            until: f64::from(attempt).mul_add(policy.timeout_seconds, waits),
            wait: policy.wait(attempt),
        }
    }
}

/// What depends on the size of a request.
struct Size {
    good_seconds: f64,
    /// Probability that a good request is given up: however often it is tried, because it is as long each time.
    too_slow: f64,
    /// Probability that a stall outlasts one try; and, where it holds the slot, all of so many.
    outlasts: f64,
    outlasts_all: Vec<f64>,
    /// Mean seconds of a stall that is given up, and of one that all of so many tries wait behind.
    stalled_seconds: f64,
    held_seconds: Vec<f64>,
}

impl Size {
    fn of(requests: &Requests, size: f64, policy: &Policy, tries: &[Try]) -> Self {
        let good_seconds = requests.latency.mean_seconds(size);
        let room = (policy.timeout_seconds - good_seconds).max(0.0);
        let stalls = &requests.stalls;
        Self {
            good_seconds,
            too_slow: requests.latency.slower_than(policy.timeout_seconds, size),
            outlasts: stalls.longer_than(room),
            outlasts_all: tries.iter().map(|one| stalls.longer_than(one.until - good_seconds)).collect(),
            stalled_seconds: good_seconds.min(policy.timeout_seconds) + stalls.mean_within(room),
            held_seconds: tries.iter().map(|one| good_seconds + stalls.mean_within(one.until - good_seconds)).collect(),
        }
    }
}

/// Probability that a request is lost and seconds that it takes a worker, for each number of tries.
fn request(
    requests: &Requests,
    size: &Size,
    policy: &Policy,
    tries: &[Try],
    (fault, stall): (f64, f64),
) -> impl Iterator<Item = (f64, f64)> {
    let faults = requests.faults;
    let free = stall * (1.0 - STALL_HOLDS_SLOT);
    let held = stall * STALL_HOLDS_SLOT;
    let good = (1.0 - fault - stall).max(0.0);
    // What a try takes when the server is up; one that is stuck behind its own stall is counted below, once.
    let up_seconds = fault * faults.seconds + free * size.stalled_seconds + (good + held) * size.good_seconds;
    let mut needed = 1.0;
    let mut down = 0.0;
    let mut seconds = 0.0;
    let (outlasts, good_seconds, too_slow) = (size.outlasts, size.good_seconds, size.too_slow);
    let timeout = policy.timeout_seconds;
    let stuck: Vec<(f64, f64)> = size.outlasts_all.iter().copied().zip(size.held_seconds.iter().copied()).collect();
    let steps: Vec<(f64, f64, f64)> = tries.iter().map(|one| (one.still_down, one.until, one.wait)).collect();
    let mut wait_before = 0.0;
    steps.into_iter().zip(stuck).map(move |((still_down, until, wait), (outlasts_all, held_seconds))| {
        seconds += needed * wait_before;
        down *= still_down;
        let fails_up = fault + free * outlasts;
        let fails = down + (1.0 - down) * fails_up;
        seconds += needed * (down * faults.seconds + (1.0 - down) * up_seconds);
        // The next try finds a server that was down, or one that a fault has just left so.
        down = if fails > 0.0 { (down + (1.0 - down) * fault * faults.leaves_down) / fails } else { 0.0 };
        needed *= fails;
        wait_before = wait;
        let lost = (needed + held * outlasts_all + too_slow).min(1.0);
        // A stall that holds its slot lasts as long as it lasts; what was given up is made once more.
        let behind = held * (held_seconds - good_seconds + outlasts * good_seconds.min(timeout));
        (lost, seconds + behind + too_slow * until)
    })
}

/// What to expect of a batch. Nothing is expected of one without files.
#[must_use]
pub fn expect(requests: &Requests, batch: &Batch, policy: &Policy) -> Outlook {
    let groups = groups(batch, GROUPS);
    let possible = possible(requests, &groups, policy, policy.tries, POINTS);
    let of = |one: &Possible| one.by_tries.last().copied().unwrap_or((0.0, 0.0));
    let sum = |value: &dyn Fn(&Possible) -> f64| possible.iter().map(|one| one.weight * value(one)).sum::<f64>();
    let lost = sum(&|one| of(one).0);
    let busy = sum(&|one| of(one).1);
    let busy_variance = sum(&|one| (of(one).1 - busy).powi(2));
    let seconds = batch_seconds(requests, batch, busy);
    // Of what is not known of the line, of the faults, and of the luck of so many requests: on the logarithmic scale.
    let pieces: f64 = batch.files.iter().map(|file| file.pieces).sum();
    let relative = requests.latency.error().powi(2)
        + busy_variance / busy.max(1e-9).powi(2)
        + stall_variance(requests) / (busy.max(1e-9).powi(2) / pieces.max(1.0))
        + requests.latency.spread.powi(2) / pieces.max(1.0);
    let reach = (student_within(requests.latency.degrees) * relative.sqrt()).exp();
    Outlook {
        files: count(batch.files.len()),
        lost,
        lost_interval: lost_interval(&possible.iter().map(|one| (one.weight, of(one).0)).collect::<Vec<_>>(), batch),
        nothing_lost: sum(&|one| (-of(one).0).exp()),
        seconds,
        seconds_interval: (seconds / reach, seconds * reach),
    }
}

/// Variance of what stalls add to one request.
fn stall_variance(requests: &Requests) -> f64 {
    let stalls = &requests.stalls;
    let share = (stalls.stalled + 0.5) / (stalls.stalled + stalls.well + 1.0);
    // Twice the square of the mean, as of an exponential distribution; a long tail has more, which the timeout cuts off.
    share * 2.0 * (stalls.scale / (stalls.shape - 1.0)).powi(2)
}

/// Seconds of a batch whose workers are busy for so many seconds together.
pub(crate) fn batch_seconds(requests: &Requests, batch: &Batch, busy: f64) -> f64 {
    let workers = batch.workers.max(1.0);
    let pieces: f64 = batch.files.iter().map(|file| file.pieces).sum();
    let files = count(batch.files.len());
    let barriers = (files / batch.batch_size.max(1.0)).ceil().max(1.0);
    let each = busy / pieces.max(1.0);
    // At a barrier all but one are idle for what is left of the last request: the residual life of renewal theory (Cox 1962),
    // E[L²] / (2 E[L]).
    let squared =
        batch.files.iter().map(|file| file.pieces * requests.latency.mean_seconds(file.size).powi(2)).sum::<f64>()
            / pieces.max(1.0)
            * (1.0 + requests.latency.spread.powi(2))
            + stall_variance(requests);
    let idle = (workers - 1.0) / workers * squared / (2.0 * each.max(1e-9));
    (busy + pieces * batch.delay_seconds) / workers + barriers * idle + (barriers - 1.0) * batch.pause_seconds
}

/// Bound that Student's t stays within with a probability of 95 %, by bisection.
fn student_within(degrees: usize) -> f64 {
    let (mut low, mut high) = (0.0, 100.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if crate::latency::student_above(middle, degrees) > (1.0 - LEVEL) / 2.0 { low = middle } else { high = middle }
    }
    high
}

/// The files that are lost, as a mixture of Poisson distributions: the 2.5th and the 97.5th percentile.
fn lost_interval(means: &[(f64, f64)], batch: &Batch) -> (f64, f64) {
    let files = batch.files.len();
    // Logarithms: for a mean above 745 the first terms are too small for a number.
    let mut terms: Vec<f64> = means.iter().map(|(weight, mean)| weight.ln() - mean).collect();
    let tail = (1.0 - LEVEL) / 2.0;
    let (mut below, mut low) = (0.0, None);
    for lost in 0..=files {
        below += terms.iter().map(|term| term.exp()).sum::<f64>();
        if below > tail && low.is_none() {
            low = Some(count(lost));
        }
        if below >= 1.0 - tail {
            return (low.unwrap_or(0.0), count(lost));
        }
        for (term, (_, mean)) in terms.iter_mut().zip(means) {
            *term += (mean / count(lost + 1)).ln();
        }
    }
    (low.unwrap_or(0.0), count(files))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Evidence, Timed};

    pub(super) fn evidence(requests: u32, failed: f64) -> Evidence {
        let good = (0..requests).map(|index| {
            let size = 100.0 * f64::from(1 + index % 7);
            Timed { size, seconds: (2.0 + size / 100.0) * [0.95, 1.0, 1.05][index as usize % 3] }
        });
        Evidence {
            good: good.collect(),
            requests: f64::from(requests) + failed,
            failed,
            failed_seconds: failed * 3.0,
            retries: failed,
            load_seconds: 2.0,
            ..Evidence::default()
        }
    }

    fn batch(files: u32) -> Batch {
        let file = |index: u32| File { pieces: 1.0, size: 100.0 * f64::from(1 + index % 7) };
        Batch { files: (0..files).map(file).collect(), workers: 1.0, batch_size: 1e6, ..Batch::default() }
    }

    const POLICY: Policy = Policy { timeout_seconds: 60.0, tries: 3, backoff_seconds: 2.0, multiplier: 2.0 };

    fn look(evidence: &Evidence, policy: Policy) -> Outlook {
        expect(&Requests::of(evidence).expect("requests"), &batch(800), &policy)
    }

    #[test]
    fn a_server_that_always_answered_may_still_fail() {
        let (few, many) = (look(&evidence(8, 0.0), POLICY), look(&evidence(400, 0.0), POLICY));
        assert!(few.lost > 10.0 * many.lost && many.lost < 0.05, "{few:?} {many:?}");
        assert!(few.nothing_lost < many.nothing_lost && many.nothing_lost > 0.97, "{few:?} {many:?}");
        // 800 requests of 6 s on average.
        assert!((many.seconds / 4800.0 - 1.0).abs() < 0.02, "{many:?}");
        let width = |outlook: Outlook| outlook.seconds_interval.1 / outlook.seconds_interval.0;
        assert!(width(few) > 1.2 && width(many) < 1.1, "{few:?} {many:?}");
    }

    #[test]
    fn more_tries_lose_less_and_cost_more() {
        let evidence = evidence(90, 10.0);
        let by_tries: Vec<Outlook> = (1..=6).map(|tries| look(&evidence, Policy { tries, ..POLICY })).collect();
        for pair in by_tries.windows(2) {
            assert!(pair[1].lost < 0.7 * pair[0].lost && pair[1].seconds > pair[0].seconds, "{pair:?}");
        }
        // A tenth fails; that the probability is not known makes it a little more.
        assert!((75.0..95.0).contains(&by_tries[0].lost), "{:?}", by_tries[0]);
        assert!(by_tries[0].lost_interval.0 > 30.0 && by_tries[0].lost_interval.1 < 160.0, "{:?}", by_tries[0]);
    }

    #[test]
    fn a_server_that_must_load_again_needs_time_before_the_next_try() {
        let crashes = Evidence { load_seconds: 8.0, retries_failed: 6.0, ..evidence(90, 10.0) };
        let lost = |backoff_seconds| look(&crashes, Policy { backoff_seconds, ..POLICY }).lost;
        assert!(lost(0.5) > 2.0 * lost(5.0), "{} {}", lost(0.5), lost(5.0));
    }

    #[test]
    fn a_timeout_below_good_requests_loses_them_however_often_they_are_tried() {
        let short = look(&evidence(200, 0.0), Policy { timeout_seconds: 8.0, tries: 6, ..POLICY });
        assert!(short.lost > 100.0 && short.nothing_lost < 1e-6, "{short:?}");
    }

    #[test]
    fn workers_share_the_work_and_wait_at_the_end_of_each_batch() {
        let requests = Requests::of(&evidence(200, 0.0)).expect("requests");
        let alone = expect(&requests, &batch(800), &POLICY).seconds;
        let shared = |batch_size| expect(&requests, &Batch { workers: 4.0, batch_size, ..batch(800) }, &POLICY).seconds;
        assert!((shared(1e6) / alone - 0.25).abs() < 0.01);
        // 200 barriers, three of four idle for some 3 s each.
        assert!((350.0..650.0).contains(&(shared(4.0) - shared(1e6))), "{}", shared(4.0) - shared(1e6));
    }
}
