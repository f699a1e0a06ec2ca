//! Which context sizes are worth a thought: arithmetic only, nothing measured yet.

use ralf_tune_sdk::strategy::prelude::*;
use ralf_tune_sdk::study::{Fit, StudyExt, TrialExt, bytes, metric};

/// Characters of source below which a context is of no use.
const LEAST_ROOM_CHARS: f64 = 1000.0;

/// The sizes that may be tried, and why others may not.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    /// In tokens, rising.
    pub sizes: Vec<f64>,
    /// The least context that holds the largest file whole, in tokens; or what is read of it.
    pub needed: f64,
    /// Why sizes were dropped.
    pub dropped: Vec<String>,
}

impl Ladder {
    /// From the parameter `sizes`: within the range of `num_ctx` (it ends at the trained context), with room for a piece of
    /// source, and estimated to need at most `memory_share` of the memory that there is.
    #[must_use]
    pub fn of(study: &Study, listed: &[f64], memory_share: f64) -> Self {
        let fit = Fit::of(study);
        let needed = fit.needed_context(study.largest_chars());
        let most = study.highest("num_ctx");
        let mut wanted: Vec<f64> = listed.iter().map(|size| size.round()).filter(|size| *size <= most).collect();
        // Where a listed size is far larger than need be, the exact size is the next thing to try.
        if needed <= most {
            wanted.push(needed);
        }
        // And where that is too much, what is read of a file at present in one request.
        let at_present = fit.needed_context(study.largest_chars().min(study.incumbent("max_content_length")));
        if at_present <= most && at_present < needed {
            wanted.push(at_present);
        }
        if wanted.is_empty() {
            wanted.push((most / 256.0).floor() * 256.0);
        }
        wanted.sort_by(f64::total_cmp);
        wanted.dedup();
        let mut ladder = Self { sizes: Vec::new(), needed, dropped: Vec::new() };
        let mut smallest_too_large = None;
        for size in wanted {
            let room = fit.with_context(size).chars();
            if room < LEAST_ROOM_CHARS {
                ladder.dropped.push(format!("{size} leaves room for {room} characters of source only"));
            } else if let Some(why) = too_large(study, size, memory_share) {
                ladder.dropped.push(why);
                smallest_too_large.get_or_insert(size);
            } else {
                ladder.sizes.push(size);
            }
        }
        // An estimate alone never ends the search: what is least is tried.
        if ladder.sizes.is_empty()
            && let Some(size) = smallest_too_large
        {
            ladder.sizes.push(size);
        }
        ladder
    }

    /// The least context that holds what is read of the largest file at present in one request, where that is less than the present context.
    #[must_use]
    pub fn of_what_is_read(study: &Study) -> Self {
        let cut = study.incumbent("max_content_length").min(study.incumbent("chunk_size"));
        let needed = Fit::of(study).needed_context(study.largest_chars().min(cut));
        let sizes = if needed < study.incumbent("num_ctx") { vec![needed] } else { Vec::new() };
        Self { sizes, needed, dropped: Vec::new() }
    }

    /// The smallest size of `listed` that holds the largest file whole; the largest possible one when none does.
    #[must_use]
    pub fn target(&self, listed: &[f64]) -> Option<f64> {
        let enough = |size: &&f64| **size >= self.needed && listed.iter().any(|entry| (entry - **size).abs() < 0.5);
        self.sizes
            .iter()
            .find(enough)
            .or_else(|| self.sizes.iter().find(|size| **size >= self.needed))
            .or(self.sizes.last())
            .copied()
    }
}

/// Why a size is not even tried: the document's "estimated memory over 80 % of what is available", against GPU memory
/// where the model fits into it. Memory measured at another size is better than an estimate from the file's size.
fn too_large(study: &Study, size: f64, memory_share: f64) -> Option<String> {
    let available = memory_for_model(study);
    if available <= 0.0 || held(study, size) {
        return None;
    }
    let estimate = estimated_memory(study, size);
    (estimate > available * memory_share).then(|| {
        format!(
            "{size} would need about {:.1} GiB, over {:.0} % of the {:.1} GiB available",
            gibibytes(estimate),
            memory_share * 100.0,
            gibibytes(available)
        )
    })
}

/// Bytes that the model may use: of the GPU where it fits there, else of the machine (and the GPU). 0: unknown.
#[must_use]
pub fn memory_for_model(study: &Study) -> f64 {
    let (gpu, machine) = (bytes(study.machine.gpu_memory_bytes), bytes(study.machine.available_memory_bytes));
    if gpu > bytes(study.model.size_bytes) { gpu } else { gpu + machine }
}

