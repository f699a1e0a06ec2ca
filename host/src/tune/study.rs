//! A whole study, from the first look at the present settings to the saved winner.

use tokio::{sync::watch, time::Instant};

use super::{
    candidates::{self, source_share},
    clock::StudyClock,
    confidence::confidence,
    confirm::{self, Confirmed},
    execute::{Executor, same_model},
    plan::{CONFIRM_SHARE, Prepared, weight},
    prompts::Nonces,
    restore, stage,
};
use crate::{
    model::{
        budget::Budget,
        candidate::Candidate,
        experiment::{Experiment, Proposal},
        machine::{Locality, MachineProfile, ModelProfile, ServerProfile},
        metric::Metric,
        observation::FailureCause,
        selection::{Constraints, MeasuredCandidate, Selection, TunedConfig},
        space::{Parameter, SearchSpace},
        study::{Outcome, SCHEMA_VERSION, StageOutcome, Study, StudyEvent, Warning, WorkloadSummary},
        trial::{Trial, TrialState},
        workload::Workload,
    },
    ollama::client::Client,
    plugin::strategy::{StudyView, WorkloadView},
    stats::summary::mean,
    workload::pick::mixed,
};

/// Seconds that are kept at the end to restore the server, besides what a load takes.
const RESTORE_SECONDS: f64 = 1.0;

/// Tokens of the prompt and the answer of a probe for rates: short enough for a machine of one token a second.
const RATES_PROBE: (u32, u32) = (150, 12);

/// All that a study needs to begin.
pub struct Setup<'a> {
    pub client: &'a Client,
    pub machine: MachineProfile,
    pub server: ServerProfile,
    pub model: ModelProfile,
    pub workload: Workload,
    pub baseline: Candidate,
    pub constraints: Constraints,
    pub intensity: String,
    pub budget: Budget,
    pub prepared: Prepared,
    pub seed: u64,
    /// Tells two studies of the same seed apart on a real server; 0 in simulations, so that they repeat.
    pub salt: u64,
    /// RFC 3339.
    pub started_at: String,
}

/// What does not change during a study.
pub struct Facts<'a> {
    pub machine: &'a MachineProfile,
    pub server: &'a ServerProfile,
    pub model: &'a ModelProfile,
    pub workload: &'a Workload,
    pub space: SearchSpace,
    pub constraints: &'a Constraints,
    pub baseline: &'a Candidate,
    pub seed: u64,
}

impl Facts<'_> {
    /// What a plugin is told.
    #[must_use]
    pub fn view<'a>(
        &'a self,
        workload: &'a WorkloadView,
        incumbent: &'a Candidate,
        seconds_left: f64,
        history: &'a [Trial],
    ) -> StudyView<'a> {
        StudyView {
            machine: self.machine,
            server: self.server,
            model: self.model,
            workload,
            space: &self.space,
            constraints: self.constraints,
            baseline: self.baseline,
            incumbent,
            seconds_left,
            history,
            seed: self.seed,
        }
    }
}

/// What the stages leave behind.
struct Progress {
    history: Vec<Trial>,
    stages: Vec<StageOutcome>,
    not_found: Vec<String>,
    warnings: Vec<Warning>,
    incumbent: Candidate,
    interrupted: bool,
}

/// What was decided at the end.
struct Verdict {
    candidates: Vec<MeasuredCandidate>,
    selection: Option<Selection>,
    confirmed: Option<Confirmed>,
    tuned: Option<TunedConfig>,
    outcome: Outcome,
}

