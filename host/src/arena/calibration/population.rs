//! Machines to be examined on: the built-in ones and relatives of them, each as a user might have it.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, LogNormal};

use crate::{
    model::candidate::Candidate,
    simulate::{Scenario, Speed},
};

/// A machine and the settings that its user has.
pub struct Machine {
    pub index: usize,
    pub scenario: Scenario,
    pub start: Candidate,
    /// What it suffers from, besides noise.
    pub condition: Option<&'static str>,
}

/// Deviations of a request's duration that machines are given in turn.
const NOISES: [f64; 3] = [0.05, 0.03, 0.15];

/// What else some relatives suffer from: every third has one of these.
const CONDITIONS: [&str; 9] = [
    "heavy-tails",
    "drift=0.1",
    "throttle",
    "competitor",
    "cold-files",
    "ignores=num_thread",
    "stalls=0.08",
    "faults=0.1",
    "stalls=0.02",
];

/// How much speeds of relatives differ: deviation of the logarithm.
const SPEEDS: f64 = 0.35;

/// The first machines: as many as asked for, always the same ones.
#[must_use]
pub fn machines(count: usize) -> Vec<Machine> {
    (0..count).filter_map(machine).collect()
}

fn machine(index: usize) -> Option<Machine> {
    let round = index / Scenario::NAMES.len();
    let name = Scenario::NAMES.get(index % Scenario::NAMES.len())?;
    let condition =
        CONDITIONS.get(index / 3 % CONDITIONS.len()).copied().filter(|_| round > 0 && index.is_multiple_of(3));
    let mut scenario =
        Scenario::named(&condition.map_or_else(|| (*name).to_owned(), |condition| format!("{name}:{condition}")))?;
    let mut dice = ChaCha8Rng::seed_from_u64(index as u64);
    scenario.noise.request_sigma = *NOISES.get((index + round) % NOISES.len())?;
    if round > 0 {
        vary(&mut scenario, &mut dice);
        scenario.name = format!("{}, relative {round}", scenario.name);
    }
    let start = if round == 0 { Candidate::default() } else { start(&mut dice) };
    Some(Machine { index, scenario, start, condition })
}

/// Another machine of the same kind: other speeds, memory, slots, and a model that reads better or worse.
pub(in crate::arena) fn vary(scenario: &mut Scenario, dice: &mut ChaCha8Rng) {
    vary_speed(&mut scenario.machine.cpu, dice);
    if let Some(gpu) = &mut scenario.machine.gpu {
        vary_speed(&mut gpu.speed, dice);
        gpu.memory_free_bytes = scaled(gpu.memory_free_bytes, dice.random_range(0.95..1.4)).min(gpu.memory_bytes);
    }
    let machine = &mut scenario.machine;
    machine.memory_free_bytes =
        scaled(machine.memory_free_bytes, dice.random_range(0.98..1.5)).min(machine.memory_bytes);
    machine.loading.bytes_per_second *= factor(dice, 0.5);
    scenario.server.num_parallel = one_of(dice, &[1, 1, 2, 2, 3, 4]);
    let behaviour = &mut scenario.behaviour;
    behaviour.effective_context_tokens = one_of(dice, &[2_500, 4_000, 6_000, 8_000, 12_000]);
}

fn vary_speed(speed: &mut Speed, dice: &mut ChaCha8Rng) {
    let machine = factor(dice, SPEEDS);
    speed.memory_bytes_per_second *= machine * factor(dice, SPEEDS / 2.0);
    speed.prefill_tokens_per_second *= machine * factor(dice, SPEEDS);
    speed.sequence_cost_ms *= factor(dice, SPEEDS) / machine;
    speed.attention_double_tokens *= factor(dice, SPEEDS);
}

/// Settings that a user might have.
pub(in crate::arena) fn start(dice: &mut ChaCha8Rng) -> Candidate {
    let num_ctx = one_of(dice, &[4_096, 8_192, 10_000, 10_000, 16_384]);
    Candidate {
        num_ctx,
        max_content_length: one_of(dice, &[4_000, 8_000, 8_000, 8_000, 12_000]).min(num_ctx),
        max_concurrent_requests: one_of(dice, &[1, 1, 2, 4]),
        ..Candidate::default()
    }
}

fn factor(dice: &mut ChaCha8Rng, sigma: f64) -> f64 {
    LogNormal::new(0.0, sigma).map_or(1.0, |spread| spread.sample(dice))
}

pub(in crate::arena) fn one_of<T: Copy>(dice: &mut ChaCha8Rng, values: &[T]) -> T {
    // `values` are never empty: they are written above.
    values[dice.random_range(0..values.len())]
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "memory sizes are far below 2^52 bytes"
)]
pub(in crate::arena) fn scaled(bytes: u64, factor: f64) -> u64 {
    (bytes as f64 * factor) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_the_same_every_time_and_differ_from_each_other() {
        let (once, again) = (machines(21), machines(21));
        for (a, b) in once.iter().zip(&again) {
            assert_eq!((&a.scenario, &a.start), (&b.scenario, &b.start));
        }
        let names: std::collections::BTreeSet<&str> =
            once.iter().map(|machine| machine.scenario.name.as_str()).collect();
        assert_eq!(names.len(), 21);
        assert_ne!(once[1].scenario.machine.cpu, once[8].scenario.machine.cpu);
    }
}
