//! How often requests fail or hang, and for how long.

use crate::{Evidence, count};

/// Length of a failed request beside a good one, before any was seen; it counts as one observation.
const USUAL_LENGTH_OF_A_FAILURE: f64 = 0.5;

/// What is believed of the length of stalls before any was seen: shape and scale of Lomax' distribution, the scale in typical requests. Its mean
/// is one typical request, and it has a long tail.
const BELIEVED_STALLS: (f64, f64) = (2.0, 1.0);

/// Least seconds that a server which crashed needs.
const LEAST_RECOVERY_SECONDS: f64 = 1.0;

/// Faults that come soon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Faults {
    /// Requests that failed, and that did not.
    pub failed: f64,
    pub well: f64,
    /// Seconds until a request has failed.
    pub seconds: f64,
    /// Probability that a fault leaves the server down for a while, so that the next try fails as well unless it waits.
    pub leaves_down: f64,
    /// Mean seconds that it is then down: a load of the model.
    pub recovery_seconds: f64,
}

impl Faults {
    pub(crate) fn of(evidence: &Evidence, typical_seconds: f64) -> Self {
        let well = (evidence.requests - evidence.failed).max(0.0);
        let share = evidence.failed / evidence.requests.max(1.0);
        // The mean of the posterior from Beta(1/2, 3/2), less what fails anyway: a server that crashed mostly answers again, because
        // it lets requests wait while it loads.
        let again = (evidence.retries_failed + 0.5) / (evidence.retries + 2.0);
        Self {
            failed: evidence.failed,
            well,
            seconds: (evidence.failed_seconds + USUAL_LENGTH_OF_A_FAILURE * typical_seconds) / (evidence.failed + 1.0),
            leaves_down: (again - share).clamp(0.0, 1.0),
            recovery_seconds: evidence.load_seconds.max(LEAST_RECOVERY_SECONDS),
        }
    }
}

/// Requests that say nothing for some time, or for ever.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stalls {
    /// Requests that were stalled, and that were not.
    pub stalled: f64,
    pub well: f64,
    /// A stall lasts longer than `d` seconds with probability `(scale / (scale + d)) ^ shape`.
    pub shape: f64,
    pub scale: f64,
}

impl Stalls {
    /// Lengths are exponential with an unknown mean; integrated over its gamma posterior they follow Lomax' distribution (Lomax 1954,
    /// "Business failures"). Stalls that were given up count with the time that they were waited for, as in every censored sample.
    pub(crate) fn of(evidence: &Evidence, waits: &[f64], watched: usize, typical_seconds: f64) -> Self {
        let ended = count(waits.len());
        let stalled = ended + evidence.timed_out;
        let waited =
            waits.iter().sum::<f64>() + (evidence.timed_out_seconds - evidence.timed_out * typical_seconds).max(0.0);
        Self {
            stalled,
            well: (count(watched) - ended).max(0.0),
            shape: BELIEVED_STALLS.0 + ended,
            scale: BELIEVED_STALLS.1.mul_add(typical_seconds, waited),
        }
    }

    /// Probability that a stall lasts longer.
    #[must_use]
    pub fn longer_than(&self, seconds: f64) -> f64 {
        (self.scale / (self.scale + seconds.max(0.0))).powf(self.shape)
    }

    /// Mean seconds of a stall that is waited for no longer than `most`.
    #[must_use]
    pub fn mean_within(&self, most: f64) -> f64 {
        let left = self.scale / (self.scale + most.max(0.0));
        self.scale / (self.shape - 1.0) * (1.0 - left.powf(self.shape - 1.0))
    }
}

/// Values of an unknown probability with weights that sum up to 1: the posterior after `yes` and `no`, from Jeffreys' prior, that is
/// Beta(1/2, 1/2) (Jeffreys 1946). With `p = sin² t` the posterior is `sin^(2 yes) t · cos^(2 no) t`, which is smooth, so that the midpoint
/// rule around its mode is exact to many digits, also for high powers of `p`.
#[must_use]
pub fn posterior(yes: f64, no: f64, points: usize) -> Vec<(f64, f64)> {
    let (yes, no) = (yes.max(0.0), no.max(0.0));
    let all = (yes + no).max(0.5);
    let mode = yes.sqrt().atan2(no.sqrt().max(1e-12));
    let reach = 6.0 / (2.0 * all).sqrt();
    let low = (mode - reach).max(0.0);
    let high = (mode + reach).min(std::f64::consts::FRAC_PI_2);
    let step = (high - low) / count(points.max(1));
    let log_density = |angle: f64| {
        let (sine, cosine) = angle.sin_cos();
        let part = |times: f64, value: f64| if times > 0.0 { 2.0 * times * value.max(1e-300).ln() } else { 0.0 };
        part(yes, sine) + part(no, cosine)
    };
    let most = log_density(mode);
    let mut nodes: Vec<(f64, f64)> = (0..points.max(1))
        .map(|index| {
            let angle = low + (count(index) + 0.5) * step;
            (angle.sin().powi(2), (log_density(angle) - most).exp())
        })
        .collect();
    let sum: f64 = nodes.iter().map(|(_, weight)| weight).sum();
    for (_, weight) in &mut nodes {
        *weight /= sum;
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_an_unknown_probability_are_integrated() {
        for (yes, no) in [(0.0, 40.0), (0.0, 5.0), (3.0, 60.0), (12.0, 8.0), (0.0, 0.0)] {
            let nodes = posterior(yes, no, 24);
            let mut exact = 1.0;
            for power in 0..4 {
                // E[p^(k+1)] = E[p^k] · (a + k) / (a + b + k).
                exact *= (yes + 0.5 + f64::from(power)) / (yes + no + 1.0 + f64::from(power));
                let found: f64 = nodes.iter().map(|(value, weight)| weight * value.powi(power + 1)).sum();
                assert!((found / exact - 1.0).abs() < 0.02, "{yes} {no} power {}: {found} {exact}", power + 1);
            }
        }
    }

    #[test]
    fn a_stall_that_was_given_up_makes_long_ones_likelier() {
        let evidence = |timed_out| Evidence { timed_out, timed_out_seconds: timed_out * 100.0, ..Evidence::default() };
        let ended = Stalls::of(&evidence(0.0), &[20.0, 30.0], 10, 10.0);
        let given_up = Stalls::of(&evidence(2.0), &[20.0, 30.0], 10, 10.0);
        assert!(given_up.longer_than(200.0) > 3.0 * ended.longer_than(200.0));
        assert!((ended.mean_within(1e12) - 60.0 / 3.0).abs() < 1e-6, "(10 + 50) / (4 - 1)");
        assert!(ended.mean_within(10.0) < 10.0 && ended.mean_within(0.0) == 0.0);
    }
}