/// Runs a study. It always returns one: what goes wrong is in it. `stop` turning true ends it soon, with what was measured.
pub async fn run(setup: Setup<'_>, mut stop: watch::Receiver<bool>, emit: &mut dyn FnMut(StudyEvent)) -> Study {
    let clock = StudyClock::start(setup.budget);
    let trained = setup.model.trained_context.value.unwrap_or(u32::MAX >> 8);
    let usable = if setup.server.locality == Locality::Remote { None } else { setup.machine.usable_threads.value };
    let facts = Facts {
        machine: &setup.machine,
        server: &setup.server,
        model: &setup.model,
        workload: &setup.workload,
        space: SearchSpace::standard(trained.max(setup.baseline.num_ctx), usable.unwrap_or(0)),
        constraints: &setup.constraints,
        baseline: &setup.baseline,
        seed: setup.seed,
    };
    let nonces = Nonces::new(setup.seed, setup.salt);
    let mut executor = Executor::new(setup.client, &setup.model, &setup.workload, clock, nonces, &setup.prepared.panel);
    emit(StudyEvent::Started {
        budget_seconds: setup.budget.total_seconds,
        stages: setup.prepared.plan.stages.iter().map(|stage| stage.name.clone()).collect(),
    });

    let mut progress = Progress {
        history: Vec::new(),
        stages: Vec::new(),
        not_found: Vec::new(),
        warnings: Vec::new(),
        incumbent: setup.baseline.clone(),
        interrupted: false,
    };
    tokio::select! {
        () = measure(&mut executor, &facts, &setup, &mut progress, emit) => {}
        _ = stop.wait_for(|stopped| *stopped) => progress.interrupted = true,
    }
    let mut confirmed = None;
    if !progress.interrupted {
        let deadline = clock.at(setup.budget.total_seconds - RESTORE_SECONDS - executor.last_load_seconds);
        tokio::select! {
            result = prove(&mut executor, &facts, &setup, &mut progress, deadline, emit) => confirmed = result,
            _ = stop.wait_for(|stopped| *stopped) => progress.interrupted = true,
        }
    }
    let verdict = decide(&executor, &facts, &setup, &mut progress, confirmed);
    restore::leave_as_found(&executor, &setup.server, &setup.model)
        .await
        .into_iter()
        .for_each(|warning| progress.warnings.push(warning));
    warn(&setup, &executor, &mut progress);
    let elapsed_seconds = clock.elapsed().as_secs_f64();
    emit(StudyEvent::Finished { outcome: verdict.outcome, elapsed_seconds });
    let workload =
        summarise_workload(&setup, &executor, verdict.tuned.as_ref().map_or(&setup.baseline, |tuned| &tuned.candidate));
    Study {
        schema_version: SCHEMA_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: setup.started_at,
        seed: setup.seed,
        intensity: setup.intensity,
        budget: setup.budget,
        elapsed_seconds,
        machine: setup.machine.clone(),
        server: setup.server.clone(),
        model: setup.model.clone(),
        workload,
        plan: setup.prepared.plan.clone(),
        baseline: setup.baseline.clone(),
        trials: progress.history,
        stages: progress.stages,
        candidates: verdict.candidates,
        selection: verdict.selection,
        comparison: verdict.confirmed.map(|confirmed| confirmed.comparison),
        tuned: verdict.tuned,
        outcome: verdict.outcome,
        not_found: progress.not_found,
        warnings: progress.warnings,
    }
}

/// Baseline, then every stage.
async fn measure(
    executor: &mut Executor<'_>,
    facts: &Facts<'_>,
    setup: &Setup<'_>,
    progress: &mut Progress,
    emit: &mut dyn FnMut(StudyEvent),
) {
    let clock = executor.clock;
    let total = setup.budget.total_seconds;
    let measuring_ends = total * (1.0 - CONFIRM_SHARE);
    let count = setup.prepared.stages.len() + 2;
    emit(StudyEvent::StageStarted { name: "baseline".into(), index: 0, of: count });
    let baseline_share = setup.prepared.plan.stages.first().map_or(0.0, |stage| stage.seconds);
    measure_baseline(executor, facts, progress, (clock.at(baseline_share), clock.at(1.6 * baseline_share)), emit).await;

    let mut weights: Vec<f64> = setup.prepared.stages.iter().map(|stage| weight(&stage.strategy.manifest)).collect();
    for (index, stage) in setup.prepared.stages.iter().enumerate() {
        let name = stage.strategy.manifest.name.clone();
        emit(StudyEvent::StageStarted { name: name.clone(), index: index + 1, of: count });
        // What earlier stages did not use goes to the later ones.
        let now = clock.elapsed().as_secs_f64();
        let left = (measuring_ends - now).max(0.0);
        let share = left * weights.remove(0) / (weights.iter().sum::<f64>() + weight(&stage.strategy.manifest));
        let soft = clock.at(now + share);
        let hard = clock.at((now + share * 1.3).min(measuring_ends));
        let incumbent = progress.incumbent.clone();
        let end = stage::run(executor, facts, stage, &incumbent, &mut progress.history, (soft, hard), emit).await;
        for (name, value) in &end.decision.settings {
            if let Some(parameter) = Parameter::from_name(name) {
                progress.incumbent.set(parameter, *value);
            }
        }
        if let Some(error) = &end.failure {
            let warning = Warning { what: error.to_string(), advice: Some(error.hint()) };
            emit(StudyEvent::Warned { warning: warning.clone() });
            progress.warnings.push(warning);
        }
        progress.not_found.extend(end.decision.not_found.clone());
        emit(StudyEvent::StageFinished { name, decided: end.outcome.settings.clone() });
        progress.stages.push(end.outcome);
        report_incumbent(facts, progress, emit);
    }
}

