//! The studies of one machine and seed, each beside the truth.

use std::sync::Arc;

use super::{Calibration, population::Machine, rules};
use crate::{
    arena::{
        Simulation,
        contest::ArenaError,
        ground::{Ground, runtime},
    },
    model::{
        budget::Intensity,
        calibration::{CalibrationStudy, ClaimedGain, PlayedBatch, Start, StudyTruth, Tuner},
        candidate::Candidate,
        observation::FailureCause,
        study::{Outcome, Study},
        workload::{SourceFile, Workload},
    },
    ollama::{client::Client, request::Timeouts},
    simulate::SimulatedServer,
    tune::{Panel, make_batch, outlook},
};

/// Share of the best that a good pick may miss.
const GOOD: f64 = 0.05;

/// How often the files that trials may use are made into notes in the batch that is played.
const ROUNDS: usize = 8;

/// Seeds of batches begin here: their luck is not that of any study.
const BATCH_SEED: u64 = 100_000;

/// Difference of clocks that is rounding, in milliseconds.
const CLOCK_SLACK_MS: f64 = 5.0;

/// Everything that is asked of a machine with one seed: a study from the user's settings and one from the best, both with their truth;
/// studies of other intensities, for their budgets; and the rules.
pub(super) fn all(
    calibration: &Calibration<'_>,
    machine: &Machine,
    ground: &Ground<'_>,
    seed: u64,
) -> Result<Vec<CalibrationStudy>, ArenaError> {
    let at = |intensity| Player { calibration, machine, ground, seed, intensity };
    let player = at(calibration.intensity);
    let mut studies = vec![
        player.study(Start::Usual, true)?,
        player.study(Start::Best, true)?,
        player.rules(Start::Usual)?,
        player.rules(Start::Best)?,
    ];
    for other in calibration.others {
        studies.push(at(other).study(Start::Usual, false)?);
    }
    Ok(studies)
}

#[derive(Clone, Copy)]
struct Player<'a> {
    calibration: &'a Calibration<'a>,
    machine: &'a Machine,
    ground: &'a Ground<'a>,
    seed: u64,
    intensity: &'a Intensity,
}

