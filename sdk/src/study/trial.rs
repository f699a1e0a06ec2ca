use super::{LOAD_TIME, metric};
use crate::{
    Settings,
    types::{Experiment, Sample, Setting, Trial, TrialState},
};

/// Reading a trial.
pub trait TrialExt {
    /// All values of a metric and what they say.
    fn sample(&self, metric: &str) -> Option<&Sample>;

    /// The values of a metric; empty when it was not measured.
    fn values(&self, metric: &str) -> &[f64] {
        self.sample(metric).map_or(&[], |sample| sample.values.as_slice())
    }

    /// The mean of a metric.
    fn mean(&self, metric: &str) -> Option<f64> {
        self.sample(metric).filter(|sample| !sample.values.is_empty()).map(|sample| sample.mean)
    }

    /// The median of a metric.
    fn median(&self, metric: &str) -> Option<f64> {
        self.sample(metric).filter(|sample| !sample.values.is_empty()).map(|sample| sample.median)
    }

    /// A named number that is no metric, such as `loaded_context_tokens`.
    fn fact(&self, name: &str) -> Option<f64>;

    /// Whether it ended well.
    fn is_complete(&self) -> bool;

    /// Why it failed.
    fn failure(&self) -> Option<&str>;

    /// How many requests were under way at once: of a probe what it asks, otherwise what the candidate says.
    fn parallel(&self) -> f64;

    /// The candidate's value of a setting; 0 when the host does not know it.
    fn setting(&self, name: &str) -> f64;

    /// Whether the server needs no other load for these settings.
    fn loads_like(&self, settings: &[Setting]) -> bool;
}

impl TrialExt for Trial {
    fn sample(&self, metric: &str) -> Option<&Sample> {
        self.samples.iter().find(|sample| sample.metric == metric)
    }

    fn fact(&self, name: &str) -> Option<f64> {
        self.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value)
    }

    fn is_complete(&self) -> bool {
        self.state == TrialState::Complete
    }

    fn failure(&self) -> Option<&str> {
        match &self.state {
            TrialState::Failed(cause) => Some(cause),
            TrialState::Complete | TrialState::Pruned => None,
        }
    }

    fn parallel(&self) -> f64 {
        match &self.experiment {
            Experiment::Probe(probe) => f64::from(probe.parallel),
            Experiment::Notes(_) | Experiment::Compare(_) => self.candidate.value("max_concurrent_requests").max(1.0),
            Experiment::Load | Experiment::Needle(_) => 1.0,
        }
    }

    fn setting(&self, name: &str) -> f64 {
        self.candidate.value(name)
    }

    fn loads_like(&self, settings: &[Setting]) -> bool {
        LOAD_TIME.iter().all(|name| (self.candidate.value(name) - settings.value(name)).abs() < 0.5)
    }
}

/// Tokens a second that a trial read, the median of its requests.
#[must_use]
pub fn prefill_rate(trial: &Trial) -> Option<f64> {
    trial.median(metric::PREFILL_TOKENS_PER_SECOND).filter(|rate| *rate > 0.0)
}

/// Tokens a second that each request of a trial wrote, the median of its requests.
#[must_use]
pub fn decode_rate(trial: &Trial) -> Option<f64> {
    trial.median(metric::DECODE_TOKENS_PER_SECOND).filter(|rate| *rate > 0.0)
}

/// Tokens a second that the first request after a load read and wrote, where the trial loaded the model and it ended. It pays for what is set
/// up only once, so that others are read faster; and it is a single one.
#[must_use]
pub fn first_rates(trial: &Trial) -> Option<(f64, f64)> {
    let rate = |name| trial.fact(name).filter(|rate| *rate > 0.0);
    Some((rate("first_prefill_tokens_per_second")?, rate("first_decode_tokens_per_second")?))
}
