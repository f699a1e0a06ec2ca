//! The keys of the file, what each may hold, and what a result writes under each.

use serde_json::{Number, Value};

use super::error::ConfigError;
use crate::model::{candidate::Candidate, selection::TunedConfig, space::Parameter};

pub const MODEL_NAME: &str = "model_name";
pub const OLLAMA_HOST: &str = "ollama_host";
pub const CHUNK_SUMMARY: &str = "max_chunk_summary_length";
const BENCHMARK_DATE: &str = "benchmark_date";
const CONFIDENCE_SCORE: &str = "confidence_score";

/// The settings that RALF Note reads, in the order in which a new file has them.
const ALWAYS: [Parameter; 12] = [
    Parameter::NumCtx,
    Parameter::Temperature,
    Parameter::ChunkSize,
    Parameter::MaxContentLength,
    Parameter::RequestDelaySeconds,
    Parameter::MaxConcurrentRequests,
    Parameter::RetryAttempts,
    Parameter::InitialBackoffSeconds,
    Parameter::BackoffMultiplier,
    Parameter::RequestTimeoutSeconds,
    Parameter::BatchSize,
    Parameter::BatchDelaySeconds,
];

/// The settings that stay absent from the file while they have their automatic value.
const WHERE_TUNED: [Parameter; 3] = [Parameter::NumThread, Parameter::NumBatch, Parameter::NumPredict];

/// A day: nobody waits longer between two requests, and longer sleeps overflow in some clients.
const LONGEST_SECONDS: f64 = 86_400.0;

/// What a key may hold.
pub struct Rule {
    pub whole: bool,
    low: f64,
    high: f64,
}

impl Rule {
    /// The rule of a parameter. Bounds are those outside of which RALF Note or Ollama cannot work at all.
    pub fn of(parameter: Parameter) -> Self {
        let (low, high) = match parameter {
            Parameter::NumThread | Parameter::NumBatch => (0.0, f64::from(u32::MAX)),
            Parameter::Temperature => (0.0, 2.0),
            Parameter::RequestDelaySeconds | Parameter::BatchDelaySeconds | Parameter::InitialBackoffSeconds => {
                (0.0, LONGEST_SECONDS)
            }
            Parameter::BackoffMultiplier => (0.0, 1000.0),
            _ => (1.0, f64::from(u32::MAX)),
        };
        Self { whole: parameter.is_integer(), low, high }
    }

    /// The rule of a count of characters.
    pub fn characters() -> Self {
        Self { whole: true, low: 1.0, high: f64::from(u32::MAX) }
    }

    pub fn allows(&self, number: f64) -> bool {
        (self.low..=self.high).contains(&number) && !(self.whole && number.fract() != 0.0)
    }

    pub fn expected(&self) -> String {
        let kind = if self.whole { "a whole number" } else { "a number" };
        format!("{kind} between {} and {}", self.low, self.high)
    }
}

/// What the file shall say: key and value, None to remove it. `present` are the settings that the file means now,
/// `has` tells whether it has a key.
pub fn wanted(
    tuned: &TunedConfig,
    present: &Candidate,
    has: impl Fn(&str) -> bool,
) -> Result<Vec<(&'static str, Option<Value>)>, ConfigError> {
    let candidate = &tuned.candidate;
    let mut keys = vec![(MODEL_NAME, Some(Value::from(tuned.model_name.as_str())))];
    for parameter in ALWAYS {
        keys.push((parameter.name(), Some(json(parameter, candidate)?)));
        if parameter == Parameter::MaxContentLength
            && (candidate.chunk_size != present.chunk_size || !has(CHUNK_SUMMARY))
        {
            keys.push((CHUNK_SUMMARY, Some(Value::from(chunk_summary(candidate)))));
        }
    }
    for parameter in WHERE_TUNED {
        let value = candidate.get(parameter);
        let differs = |other: &Candidate| (value - other.get(parameter)).abs() > 0.5;
        let written = Some(json(parameter, candidate)?);
        match has(parameter.name()) {
            false if differs(&Candidate::default()) => keys.push((parameter.name(), written)),
            // 0 is our word for automatic, and not everybody's: the absent key is.
            true if differs(present) => keys.push((parameter.name(), written.filter(|_| value > 0.0))),
            _ => {}
        }
    }
    keys.push((BENCHMARK_DATE, Some(Value::from(tuned.benchmark_date.as_str()))));
    let confidence = number(CONFIDENCE_SCORE, tuned.confidence.percent, 10.0)?;
    keys.push((CONFIDENCE_SCORE, Some(confidence)));
    Ok(keys)
}

/// Everything that a result says, in the order of reports, with the type that RALF Note demands of each. What is left to the server (0)
/// has no value, and is not among it.
///
/// # Errors
///
/// A result that no file can hold.
pub fn settings(tuned: &TunedConfig) -> Result<Vec<(&'static str, Value)>, ConfigError> {
    let mut settings = vec![(MODEL_NAME, Value::from(tuned.model_name.as_str()))];
    for parameter in Parameter::ALL {
        let automatic = matches!(parameter, Parameter::NumThread | Parameter::NumBatch);
        if !(automatic && tuned.candidate.get(parameter) < 0.5) {
            settings.push((parameter.name(), json(parameter, &tuned.candidate)?));
        }
    }
    settings.push((BENCHMARK_DATE, Value::from(tuned.benchmark_date.as_str())));
    settings.push((CONFIDENCE_SCORE, number(CONFIDENCE_SCORE, tuned.confidence.percent, 10.0)?));
    Ok(settings)
}

/// Characters of each piece that RALF Note puts in a summary request: 1/25 of the piece, by its design document.
///
/// Not below 500, the least useful piece; not above what one request carries anyway, or it would be cut.
fn chunk_summary(candidate: &Candidate) -> u32 {
    const LEAST: u32 = 500;
    (candidate.chunk_size / 25).clamp(LEAST, candidate.max_content_length.max(LEAST))
}

fn json(parameter: Parameter, candidate: &Candidate) -> Result<Value, ConfigError> {
    let value = candidate.get(parameter);
    let rule = Rule::of(parameter);
    if !rule.allows(value) {
        return Err(ConfigError::BadResult {
            key: parameter.name(),
            expected: rule.expected(),
            found: value.to_string(),
        });
    }
    if rule.whole {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the rule allows whole u32 only")]
        let whole = value as u32;
        return Ok(Value::from(whole));
    }
    // Milliseconds and thousandths: finer than anything measured, and without a float's tail of digits.
    number(parameter.name(), value, 1000.0)
}

fn number(key: &'static str, value: f64, digits: f64) -> Result<Value, ConfigError> {
    Number::from_f64((value * digits).round() / digits).map(Value::Number).ok_or_else(|| ConfigError::BadResult {
        key,
        expected: "a number".to_owned(),
        found: value.to_string(),
    })
}
