//! Two settings on the same files, in blocks that take turns, until every file was made with both: nothing ends it early, and no file is
//! weighed by what was predicted for it.

use std::{collections::BTreeMap, fmt};

use ralf_tune::{
    model::{
        candidate::Candidate,
        experiment::{Experiment, Proposal},
        metric::Estimate,
        trial::Trial,
        workload::Workload,
    },
    stats::interval::ratio_interval,
    tune::{Panel, drill::Drill},
};

use crate::server::{Real, fresh};

/// Fewest files in a block: between two blocks the model may be loaded anew.
const LEAST_IN_BLOCK: usize = 3;

/// Share of the time that is put down to noise: others use the machine as well.
const NOISE: f64 = 0.10;

/// What a replay found.
pub struct Replay {
    /// How many times faster the new settings are; `None` where fewer than two pairs of blocks made notes.
    gain: Option<Estimate>,
    /// How many times faster, a pair of blocks each.
    ratios: Vec<f64>,
    /// Files without a note, of the old settings and of the new.
    lost: (usize, usize),
    files: usize,
}

impl Replay {
    /// Whether enough notes were made to say anything.
    pub const fn is_known(&self) -> bool {
        self.gain.is_some()
    }

    /// Whether the whole interval of the new settings' time lies below that of the old ones, or above it by no more than noise.
    pub fn is_not_slower(&self) -> bool {
        self.gain.is_some_and(|gain| 1.0 / gain.interval.low <= 1.0 + NOISE)
    }
}

impl fmt::Display for Replay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratios: Vec<_> = self.ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
        match &self.gain {
            Some(gain) => {
                let (low, high) = (gain.interval.low, gain.interval.high);
                write!(formatter, "{:.2} times as fast, 95 % interval {low:.2} to {high:.2}", gain.value)?;
            }
            None => write!(formatter, "no two pairs of blocks made notes")?,
        }
        let (files, (old, new)) = (self.files, self.lost);
        write!(formatter, ", {files} files, {old} lost with the old settings, {new} with the new; by block: {ratios:?}")
    }
}

/// Makes notes of all files with both. Each pair of blocks begins with the settings that the one before ended with, so that both come first
/// equally often, and half of the loads are spared.
pub async fn replayed(real: &Real, workload: &Workload, old: &Candidate, new: &Candidate) -> Replay {
    let width = old.max_concurrent_requests.max(new.max_concurrent_requests) as usize;
    let files: Vec<usize> = (0..workload.files.len()).collect();
    let mut proposals = Vec::new();
    for (turn, block) in files.chunks(LEAST_IN_BLOCK.max(2 * width)).enumerate() {
        let order = if turn % 2 == 0 { [old, new] } else { [new, old] };
        proposals.extend(order.map(|settings| Proposal {
            candidate: settings.clone(),
            experiment: Experiment::Notes { files: block.to_vec() },
            why: String::new(),
        }));
    }
    let drill = Drill {
        client: &real.client,
        server: &real.server,
        model: &real.model,
        workload,
        panel: &Panel::default(),
        seed: fresh(),
    };
    let (trials, _) = drill.run(&proposals, &[]).await;
    let mut replay = Replay { gain: None, ratios: Vec::new(), lost: (0, 0), files: files.len() };
    for (turn, pair) in trials.chunks(2).enumerate() {
        let [old, new] = if turn % 2 == 0 { [&pair[0], &pair[1]] } else { [&pair[1], &pair[0]] };
        replay.lost.0 += lost(old);
        replay.lost.1 += lost(new);
        if let (Some(old), Some(new)) = (seconds_a_note(old), seconds_a_note(new)) {
            replay.ratios.push(old / new);
        }
    }
    replay.gain = ratio_interval(&replay.ratios);
    replay
}

/// From the first request of the block to the end of its last, by the notes that came of it: what was waited for in vain counts.
fn seconds_a_note(trial: &Trial) -> Option<f64> {
    let made = files_of(trial) - lost(trial);
    let begin = requests(trial).map(|request| request.0).reduce(f64::min)?;
    let end = requests(trial).map(|request| request.1).reduce(f64::max)?;
    #[expect(clippy::cast_precision_loss, reason = "a handful of files")]
    (made > 0).then(|| (end - begin) / made as f64)
}

/// Beginning and end of each request for a file. The one after a load is a warm-up, and has none.
fn requests(trial: &Trial) -> impl Iterator<Item = (f64, f64)> {
    let of_files = trial.measured().filter(|request| request.file.is_some());
    of_files.map(|request| (request.started_ms, request.started_ms + request.latency_ms))
}

fn files_of(trial: &Trial) -> usize {
    let Experiment::Notes { files } = &trial.experiment else { return 0 };
    files.len()
}

/// Files without a note: no request was made, or one of their pieces failed every try.
fn lost(trial: &Trial) -> usize {
    let Experiment::Notes { files } = &trial.experiment else { return 0 };
    let made = |file: &usize| {
        let mut pieces = BTreeMap::new();
        for request in trial.measured().filter(|request| request.file == Some(*file)) {
            *pieces.entry(request.piece).or_insert(false) |= request.failure.is_none();
        }
        !pieces.is_empty() && pieces.values().all(|succeeded| *succeeded)
    };
    files.iter().filter(|file| !made(file)).count()
}
