//! A whole study, from the first look at the present settings to the verdict.

use tokio::sync::watch;

use super::{
    baseline, candidates, changed,
    clock::StudyClock,
    describe,
    execute::Executor,
    facts::{Facts, Progress},
    hindsight,
    judge::Judge,
    notes::MadeNotes,
    obedience::{self, Witness},
    outlook,
    plan::{CONFIRM_SHARE, Prepared, PreparedStage, stage_share, weight},
    prior,
    profiles::profiles,
    prompts::Nonces,
    prove,
    recording::Recording,
    restore,
    server::Server,
    shrink::{Pace, given_up},
    stage,
    steps::steps,
    verdict,
    worth::worth,
};
use crate::{
    model::{
        begun::Begun,
        budget::Budget,
        machine::ModelProfile,
        plugin::Manifest,
        space::{Parameter, SearchSpace},
        study::{NotAsked, SCHEMA_VERSION, Study, StudyEvent, Warning},
        workload::Workload,
    },
    ollama::client::Client,
};

/// Seconds that are kept at the end to restore the server, besides what a load takes.
const RESTORE_SECONDS: f64 = 1.0;

/// All that a study needs to run.
pub struct Setup<'a> {
    pub client: &'a Client,
    pub prepared: Prepared,
    pub begun: Begun,
    /// What the server says is remembered here, and what it said before is known.
    pub recording: Option<&'a Recording>,
    /// Whole notes go here.
    pub notes: Option<&'a MadeNotes>,
}

/// Runs a study. It always returns one: what goes wrong is in it. `stop` turning true ends it soon, with what was measured.
pub async fn run(setup: Setup<'_>, mut stop: watch::Receiver<bool>, emit: &mut dyn FnMut(StudyEvent)) -> Study {
    let begun = &setup.begun;
    let server = Server::remembered(setup.client, setup.recording);
    server.begin(&begun.model.name).await;
    let clock = StudyClock::start(begun.budget);
    let facts = Facts {
        machine: &begun.machine,
        server: &begun.server,
        model: &begun.model,
        workload: &begun.workload,
        space: SearchSpace::of(&begun.machine, &begun.server, &begun.model, &begun.baseline),
        constraints: &begun.constraints,
        baseline: &begun.baseline,
        seed: begun.seed,
    };
    let nonces = Nonces::new(begun.seed, begun.salt);
    let mut executor =
        Executor::new(server, &begun.server, &begun.model, &begun.workload, clock, nonces, &setup.prepared.panel);
    executor.judge = judge(&setup.prepared, &begun.model, begun.budget, server);
    executor.notes = setup.notes;
    emit(StudyEvent::Started {
        budget_seconds: begun.budget.total_seconds,
        stages: setup.prepared.plan.stages.iter().map(|stage| stage.name.clone()).collect(),
    });

    let mut progress = Progress::new(&begun.baseline, begun.budget.total_seconds);
    tokio::select! {
        biased;
        () = measure(&mut executor, &facts, &setup, &mut progress, emit) => {}
        _ = stop.wait_for(|stopped| *stopped) => progress.interrupted = true,
    }
    let mut confirmed = None;
    if !progress.interrupted {
        let deadline = clock.at(progress.total_seconds - RESTORE_SECONDS - executor.last_load_seconds);
        tokio::select! {
            biased;
            () = prove::run(&mut executor, &facts, &setup, &mut progress, &mut confirmed, deadline, emit) => {}
            _ = stop.wait_for(|stopped| *stopped) => progress.interrupted = true,
        }
    }
    let end = verdict::decide(&executor, &facts, &setup, &mut progress, confirmed);
    let profiles = profiles(&executor, &facts, &setup, &progress, &end);
    let parting = restore::leave_as_found(&executor, &begun.server, &begun.model, &begun.started_at).await;
    let chosen = end.chosen().unwrap_or(&begun.baseline);
    let budget = begun.budget.total_seconds;
    let hindsight = hindsight::look_back(&progress.history, &executor.watch, budget, chosen, &end.candidates);
    progress.warnings.extend(hindsight.warnings);
    let changed = changed::warnings(&begun.server, parting.as_ref(), &progress.history, &hindsight.disturbances);
    progress.warnings.extend(changed);
    let obedience = obedience::examine(&Witness {
        trials: &progress.history,
        machine: &begun.machine,
        server: &begun.server,
        model: &begun.model,
        chosen,
    });
    progress.warnings.extend(obedience::warnings(&obedience));
    describe::warn(&setup, &executor, &mut progress, parting.as_ref());
    let elapsed_seconds = clock.elapsed().as_secs_f64();
    emit(StudyEvent::Finished { outcome: end.outcome, elapsed_seconds });
    let forecasts = describe::forecasts(&setup, &executor, &progress.history, chosen);
    let workload = describe::summarise_workload(&setup, &executor, &forecasts.chosen, chosen);
    let outlook =
        (end.tuned.as_ref()).and_then(|tuned| outlook::outlook(&progress.history, &tuned.candidate, &begun.workload));
    let steps = steps(&progress.history, &begun.workload, &begun.baseline, chosen);
    Study {
        schema_version: SCHEMA_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: begun.started_at.clone(),
        seed: begun.seed,
        intensity: begun.intensity.clone(),
        budget: begun.budget,
        elapsed_seconds,
        machine: begun.machine.clone(),
        server: begun.server.clone(),
        model: begun.model.clone(),
        workload,
        plan: setup.prepared.plan.clone(),
        baseline: begun.baseline.clone(),
        trials: progress.history,
        stages: progress.stages,
        candidates: end.candidates,
        selection: end.selection,
        comparison: end.confirmed,
        tuned: end.tuned,
        outcome: end.outcome,
        not_found: progress.not_found,
        not_asked: progress.not_asked,
        warnings: progress.warnings,
        forecasts: Some(forecasts),
        obedience,
        scorer_failures: executor.panel.failures().iter().map(ToString::to_string).collect(),
        clocks: hindsight.clocks,
        noise: hindsight.noise,
        disturbances: hindsight.disturbances,
        outlook,
        steps,
        profiles,
        parting,
    }
}