/// A few notes with the present settings: a small, a middle and a large file, as far as time allows.
async fn measure_baseline(
    executor: &mut Executor<'_>,
    facts: &Facts<'_>,
    progress: &mut Progress,
    (deadline, late): (Instant, Instant),
    emit: &mut dyn FnMut(StudyEvent),
) {
    let files = spread(facts.workload.files.len(), &[0.5, 0.85, 0.2, 0.7]);
    for file in files {
        if Instant::now() >= deadline {
            break;
        }
        let proposal = Proposal {
            candidate: facts.baseline.clone(),
            experiment: Experiment::Notes { files: vec![file] },
            why: "what your present settings do".into(),
        };
        let what = stage::describe(&proposal, facts.baseline);
        let number = executor.next_number();
        emit(StudyEvent::TrialStarted { number, stage: "baseline".into(), what: what.clone(), of: None });
        let trial = executor.run("baseline", &proposal, deadline).await;
        emit(stage::finished(&trial, what));
        let failed = matches!(trial.state, TrialState::Failed(cause) if cause != FailureCause::OutOfTime);
        progress.history.push(trial);
        if failed {
            break;
        }
    }
    let any_note = progress.history.iter().any(|trial| trial.sample(Metric::FileBusyMs).is_some());
    if !any_note {
        // Not one note in the time: at least its rates, which say how slow it is.
        let (prompt_tokens, output_tokens) = RATES_PROBE;
        let proposal = Proposal {
            candidate: facts.baseline.clone(),
            experiment: Experiment::Probe { prompt_tokens, output_tokens, parallel: 1, requests: 1 },
            why: "how slow your present settings are".into(),
        };
        let what = stage::describe(&proposal, facts.baseline);
        let number = executor.next_number();
        emit(StudyEvent::TrialStarted { number, stage: "baseline".into(), what: what.clone(), of: None });
        let trial = executor.run("baseline", &proposal, late).await;
        emit(stage::finished(&trial, what));
        progress.history.push(trial);
    }
}

/// Positions in a sorted list of files, by quantile, each once.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a list of some files"
)]
fn spread(count: usize, quantiles: &[f64]) -> Vec<usize> {
    let mut positions = Vec::new();
    for quantile in quantiles {
        let position = (count.saturating_sub(1) as f64 * quantile).round() as usize;
        if position < count && !positions.contains(&position) {
            positions.push(position);
        }
    }
    positions
}

fn report_incumbent(facts: &Facts<'_>, progress: &Progress, emit: &mut dyn FnMut(StudyEvent)) {
    let all =
        candidates::measured(&progress.history, facts.baseline, &progress.incumbent, facts.workload, facts.constraints);
    let best = all
        .iter()
        .filter(|candidate| candidate.violations.is_empty())
        .filter_map(|candidate| Some((candidate.notes_per_minute?.value, candidate.quality)))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((notes_per_minute, quality)) = best {
        emit(StudyEvent::Incumbent { notes_per_minute, quality: quality.map(|estimate| estimate.value) });
    }
}

