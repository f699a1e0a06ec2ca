//! Cut prompts, whole prompts, slots: what is measured right or wrong one by one.

use super::{counted, share};
use crate::model::calibration::{Aim, CalibrationStudy, Examination, Figure, FigureUnit, Tuner};

/// Of all studies and examinations.
pub(super) fn examined(studies: &[CalibrationStudy], examinations: &[Examination]) -> [Figure; 3] {
    let of = |what: &str, aim, ours| Figure {
        what: what.to_owned(),
        unit: FigureUnit::Share,
        aim: Some(aim),
        ours,
        rules: None,
    };
    let sum = |count: &dyn Fn(&Examination) -> usize| examinations.iter().map(count).sum::<usize>();
    let ours = || studies.iter().filter(|study| study.tuner == Tuner::Study);
    let (requests, suspected) =
        (ours().map(|study| study.requests).sum::<usize>(), ours().map(|study| study.false_truncations).sum::<usize>());
    [
        of(
            "cut prompts that were noticed",
            Aim::AtLeast(1.0),
            counted(sum(&|one| one.cut_prompts_noticed), sum(&|one| one.cut_prompts)),
        ),
        of(
            "whole prompts that were called cut",
            Aim::AtMost(0.0),
            counted(suspected + sum(&|one| one.whole_prompts_called_cut), requests + sum(&|one| one.whole_prompts)),
        ),
        of(
            "slots found by eight short requests",
            Aim::AtLeast(0.95),
            share(examinations.iter().map(|one| one.slots_found)),
        ),
    ]
}
