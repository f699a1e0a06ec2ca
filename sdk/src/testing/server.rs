use crate::{
    Settings,
    strategy::Study,
    study::{Fit, REPETITION, count, metric},
    types::{Experiment, Fact, NoteScore, Probe, Setting, TrialState},
};

/// A server whose truth is known.
#[derive(Debug, Clone)]
pub struct Server {
    /// Tokens a second, of one request alone.
    pub prefill: f64,
    pub decode: f64,
    pub load_seconds: f64,
    /// Requests that it works on at once.
    pub slots: f64,
    /// How much longer decoding takes with each further request: 0 costs nothing, 1 gains nothing.
    pub crowding: f64,
    pub gpu: bool,
    /// Tokens of context above which the model spills out of the GPU and is five times slower.
    pub spills_above: f64,
    /// Tokens of context above which loading fails.
    pub fails_above: f64,
    pub answer_tokens: f64,
    /// Speed as a factor, by `num_thread`.
    pub threads: fn(f64) -> f64,
    /// Speed of reading as a factor, by `num_batch`.
    pub batches: fn(f64) -> f64,
    /// Score of the note of a file of that length, by settings.
    pub quality: fn(&[Setting], f64) -> f64,
    /// Share of a note that is no repetition, likewise; `None` where no scorer looks for it.
    pub unrepeated: Option<fn(&[Setting], f64) -> f64>,
    /// Share of requests that end well, by settings.
    pub success: fn(&[Setting]) -> f64,
    /// Relative size of the repeatable noise on rates.
    pub noise: f64,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            prefill: 800.0,
            decode: 40.0,
            load_seconds: 4.0,
            slots: 1.0,
            crowding: 0.3,
            gpu: true,
            spills_above: f64::INFINITY,
            fails_above: f64::INFINITY,
            answer_tokens: 300.0,
            threads: |_| 1.0,
            batches: |_| 1.0,
            quality: |_, _| 0.8,
            unrepeated: None,
            success: |_| 1.0,
            noise: 0.02,
        }
    }
}

#[derive(Debug)]
pub(super) struct Run {
    pub state: TrialState,
    pub seconds: f64,
    pub samples: Vec<(&'static str, Vec<f64>)>,
    pub scores: Vec<NoteScore>,
    pub facts: Vec<Fact>,
}

impl Default for Run {
    fn default() -> Self {
        Self { state: TrialState::Complete, seconds: 0.0, samples: Vec::new(), scores: Vec::new(), facts: Vec::new() }
    }
}

/// Tokens that the first request after a load reads and writes.
const FIRST: (f64, f64) = (90.0, 2.0);

impl Server {
    pub(super) fn run(&self, study: &Study, candidate: &[Setting], experiment: &Experiment, reloads: bool) -> Run {
        let num_ctx = candidate.value("num_ctx");
        let loading = if reloads { self.load_seconds } else { 0.0 };
        if num_ctx > self.fails_above {
            return Run { state: TrialState::Failed("out-of-memory".to_owned()), seconds: loading, ..Run::default() };
        }
        let mut run = match experiment {
            Experiment::Probe(probe) => self.probe(candidate, probe, reloads),
            Experiment::Notes(files) => self.notes(study, candidate, files),
            Experiment::Load | Experiment::Needle(_) | Experiment::Compare(_) => {
                Run { samples: vec![(metric::LOAD_DURATION_MS, vec![loading * 1000.0])], ..Run::default() }
            }
        };
        run.seconds += loading;
        if reloads {
            let (prefill, decode) = self.rates(candidate, 1.0);
            if matches!(experiment, Experiment::Load) {
                run.seconds += FIRST.0 / prefill + FIRST.1 / decode;
            }
            let fact = |name: &str, value: f64| Fact { name: name.to_owned(), value };
            run.facts.push(fact("first_prefill_tokens_per_second", prefill));
            run.facts.push(fact("first_decode_tokens_per_second", decode));
        }
        let spilled = num_ctx > self.spills_above;
        let share = if !self.gpu {
            0.0
        } else if spilled {
            super::memory(&study.model, self.spills_above) / super::memory(&study.model, num_ctx)
        } else {
            1.0
        };
        run.samples.push((metric::GPU_SHARE, vec![share]));
        run.samples.push((metric::PEAK_MEMORY_BYTES, vec![super::memory(&study.model, num_ctx)]));
        run.facts.push(Fact { name: "loaded_context_tokens".to_owned(), value: num_ctx });
        run
    }

