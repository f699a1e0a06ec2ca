//! How good and how fast each way of cutting is over the whole batch, and which one to take.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{PairedDifference, count, notes_by_file, paired_difference},
};

use crate::cut::Cut;

/// Ways whose speed differs by less are equally fast: then the one that reads more is taken.
const SAME_SPEED: f64 = 0.03;

/// What is known of one way.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub cut: Cut,
    pub notes_per_minute: f64,
    pub source_share: f64,
    /// Mean score over the batch: the present one's, corrected by the paired differences of the files that are cut differently.
    pub quality: f64,
    /// Against the present way, on the same files.
    pub difference: PairedDifference,
}

/// What the measurements allow to say.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// Too little was measured.
    Unmeasured,
    /// All scores are near 0.
    NoSignal { highest: f64 },
    /// The present way first.
    Compared(Vec<Judged>),
}

/// Scores by file of notes that were cut as `cut` would, at the incumbent's other settings that affect quality.
#[must_use]
pub fn scores(study: &Study, cut: &Cut) -> Vec<(u32, f64)> {
    notes_by_file(&study.history, |trial, file| {
        let measured = Cut { content: trial.setting("max_content_length"), chunk: trial.setting("chunk_size"), ..*cut };
        let chars = chars_of(study, file);
        let same = |name: &str| (trial.setting(name) - study.incumbent(name)).abs() < 1e-9;
        measured.of(chars) == cut.of(chars) && same("temperature") && same("num_predict")
    })
}

/// Length of a file that trials may use.
#[must_use]
pub fn chars_of(study: &Study, file: u32) -> f64 {
    study.workload.file_chars.get(file as usize).map_or(0.0, |chars| f64::from(*chars))
}

/// Compares all ways with the first.
#[must_use]
pub fn judge(study: &Study, cuts: &[Cut], signal: f64) -> Judgement {
    let Some((present, others)) = cuts.split_first() else { return Judgement::Unmeasured };
    let base = scores(study, present);
    let Some(base_quality) = over_batch(study, &base, |_| true) else { return Judgement::Unmeasured };
    let mut judged = vec![Judged {
        cut: *present,
        notes_per_minute: present.notes_per_minute(study),
        source_share: present.source_share(study),
        quality: base_quality,
        difference: paired_difference(&[0.0, 0.0], 0.95),
    }];
    let mut highest = base.iter().map(|(_, score)| *score).fold(0.0, f64::max);
    for cut in others {
        let differs = |chars: f64| cut.of(chars) != present.of(chars);
        let own = scores(study, cut);
        let pairs: Vec<(u32, f64)> = own
            .iter()
            .filter(|(file, _)| differs(chars_of(study, *file)))
            .filter_map(|(file, score)| Some((*file, score - base.iter().find(|other| other.0 == *file)?.1)))
            .collect();
        if pairs.len() < 2 {
            continue;
        }
        highest = own.iter().map(|(_, score)| *score).fold(highest, f64::max);
        let differences: Vec<f64> = pairs.iter().map(|(_, difference)| *difference).collect();
        judged.push(Judged {
            cut: *cut,
            notes_per_minute: cut.notes_per_minute(study),
            source_share: cut.source_share(study),
            quality: base_quality + over_batch(study, &pairs, differs).unwrap_or(0.0),
            difference: paired_difference(&differences, 0.95),
        });
    }
    if highest < signal {
        return Judgement::NoSignal { highest };
    }
    if judged.len() < 2 { Judgement::Unmeasured } else { Judgement::Compared(judged) }
}

