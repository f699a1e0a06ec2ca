//! The comparison alone: two settings against each other, as long as the budget lasts or until it is decided.

use tokio::{sync::watch, time::Instant};

use super::{
    candidates::CostLine,
    changed,
    clock::StudyClock,
    compare::{self, Contest, Goal},
    execute::Executor,
    fleet::Fleet,
    hindsight,
    prompts::Nonces,
    restore,
    score::Panel,
    server::Server,
    stage,
};
use crate::{
    model::{
        budget::Budget,
        candidate::Candidate,
        experiment::{Experiment, Proposal},
        machine::{ModelProfile, ServerProfile},
        observation::FailureCause,
        server_failure::server_failure,
        study::{Comparison, Outcome, StudyEvent, Warning},
        trial::{Trial, TrialState},
        verification::{Configuration, VERIFICATION_SCHEMA_VERSION, Verification},
        workload::Workload,
    },
    ollama::client::Client,
};

/// The stage that trials are said to belong to.
const STAGE: &str = "verify";

/// Tokens of the prompt and the answer of a probe for slots: a few seconds on most machines.
const SLOTS_PROBE: (u32, u32) = (100, 12);

/// Share of the budget that the first note with each of the two may take at most.
const FIRST_SHARE: f64 = 0.35;

/// Seconds that are kept at the end to restore the server, besides what a load takes.
const RESTORE_SECONDS: f64 = 1.0;

/// All that a verification needs to begin.
pub struct Verify<'a> {
    pub client: &'a Client,
    pub server: &'a ServerProfile,
    pub model: &'a ModelProfile,
    pub workload: &'a Workload,
    pub panel: &'a Panel,
    /// Settings, and where they stand for people.
    pub old: (Candidate, String),
    pub new: (Candidate, String),
    pub budget: Budget,
    pub seed: u64,
    /// Tells two of the same seed apart on a real server; 0 in simulations, so that they repeat.
    pub salt: u64,
    /// RFC 3339.
    pub started_at: String,
}

/// Compares. What goes wrong is in the result. `stop` turning true ends it soon, with what was measured.
pub async fn run(setup: Verify<'_>, mut stop: watch::Receiver<bool>, emit: &mut dyn FnMut(StudyEvent)) -> Verification {
    let clock = StudyClock::start(setup.budget);
    let nonces = Nonces::new(setup.seed, setup.salt);
    let executor =
        Executor::new(Server::new(setup.client), setup.server, setup.model, setup.workload, clock, nonces, setup.panel);
    let mut executor = Fleet::alone(executor);
    let budget_seconds = setup.budget.total_seconds;
    emit(StudyEvent::Started { budget_seconds, stages: vec![STAGE.to_owned()] });
    emit(StudyEvent::StageStarted { name: STAGE.to_owned(), index: 0, of: 1 });
    let mut history = Vec::new();
    let mut known = None;
    let interrupted = tokio::select! {
        biased;
        () = compared(&mut executor, &setup, &mut history, &mut known, emit) => false,
        _ = stop.wait_for(|stopped| *stopped) => true,
    };
    let parting = restore::leave_as_found(&executor, setup.server, setup.model, &setup.started_at).await;
    let mut warnings: Vec<Warning> =
        parting.iter().filter_map(|parting| restore::warning(parting, setup.model)).collect();
    let hindsight = hindsight::look_back(&history, &executor.watch, budget_seconds, &setup.new.0, &[]);
    warnings.extend(hindsight.warnings);
    warnings.extend(changed::warnings(setup.server, parting.as_ref(), &history, &hindsight.disturbances));
    warnings.extend(
        executor.panel.failures().iter().map(|error| Warning { what: error.to_string(), advice: Some(error.hint()) }),
    );
    let elapsed_seconds = clock.elapsed().as_secs_f64();
    emit(StudyEvent::Finished { outcome: Outcome::KeepBaseline, elapsed_seconds });
    let lost = known.is_none() && server_failure(&history, parting.as_ref()).is_some();
    let configuration = |(settings, place): (Candidate, String)| {
        let faults = faults(&history, &settings, lost);
        Configuration { place, settings, faults }
    };
    let differences = setup.old.0.differences(&setup.new.0).into_iter().map(|name| name.name().to_owned()).collect();
    Verification {
        schema_version: VERIFICATION_SCHEMA_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: setup.started_at,
        seed: setup.seed,
        model: setup.model.name.clone(),
        budget_seconds,
        elapsed_seconds,
        old: configuration(setup.old),
        new: configuration(setup.new),
        differences,
        comparison: known,
        trials: history,
        warnings,
        parting,
        interrupted,
    }
}