/// Who would win now.
fn select(
    executor: &Executor<'_>,
    facts: &Facts<'_>,
    setup: &Setup<'_>,
    progress: &mut Progress,
) -> (Vec<MeasuredCandidate>, Option<Selection>) {
    let all =
        candidates::measured(&progress.history, facts.baseline, &progress.incumbent, facts.workload, facts.constraints);
    let workload = stage::view(executor, facts);
    let view = facts.view(&workload, &progress.incumbent, 0.0, &progress.history);
    if all.iter().all(|candidate| !candidate.violations.is_empty()) {
        return (all, None);
    }
    match setup.prepared.selector.select(&all, &view, &setup.prepared.selector_arguments) {
        Ok(selection) => (all, Some(selection)),
        Err(error) => {
            let warning = Warning { what: error.to_string(), advice: Some(error.hint()) };
            if !progress.warnings.contains(&warning) {
                progress.warnings.push(warning);
            }
            (all, None)
        }
    }
}

/// The winner's settings with what the selector set itself.
fn settings_of(candidates: &[MeasuredCandidate], selection: &Selection) -> Option<Candidate> {
    let winner = candidates.iter().find(|candidate| candidate.id == selection.winner)?;
    let mut settings = winner.candidate.clone();
    for (name, value) in &selection.settings {
        if let Some(parameter) = Parameter::from_name(name) {
            settings.set(parameter, *value);
        }
    }
    Some(settings)
}

/// Compares the winner with the present settings on files that decided nothing yet.
async fn prove(
    executor: &mut Executor<'_>,
    facts: &Facts<'_>,
    setup: &Setup<'_>,
    progress: &mut Progress,
    deadline: Instant,
    emit: &mut dyn FnMut(StudyEvent),
) -> Option<Confirmed> {
    let (candidates, selection) = select(executor, facts, setup, progress);
    let selection = selection?;
    let winner = candidates.iter().find(|candidate| candidate.id == selection.winner)?;
    if winner.is_baseline {
        return None;
    }
    let tuned = settings_of(&candidates, &selection)?;
    if candidates::differ_in_policy_only(&tuned, facts.baseline) {
        return None;
    }
    let baseline = candidates.iter().find(|candidate| candidate.is_baseline)?;
    let count = setup.prepared.stages.len() + 2;
    emit(StudyEvent::StageStarted { name: "confirm".into(), index: count - 1, of: count });
    let started = executor.clock.elapsed();
    let cost = |candidate: &MeasuredCandidate| candidate.notes_per_minute.map(|speed| 60_000.0 / speed.value);
    let seconds = deadline.saturating_duration_since(Instant::now()).as_secs_f64();
    let first = progress.history.len();
    let width = tuned.max_concurrent_requests as usize;
    // Without a note of the baseline, it is at least as slow as the time that it was given and did not suffice.
    let costs = (cost(winner).or_else(|| cost(baseline)), cost(baseline).or_else(|| cost(winner)));
    let pairs = match costs {
        (Some(ours), Some(theirs)) => {
            confirm::affordable_pairs(seconds, executor.last_load_seconds, (ours, theirs), width)
        }
        _ => None,
    };
    let mut confirmed = None;
    if let Some(pairs) = pairs {
        let files = fresh_files(&progress.history, facts.workload, pairs);
        confirmed = confirm::run(executor, &tuned, facts.baseline, &files, deadline, &mut progress.history, emit).await;
    }
    progress.stages.push(StageOutcome {
        name: "confirm".into(),
        trials: u32::try_from(progress.history.len() - first).unwrap_or(0),
        seconds: executor.clock.seconds_since(started),
        settings: Vec::new(),
        reasons: Vec::new(),
        failure: None,
        cut_short: confirmed.is_none(),
    });
    confirmed
}

/// Files that were not used yet, spread over the sizes; used ones follow when there are not enough.
fn fresh_files(history: &[Trial], workload: &Workload, wanted: usize) -> Vec<usize> {
    let used = |file: usize| {
        history.iter().any(|trial| match &trial.experiment {
            Experiment::Notes { files } | Experiment::Compare { files, .. } => files.contains(&file),
            _ => false,
        })
    };
    let (fresh, old): (Vec<usize>, Vec<usize>) = (0..workload.files.len()).partition(|file| !used(*file));
    let thin = |files: &[usize], wanted: usize| -> Vec<usize> {
        let wanted = wanted.min(files.len());
        (0..wanted).filter_map(|index| files.get((2 * index + 1) * files.len() / (2 * wanted)).copied()).collect()
    };
    let mut chosen = thin(&fresh, wanted);
    chosen.extend(thin(&old, wanted - chosen.len()));
    chosen.sort_unstable();
    mixed(&chosen)
}

