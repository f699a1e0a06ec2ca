//! A fleet of simulated machines that many people could have: hardware, models, batches and settings all vary.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    arena::calibration::population::{one_of, scaled, start, vary},
    model::{candidate::Candidate, workload::Workload},
    simulate::{ModelFacts, Scenario, Speed},
    workload::generate::workload_of_size,
};

/// Luck of fleets begins here: it is not that of the machines of a calibration.
const SEED: u64 = 7_000_000;

/// A model that is larger than the one that a machine was made for by more than this does not run there.
const LARGEST_MODEL: f64 = 1.2;

/// One machine of a fleet.
pub struct Machine {
    pub index: usize,
    pub scenario: Scenario,
    pub workload: Workload,
    /// The settings that its user has.
    pub start: Candidate,
}

/// A machine of the fleet, always the same one.
#[must_use]
pub fn machine(index: usize) -> Option<Machine> {
    let name = Scenario::NAMES.get(index % Scenario::NAMES.len())?;
    let mut scenario = Scenario::named(name)?;
    let mut dice = ChaCha8Rng::seed_from_u64(SEED + index as u64);
    scenario.noise.request_sigma = one_of(&mut dice, &[0.03, 0.05, 0.05, 0.1]);
    vary(&mut scenario, &mut dice);
    widen(&mut scenario, &mut dice);
    another_model(&mut scenario, &mut dice);
    scenario.name = format!("{name}, fleet {index}");
    let size = one_of(&mut dice, &[0.5, 0.75, 1.0, 1.0, 1.0, 1.5, 2.0]);
    let workload = workload_of_size(u64::from(dice.random::<u8>()), size);
    let start = start(&mut dice);
    Some(Machine { index, scenario, workload, start })
}

/// More or fewer cores, more memory.
fn widen(scenario: &mut Scenario, dice: &mut ChaCha8Rng) {
    let machine = &mut scenario.machine;
    let cores = one_of(dice, &[0.5, 1.0, 1.0, 1.5, 2.0]);
    for count in [&mut machine.physical_cores, &mut machine.logical_threads, &mut machine.usable_threads] {
        *count = u32::try_from(scaled(u64::from(*count), cores)).unwrap_or(*count).max(2);
    }
    let memory = one_of(dice, &[1.0, 1.0, 1.5, 2.0]);
    machine.memory_bytes = scaled(machine.memory_bytes, memory);
    machine.memory_free_bytes = scaled(machine.memory_free_bytes, memory);
    if let Some(gpu) = &mut machine.gpu {
        let memory = one_of(dice, &[1.0, 1.0, 1.33, 2.0]);
        gpu.memory_bytes = scaled(gpu.memory_bytes, memory);
        gpu.memory_free_bytes = scaled(gpu.memory_free_bytes, memory);
    }
}

/// Every third machine has another model, one that is not much larger; speeds stay those of the hardware.
#[expect(clippy::cast_precision_loss, reason = "parameters and bytes of models are far below 2^52")]
fn another_model(scenario: &mut Scenario, dice: &mut ChaCha8Rng) {
    if dice.random_range(0..3) > 0 {
        return;
    }
    let Some(own) = scenario.models.first().cloned() else { return };
    let fits = |model: &ModelFacts| {
        let share = model.size_bytes as f64 / own.size_bytes.max(1) as f64;
        (0.2..LARGEST_MODEL).contains(&share) && model.name != own.name
    };
    let known: Vec<ModelFacts> = Scenario::NAMES
        .iter()
        .filter_map(|name| Scenario::named(name)?.models.first().cloned())
        .chain(scenario.models.iter().filter(|model| model.size_bytes > 600 << 20).cloned())
        .filter(fits)
        .collect();
    if known.is_empty() {
        return;
    }
    let other = one_of(dice, &known.iter().collect::<Vec<_>>()).clone();
    let ratio = own.parameter_count as f64 / other.parameter_count.max(1) as f64;
    let faster = |speed: &mut Speed| speed.prefill_tokens_per_second *= ratio;
    faster(&mut scenario.machine.cpu);
    if let Some(gpu) = &mut scenario.machine.gpu {
        faster(&mut gpu.speed);
    }
    scenario.models.retain(|model| model.name != other.name);
    scenario.models.insert(0, other);
}
