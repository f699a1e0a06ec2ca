//! For native tests of plugins. [`score`] and [`select`] call a scorer and a selector as the host does, with the defaults of
//! their parameters, and refuse what the host would refuse.
//!
//! [`Host`] only pretends: it plays a strategy's proposals against a small cost model of a server, on a clock that
//! is a number. Does the loop end, within its seconds and bounds, with the right answer?
//!
//! ```
//! use ralf_tune_sdk::testing::{Host, Server};
//!
//! let mut host = Host::new(Server::default(), &[500, 2_000, 6_000]);
//! host.baseline(&[0, 1, 2]);
//! assert_eq!(host.study.history.len(), 1);
//! ```

mod calls;
mod server;
mod surroundings;

pub use calls::{score, score_with, select, select_with};
pub use server::Server;
pub use surroundings::{constraints, machine, model, workload};

use crate::{
    Arguments, Settings,
    settings::setting,
    strategy::{Answer, Decision, Proposal, Strategy, Study},
    study::{LOAD_TIME, bytes, count, mean, median},
    types::{Experiment, Model, Sample, Setting, SettingRange, Trial, TrialState, Value},
};

/// Present settings of somebody who never set anything.
const PRESENT: [(&str, f64); 15] = [
    ("num_ctx", 10_000.0),
    ("num_thread", 0.0),
    ("num_batch", 0.0),
    ("num_predict", 1024.0),
    ("temperature", 0.1),
    ("chunk_size", 100_000.0),
    ("max_content_length", 8_000.0),
    ("max_concurrent_requests", 1.0),
    ("request_delay_seconds", 0.0),
    ("batch_size", 10.0),
    ("batch_delay_seconds", 0.0),
    ("request_timeout_seconds", 300.0),
    ("retry_attempts", 3.0),
    ("initial_backoff_seconds", 1.0),
    ("backoff_multiplier", 2.0),
];

/// Name, least, greatest, step.
const SPACE: [(&str, f64, f64, f64); 15] = [
    ("num_ctx", 256.0, 32_768.0, 1.0),
    ("num_thread", 0.0, 8.0, 1.0),
    ("num_batch", 0.0, 4096.0, 1.0),
    ("num_predict", 16.0, 8192.0, 1.0),
    ("temperature", 0.0, 2.0, 0.0),
    ("chunk_size", 500.0, 1e6, 1.0),
    ("max_content_length", 500.0, 1e6, 1.0),
    ("max_concurrent_requests", 1.0, 16.0, 1.0),
    ("request_delay_seconds", 0.0, 10.0, 0.0),
    ("batch_size", 1.0, 1000.0, 1.0),
    ("batch_delay_seconds", 0.0, 60.0, 0.0),
    ("request_timeout_seconds", 1.0, 3600.0, 1.0),
    ("retry_attempts", 1.0, 20.0, 1.0),
    ("initial_backoff_seconds", 0.0, 60.0, 0.0),
    ("backoff_multiplier", 1.0, 10.0, 0.0),
];

/// A study and the server that it is about.
#[derive(Debug, Clone)]
pub struct Host {
    pub server: Server,
    /// Change it as a test needs, before a stage runs.
    pub study: Study,
    loaded: Option<Vec<f64>>,
}

/// What a stage did.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub decision: Decision,
    pub trials: usize,
    pub seconds: f64,
    /// Trials that the end of the stage cut off: a strategy that estimates well has none.
    pub cut_off: usize,
    pub reloads: u32,
    /// Load-time settings that were loaded more than once.
    pub loaded_again: u32,
    /// Its time was over before it was done.
    pub concluded: bool,
}

impl Outcome {
    /// The decided value of a setting; 0 when it was left alone.
    #[must_use]
    pub fn value(&self, name: &str) -> f64 {
        self.decision.settings.value(name)
    }

    /// All that the decision says, for searching in it.
    #[must_use]
    pub fn text(&self) -> String {
        [self.decision.reasons.join("\n"), self.decision.not_found.join("\n")].join("\n")
    }
}

impl Host {
    /// A study of files of these lengths (in characters), which are also the batch, on a machine with 8 cores and 16 GiB.
    #[must_use]
    pub fn new(server: Server, file_chars: &[u32]) -> Self {
        let settings: Vec<Setting> = PRESENT.iter().map(|(name, value)| setting(name, *value)).collect();
        let range = |(name, low, high, step): &(&str, f64, f64, f64)| SettingRange {
            name: (*name).to_owned(),
            low: *low,
            high: *high,
            step: *step,
            load_time: LOAD_TIME.contains(name),
            affects_quality: false,
        };
        let study = Study {
            machine: machine(server.gpu),
            model: model(),
            workload: workload(file_chars),
            space: SPACE.iter().map(range).collect(),
            constraints: constraints(),
            baseline: settings.clone(),
            incumbent: settings,
            seconds_left: 0.0,
            history: Vec::new(),
            arguments: Vec::new(),
            seed: 1,
        };
        Self { server, study, loaded: None }
    }

    /// Changes a setting of the incumbent.
    pub fn set(&mut self, name: &str, value: f64) {
        self.study.incumbent.retain(|setting| setting.name != name);
        self.study.incumbent.push(setting(name, value));
    }

    /// Measures these files with the incumbent, as the stage `baseline` does.
    pub fn baseline(&mut self, files: &[u32]) {
        let proposal =
            Proposal { changes: Vec::new(), experiment: Experiment::Notes(files.to_vec()), why: String::new() };
        self.execute("baseline", &proposal, f64::INFINITY);
    }

