//! The user's batch itself: every file becomes a note, made exactly as a study measures it (`tune/batch.rs`).
//!
//! What a study does not need is here: how many requests at once adapts within what was proven (`pace`), a server that is gone is waited for
//! (`outage`), each note leaves as soon as it is whole, and somebody wants to know how long it still takes (`remaining`).

mod group;
mod outage;
mod pace;
mod predict;
mod remaining;

use std::{cell::RefCell, time::Duration};

use tokio::sync::watch;

pub use predict::{Prediction, predict};
pub use remaining::Left;

use super::{
    calibrate::Calibration,
    clock::StudyClock,
    execute::{leaves_out_cached, load_request},
    measure::{Bench, Contexts, keep_alive},
    prompts::Nonces,
    restore,
    score::Panel,
    server::Server,
};
use crate::{
    model::{
        budget::Budget,
        candidate::Candidate,
        machine::{ModelProfile, ServerProfile, same_model},
        production::{LostFile, Made, ProductionEnd},
        study::Warning,
        workload::{PromptTemplate, SourceFile, Workload},
    },
    ollama::client::Client,
    stats::interval::mean_interval,
    workload::{samples::SampleOptions, sources::Source},
};
use group::{Group, GroupEnd};
use outage::Outage;
use pace::Pace;
use remaining::Remaining;

/// Longer than any batch: it ends when it is done.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// All that a batch needs to begin.
pub struct Production<'a> {
    pub client: &'a Client,
    pub server: &'a ServerProfile,
    /// When the server was looked at, RFC 3339.
    pub began: &'a str,
    pub model: &'a ModelProfile,
    pub prompt: &'a PromptTemplate,
    /// The files to make notes of, in their order, and how they are read.
    pub sources: &'a [Source],
    pub reading: &'a SampleOptions,
    pub settings: &'a Candidate,
    pub panel: &'a Panel,
    pub prediction: Option<&'a Prediction>,
    /// How long a server that is gone is waited for.
    pub patience: Duration,
    pub seed: u64,
    /// Tells two of the same seed apart on a real server; 0 in simulations, so that they repeat.
    pub salt: u64,
}

/// A whole note.
pub struct FinishedNote<'a> {
    pub source: &'a Source,
    /// The text that it was made of.
    pub text: &'a str,
    /// One for each piece of the file.
    pub answers: Vec<String>,
    /// 0 to 1; none where nobody could judge it.
    pub score: Option<f64>,
    pub answer_tokens: u64,
    /// An answer ended because it had no more room.
    pub cut: bool,
}

/// A note could not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepError {
    /// This one alone.
    Note(String),
    /// None can be any more.
    All(String),
}

/// Where notes go: false where something stands in the place of one.
pub type Keep<'a> = dyn FnMut(FinishedNote<'_>) -> Result<bool, KeepError> + 'a;

/// What happens in a batch, as it happens.
#[derive(Debug, Clone, PartialEq)]
pub enum ProductionEvent {
    Loaded {
        seconds: f64,
    },
    /// A file had its turn; how it stands, and how many requests are allowed at once.
    Progress {
        done: usize,
        of: usize,
        lost: usize,
        notes_per_minute: Option<f64>,
        at_once: usize,
        left: Option<Left>,
    },
    Lost {
        file: LostFile,
    },
    Slower {
        at_once: usize,
        why: String,
    },
    Waiting {
        why: String,
    },
    Back {
        seconds: f64,
    },
}

/// How it went.
#[derive(Debug, Clone, PartialEq)]
pub struct Produced {
    pub made: Made,
    pub end: ProductionEnd,
    pub warnings: Vec<Warning>,
}

impl Produced {
    /// A batch that has nothing to make.
    #[must_use]
    pub fn nothing() -> Self {
        Self { made: Made::default(), end: ProductionEnd::Complete, warnings: Vec::new() }
    }
}

