//! A small model of a server, for playing a strategy's proposals: no noise, no texts, a clock that is a number.

use crate::{
    model::{
        candidate::{Candidate, LoadKey},
        experiment::{Experiment, Proposal},
        metric::Metric,
        observation::FailureCause,
        score::NoteScore,
        trial::{Trial, TrialState},
    },
    plugin::strategy::WorkloadView,
    stats::summary::{mean, sample},
};

/// Tokens a second of one request, and requests at once, of a small graphics processor.
const PREFILL: f64 = 900.0;
const DECODE: f64 = 45.0;
const SLOTS: f64 = 4.0;
const LOAD_SECONDS: f64 = 3.0;
/// Tokens of an answer that is as long as it wants to be.
const ANSWER: f64 = 280.0;
/// How much longer each token takes with every further request.
const CROWDING: f64 = 0.25;

/// The server: what it has loaded, and whether all trials fail.
#[derive(Debug, Clone, Default)]
pub struct Server {
    pub loaded: Option<LoadKey>,
    /// Why everything fails, when it does.
    pub failing: Option<FailureCause>,
}

/// What a number of requests of that size cost, one and all.
struct Requests {
    /// Seconds of each.
    latency: f64,
    /// Seconds from the first to the last.
    seconds: f64,
    prefill: f64,
    decode: f64,
    count: f64,
    prompt: f64,
    answer: f64,
    working: f64,
}

fn count(value: usize) -> f64 {
    u32::try_from(value).map_or(f64::MAX, f64::from)
}

impl Requests {
    fn new(number: f64, prompt: f64, answer: f64, parallel: f64) -> Self {
        let working = parallel.clamp(1.0, SLOTS);
        let crowd = 1.0 + CROWDING * (working - 1.0);
        let (prefill, decode) = (PREFILL / crowd, DECODE / crowd);
        let service = prompt / prefill + answer / decode;
        let latency = service * (parallel / working).max(1.0);
        Self {
            latency,
            seconds: service * (number / working).ceil(),
            prefill,
            decode,
            count: number,
            prompt,
            answer,
            working,
        }
    }
}

impl Server {
    /// Carries a proposal out within `left` seconds.
    pub fn run(
        &mut self,
        number: usize,
        stage: &str,
        proposal: &Proposal,
        workload: &WorkloadView,
        left: f64,
    ) -> Trial {
        let candidate = &proposal.candidate;
        let reloads = self.loaded != Some(candidate.load_key());
        self.loaded = Some(candidate.load_key());
        let mut trial = Trial {
            number: u32::try_from(number).unwrap_or(u32::MAX),
            stage: stage.to_owned(),
            why: proposal.why.clone(),
            candidate: candidate.clone(),
            experiment: proposal.experiment.clone(),
            state: TrialState::Complete,
            seconds: if reloads { LOAD_SECONDS } else { 0.0 },
            reloads: u32::from(reloads),
            samples: Vec::new(),
            facts: vec![("loaded_context_tokens".to_owned(), f64::from(candidate.num_ctx))],
            scores: Vec::new(),
            observations: Vec::new(),
            notices: Vec::new(),
        };
        if let Some(cause) = self.failing {
            trial.state = TrialState::Failed(cause);
            trial.seconds += 0.2;
            return trial;
        }
        let mut add = |metric, values: Vec<f64>| trial.samples.extend(sample(metric, values));
        add(Metric::PeakMemoryBytes, vec![5e9 + f64::from(candidate.num_ctx) * 131_072.0]);
        add(Metric::GpuShare, vec![1.0]);
        add(Metric::LoadDurationMs, if reloads { vec![LOAD_SECONDS * 1000.0] } else { Vec::new() });
        match &proposal.experiment {
            Experiment::Load => {}
            Experiment::Probe { prompt_tokens, output_tokens, parallel, requests } => {
                let run = Requests::new(
                    f64::from(*requests),
                    f64::from(*prompt_tokens),
                    f64::from(*output_tokens),
                    f64::from(*parallel),
                );
                trial.seconds += run.seconds;
                request_samples(&mut trial, &run);
                let rate = 60.0 * run.count / run.seconds.max(1e-3);
                trial.samples.extend(sample(Metric::RequestsPerMinute, vec![rate]));
            }
            Experiment::Notes { files } => notes(&mut trial, candidate, files, workload),
            Experiment::Needle { content_chars, depths } => {
                let prompt = f64::from(*content_chars) / workload.chars_per_token.max(0.1);
                let run = Requests::new(count(depths.len()), prompt, 20.0, 1.0);
                trial.seconds += run.seconds;
                request_samples(&mut trial, &run);
                let found = f64::from(u8::from(prompt <= f64::from(candidate.num_ctx) * 0.75));
                trial.samples.extend(sample(Metric::NeedleRecall, vec![found; depths.len()]));
            }
            Experiment::Compare { other, files } => {
                let one = files_seconds(candidate, files, workload);
                let rival = files_seconds(other, files, workload);
                trial.seconds += one.iter().chain(&rival).sum::<f64>();
                let ratios = one.iter().zip(&rival).map(|(one, rival)| rival / one.max(1e-6)).collect();
                let better = |file: &usize| quality(candidate, *file, workload) - quality(other, *file, workload);
                trial.samples.extend(sample(Metric::SpeedRatio, ratios));
                trial.samples.extend(sample(Metric::QualityDifference, files.iter().map(better).collect()));
            }
        }
        if trial.seconds > left {
            trial.state = TrialState::Failed(FailureCause::OutOfTime);
            trial.seconds = left;
            trial.samples.clear();
            trial.scores.clear();
        }
        trial
    }
}

