//! What is measured of a machine outside of studies: its slots, and whether prompts that it cuts are noticed.

use std::sync::Arc;

use super::{
    cutting::{CuttingServer, PromptTruth},
    population::Machine,
};
use crate::{
    arena::{Simulation, contest::ArenaError, ground::runtime},
    model::{
        calibration::Examination,
        candidate::Candidate,
        experiment::{Experiment, Proposal},
        metric::Metric,
        observation::FailureCause,
        trial::Trial,
    },
    ollama::transport::Transport,
    tune::{Panel, drill::Drill},
};

/// Versions of servers that each cut in their own way; machines have one in turn.
const VERSIONS: [&str; 3] = ["0.32.15", "0.11.0", "0.3.14"];

/// Contexts that the files overflow, and one that holds them; each machine begins with another one.
const CONTEXTS: [u32; 3] = [2048, 16_384, 4096];

/// Short requests that find the slots.
const REQUESTS: u32 = 8;

/// Examines a machine.
pub(super) fn examine(machine: &Machine) -> Result<Examination, ArenaError> {
    let truth = f64::from(machine.scenario.server.num_parallel.min(REQUESTS));
    let found = slots(machine)?;
    let (cut, noticed, whole, suspected) = cuts(machine)?;
    Ok(Examination {
        machine: machine.index,
        slots: machine.scenario.server.num_parallel,
        slots_found: found.is_some_and(|found| (found - truth).abs() < 0.5),
        cut_prompts: cut,
        cut_prompts_noticed: noticed,
        whole_prompts: whole,
        whole_prompts_called_cut: suspected,
    })
}

fn named(machine: &Machine, source: crate::arena::simulation::SimulationError) -> ArenaError {
    ArenaError::Simulation { scenario: machine.scenario.name.clone(), source }
}

/// The slots that one probe finds; `None` when its requests failed.
fn slots(machine: &Machine) -> Result<Option<f64>, ArenaError> {
    runtime()?.block_on(async {
        let seed = machine.index as u64;
        let simulation = Simulation::new(&machine.scenario, seed).await.map_err(|error| named(machine, error))?;
        let experiment =
            Experiment::Probe { prompt_tokens: 64, output_tokens: 24, parallel: REQUESTS, requests: REQUESTS };
        let candidate = Candidate { num_ctx: 2048, ..Candidate::default() };
        let trials = drill(&simulation, seed, &[Proposal { candidate, experiment, why: String::new() }]).await;
        Ok(trials.first().and_then(|trial| trial.mean(Metric::EffectiveSlots)))
    })
}

/// Prompts that were cut, and how many of them were noticed; whole ones, and how many of them were called cut.
fn cuts(machine: &Machine) -> Result<(usize, usize, usize, usize), ArenaError> {
    let mut scenario = machine.scenario.clone();
    if let Some(version) = VERSIONS.get(machine.index % VERSIONS.len()) {
        (*version).clone_into(&mut scenario.server.version);
    }
    let seed = machine.index as u64;
    let (measured, truths) = runtime()?.block_on(async {
        let server = Arc::new(CuttingServer::new(&scenario, seed));
        let transport: Arc<dyn Transport> = Arc::clone(&server) as Arc<dyn Transport>;
        let simulation = Simulation::over(&scenario, seed, transport).await.map_err(|error| named(machine, error))?;
        let mut contexts = CONTEXTS;
        contexts.rotate_left(machine.index % CONTEXTS.len());
        let files: Vec<usize> = (0..simulation.workload.files.len()).rev().collect();
        let proposals = contexts.map(|num_ctx| Proposal {
            candidate: Candidate {
                num_ctx,
                num_predict: 24,
                max_content_length: 60_000,
                request_timeout_seconds: 100_000,
                retry_attempts: 1,
                ..Candidate::default()
            },
            experiment: Experiment::Notes { files: files.clone() },
            why: String::new(),
        });
        let measured = drill(&simulation, seed, &proposals).await;
        Ok::<_, ArenaError>((measured, server.truths()))
    })?;
    // Requests that failed for another reason have no answer, and so no truth; nor have those that nothing is expected of.
    let answered = measured
        .iter()
        .flat_map(|trial| &trial.observations)
        .filter(|one| one.prompt_tokens > 0 && one.expected_prompt_tokens.is_some());
    let judged: Vec<(PromptTruth, bool)> = truths
        .into_iter()
        .zip(answered)
        .map(|(truth, one)| (truth, matches!(one.failure, Some(FailureCause::Truncated | FailureCause::AnswerCut))))
        .collect();
    let count = |of: &dyn Fn(&(PromptTruth, bool)) -> bool| judged.iter().filter(|one| of(one)).count();
    Ok((
        count(&|(truth, _)| truth.cut),
        count(&|(truth, said)| truth.cut && *said),
        count(&|(truth, _)| truth.fits),
        count(&|(truth, said)| truth.fits && *said),
    ))
}

async fn drill(simulation: &Simulation, seed: u64, proposals: &[Proposal]) -> Vec<Trial> {
    let drill = Drill {
        client: simulation.client(),
        server: &simulation.server,
        model: &simulation.model,
        workload: &simulation.workload,
        panel: &Panel::default(),
        seed,
    };
    drill.run(proposals, &[]).await.0
}
