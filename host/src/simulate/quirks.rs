//! Quirks: ways in which a server's speed departs from what memory and arithmetic explain. Each is a trap for those who search.

use serde::{Deserialize, Serialize};

use super::{scenario::Machine, seed::Dice, settings::LoadSettings};

/// What a server does for no reason that its machine would tell. The default has no quirk.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Quirks {
    /// How many times as long a step takes in which two or three sequences decode. A mixture of experts reads other experts for each
    /// of a few sequences, and all of them once for many.
    pub dip: Option<f64>,
    /// Share by which each further sequence slows every step on the CPU while a thread runs on each core; with fewer threads it falls
    /// as the square of what they are more than half the cores: half of them are in nobody's way.
    pub contention: Option<f64>,
    /// Tokens of the prefill batch with which prompts are read fastest; each doubling away from it costs, the second more than the first.
    pub best_batch: Option<u32>,
    /// Number of a table of factors on durations without any order: one for each load, and for each number of sequences with it.
    pub lottery: Option<u32>,
}

/// Factor on the time of a prompt token when the batch is twice, or half, of the best one: with the square of the doublings.
const A_DOUBLING_OFF: f64 = 1.2;

/// The most that one draw of a lottery makes everything slower; there are two of them. All factors up to it are equally likely, by
/// their logarithm.
const MOST_BY_CHANCE: f64 = 2.0;

/// Sequences beyond this many share one draw.
const DRAWN_SEQUENCES: u32 = 8;

/// The quirks of a model as it is loaded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Loaded {
    quirks: Quirks,
    /// How full the cores are, from 0 with half of them to 1, squared; of what runs on the CPU.
    crowded: f64,
    /// What the lottery is drawn by, and its draw for this load.
    ticket: [u64; 3],
    drawn: f64,
}

impl Quirks {
    /// Those of a load with this prefill batch. `cpu_share` is the part of the model that runs on the CPU.
    pub(super) fn loaded(&self, machine: &Machine, settings: &LoadSettings, batch: u32, cpu_share: f64) -> Loaded {
        let threads = settings.num_thread.unwrap_or(machine.physical_cores);
        // Contexts and batches of one size by and large have one ticket: there would be no end of them.
        let ticket = [settings.num_ctx.max(1).ilog2(), threads, batch.max(1).ilog2()].map(u64::from);
        Loaded {
            quirks: *self,
            crowded: cpu_share
                * (2.0 * f64::from(threads) / f64::from(machine.physical_cores.max(1)) - 1.0).max(0.0).powi(2),
            ticket,
            drawn: self.lottery.map_or(1.0, |table| draw(table, ticket, 0)),
        }
    }
}

impl Loaded {
    /// Factor on the time that reading a prompt token takes with this batch.
    pub(super) fn reading(&self, batch: u32) -> f64 {
        let off = |best: u32| (f64::from(batch.max(1)) / f64::from(best.max(1))).log2();
        self.quirks.best_batch.map_or(1.0, |best| A_DOUBLING_OFF.powf(off(best).powi(2)))
    }

    /// Factor on the duration of a step with that many sequences at work, of which so many decode; none of them reads when all do.
    pub(super) fn step(&self, sequences: u32, decoding: u32) -> f64 {
        let dip = self.quirks.dip.filter(|_| decoding == sequences && (2..=3).contains(&decoding)).unwrap_or(1.0);
        let others = f64::from(sequences.saturating_sub(1));
        let contention = 1.0 + self.quirks.contention.unwrap_or(0.0) * self.crowded * others;
        let chance = self
            .quirks
            .lottery
            .map_or(1.0, |table| self.drawn * draw(table, self.ticket, sequences.clamp(1, DRAWN_SEQUENCES)));
        dip * contention * chance
    }
}

/// One entry of a table of factors.
fn draw(table: u32, [context, threads, batch]: [u64; 3], sequences: u32) -> f64 {
    MOST_BY_CHANCE.powf(Dice::new(&[u64::from(table), context, threads, batch, u64::from(sequences), 5]).unit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Scenario;

    fn loaded(quirks: Quirks, num_ctx: u32, num_thread: Option<u32>, batch: u32) -> Loaded {
        let machine = Scenario::named("mid-range").unwrap().machine;
        quirks.loaded(&machine, &LoadSettings { num_ctx, num_thread, ..LoadSettings::default() }, batch, 1.0)
    }

    #[test]
    fn a_server_without_quirks_has_none() {
        let plain = loaded(Quirks::default(), 4096, None, 512);
        for sequences in 1..9 {
            assert!((plain.step(sequences, sequences) - 1.0).abs() < 1e-12);
        }
        assert!((plain.reading(16) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn contention_falls_steeply_with_the_threads() {
        let of = |threads, sequences| {
            let quirks = Quirks { contention: Some(0.6), ..Quirks::default() };
            loaded(quirks, 4096, Some(threads), 512).step(sequences, 0)
        };
        assert!((of(8, 3) - 2.2).abs() < 1e-9 && (of(6, 3) - 1.3).abs() < 1e-9);
        assert!((of(8, 1) - 1.0).abs() < 1e-12 && (of(4, 3) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_lottery_has_no_order_and_stays_as_it_is() {
        let of = |num_ctx, threads, sequences| {
            let quirks = Quirks { lottery: Some(7), ..Quirks::default() };
            loaded(quirks, num_ctx, threads, 512).step(sequences, sequences)
        };
        let all: Vec<f64> =
            (1..8).flat_map(|sequences| (1..8).map(move |threads| of(4096, Some(threads), sequences))).collect();
        assert!(all.iter().all(|factor| (1.0..4.0).contains(factor)), "{all:?}");
        let (least, most) =
            all.iter().fold((9.0_f64, 0.0_f64), |(low, high), factor| (low.min(*factor), high.max(*factor)));
        assert!(most / least > 2.0, "{least} to {most}");
        let rising = all.windows(2).filter(|pair| pair[1] > pair[0]).count();
        assert!((15..33).contains(&rising), "{rising} of 48");
        assert!((of(4096, None, 2) - of(5000, Some(8), 2)).abs() < 1e-12, "the same by and large, the same factor");
    }
}
