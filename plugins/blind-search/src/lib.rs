//! What `random`, `grid` and `halving` share: the ways of running the batch that they try, how one is measured, and how the best is picked.
//!
//! They know nothing of servers. They are there to be compared with: whoever cannot beat them has learned nothing.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{Fit, count, mean, metric, whole},
};

/// Settings that they decide.
pub const DECIDES: [&str; 5] = ["num_ctx", "num_thread", "chunk_size", "max_content_length", "max_concurrent_requests"];

/// Values that are tried.
const CONTEXTS: [f64; 8] = [2048.0, 3072.0, 4096.0, 6144.0, 8192.0, 10_240.0, 16_384.0, 32_768.0];
const PARALLEL: [f64; 6] = [1.0, 2.0, 3.0, 4.0, 6.0, 8.0];
const CONTENTS: [f64; 6] = [4_000.0, 6_000.0, 8_000.0, 12_000.0, 16_000.0, 24_000.0];

/// Least quality of a pick, as a share of the best that was seen.
const FLOOR: f64 = 0.95;

/// One way of running the batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Way {
    pub context: f64,
    pub threads: f64,
    pub content: f64,
    pub parallel: f64,
}

/// Everything that may be tried, each value by itself.
pub struct Ways {
    pub contexts: Vec<f64>,
    pub threads: Vec<f64>,
    pub contents: Vec<f64>,
    pub parallel: Vec<f64>,
}

impl Ways {
    /// What the search space allows.
    #[must_use]
    pub fn of(study: &Study) -> Self {
        let allowed = |name: &str, values: &[f64]| {
            let mut allowed: Vec<f64> = values.iter().map(|value| study.allowed(name, *value)).collect();
            allowed.sort_by(f64::total_cmp);
            allowed.dedup();
            allowed
        };
        let (physical, usable) = (f64::from(study.machine.physical_cores), f64::from(study.machine.usable_threads));
        Self {
            contexts: allowed("num_ctx", &CONTEXTS),
            threads: allowed("num_thread", &[study.incumbent("num_thread"), physical.min(usable), usable]),
            contents: allowed("max_content_length", &CONTENTS),
            parallel: allowed("max_concurrent_requests", &PARALLEL),
        }
    }

    /// One of them, by a number that is drawn: any number gives one, and each is as likely.
    #[must_use]
    pub fn drawn(&self, number: u64) -> Way {
        let mut rest = number;
        let mut one = |values: &[f64]| {
            let length = values.len().max(1) as u64;
            let index = usize::try_from(rest % length).unwrap_or(0);
            rest /= length;
            values.get(index).copied().unwrap_or_default()
        };
        Way {
            context: one(&self.contexts),
            threads: one(&self.threads),
            content: one(&self.contents),
            parallel: one(&self.parallel),
        }
    }
}

impl Way {
    /// The one of a trial.
    #[must_use]
    pub fn of(trial: &Trial) -> Self {
        Self {
            context: trial.setting("num_ctx"),
            threads: trial.setting("num_thread"),
            content: trial.setting("max_content_length"),
            parallel: trial.setting("max_concurrent_requests"),
        }
    }

    /// The characters of a piece that its context holds.
    fn chunk(&self, study: &Study) -> f64 {
        let room = Fit::of(study).with_context(self.context).chars();
        study.allowed("chunk_size", study.incumbent("chunk_size").min(room.max(500.0)))
    }

    /// Notes of some files made that way.
    #[must_use]
    pub fn measure(&self, study: &Study, files: Vec<u32>) -> Proposal {
        let why = format!(
            "{} tokens of context, {} characters of a file, {} at once",
            self.context, self.content, self.parallel
        );
        Proposal::new(Experiment::Notes(files), why)
            .set("num_ctx", self.context)
            .set("num_thread", self.threads)
            .set("chunk_size", self.chunk(study))
            .set("max_content_length", self.content)
            .set("max_concurrent_requests", self.parallel)
    }
}

/// A parameter that counts something.
#[must_use]
pub fn number(arguments: &Arguments, name: &str) -> usize {
    whole(arguments.number(name)) as usize
}

/// So many files, spread over the sizes: the same ones for everybody, so that times can be compared.
#[must_use]
pub fn files(study: &Study, number: usize) -> Vec<u32> {
    let mut sorted: Vec<(u32, u32)> = study.workload.file_chars.iter().copied().zip(0..).collect();
    sorted.sort_unstable();
    let number = number.min(sorted.len());
    (0..number)
        .filter_map(|index| sorted.get((2 * index + 1) * sorted.len() / (2 * number)).map(|(_, file)| *file))
        .collect()
}

/// What a trial says: notes a minute, and their mean score.
#[must_use]
pub fn found(trial: &Trial) -> Option<(f64, f64)> {
    let speed = trial.mean(metric::NOTES_PER_MINUTE).filter(|_| trial.is_complete())?;
    let scores: Vec<f64> = trial.scores.iter().map(|score| score.value).collect();
    Some((speed, mean(&scores).unwrap_or(0.0)))
}

/// The fastest of a stage's trials whose notes are good enough, with the largest number of files that any was tried with.
#[must_use]
pub fn decide(study: &Study, stage: &str) -> Decision {
    let size = |trial: &Trial| match &trial.experiment {
        Experiment::Notes(files) => files.len(),
        _ => 0,
    };
    let all: Vec<&Trial> = study.trials_of(stage).filter(|trial| found(trial).is_some()).collect();
    let Some(most) = all.iter().map(|trial| size(trial)).max() else {
        return Decision::new().not_found("no way of making notes was measured to its end");
    };
    let judged: Vec<(&Trial, f64, f64)> = all
        .iter()
        .filter(|trial| size(trial) == most)
        .filter_map(|trial| found(trial).map(|(speed, quality)| (*trial, speed, quality)))
        .collect();
    let best = judged.iter().map(|(_, _, quality)| *quality).fold(0.0, f64::max);
    let good = judged.iter().filter(|(_, _, quality)| *quality >= FLOOR * best);
    let Some((trial, speed, quality)) = good.max_by(|left, right| left.1.total_cmp(&right.1)) else {
        return Decision::new();
    };
    let reason =
        format!("{speed:.1} notes a minute at a quality of {quality:.2}, the best of {} tried", count(all.len()));
    DECIDES
        .iter()
        .fold(Decision::new(), |decision, name| decision.set(name, study.allowed(name, trial.setting(name))))
        .reason(reason)
}

/// A number that looks drawn: the next of `SplitMix64` (Steele, Lea and Flood 2014) after so many others.
#[must_use]
pub fn dice(seed: u64, number: u64) -> u64 {
    let mut mixed = seed.wrapping_add((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use ralf_tune_sdk::testing::{Host, Server};

    use super::*;

    #[test]
    fn numbers_are_drawn_evenly_and_repeat() {
        // The first values of SplitMix64 for seed 1234567, as its authors print them.
        assert_eq!((dice(1_234_567, 0), dice(1_234_567, 1)), (6_457_827_717_110_365_317, 3_203_168_211_198_807_973));
        let host = Host::new(Server::default(), &[1_000, 9_000]);
        let ways = Ways::of(&host.study);
        let mut seen = [0_u32; 8];
        for number in 0..8_000 {
            let way = ways.drawn(dice(7, number));
            let place = ways.contexts.iter().position(|context| (context - way.context).abs() < 0.5).unwrap();
            seen[place] += 1;
        }
        let share = 8_000 / u32::try_from(ways.contexts.len()).unwrap();
        assert!(seen.iter().take(ways.contexts.len()).all(|count| count.abs_diff(share) < share / 5), "{seen:?}");
    }
}