/// Who asks the model for scorers, where one of them does and the user allowed it.
fn judge<'a>(prepared: &Prepared, model: &'a ModelProfile, budget: Budget, server: Server<'a>) -> Option<Judge<'a>> {
    let grant = prepared.judge.as_ref().filter(|_| prepared.panel.asks_a_model())?;
    Some(Judge::new(server, model, budget, grant))
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
    let total = setup.begun.budget.total_seconds;
    let count = setup.prepared.stages.len() + 2;
    if let Some(found) = &setup.begun.prior {
        let deadline = clock.at(total * prior::share(found));
        if Box::pin(prior::check(executor, facts, found, progress, deadline, emit)).await {
            progress.prior_holds = true;
            return;
        }
        if found.alone {
            return;
        }
    }
    emit(StudyEvent::StageStarted { name: "baseline".into(), index: 0, of: count });
    let baseline_share = setup.prepared.plan.stages.first().map_or(0.0, |stage| stage.seconds);
    baseline::run(executor, facts, progress, (clock.at(baseline_share), clock.at(1.6 * baseline_share)), emit).await;

    let speed = candidates::speed_of(&progress.history, facts.workload, facts.baseline);
    let worth = setup
        .begun
        .files
        .zip(speed)
        .and_then(|(files, speed)| worth(files, speed, clock.elapsed().as_secs_f64(), total));
    if let Some(worth) = worth {
        progress.total_seconds = worth.total_seconds;
        emit(StudyEvent::Warned { warning: worth.warning.clone() });
        progress.warnings.push(worth.warning);
    }
    let measuring_ends = progress.total_seconds * (1.0 - CONFIRM_SHARE);
    let manifests: Vec<&Manifest> = setup.prepared.stages.iter().map(|stage| &stage.strategy.manifest).collect();
    for (index, stage) in setup.prepared.stages.iter().enumerate() {
        let name = stage.strategy.manifest.name.clone();
        // What earlier stages did not use, and what later ones leave because they are given up, goes to the others.
        let now = clock.elapsed().as_secs_f64();
        let left = (measuring_ends - now).max(0.0);
        let ahead = manifests.get(index..).unwrap_or_default();
        let given_up = given_up(&manifests, ahead.len(), left, pace(executor, progress, facts.workload, now));
        if let Some(Some(needs)) = given_up.first() {
            progress.not_asked.push(NotAsked { stage: name, needs_seconds: *needs, seconds_left: left });
            continue;
        }
        emit(StudyEvent::StageStarted { name: name.clone(), index: index + 1, of: count });
        let later = setup.prepared.stages.iter().skip(index).zip(&given_up).skip(1).filter(|(_, gone)| gone.is_none());
        let later = later.map(|(later, _)| weight_now(executor, facts, later, progress, left));
        let share = stage_share(left, weight(&stage.strategy.manifest), later);
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

/// What a later stage is worth beside the one that begins: nothing, where it would measure nothing and does not merely follow from the others.
fn weight_now(
    executor: &Executor<'_>,
    facts: &Facts<'_>,
    stage: &PreparedStage,
    progress: &Progress,
    seconds: f64,
) -> f64 {
    let weight = weight(&stage.strategy.manifest);
    let (incumbent, history) = (&progress.incumbent, &progress.history);
    let idle = weight >= 1.0 && !stage::would_measure(executor, facts, stage, incumbent, history, seconds);
    if idle { 0.0 } else { weight }
}

/// What a note takes with what was decided so far, as far as the trials tell, even if only probes; without any, longer than the study has
/// lasted.
fn pace(executor: &Executor<'_>, progress: &Progress, workload: &Workload, elapsed_seconds: f64) -> Pace {
    let speed = candidates::speed_of(&progress.history, workload, &progress.incumbent);
    let note_seconds = speed.map_or(elapsed_seconds, |speed| 60.0 / speed.value);
    Pace { note_seconds, load_seconds: executor.last_load_seconds }
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