/// What is true of the whole batch, from group to group.
struct Workshop<'a> {
    setup: &'a Production<'a>,
    made: Made,
    scores: Vec<f64>,
    pace: Pace,
    outage: Outage,
    remaining: Remaining,
    clock: StudyClock,
    /// Notes in a row that could not be written.
    unwritten: u32,
}

/// Makes all notes. What goes wrong is in the result. `stop` turning true finishes what is under way and ends.
pub async fn run(
    setup: &Production<'_>,
    mut stop: watch::Receiver<bool>,
    keep: &mut Keep<'_>,
    emit: &mut dyn FnMut(ProductionEvent),
) -> Produced {
    let mut warnings = Vec::new();
    let load_seconds = load(setup).await;
    match &load_seconds {
        Ok(seconds) => emit(ProductionEvent::Loaded { seconds: *seconds }),
        // The first request loads it too, and the batch finds out what that comes to.
        Err(why) => warnings.push(Warning { what: format!("the model could not be loaded: {why}"), advice: None }),
    }
    let contexts = contexts(setup).await;
    let mut workshop = Workshop {
        setup,
        made: Made { load_seconds: load_seconds.unwrap_or(0.0), ..Made::default() },
        scores: Vec::new(),
        pace: Pace::new(setup.settings.max_concurrent_requests),
        outage: Outage::new(setup.patience),
        remaining: remaining(setup),
        clock: StudyClock::start(Budget::from_seconds(LONGEST.as_secs_f64())),
        unwritten: 0,
    };
    let (nonces, calibration) = (Nonces::new(setup.seed, setup.salt), RefCell::new(Calibration::default()));
    let mut end = ProductionEnd::Complete;
    let mut begun = 0;
    for sources in setup.sources.chunks(setup.settings.batch_size.max(1) as usize) {
        if begun > 0 && !workshop.rest(&mut stop).await {
            end = ProductionEnd::Interrupted;
            break;
        }
        let weights = weights(setup, begun, sources.len());
        begun += sources.len();
        let (workload, read) = workshop.read(sources, &weights, emit);
        let bench = Bench {
            server: Server::new(setup.client),
            model: setup.model,
            workload: &workload,
            clock: workshop.clock,
            nonces: &nonces,
            calibration: &calibration,
            contexts,
            keep_alive: Some(keep_alive()),
        };
        let group = Group { bench: &bench, sources: &read };
        match group.make(&mut workshop, &mut stop, keep, emit).await {
            GroupEnd::Made => {}
            GroupEnd::Ended(why) => {
                end = why;
                break;
            }
        }
    }
    let mut made = workshop.made;
    made.seconds = workshop.clock.elapsed().as_secs_f64();
    (made.least_at_once, made.most_at_once, made.lowered) = workshop.pace.record();
    made.quality = mean_interval(&workshop.scores).map(|mut quality| {
        // No note is better than 1, whatever few of them leave possible.
        quality.interval.low = quality.interval.low.max(0.0);
        quality.interval.high = quality.interval.high.min(1.0);
        quality
    });
    made.left = setup.sources.len() - made.notes - made.lost.len();
    warnings.extend(
        setup.panel.failures().iter().map(|error| Warning { what: error.to_string(), advice: Some(error.hint()) }),
    );
    // Nobody is there to be left as it was found where the server is gone.
    if !matches!(end, ProductionEnd::ServerLost { .. }) {
        let parting = restore::part(setup.client, setup.server, setup.model, setup.began, made.load_seconds).await;
        warnings.extend(restore::warning(&parting, setup.model));
    }
    Produced { made, end, warnings }
}

/// Loads the model as the settings say, before the clock starts.
async fn load(setup: &Production<'_>) -> Result<f64, String> {
    let request = load_request(setup.model, setup.settings);
    setup.client.load(&request).await.map(|took| took.as_secs_f64()).map_err(|error| error.to_string())
}