/// Bytes at a context: measured at another one and corrected by what a token costs, else weights + tokens.
#[must_use]
pub fn estimated_memory(study: &Study, size: f64) -> f64 {
    let per_token = bytes(study.model.kv_bytes_per_token);
    let measured = study.history.iter().rev().find_map(|trial| {
        let peak = trial.mean(metric::PEAK_MEMORY_BYTES).filter(|peak| *peak > 0.0)?;
        Some(peak + (size - trial.setting("num_ctx")) * per_token)
    });
    measured.unwrap_or_else(|| bytes(study.model.size_bytes) + size * per_token).max(0.0)
}

/// Whether a context at least that large was loaded without trouble: then the estimate has nothing to say.
#[must_use]
pub fn held(study: &Study, size: f64) -> bool {
    let whole = |trial: &Trial| trial.mean(metric::GPU_SHARE).is_some_and(|share| share <= 0.0 || share >= 1.0);
    study.history.iter().any(|trial| {
        let loaded = trial.fact("loaded_context_tokens").unwrap_or_else(|| trial.setting("num_ctx"));
        trial.is_complete() && whole(trial) && loaded >= size
    })
}

/// Bytes in GiB.
#[must_use]
pub fn gibibytes(value: f64) -> f64 {
    value / bytes(1 << 30)
}

#[cfg(test)]
mod tests {
    use ralf_tune_sdk::testing::{Host, Server};

    use super::*;

    const LISTED: [f64; 5] = [2048.0, 4096.0, 8192.0, 16_384.0, 32_768.0];

    fn host(largest: u32) -> Host {
        Host::new(Server::default(), &[500, largest])
    }

    #[test]
    fn the_smallest_listed_size_that_holds_the_largest_file_is_the_target() {
        for (largest, target) in [(1_000, 2048.0), (5_000, 4096.0), (18_000, 8192.0), (30_000, 16_384.0)] {
            let study = host(largest).study;
            assert_eq!(Ladder::of(&study, &LISTED, 0.8).target(&LISTED), Some(target), "{largest} characters");
        }
    }

    #[test]
    fn a_file_larger_than_all_gets_the_largest_size() {
        let mut study = host(400_000).study;
        study.machine.gpu_memory_bytes = 80 << 30;
        let ladder = Ladder::of(&study, &LISTED, 0.8);
        assert_eq!(ladder.target(&LISTED), Some(32_768.0));
        assert!(ladder.needed > 32_768.0);
    }

    #[test]
    fn sizes_estimated_over_80_percent_of_memory_are_skipped() {
        // 5 GiB of weights and 1 GiB for 8192 tokens on 8 GiB: 6.4 GiB may be used, so 8192 stays and 16384 goes.
        let mut study = host(400_000).study;
        study.machine.gpu_memory_bytes = 8 << 30;
        let ladder = Ladder::of(&study, &LISTED, 0.8);
        assert_eq!(ladder.target(&LISTED), Some(8192.0));
        assert_eq!(ladder.dropped.len(), 2);
        // Without a GPU the machine's memory counts; with none known nothing is skipped.
        study.machine.gpu_memory_bytes = 0;
        study.machine.available_memory_bytes = 20 << 30;
        assert_eq!(Ladder::of(&study, &LISTED, 0.8).target(&LISTED), Some(32_768.0));
        study.machine.available_memory_bytes = 0;
        assert_eq!(Ladder::of(&study, &LISTED, 0.8).target(&LISTED), Some(32_768.0));
    }

    #[test]
    fn never_above_the_trained_context() {
        let mut host = host(400_000);
        for range in host.study.space.iter_mut().filter(|range| range.name == "num_ctx") {
            range.high = 10_000.0;
        }
        assert_eq!(Ladder::of(&host.study, &LISTED, 0.8).target(&LISTED), Some(8192.0));
        host.set("num_predict", 128.0);
        for range in host.study.space.iter_mut().filter(|range| range.name == "num_ctx") {
            range.high = 1100.0;
        }
        assert_eq!(Ladder::of(&host.study, &LISTED, 0.8).target(&LISTED), Some(1024.0), "no listed size is possible");
    }

    #[test]
    fn a_size_without_room_for_source_is_none() {
        let mut host = host(400);
        host.set("num_predict", 1500.0);
        assert_eq!(Ladder::of(&host.study, &LISTED, 0.8).target(&LISTED), Some(4096.0), "2048 has 248 tokens left");
    }
}