    /// Prefill and decode rate of each of `working` requests.
    fn rates(&self, candidate: &[Setting], working: f64) -> (f64, f64) {
        let spill = if candidate.value("num_ctx") > self.spills_above { 0.2 } else { 1.0 };
        let speed = (self.threads)(candidate.value("num_thread")) * spill;
        let reading = speed * (self.batches)(candidate.value("num_batch"));
        (self.prefill * reading / working, self.decode * speed / (1.0 + self.crowding * (working - 1.0)))
    }

    /// Three values around `value`, the same ones every time.
    fn noisy(&self, value: f64) -> Vec<f64> {
        [-1.0, 0.0, 1.0].iter().map(|sign| value * (1.0 + sign * self.noise)).collect()
    }

    fn probe(&self, candidate: &[Setting], probe: &Probe, reloads: bool) -> Run {
        let parallel = f64::from(probe.parallel.max(1));
        let working = parallel.min(self.slots);
        let (prefill, decode) = self.rates(candidate, working);
        let service = f64::from(probe.prompt_tokens) / prefill + f64::from(probe.output_tokens) / decode;
        let requests = f64::from(probe.requests);
        let warm_up = if reloads { service } else { 0.0 };
        let latency = service * parallel / working;
        let waiting = (latency - service) * 1000.0;
        Run {
            seconds: warm_up + requests / working * service,
            samples: vec![
                (metric::REQUEST_LATENCY_MS, self.noisy(latency * 1000.0)),
                (metric::PREFILL_TOKENS_PER_SECOND, self.noisy(prefill)),
                (metric::DECODE_TOKENS_PER_SECOND, self.noisy(decode)),
                (metric::QUEUE_WAIT_MS, vec![waiting]),
                (metric::REQUESTS_PER_MINUTE, vec![60.0 * working / service]),
                (metric::EFFECTIVE_SLOTS, vec![working]),
                (metric::SUCCESS_RATE, vec![(self.success)(candidate)]),
            ],
            ..Run::default()
        }
    }

    fn notes(&self, study: &Study, candidate: &[Setting], files: &[u32]) -> Run {
        let fit = Fit::of(study).with_context(candidate.value("num_ctx"));
        let working = candidate.value("max_concurrent_requests").max(1.0).min(self.slots);
        let (prefill, decode) = self.rates(candidate, working);
        let mut run = Run::default();
        let (mut latencies, mut prompts) = (Vec::new(), Vec::new());
        let (mut busy, mut scores, mut shares) = (Vec::new(), Vec::new(), Vec::new());
        for file in files {
            let chars = study.workload.file_chars.get(*file as usize).map_or(0.0, |chars| f64::from(*chars));
            let (read, pieces) = Fit::cut(chars, candidate.value("max_content_length"), candidate.value("chunk_size"));
            let prompt = fit.prompt_tokens(read / pieces);
            if prompt + fit.num_predict > fit.num_ctx {
                run.state = TrialState::Failed("context-exceeded".to_owned());
                return run;
            }
            let latency = prompt / prefill + self.answer_tokens / decode;
            run.seconds += latency * pieces / working;
            let requests = super::super::study::whole(pieces) as usize;
            latencies.extend(std::iter::repeat_n(latency * 1000.0, requests));
            prompts.extend(std::iter::repeat_n(prompt, requests));
            busy.push(latency * pieces * 1000.0);
            shares.push(read / chars.max(1.0));
            scores.push((self.quality)(candidate, chars));
            let value = scores.last().copied().unwrap_or(0.0);
            let part = |share: fn(&[Setting], f64) -> f64| Fact {
                name: REPETITION.to_owned(),
                value: share(candidate, chars),
            };
            run.scores.push(NoteScore { file: *file, value, parts: self.unrepeated.map(part).into_iter().collect() });
        }
        let per_minute = 60.0 * count(files.len()) / run.seconds.max(1e-9);
        let answers = vec![self.answer_tokens; latencies.len()];
        run.samples = vec![
            (metric::REQUEST_LATENCY_MS, latencies),
            (metric::PREFILL_TOKENS_PER_SECOND, self.noisy(prefill)),
            (metric::DECODE_TOKENS_PER_SECOND, self.noisy(decode)),
            (metric::PROMPT_TOKENS, prompts),
            (metric::ANSWER_TOKENS, answers),
            (metric::FILE_BUSY_MS, busy),
            (metric::SOURCE_SHARE, shares),
            (metric::QUALITY, scores),
            (metric::NOTES_PER_MINUTE, vec![per_minute]),
            (metric::SUCCESS_RATE, vec![(self.success)(candidate)]),
        ];
        run
    }
}
