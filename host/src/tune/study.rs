//! A whole study, from the first look at the present settings to the verdict.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::watch;

use super::{
    baseline, candidates, changed,
    clock::StudyClock,
    describe,
    execute::Executor,
    facts::{Facts, Progress},
    fleet::{self, Board, Fleet},
    hindsight,
    judge::{Judge, JudgeGrant, JudgeLimits},
    notes::MadeNotes,
    obedience::{self, Witness},
    outlook,
    plan::Prepared,
    prior,
    profiles::profiles,
    prompts::Nonces,
    prove,
    recommended::{self, Found},
    recording::Recording,
    restore,
    server::Server,
    stages,
    steps::steps,
    verdict,
    worth::worth,
};
use crate::{
    model::{
        begun::Begun,
        budget::Budget,
        fleet::HostReport,
        machine::ModelProfile,
        parting::Parting,
        prior::Prior,
        space::SearchSpace,
        study::{Comparison, SCHEMA_VERSION, Study, StudyEvent, Warning},
    },
    ollama::client::Client,
};

/// Seconds that are kept at the end to restore the server, besides what a load takes.
const RESTORE_SECONDS: f64 = 1.0;

/// Share of the budget that comparing the hosts may take at most, where there are several.
const HOSTS_SHARE: f64 = 0.25;

/// All that a study needs to run.
pub struct Setup<'a> {
    pub client: &'a Client,
    /// The ways to the other hosts, in the order of [`Begun::hosts`]; none where there is one host. One that is left out has a way that nobody goes.
    pub mates: &'a [Client],
    pub prepared: Prepared,
    pub begun: Begun,
    /// Where several processes make it together.
    pub shared: Option<Sharing>,
    /// What the server says is remembered here, and what it said before is known.
    pub recording: Option<&'a Recording>,
    /// Whole notes go here.
    pub notes: Option<&'a MadeNotes>,
}

/// What a process has to know that makes a study together with others.
pub struct Sharing {
    pub board: Arc<dyn Board>,
    /// The places of its own hosts among all, in the order of [`Begun::hosts`].
    pub places: Vec<u32>,
    /// Every host that is known, by place.
    pub hosts: Vec<HostReport>,
    /// Seconds since the study began.
    pub age_seconds: f64,
}

/// Helps another process with the study that it makes, until that is over. Whether it was ended by the one that began it; `Ok(None)` where no host
/// of ours is like its hosts.
///
/// # Errors
/// Why the board cannot be used any more.
pub async fn help(
    setup: Setup<'_>,
    mut stop: watch::Receiver<bool>,
    emit: &mut dyn FnMut(StudyEvent),
) -> (Result<Option<bool>, String>, Vec<Warning>) {
    let begun = &setup.begun;
    let Some(sharing) = &setup.shared else { return (Ok(None), Vec::new()) };
    let clock = fleet::clock_of(begun.budget, sharing.age_seconds);
    let mut fleet = fleet_of(&setup, clock);
    let helped = tokio::select! {
        biased;
        helped = fleet.help(&sharing.board, &begun.baseline, emit) => helped,
        _ = stop.wait_for(|stopped| *stopped) => Ok(Some(false)),
    };
    let mut progress = Progress::new(&begun.baseline, begun.budget.total_seconds);
    let parting = part(&fleet, begun, &mut progress).await;
    let mut warnings = fleet.take_warnings();
    warnings.extend(progress.warnings);
    warnings.extend(parting.and_then(|parting| restore::warning(&parting, &begun.model)));
    (helped, warnings)
}