    /// Runs a stage to its end with the defaults of its parameters, and makes its decision part of the incumbent.
    ///
    /// # Errors
    /// What the strategy must not do: fail, ask for what is out of bounds or for nothing, never end, or decide what it
    /// does not declare.
    pub fn run<S: Strategy>(&mut self, seconds: f64) -> Result<Outcome, String> {
        self.run_with::<S>(seconds, &[])
    }

    /// The same with some parameters set.
    ///
    /// # Errors
    /// As of [`run`](Self::run).
    pub fn run_with<S: Strategy>(&mut self, seconds: f64, changes: &[(&str, Value)]) -> Result<Outcome, String> {
        let manifest = S::manifest();
        let arguments = changes
            .iter()
            .fold(Arguments::defaults(&manifest), |arguments, (name, value)| arguments.with(name, value.clone()));
        let first = self.study.history.len();
        let mut spent = 0.0;
        let mut cut_off = 0;
        let mut answer = None;
        'asking: for _ in 0..50 {
            self.study.seconds_left = seconds - spent;
            let proposals = match S::ask(&self.study, &arguments)? {
                Answer::Done(decision) => {
                    answer = Some(decision);
                    break;
                }
                Answer::Measure(proposals) if proposals.is_empty() => return Err("asked for nothing".to_owned()),
                Answer::Measure(proposals) => proposals,
            };
            for proposal in &proposals {
                for change in &proposal.changes {
                    self.check(change)?;
                }
                spent += self.execute(&manifest.name, proposal, seconds - spent);
                if spent >= seconds {
                    cut_off += 1;
                    break 'asking;
                }
            }
        }
        if answer.is_none() && cut_off == 0 {
            return Err("never done".to_owned());
        }
        let concluded = answer.is_none();
        self.study.seconds_left = (seconds - spent).max(0.0);
        let decision = match answer {
            Some(decision) => decision,
            None => S::conclude(&self.study, &arguments)?,
        };
        for change in &decision.settings {
            self.check(change)?;
            if !manifest.decides.contains(&change.name) {
                return Err(format!("decided {} without declaring it", change.name));
            }
            self.set(&change.name, change.value);
        }
        let trials = self.study.history.get(first..).unwrap_or_default();
        let mut keys: Vec<Vec<f64>> =
            trials.iter().filter(|trial| trial.reloads > 0).map(|trial| load_key(&trial.candidate)).collect();
        let reloads = keys.len();
        keys.sort_by(|left, right| left.partial_cmp(right).unwrap_or(std::cmp::Ordering::Equal));
        keys.dedup();
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let (reloads, loaded_again) = (number(reloads), number(reloads - keys.len()));
        Ok(Outcome { decision, trials: trials.len(), seconds: spent, cut_off, reloads, loaded_again, concluded })
    }

    fn check(&self, change: &Setting) -> Result<(), String> {
        let range = self.study.space.iter().find(|range| range.name == change.name);
        let range = range.ok_or_else(|| format!("there is no setting {}", change.name))?;
        let inside = (range.low..=range.high).contains(&change.value);
        let whole = range.step == 0.0 || change.value.fract() == 0.0;
        if inside && whole { Ok(()) } else { Err(format!("{} = {} is out of bounds", change.name, change.value)) }
    }

    /// Carries a proposal out, remembers the trial, and says how long it took; never more than `left`.
    fn execute(&mut self, stage: &str, proposal: &Proposal, left: f64) -> f64 {
        let mut candidate = self.study.incumbent.clone();
        for change in &proposal.changes {
            candidate.retain(|setting| setting.name != change.name);
            candidate.push(change.clone());
        }
        let key = load_key(&candidate);
        let reloads = self.loaded.as_ref() != Some(&key);
        self.loaded = Some(key);
        let mut run = self.server.run(&self.study, &candidate, &proposal.experiment, reloads);
        if run.seconds > left {
            run = server::Run {
                state: TrialState::Failed("out-of-time".to_owned()),
                seconds: left,
                ..server::Run::default()
            };
        }
        self.study.history.push(Trial {
            number: u32::try_from(self.study.history.len()).unwrap_or(u32::MAX),
            stage: stage.to_owned(),
            candidate,
            experiment: proposal.experiment.clone(),
            state: run.state,
            seconds: run.seconds,
            reloads: u32::from(reloads),
            samples: run.samples.into_iter().map(|(metric, values)| sample(metric, values)).collect(),
            scores: run.scores,
            facts: run.facts,
        });
        run.seconds
    }
}

/// A sample as the host makes it.
#[must_use]
pub fn sample(metric: &str, values: Vec<f64>) -> Sample {
    let average = mean(&values).unwrap_or(0.0);
    let squares: f64 = values.iter().map(|value| (value - average).powi(2)).sum();
    let standard_deviation = if values.len() < 2 { 0.0 } else { (squares / (count(values.len()) - 1.0)).sqrt() };
    let median = median(&values).unwrap_or(0.0);
    Sample { metric: metric.to_owned(), values, mean: average, median, standard_deviation }
}

fn load_key(candidate: &[Setting]) -> Vec<f64> {
    LOAD_TIME.iter().map(|name| candidate.value(name)).collect()
}

/// Memory of the model with that context.
fn memory(model: &Model, num_ctx: f64) -> f64 {
    bytes(model.size_bytes) + num_ctx * bytes(model.kv_bytes_per_token)
}