/// What limits prompts as the model is loaded.
async fn contexts(setup: &Production<'_>) -> Contexts {
    let models = setup.client.ps().await.unwrap_or_default();
    let ours = models.into_iter().find(|model| same_model(&model.name, &setup.model.name));
    // Before 0.10 the server does not say, and clamps all the same.
    let loaded = ours.and_then(|model| model.context_length).or(setup.model.trained_context.value);
    Contexts { loaded, leaves_out_cached: leaves_out_cached(setup.server) }
}

fn remaining(setup: &Production<'_>) -> Remaining {
    let expected = setup.prediction.map(|prediction| {
        let outlook = &prediction.outlook;
        (outlook.expected_minutes * 60.0, outlook.interval.low * 60.0, outlook.interval.high * 60.0)
    });
    Remaining::new(&weights(setup, 0, setup.sources.len()), expected)
}

/// The weights of so many files.
fn weights(setup: &Production<'_>, from: usize, files: usize) -> Vec<f64> {
    let known = setup.prediction.and_then(|prediction| prediction.weights.get(from..from + files));
    known.map_or_else(|| vec![1.0; files], <[f64]>::to_vec)
}

/// A file that was read, with its weight.
struct Read<'a> {
    source: &'a Source,
    weight: f64,
}

impl<'a> Workshop<'a> {
    /// The pause between two groups; false when it was cut short because somebody wants to stop.
    async fn rest(&self, stop: &mut watch::Receiver<bool>) -> bool {
        if *stop.borrow() {
            return false;
        }
        let pause = Duration::from_secs_f64(self.setup.settings.batch_delay_seconds.clamp(0.0, 86_400.0));
        if pause.is_zero() {
            return true;
        }
        tokio::select! {
            biased;
            () = stopped(stop) => false,
            () = tokio::time::sleep(pause) => true,
        }
    }

    /// Reads the texts of a group. What cannot be read any more is lost.
    fn read(
        &mut self,
        sources: &'a [Source],
        weights: &[f64],
        emit: &mut dyn FnMut(ProductionEvent),
    ) -> (Workload, Vec<Read<'a>>) {
        let mut files: Vec<SourceFile> = Vec::new();
        let mut read = Vec::new();
        for (source, weight) in sources.iter().zip(weights) {
            match source.read(self.setup.reading) {
                Ok(file) => {
                    files.push(file);
                    read.push(Read { source, weight: *weight });
                }
                Err(detail) => {
                    self.lose(source, "unreadable", Some(detail), emit);
                    self.remaining.finish(*weight, 0.0);
                }
            }
        }
        let prompt = self.setup.prompt.clone();
        let workload = Workload {
            origin: String::new(),
            files,
            batch_chars: Vec::new(),
            prompt,
            notices: Vec::new(),
            learned: None,
        };
        (workload, read)
    }

    fn lose(&mut self, source: &Source, cause: &str, detail: Option<String>, emit: &mut dyn FnMut(ProductionEvent)) {
        let file = LostFile { file: source.shown.clone(), cause: cause.to_owned(), detail };
        emit(ProductionEvent::Lost { file: file.clone() });
        self.made.lost.push(file);
    }

    /// Says how it stands.
    fn report(&self, under_way: f64, emit: &mut dyn FnMut(ProductionEvent)) {
        let so_far = Made { seconds: self.clock.elapsed().as_secs_f64(), ..self.made.clone() };
        emit(ProductionEvent::Progress {
            done: so_far.notes + so_far.lost.len(),
            of: self.setup.sources.len(),
            lost: so_far.lost.len(),
            notes_per_minute: so_far.notes_per_minute(),
            at_once: self.pace.at_once(),
            left: self.remaining.left(60.0 * so_far.working_minutes(), under_way),
        });
    }
}

/// When somebody wants to stop; never where nobody is left who could.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stopped| *stopped).await.is_err() {
        std::future::pending::<()>().await;
    }
}