/// Runs a study. It always returns one: what goes wrong is in it. `stop` turning true ends it soon, with what was measured.
pub async fn run(setup: Setup<'_>, mut stop: watch::Receiver<bool>, emit: &mut dyn FnMut(StudyEvent)) -> Study {
    let begun = &setup.begun;
    if let Some(recording) = setup.recording {
        let hosts: Vec<(u32, &Client)> = (0..).zip(std::iter::once(setup.client).chain(setup.mates)).collect();
        recording.begin(&hosts, &begun.model.name).await;
    }
    let clock = match &setup.shared {
        Some(sharing) => fleet::clock_of(begun.budget, sharing.age_seconds),
        None => StudyClock::start(begun.budget),
    };
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
    let mut fleet = fleet_of(&setup, clock);
    if let Some(sharing) = &setup.shared {
        fleet.share(Arc::clone(&sharing.board));
    }
    emit(StudyEvent::Started {
        budget_seconds: begun.budget.total_seconds,
        stages: setup.prepared.plan.stages.iter().map(|stage| stage.name.clone()).collect(),
    });

    let mut progress = Progress::new(&begun.baseline, begun.budget.total_seconds);
    let confirmed = measure_all(&mut fleet, &facts, &setup, &mut progress, &mut stop, emit).await;
    let end = verdict::decide(&fleet, &facts, &setup, &mut progress, confirmed);
    let profiles = profiles(&fleet, &facts, &setup, &progress, &end);
    let parting = part(&fleet, begun, &mut progress).await;
    let chosen = end.chosen().unwrap_or(&begun.baseline);
    let budget = begun.budget.total_seconds;
    let hindsight = hindsight::look_back(&progress.history, &fleet.seen(), budget, chosen, &end.candidates);
    progress.warnings.extend(hindsight.warnings);
    let changed = changed::warnings(fleet.profile, parting.as_ref(), &progress.history, &hindsight.disturbances);
    progress.warnings.extend(changed);
    let obedience = obedience::examine(&Witness {
        trials: &progress.history,
        machine: &begun.machine,
        server: &begun.server,
        model: &begun.model,
        chosen,
    });
    progress.warnings.extend(obedience::warnings(&obedience));
    progress.warnings.extend(fleet.take_warnings());
    describe::warn(&setup, &fleet, &mut progress, parting.as_ref());
    let elapsed_seconds = clock.elapsed().as_secs_f64();
    emit(StudyEvent::Finished { outcome: end.outcome, elapsed_seconds });
    let forecasts = describe::forecasts(&setup, &fleet, &progress.history, chosen);
    let workload = describe::summarise_workload(&setup, &fleet, &forecasts.chosen, chosen);
    let outlook =
        (end.tuned.as_ref()).and_then(|tuned| outlook::outlook(&progress.history, &tuned.candidate, &begun.workload));
    let report = fleet.report(&progress.history);
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
        not_found: progress.not_found.into_iter().map(|(_, sentence)| sentence).collect(),
        not_asked: progress.not_asked,
        warnings: progress.warnings,
        forecasts: Some(forecasts),
        obedience,
        fleet: report,
        scorer_failures: fleet.panel.failures().iter().map(ToString::to_string).collect(),
        clocks: hindsight.clocks,
        noise: hindsight.noise,
        disturbances: hindsight.disturbances,
        outlook,
        steps,
        profiles,
        parting,
    }
}

/// Everything that is measured, and the winner beside the present settings, until it is done or stopped.
async fn measure_all(
    fleet: &mut Fleet<'_>,
    facts: &Facts<'_>,
    setup: &Setup<'_>,
    progress: &mut Progress,
    stop: &mut watch::Receiver<bool>,
    emit: &mut dyn FnMut(StudyEvent),
) -> Option<Comparison> {
    tokio::select! {
        biased;
        () = measure(fleet, facts, setup, progress, emit) => {}
        _ = stop.wait_for(|stopped| *stopped) => progress.interrupted = true,
    }
    let mut confirmed = None;
    if !progress.interrupted {
        let deadline = fleet.clock.at(progress.total_seconds - RESTORE_SECONDS - fleet.last_load_seconds);
        tokio::select! {
            biased;
            () = prove::run(fleet, facts, setup, progress, &mut confirmed, deadline, emit) => {}
            _ = stop.wait_for(|stopped| *stopped) => progress.interrupted = true,
        }
    }
    confirmed
}

/// The hosts that take part so far, the first of them leading.
fn fleet_of<'a>(setup: &'a Setup<'_>, clock: StudyClock) -> Fleet<'a> {
    let (begun, prepared) = (&setup.begun, &setup.prepared);
    let mates = begun.hosts.iter().flat_map(|hosts| &hosts.mates).zip(setup.mates);
    let place = |index: u32| match &setup.shared {
        Some(sharing) => sharing.places.get(index as usize).copied().unwrap_or(index),
        None => index,
    };
    let there = (1..).zip(mates).filter_map(|(index, (mate, way))| Some((place(index), way, mate.server.as_ref()?)));
    let there: Vec<_> = there.collect();
    let first = Server::remembered(setup.client, setup.recording);
    let first = if begun.hosts.is_some() { first.as_host(place(0)) } else { first };
    let nonces = Nonces::of_host(begun.seed, begun.salt, place(0));
    let judge = |server| judge(prepared, &begun.model, begun.budget, server, 1 + there.len());
    let mut lead = Executor::new(first, &begun.server, &begun.model, &begun.workload, clock, nonces, &prepared.panel);
    lead.judge = judge(first);
    lead.notes = setup.notes;
    let Some(hosts) = &begun.hosts else { return Fleet::alone(lead) };
    let others = there.iter().map(|(place, way, profile)| {
        let server = Server::remembered(way, setup.recording).as_host(*place);
        let mut other = lead.beside(server, profile, Nonces::of_host(begun.seed, begun.salt, *place));
        other.judge = judge(server);
        other
    });
    let others = others.collect();
    if let Some(sharing) = &setup.shared {
        return Fleet::of(lead, others, sharing.hosts.clone());
    }
    let reports = hosts.mates.iter().map(|mate| fleet::unmeasured(&mate.name, mate.left_out.as_ref()));
    Fleet::of(lead, others, std::iter::once(fleet::unmeasured(&hosts.first, None)).chain(reports).collect())
}

