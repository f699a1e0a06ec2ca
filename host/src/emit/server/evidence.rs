//! Which settings of the server were in force, as far as the trials show it. Pure.

use crate::model::{candidate::Candidate, metric::Metric, space::Parameter, study::Study, trial::Trial};

/// A setting of the server that it reads from its environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable {
    /// Slots: requests that it works on at a time.
    NumParallel,
    FlashAttention,
    /// Type of the numbers in the cache of keys and values.
    KvCacheType,
}

impl Variable {
    /// Its name in the environment.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NumParallel => "OLLAMA_NUM_PARALLEL",
            Self::FlashAttention => "OLLAMA_FLASH_ATTENTION",
            Self::KvCacheType => "OLLAMA_KV_CACHE_TYPE",
        }
    }
}

/// What a study knows of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub variable: Variable,
    /// None where there is no evidence, or nothing to gain.
    pub value: Option<String>,
    /// The evidence, or why there is none.
    pub why: String,
}

/// Tokens by which two contexts must differ for what they take to be compared: less drowns in what is rounded up to whole pages.
const FAR_APART: f64 = 1024.0;

/// Bytes of the cache by those of 16 bits, for each type: the least and the most that is taken for it. `q8_0` stores 34 bytes and
/// `q4_0` 18 where 16 bits take 64; Ollama before 0.30 reckoned with a half and a quarter.
const TYPES: [(&str, f64, f64); 3] = [("f16", 0.93, 1.1), ("q8_0", 0.48, 0.58), ("q4_0", 0.23, 0.31)];

/// What is known of every setting of the server that concerns a batch with these settings.
#[must_use]
pub fn known(study: &Study, settings: &Candidate) -> Vec<Known> {
    let slots = slots(study);
    let cache = cache_type(study, slots.map(|slots| slots.worked_on));
    vec![parallel(settings, slots), attention(&cache), cache]
}

/// Requests that were sent at once, and how many of them the server worked on at once.
#[derive(Clone, Copy)]
struct Slots {
    sent: f64,
    worked_on: f64,
}

fn slots(study: &Study) -> Option<Slots> {
    let seen = study.obedience.iter().find(|seen| seen.setting == Parameter::MaxConcurrentRequests.name())?;
    let figure = |name: &str| seen.figures.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
    Some(Slots { sent: figure("requests_at_once")?, worked_on: figure("effective_slots")? })
}

fn parallel(settings: &Candidate, slots: Option<Slots>) -> Known {
    let wanted = settings.max_concurrent_requests;
    let (value, why) = match slots {
        None => (None, "never more than one request was sent at once".to_owned()),
        Some(Slots { sent, worked_on }) if worked_on < 2.0 => {
            (None, format!("of {sent} requests sent at once one was worked on at a time; more slots were not measured"))
        }
        Some(Slots { sent, worked_on }) if wanted < 2 => {
            (None, format!("of {sent} requests sent at once {worked_on} were worked on, and the result sends one"))
        }
        Some(Slots { sent, worked_on }) => (
            Some(worked_on.to_string()),
            format!("of {sent} requests sent at once {worked_on} were worked on, and the result sends {wanted}"),
        ),
    };
    Known { variable: Variable::NumParallel, value, why }
}

/// The type of the cache, from what a token more of context takes.
fn cache_type(study: &Study, slots: Option<f64>) -> Known {
    let unknown = |why: &str| Known { variable: Variable::KvCacheType, value: None, why: why.to_owned() };
    let Some(whole) = study.model.kv_bytes_per_token.value else {
        return unknown("what a token of context takes of this model is not known");
    };
    let Some(slots) = slots else { return unknown("the number of slots is not known, and each has a cache") };
    let Some(a_token) = bytes_of_a_token(&study.trials) else {
        return unknown("the model was not loaded with two contexts that are far enough apart");
    };
    #[expect(clippy::cast_precision_loss, reason = "kilobytes")]
    let ratio = a_token / (whole as f64 * slots);
    let Some((name, ..)) = TYPES.into_iter().find(|(_, low, high)| (*low..=*high).contains(&ratio)) else {
        return unknown("what a token of context takes is that of no type of cache");
    };
    let why = format!("a token of context takes {ratio:.2} of what it takes with 16 bits: {name}");
    match name {
        "f16" => unknown(&format!("{why}, which is the server's default")),
        name => Known { value: Some(name.to_owned()), why, ..unknown("") },
    }
}

/// What each token of context more takes of memory, over all slots. The batch grows with the context in steps, and its buffers with it:
/// where they did not, the least was taken.
fn bytes_of_a_token(trials: &[Trial]) -> Option<f64> {
    let loaded: Vec<(f64, f64)> = trials
        .iter()
        .filter_map(|trial| {
            let context = trial.fact("loaded_context_tokens").unwrap_or(f64::from(trial.candidate.num_ctx));
            Some((context, trial.mean(Metric::PeakMemoryBytes).filter(|bytes| bytes.is_finite() && *bytes > 0.0)?))
        })
        .collect();
    let pairs = loaded.iter().flat_map(|small| loaded.iter().map(move |large| (small, large)));
    let slopes = pairs
        .filter(|(small, large)| large.0 - small.0 >= FAR_APART)
        .map(|(small, large)| (large.1 - small.1) / (large.0 - small.0));
    slopes.filter(|slope| *slope > 0.0).min_by(f64::total_cmp)
}

/// A quantised cache needs it, and nothing else shows.
fn attention(cache: &Known) -> Known {
    let (value, why) = match &cache.value {
        Some(kind) => (Some("1".to_owned()), format!("a cache of type {kind} needs it")),
        None => (None, "a study cannot see whether it is on".to_owned()),
    };
    Known { variable: Variable::FlashAttention, value, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_shows_its_type_by_what_a_token_takes() {
        let tells =
            |ratio: f64| TYPES.into_iter().find(|(_, low, high)| (*low..=*high).contains(&ratio)).map(|kind| kind.0);
        for (bytes, kind) in [
            (64.0, Some("f16")),
            (34.0, Some("q8_0")),
            (32.0, Some("q8_0")),
            (18.0, Some("q4_0")),
            (16.0, Some("q4_0")),
        ] {
            assert_eq!(tells(bytes / 64.0), kind, "{bytes}");
        }
        assert_eq!(
            (tells(2.0), tells(0.75), tells(0.4)),
            (None, None, None),
            "slots that were counted wrongly are no type"
        );
    }
}
