//! What is tuned for: the user's files, generated ones, or requests like those that went through the proxy.

use std::collections::BTreeMap;

use super::{exit::ExitStatus, failure::Failure, places, ui};
use crate::{
    emit::ralf_notes::PresentSettings,
    learning::{self, LearningError, drift::plain},
    model::{
        candidate::Candidate,
        learned::Learned,
        workload::{PromptTemplate, Workload},
    },
    settings::{Settings, WorkloadChoice},
    store::Requests,
    workload::{
        generate,
        learned::of_learned_sizes,
        samples::{self, SampleOptions},
    },
};

/// Requests at once that settings begin from at most, however many were seen.
const MOST_AT_ONCE: f64 = 64.0;

/// Characters of a token that are surely enough to tell how much context a prompt needs.
const FEWEST_CHARS_PER_TOKEN: u32 = 3;

/// What the proxy's records say, where that is what is tuned for: of the model that is named or configured, else of the one that they are mostly about.
pub fn learned(
    settings: &Settings,
    env: &BTreeMap<String, String>,
    present: Option<&PresentSettings>,
) -> Result<Option<Learned>, Failure> {
    if settings.workload.value == WorkloadChoice::Samples {
        return Ok(None);
    }
    let requests = Requests::read(&places::needed_data(env)?)?;
    let records = &requests.records;
    let named = settings.model.value.clone();
    // A simulated server has its own models, whatever the user's is called.
    let configured =
        || present.and_then(|present| present.model_name.clone()).filter(|_| settings.simulate.value.is_none());
    let model = named.or_else(configured).or_else(|| learning::most_used(records)).ok_or_else(|| {
        let too_few = LearningError::TooFew { model: None, found: 0, others: Vec::new() };
        if records.is_empty() { LearningError::Nothing } else { too_few }
    })?;
    let learned = learning::learn(records, &model, None)?;
    ui::message(&format!(
        "tuning for requests like the {} for {} that went through the proxy from {} to {}",
        learned.requests,
        crate::model::clean::clean(&learned.model),
        day(&learned.from),
        day(&learned.to),
    ));
    Ok(Some(learned))
}

/// The date of a time.
pub fn day(at: &str) -> &str {
    at.get(..10).unwrap_or(at)
}

/// The files of the batch, with the prompt.
pub fn workload(settings: &Settings, seed: u64, learned: Option<Learned>) -> Result<Workload, Failure> {
    let prompt = match &settings.prompt.value {
        Some(path) => PromptTemplate::from_file(path)?,
        None => PromptTemplate::built_in(),
    };
    let mut workload = match &settings.samples.value {
        Some(directory) => {
            let options = SampleOptions { seed, prompt, ..SampleOptions::default() };
            samples::from_directory(directory, &options)?
        }
        None => Workload { prompt, ..generate::generated_workload(seed) },
    };
    if let Some(learned) = learned {
        let around = workload.prompt.around_chars();
        #[expect(clippy::cast_precision_loss, reason = "files are far shorter than 2^52 characters")]
        let sizes: Vec<f64> = workload.batch_chars.iter().map(|chars| (chars + around) as f64).collect();
        let learned = Learned { samples: plain(&sizes), ..learned };
        workload = of_learned_sizes(workload, learned, settings.samples.value.is_none(), seed);
    }
    if let Some(files) = settings.files.value {
        workload.stretch_to(files);
    }
    Ok(workload)
}

/// The present settings: those of the configuration; without one, what the clients were seen to do, or the defaults.
pub fn baseline(present: Option<&PresentSettings>, workload: &Workload) -> Candidate {
    match (present, &workload.learned) {
        (Some(present), _) => present.candidate.clone(),
        (None, Some(learned)) => as_seen(learned, workload.batch_chars.last().copied().unwrap_or(0)),
        (None, None) => Candidate::default(),
    }
}

/// One request a file, read whole, with the options that most requests brought. A context that nobody named is one that holds the largest.
fn as_seen(learned: &Learned, largest_chars: usize) -> Candidate {
    let usual = Candidate::default();
    let (habits, largest) = (learned.habits, u32::try_from(largest_chars).unwrap_or(u32::MAX));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small range")]
    let at_once = learned.at_once.ninetieth().round().clamp(1.0, MOST_AT_ONCE) as u32;
    let num_predict = habits.num_predict.unwrap_or(usual.num_predict);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few million at most; it saturates")]
    let prompt = learned.prompt_chars.at(1.0) as u32 / FEWEST_CHARS_PER_TOKEN;
    let needed = prompt.saturating_add(num_predict).next_multiple_of(1024);
    Candidate {
        num_ctx: habits.num_ctx.unwrap_or_else(|| usual.num_ctx.max(needed)),
        num_thread: habits.num_thread.unwrap_or(0),
        num_batch: habits.num_batch.unwrap_or(0),
        num_predict,
        temperature: habits.temperature.unwrap_or(usual.temperature),
        chunk_size: usual.chunk_size.max(largest),
        max_content_length: usual.max_content_length.max(largest),
        max_concurrent_requests: at_once,
        ..usual
    }
}

impl From<LearningError> for Failure {
    fn from(error: LearningError) -> Self {
        let hint = Some(error.hint());
        Self::new(ExitStatus::Usage, error, hint)
    }
}