/// The last word: who wins, whether that is better than what the user has, and how sure that is.
fn decide(
    executor: &Executor<'_>,
    facts: &Facts<'_>,
    setup: &Setup<'_>,
    progress: &mut Progress,
    confirmed: Option<Confirmed>,
) -> Verdict {
    let (candidates, selection) = select(executor, facts, setup, progress);
    let nothing =
        |candidates, selection, confirmed, outcome| Verdict { candidates, selection, confirmed, tuned: None, outcome };
    let Some(mut selection) = selection else {
        let some_allowed = candidates.iter().any(|candidate| candidate.violations.is_empty());
        let outcome = if progress.interrupted {
            Outcome::Interrupted
        } else if some_allowed {
            // The selector failed: what the user has stays.
            Outcome::KeepBaseline
        } else {
            Outcome::NothingFeasible
        };
        return nothing(candidates, None, confirmed, outcome);
    };
    let Some(baseline) = candidates.iter().find(|candidate| candidate.is_baseline) else {
        return nothing(candidates, Some(selection), confirmed, Outcome::NothingFeasible);
    };
    let best_quality =
        candidates.iter().filter_map(|candidate| candidate.quality).map(|quality| quality.value).fold(0.0, f64::max);
    let usable = is_usable(baseline, best_quality, setup.constraints.quality_floor);
    let faster = match &confirmed {
        Some(confirmed) => confirmed.comparison.speed_ratio.interval.low > 1.0,
        None => candidates
            .iter()
            .find(|candidate| candidate.id == selection.winner)
            .is_some_and(|winner| is_clearly_faster(winner, baseline)),
    };
    let wins = selection.winner != baseline.id && (!usable || faster);
    if !wins && selection.winner != baseline.id {
        selection.reasons.push(match &confirmed {
            Some(confirmed) => format!(
                "not proven faster than your present settings ({:.2}x, {:.2} to {:.2}), so these stay",
                confirmed.comparison.speed_ratio.value,
                confirmed.comparison.speed_ratio.interval.low,
                confirmed.comparison.speed_ratio.interval.high
            ),
            None => "there was no time to prove it faster than your present settings, so these stay".into(),
        });
        selection.runners_up.insert(0, selection.winner);
        selection.winner = baseline.id;
        selection.settings.clear();
    }
    let Some(winner) = candidates.iter().find(|candidate| candidate.id == selection.winner) else {
        return nothing(candidates, Some(selection), confirmed, Outcome::NothingFeasible);
    };
    let proof = confirmed.as_ref().map_or(0.0, |confirmed| confirmed.proof);
    let comparison = confirmed.as_ref().map(|confirmed| &confirmed.comparison);
    // An unusable baseline needs no proof that something usable is better.
    let proof = if usable { proof } else { proof.max(0.9) };
    let confidence = confidence(winner, comparison, proof, &progress.stages, &progress.history);
    let tuned = settings_of(&candidates, &selection).map(|candidate| TunedConfig {
        model_name: setup.model.name.clone(),
        candidate,
        benchmark_date: setup.started_at.clone(),
        confidence,
    });
    let outcome = if progress.interrupted {
        Outcome::Interrupted
    } else if wins {
        Outcome::Improved
    } else {
        Outcome::KeepBaseline
    };
    Verdict { candidates, selection: Some(selection), confirmed, tuned, outcome }
}

/// Whether the present settings do their work: nothing violated, and not clearly below the quality floor.
fn is_usable(baseline: &MeasuredCandidate, best_quality: f64, floor: f64) -> bool {
    baseline.violations.is_empty()
        && baseline.notes_per_minute.is_some()
        && baseline.quality.is_none_or(|quality| quality.value >= floor * best_quality)
}