/// Leaves every host as it was found. What the one that leads said in the end.
async fn part(fleet: &Fleet<'_>, begun: &Begun, progress: &mut Progress) -> Option<Parting> {
    let all = fleet.everybody().map(async |host| {
        let parting = restore::leave_as_found(host, host.profile, &begun.model, &begun.started_at).await;
        (host, parting)
    });
    let mut partings = join_all(all).await.into_iter();
    let lead = partings.next().and_then(|(_, parting)| parting);
    for (host, parting) in partings {
        let warning = parting.as_ref().and_then(|parting| restore::warning(parting, &begun.model));
        progress.warnings.extend(warning.map(|warning| Warning {
            what: format!("{}: {}", fleet.name_of(host).unwrap_or("a host"), warning.what),
            ..warning
        }));
    }
    lead
}

/// Who asks the model for scorers, where one of them does and the user allowed it.
///
/// What judgements may cost is for the whole study: of several hosts, each has its share.
fn judge<'a>(
    prepared: &Prepared,
    model: &'a ModelProfile,
    budget: Budget,
    server: Server<'a>,
    hosts: usize,
) -> Option<Judge<'a>> {
    let grant = prepared.judge.as_ref().filter(|_| prepared.panel.asks_a_model())?;
    let hosts = u32::try_from(hosts).unwrap_or(u32::MAX).max(1);
    let limits = grant.limits;
    let limits = JudgeLimits { requests: limits.requests / hosts, tokens: limits.tokens / u64::from(hosts), ..limits };
    Some(Judge::new(server, model, budget, &JudgeGrant { limits, ..grant.clone() }))
}

/// Baseline, then every stage.
async fn measure(
    fleet: &mut Fleet<'_>,
    facts: &Facts<'_>,
    setup: &Setup<'_>,
    progress: &mut Progress,
    emit: &mut dyn FnMut(StudyEvent),
) {
    let clock = fleet.clock;
    let total = setup.begun.budget.total_seconds;
    let count = setup.prepared.stages.len() + 2;
    if fleet.size() > 1 || fleet.is_shared() {
        emit(StudyEvent::StageStarted { name: fleet::STAGE.into(), index: 0, of: count });
        let deadline = clock.at(total * HOSTS_SHARE);
        Box::pin(fleet::compare_hosts(fleet, facts.baseline, progress, deadline, emit)).await;
        emit(StudyEvent::StageFinished { name: fleet::STAGE.into(), decided: Vec::new() });
    }
    if let Some(found) = &setup.begun.prior
        && Box::pin(begin_from(found, fleet, facts, progress, emit)).await
    {
        return;
    }
    let present = facts;
    let start = progress.start.clone();
    let other = start.as_ref().map(|start| facts.beginning_from(start));
    let facts = other.as_ref().unwrap_or(present);
    emit(StudyEvent::StageStarted { name: "baseline".into(), index: 0, of: count });
    if start.as_ref().is_some_and(|start| baseline::is_known(&progress.history, start)) {
        // What others found was tried just before, on the files that the present settings were tried on.
    } else if setup.prepared.known.is_empty() {
        // What was measured before, of the hosts or of what others found, is nobody's share.
        let began = clock.elapsed().as_secs_f64();
        let share = setup.prepared.shares.baseline * total;
        let why = if start.is_some() { "what others found does here" } else { "what your present settings do" };
        let deadlines = (clock.at(began + share), clock.at(began + 1.6 * share));
        baseline::run(fleet, facts, progress, (why, baseline::NOTES), deadlines, emit).await;
    } else {
        progress.history.extend(setup.prepared.known.iter().cloned());
        fleet.number_from(u32::try_from(progress.history.len()).unwrap_or(u32::MAX));
    }

    let speed = candidates::speed_of(&progress.history, present.workload, present.baseline);
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
    let kept = prove::seconds_kept(
        setup.prepared.shares.confirm,
        progress.total_seconds,
        candidates::speed_of(&progress.history, present.workload, present.baseline).map(|speed| 60.0 / speed.value),
        fleet.last_load_seconds,
    );
    stages::run(fleet, (present, facts), &setup.prepared.stages, progress, kept, emit).await;
}

/// Asks what an earlier study or others found. Whether nothing else has to be asked; else the search begins, from it where it is better than what is there.
async fn begin_from(
    found: &Prior,
    fleet: &mut Fleet<'_>,
    facts: &Facts<'_>,
    progress: &mut Progress,
    emit: &mut dyn FnMut(StudyEvent),
) -> bool {
    let said = if found.shared.is_some() {
        recommended::check(fleet, facts, found, progress, emit).await
    } else {
        let until = fleet.clock.elapsed().as_secs_f64() + progress.total_seconds * prior::share(found);
        let holds = prior::check(fleet, facts, found, progress, fleet.clock.at(until), emit).await;
        if holds { Found::Holds } else { Found::Dropped }
    };
    progress.prior_holds = said == Found::Holds;
    progress.start = (said == Found::Better).then(|| found.settings.clone());
    progress.prior_holds || found.alone
}