/// Mean over the batch of a value known for some files: each file of the batch that `counts` has the value of the
/// known file nearest to it in size, the others 0. `None` when no value is known.
fn over_batch(study: &Study, known: &[(u32, f64)], counts: impl Fn(f64) -> bool) -> Option<f64> {
    if known.is_empty() {
        return None;
    }
    let size = |chars: f64| chars.max(1.0).ln();
    let nearest = |chars: f64| {
        let distance = |file: u32| (size(chars_of(study, file)) - size(chars)).abs();
        known
            .iter()
            .min_by(|left, right| distance(left.0).total_cmp(&distance(right.0)))
            .map_or(0.0, |(_, value)| *value)
    };
    let batch = &study.workload.batch_chars;
    let sum: f64 = batch.iter().map(|chars| f64::from(*chars)).filter(|chars| counts(*chars)).map(nearest).sum();
    Some(sum / count(batch.len().max(1)))
}

/// The fastest way that keeps the quality, and does not read less than the baseline unless its loss is surely small.
/// The present way is only ruled out by a difference that is no accident.
#[must_use]
pub fn choose(judged: &[Judged], baseline_share: f64, floor: f64, loss: f64) -> Option<&Judged> {
    let (present, others) = judged.split_first()?;
    let best = judged.iter().max_by(|left, right| left.quality.total_cmp(&right.quality))?;
    let allowed = |way: &&Judged| {
        let reads_enough = way.source_share >= baseline_share - 1e-9 || way.difference.low >= -loss;
        way.quality >= floor * best.quality && reads_enough
    };
    let surely_worse = present.quality < floor * best.quality && best.difference.low > 0.0;
    let first = (!surely_worse).then_some(present);
    let feasible: Vec<&Judged> = first.into_iter().chain(others.iter().filter(allowed)).collect();
    let fastest = feasible.iter().map(|way| way.notes_per_minute).max_by(f64::total_cmp)?;
    feasible.into_iter().filter(|way| way.notes_per_minute >= fastest * (1.0 - SAME_SPEED)).max_by(|left, right| {
        left.source_share.total_cmp(&right.source_share).then(left.quality.total_cmp(&right.quality))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(notes_per_minute: f64, source_share: f64, quality: f64, differences: &[f64]) -> Judged {
        let cut = Cut { content: source_share, chunk: 1.0, name: "" };
        Judged { cut, notes_per_minute, source_share, quality, difference: paired_difference(differences, 0.95) }
    }

    fn chosen(judged: &[Judged]) -> Option<f64> {
        choose(judged, 0.6, 0.95, 0.03).map(|way| way.source_share)
    }

    #[test]
    fn reading_less_needs_a_loss_that_is_surely_small() {
        let present = way(10.0, 0.6, 0.8, &[0.0, 0.0]);
        assert_eq!(chosen(&[present.clone(), way(15.0, 0.4, 0.79, &[-0.01, -0.02, -0.01])]), Some(0.4));
        assert_eq!(chosen(&[present.clone(), way(15.0, 0.4, 0.79, &[-0.1, 0.1, -0.03])]), Some(0.6), "too unsure");
        assert_eq!(chosen(&[present, way(15.0, 0.4, 0.7, &[-0.1, -0.1, -0.1])]), Some(0.6), "surely worse");
    }

    #[test]
    fn the_present_way_is_left_only_for_a_certain_gain() {
        let present = way(10.0, 0.6, 0.7, &[0.0, 0.0]);
        assert_eq!(chosen(&[present.clone(), way(6.0, 1.0, 0.8, &[0.1, 0.12, 0.11])]), Some(1.0));
        assert_eq!(chosen(&[present.clone(), way(6.0, 1.0, 0.8, &[0.4, -0.2, 0.1])]), Some(0.6), "an accident");
        assert_eq!(chosen(&[present, way(6.0, 1.0, 0.72, &[0.02, 0.02, 0.02])]), Some(0.6), "within the floor");
    }

    #[test]
    fn equally_fast_ways_read_more() {
        assert_eq!(chosen(&[way(10.0, 0.6, 0.8, &[0.0, 0.0]), way(9.8, 0.9, 0.8, &[0.0, 0.0])]), Some(0.9));
        assert_eq!(chosen(&[]), None);
    }
}