/// Without a comparison: intervals that do not meet.
fn is_clearly_faster(winner: &MeasuredCandidate, baseline: &MeasuredCandidate) -> bool {
    match (winner.notes_per_minute, baseline.notes_per_minute) {
        (Some(ours), Some(theirs)) => ours.interval.low > theirs.interval.high,
        (Some(_), None) => true,
        _ => false,
    }
}

/// What the user should know beyond the result.
fn warn(setup: &Setup<'_>, executor: &Executor<'_>, progress: &mut Progress) {
    for error in executor.panel.failures() {
        progress.warnings.push(Warning { what: error.to_string(), advice: Some(error.hint()) });
    }
    if setup.server.locality == Locality::Remote {
        progress.warnings.push(Warning {
            what: "the server runs on another machine, so its hardware is unknown and thread counts were not tuned"
                .into(),
            advice: Some("run ralf-tune on the machine of the server to tune threads".into()),
        });
    }
    let parallel: Vec<f64> = progress
        .history
        .iter()
        .filter(|trial| trial.facts.iter().any(|(name, value)| name == "workers" && *value > 1.0))
        .filter_map(|trial| trial.mean(Metric::EffectiveSlots))
        .collect();
    if !parallel.is_empty() && parallel.iter().all(|slots| *slots <= 1.0) {
        progress.warnings.push(Warning {
            what: "requests never overlapped: the server works on one at a time".into(),
            advice: Some("set OLLAMA_NUM_PARALLEL=2 where the server is started, restart it, and tune again".into()),
        });
    }
    let mut seen: Vec<String> = Vec::new();
    for notice in progress.history.iter().flat_map(|trial| &trial.notices) {
        if !seen.contains(notice) {
            seen.push(notice.clone());
        }
    }
    progress.warnings.extend(seen.into_iter().map(|what| Warning { what, advice: None }));
    let notices = setup.workload.notices.iter().map(|notice| Warning { what: notice.clone(), advice: None });
    progress.warnings.extend(notices);
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "files are far shorter than 2^52 characters"
)]
fn summarise_workload(setup: &Setup<'_>, executor: &Executor<'_>, tuned: &Candidate) -> WorkloadSummary {
    let workload = &setup.workload;
    let calibration = executor.calibration.borrow();
    let overhead = f64::from(calibration.overhead_tokens(workload.prompt.text.chars().count()));
    let tokens = |chars: &usize| {
        let length = (*chars).min(tuned.max_content_length as usize);
        let pieces = length.div_ceil((tuned.chunk_size as usize).max(1)).max(1);
        overhead + length.div_ceil(pieces) as f64 / calibration.chars_per_token()
    };
    let largest = workload.batch_chars.iter().map(tokens).fold(0.0, f64::max);
    let over = workload.batch_chars.iter().filter(|chars| tokens(chars) >= f64::from(tuned.num_ctx)).count();
    let chars: Vec<f64> = workload.batch_chars.iter().map(|chars| *chars as f64).collect();
    let share = source_share(&workload.batch_chars, tuned);
    WorkloadSummary {
        origin: workload.origin.clone(),
        files_in_batch: workload.batch_chars.len(),
        files_picked: workload.files.len(),
        total_chars: workload.batch_chars.iter().sum(),
        median_chars: crate::stats::summary::median(&chars) as usize,
        largest_chars: workload.batch_chars.last().copied().unwrap_or_else(|| mean(&chars) as usize),
        chars_per_token: calibration.measured(),
        prompt_origin: workload.prompt.origin.clone(),
        truncation: Some(format!(
            "{over} of {} files would be truncated (largest prompt about {largest:.0} of {} tokens); {:.0} % of the source is read",
            workload.batch_chars.len(),
            tuned.num_ctx,
            share * 100.0
        )),
    }
}

/// Whether a model was loaded before the study, and how.
#[must_use]
pub fn found_loaded<'a>(
    server: &'a ServerProfile,
    model: &ModelProfile,
) -> Option<&'a crate::model::machine::LoadedModel> {
    server.loaded_models.iter().find(|loaded| same_model(&loaded.name, &model.name))
}