/// One note with each, to know what they cost; then the comparison.
async fn compared(
    executor: &mut Fleet<'_>,
    setup: &Verify<'_>,
    history: &mut Vec<Trial>,
    known: &mut Option<Comparison>,
    emit: &mut dyn FnMut(StudyEvent),
) {
    let clock = executor.clock;
    let total = setup.budget.total_seconds;
    let (old, new) = (&setup.old.0, &setup.new.0);
    let middle = setup.workload.files.len() / 2;
    let mut costs = Vec::new();
    for (candidate, who, until) in [(old, OLD, FIRST_SHARE), (new, NEW, 2.0 * FIRST_SHARE)] {
        if candidate.max_concurrent_requests > 1 {
            // How many of them the server works on at the same time: what notes cost depends on it.
            let parallel = candidate.max_concurrent_requests;
            let (prompt_tokens, output_tokens) = SLOTS_PROBE;
            let experiment = Experiment::Probe { prompt_tokens, output_tokens, parallel, requests: parallel };
            let why = "how many requests it works on at the same time".to_owned();
            let proposal = Proposal { candidate: candidate.clone(), experiment, why: why.clone() };
            emit(StudyEvent::TrialStarted {
                number: executor.next_number(),
                stage: STAGE.into(),
                what: why.clone(),
                of: None,
            });
            let trial = executor.run(STAGE, &proposal, clock.at(until * total)).await;
            emit(stage::finished(&trial, why));
            history.push(trial);
        }
        compare::measure(executor, STAGE, candidate, who, &[middle], clock.at(until * total), history, emit).await;
        let line = CostLine::of(history, setup.workload, candidate);
        costs.extend(line.map(|line| line.batch_ms(&setup.workload.batch_chars, candidate) / 1000.0));
    }
    let [old_seconds, new_seconds] = costs[..] else { return };
    let deadline: Instant = clock.at(total - RESTORE_SECONDS - executor.last_load_seconds);
    let contest = Contest {
        made: None,
        stage: STAGE,
        tuned: new,
        baseline: old,
        names: (NEW, OLD),
        file_seconds: (new_seconds, old_seconds),
        deadline,
        goal: Goal::Verdict,
    };
    compare::run(executor, &contest, history, known, emit).await;
}

const OLD: &str = "the old settings";
const NEW: &str = "the new settings";

/// What makes settings unusable, each once. Of a server that was `lost`, what any settings would have met says nothing of these.
fn faults(history: &[Trial], settings: &Candidate, lost: bool) -> Vec<String> {
    let mut faults: Vec<String> = Vec::new();
    for trial in history.iter().filter(|trial| trial.candidate == *settings) {
        let TrialState::Failed(cause) = trial.state else { continue };
        let what = match cause {
            FailureCause::Truncated => "the server cut a prompt",
            FailureCause::ContextExceeded => "a prompt is longer than the context",
            FailureCause::AnswerCut => "the context has no room for the whole answer",
            FailureCause::OutOfMemory => "the server has no memory for it",
            _ if lost => continue,
            FailureCause::ModelMissing => "the server does not have the model",
            // None is a property of the settings.
            FailureCause::OutOfTime | FailureCause::Invalid | FailureCause::Unreachable => continue,
            _ => "its requests failed",
        };
        if !faults.iter().any(|known| known == what) {
            faults.push(what.to_owned());
        }
    }
    faults
}