fn request_samples(trial: &mut Trial, run: &Requests) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a handful of requests")]
    let values = |value: f64| vec![value; run.count as usize];
    for (metric, value) in [
        (Metric::RequestLatencyMs, run.latency * 1000.0),
        (Metric::TimeToFirstTokenMs, (run.latency - run.answer / run.decode).max(0.0) * 1000.0),
        (Metric::PrefillTokensPerSecond, run.prefill),
        (Metric::DecodeTokensPerSecond, run.decode),
        (Metric::QueueWaitMs, (run.latency - run.prompt / run.prefill - run.answer / run.decode).max(0.0) * 1000.0),
        (Metric::PromptTokens, run.prompt),
        (Metric::AnswerTokens, run.answer),
        (Metric::SuccessRate, 1.0),
    ] {
        trial.samples.extend(sample(metric, values(value)));
    }
    trial.samples.extend(sample(Metric::EffectiveSlots, vec![run.working.min(run.count)]));
}

fn chars(file: usize, workload: &WorkloadView) -> f64 {
    count(workload.file_chars.get(file).copied().unwrap_or_default())
}

fn read(candidate: &Candidate, file: usize, workload: &WorkloadView) -> f64 {
    chars(file, workload).min(f64::from(candidate.max_content_length))
}

/// Seconds of each file alone.
fn files_seconds(candidate: &Candidate, files: &[usize], workload: &WorkloadView) -> Vec<f64> {
    files.iter().map(|file| file_requests(candidate, *file, workload).seconds).collect()
}

fn file_requests(candidate: &Candidate, file: usize, workload: &WorkloadView) -> Requests {
    let chars = read(candidate, file, workload);
    let pieces = (chars / f64::from(candidate.chunk_size.max(1))).ceil().max(1.0);
    let prompt = chars / pieces / workload.chars_per_token.max(0.1) + f64::from(workload.overhead_tokens);
    Requests::new(pieces, prompt, ANSWER.min(f64::from(candidate.num_predict)), 1.0)
}

/// What is read counts, and pieces cost a little.
fn quality(candidate: &Candidate, file: usize, workload: &WorkloadView) -> f64 {
    let share = read(candidate, file, workload) / chars(file, workload).max(1.0);
    let pieces = file_requests(candidate, file, workload).count;
    (0.85 * share.sqrt() - 0.01 * (pieces - 1.0) - 0.02 * (candidate.temperature - 0.2).abs()).clamp(0.0, 1.0)
}

fn notes(trial: &mut Trial, candidate: &Candidate, files: &[usize], workload: &WorkloadView) {
    let parallel = f64::from(candidate.max_concurrent_requests);
    let working = parallel.clamp(1.0, SLOTS);
    let crowd = 1.0 + CROWDING * (working - 1.0);
    let each: Vec<f64> = files_seconds(candidate, files, workload).into_iter().map(|seconds| seconds * crowd).collect();
    let seconds = each.iter().sum::<f64>() / working + candidate.request_delay_seconds;
    trial.seconds += seconds;
    let source: Vec<f64> = files.iter().map(|file| read(candidate, *file, workload)).collect();
    let rate = 60.0 * count(files.len()) / seconds.max(1e-3);
    let prompt = mean(&source) / workload.chars_per_token.max(0.1) + f64::from(workload.overhead_tokens);
    request_samples(trial, &Requests::new(count(files.len()), prompt, ANSWER, parallel));
    let values: Vec<f64> = files.iter().map(|file| quality(candidate, *file, workload)).collect();
    trial.scores = files
        .iter()
        .zip(&values)
        .map(|(file, value)| NoteScore { file: *file, value: *value, by_scorer: Vec::new() })
        .collect();
    let shares = files.iter().map(|file| read(candidate, *file, workload) / chars(*file, workload).max(1.0)).collect();
    for (metric, values) in [
        (Metric::FileBusyMs, each.iter().map(|seconds| seconds * 1000.0).collect()),
        (Metric::NotesPerMinute, vec![rate]),
        (Metric::SourceCharactersPerMinute, vec![rate * mean(&source)]),
        (Metric::SourceShare, shares),
        (Metric::Quality, values),
    ] {
        trial.samples.extend(sample(metric, values));
    }
}