impl Player<'_> {
    fn start(&self, start: Start) -> Candidate {
        match start {
            Start::Usual => self.machine.start.clone(),
            Start::Best => self.ground.best.truth.candidate.clone(),
        }
    }

    /// One study; the truth of its pick where it is asked for.
    fn study(&self, start: Start, with_truth: bool) -> Result<CalibrationStudy, ArenaError> {
        let prepared = self.calibration.plan(self.intensity)?;
        let panel = self.calibration.plan(self.intensity)?.panel;
        runtime()?.block_on(async {
            let simulation = self.ground.simulation(self.seed).await?;
            let from = self.start(start);
            let study = simulation.study_from(from.clone(), self.intensity, prepared).await;
            let mut record = self.record(start, &study);
            if with_truth {
                let pick = study.tuned.as_ref().map_or_else(|| from.clone(), |tuned| tuned.candidate.clone());
                record.truth = Some(self.truth(&simulation, &panel, &from, &pick).await);
                record.gain = self.gain(&simulation, &panel, &study).await;
                if start == Start::Usual {
                    record.batch = self.batch_of(&simulation, &study).await;
                }
            }
            Ok(record)
        })
    }

    /// The rules on the same machine.
    fn rules(&self, start: Start) -> Result<CalibrationStudy, ArenaError> {
        let panel = self.calibration.plan(self.intensity)?.panel;
        runtime()?.block_on(async {
            let simulation = self.ground.simulation(self.seed).await?;
            let from = self.start(start);
            let ruled = rules::tune(&simulation, &from).await;
            let truth = self.truth(&simulation, &panel, &from, &ruled.pick).await;
            Ok(CalibrationStudy {
                tuner: Tuner::Rules,
                // The rules compare with nothing: what they found is saved.
                outcome: Outcome::Improved,
                claims_gain: true,
                seconds: ruled.seconds,
                requests: ruled.requests,
                confidence: Some(ruled.confidence / 100.0),
                truth: Some(truth),
                batch: if start == Start::Usual { Some(self.played(&simulation, &ruled.pick).await) } else { None },
                ..self.blank(start)
            })
        })
    }

    fn blank(&self, start: Start) -> CalibrationStudy {
        CalibrationStudy {
            machine: self.machine.index,
            scenario: self.machine.scenario.name.clone(),
            noise: self.machine.scenario.noise.request_sigma,
            condition: self.machine.condition.map(str::to_owned),
            saw_client: false,
            saw_drift: false,
            seed: self.seed,
            tuner: Tuner::Study,
            intensity: self.intensity.name.clone(),
            start,
            outcome: Outcome::KeepBaseline,
            seconds: 0.0,
            budget_seconds: self.intensity.budget.total_seconds,
            requests: 0,
            false_truncations: 0,
            clock_difference: 0.0,
            confidence: None,
            claims_gain: false,
            gain: None,
            batch: None,
            reasons: Vec::new(),
            truth: None,
        }
    }

    fn record(&self, start: Start, study: &Study) -> CalibrationStudy {
        let observations = || study.trials.iter().flat_map(|trial| &trial.observations);
        let clock_difference = observations()
            .filter(|observation| observation.failure.is_none())
            .filter_map(|observation| {
                let beyond = (observation.latency_ms - observation.server?.total_ms).abs() - CLOCK_SLACK_MS;
                Some(beyond.max(0.0) / observation.latency_ms.max(1.0))
            })
            .fold(0.0, f64::max);
        let usable = study.candidates.iter().any(|candidate| candidate.is_baseline && candidate.violations.is_empty());
        CalibrationStudy {
            outcome: study.outcome,
            seconds: study.elapsed_seconds,
            requests: observations().count(),
            // Every prompt is sent so that the server refuses it rather than cuts it.
            false_truncations: observations()
                .filter(|observation| observation.failure == Some(FailureCause::Truncated))
                .count(),
            clock_difference,
            reasons: study.selection.as_ref().map(|selection| selection.reasons.clone()).unwrap_or_default(),
            saw_client: study.disturbances.foreign() > 0,
            saw_drift: study.disturbances.drift.is_some(),
            confidence: study.tuned.as_ref().map(|tuned| tuned.confidence.percent / 100.0),
            // Settings that cannot be used may be replaced without being slower.
            claims_gain: study.outcome == Outcome::Improved && usable,
            ..self.blank(start)
        }
    }

    async fn truth(&self, simulation: &Simulation, panel: &Panel, from: &Candidate, pick: &Candidate) -> StudyTruth {
        let best = &self.ground.best;
        let truth = self.ground.truth(simulation, panel, pick).await;
        let before = self.ground.truth(simulation, panel, from).await;
        let (regret, is_below_floor) = (best.regret(&truth), best.is_below_floor(&truth));
        StudyTruth {
            pick: pick.clone(),
            notes_per_minute: truth.notes_per_minute,
            gain: (before.infeasible.is_none() && before.notes_per_minute > 0.0)
                .then(|| truth.notes_per_minute / before.notes_per_minute),
            regret,
            infeasible: truth.infeasible,
            is_below_floor,
            is_good: truth.infeasible.is_none() && !is_below_floor && regret <= GOOD,
        }
    }

    /// What is said of a whole batch, beside one that is played with all that goes wrong on this machine, and with other luck.
    async fn batch_of(&self, simulation: &Simulation, study: &Study) -> Option<PlayedBatch> {
        let settings = &study.tuned.as_ref()?.candidate;
        let said = outlook(&study.trials, settings, &whole_batch(&simulation.workload))?;
        Some(PlayedBatch { said: Some(said), ..self.played(simulation, settings).await })
    }

    async fn played(&self, simulation: &Simulation, settings: &Candidate) -> PlayedBatch {
        let server = SimulatedServer::new(self.machine.scenario.clone(), BATCH_SEED + self.seed);
        let client = Client::new(Arc::new(server), Timeouts::default());
        let workload = whole_batch(&simulation.workload);
        let end = make_batch(&client, &simulation.model, &workload, settings, self.seed).await;
        PlayedBatch { said: None, files: end.files, lost: end.lost.len(), minutes: end.minutes }
    }

    /// What the comparison said, beside the true ratio of the two that it compared.
    async fn gain(&self, simulation: &Simulation, panel: &Panel, study: &Study) -> Option<ClaimedGain> {
        let comparison = study.comparison.as_ref()?;
        let challenger = comparison.challenger.as_ref()?;
        let ours = self.ground.truth(simulation, panel, challenger).await;
        let theirs = self.ground.truth(simulation, panel, &study.baseline).await;
        (ours.notes_per_minute > 0.0 && theirs.notes_per_minute > 0.0).then(|| ClaimedGain {
            value: comparison.speed_ratio.value,
            interval: comparison.speed_ratio.interval,
            pairs: comparison.pairs,
            truth: ours.notes_per_minute / theirs.notes_per_minute,
        })
    }
}

/// The batch that is played: the files that trials may use, again and again.
fn whole_batch(workload: &Workload) -> Workload {
    let files: Vec<SourceFile> = workload.files.iter().cycle().take(ROUNDS * workload.files.len()).cloned().collect();
    let mut batch_chars: Vec<usize> = files.iter().map(|file| file.chars).collect();
    batch_chars.sort_unstable();
    Workload { files, batch_chars, ..workload.clone() }
}
