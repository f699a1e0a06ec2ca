//! What becomes of whole batches, beside what was said of them.

use super::{average, counted, share};
use crate::{
    model::{
        calibration::{Aim, CalibrationStudy, Figure, FigureUnit, Measured, PlayedBatch, Tuner},
        metric::ConfidenceInterval,
        outlook::BatchOutlook,
    },
    stats::summary::mean,
};

/// Lost files, the chance of none, and the time.
pub(super) fn batches(studies: &[CalibrationStudy]) -> Vec<Figure> {
    let played =
        |tuner| studies.iter().filter(move |study| study.tuner == tuner).filter_map(|study| study.batch.as_ref());
    let said = || played(Tuner::Study).filter_map(|batch| Some((batch.said.as_ref()?, batch)));
    let faulty = || {
        let ours = studies.iter().filter(|study| study.tuner == Tuner::Study && has_faults(study));
        ours.filter_map(|study| study.batch.as_ref()).filter_map(|batch| Some((batch.said.as_ref()?, batch)))
    };
    let of = |what: &str, unit, aim, ours, rules| Figure { what: what.to_owned(), unit, aim, ours, rules };
    let lost = |tuner| {
        let (lost, files) = played(tuner).fold((0, 0), |(lost, files), batch| (lost + batch.lost, files + batch.files));
        counted(lost, files)
    };
    let held = |interval: ConfidenceInterval, value: f64| (interval.low..=interval.high).contains(&value);
    #[expect(clippy::cast_precision_loss, reason = "some hundred files")]
    let lost_held = |(said, batch): (&BatchOutlook, &PlayedBatch)| held(said.lost_interval, batch.lost as f64);
    let unattended = |pairs: Vec<(&BatchOutlook, &PlayedBatch)>| {
        let stated: Vec<f64> = pairs.iter().map(|(said, _)| said.unattended_probability).collect();
        let true_share = share(pairs.iter().map(|(_, batch)| batch.lost == 0))?;
        Some(Measured { value: (mean(&stated) - true_share.value).abs(), interval: None, count: pairs.len() })
    };
    let ratio = average(said().map(|(said, batch)| (batch.minutes / said.expected_minutes).ln()));
    vec![
        of(
            "files that a batch loses",
            FigureUnit::Share,
            Some(Aim::AtMost(0.02)),
            lost(Tuner::Study),
            lost(Tuner::Rules),
        ),
        of(
            "lost files inside the stated interval",
            FigureUnit::Share,
            Some(Aim::AtLeast(0.93)),
            share(said().map(lost_held)),
            None,
        ),
        of(
            "the same where requests fail or stall",
            FigureUnit::Share,
            Some(Aim::AtLeast(0.93)),
            share(faulty().map(lost_held)),
            None,
        ),
        of(
            "chance of a batch without loss, stated against true",
            FigureUnit::Number,
            Some(Aim::AtMost(0.05)),
            unattended(said().collect()),
            None,
        ),
        of(
            "the same where requests fail or stall",
            FigureUnit::Number,
            Some(Aim::AtMost(0.05)),
            unattended(faulty().collect()),
            None,
        ),
        of(
            "time of a batch by the expected one",
            FigureUnit::Number,
            Some(Aim::Between(0.9, 1.1)),
            ratio.map(|ratio| Measured { value: ratio.value.exp(), ..ratio }),
            None,
        ),
        of(
            "time of a batch inside the stated interval",
            FigureUnit::Share,
            Some(Aim::AtLeast(0.93)),
            share(said().map(|(said, batch)| held(said.interval, batch.minutes))),
            None,
        ),
    ]
}

/// Whether requests of a machine fail or stall.
fn has_faults(study: &CalibrationStudy) -> bool {
    let condition = study.condition.as_deref().unwrap_or_default();
    study.scenario.starts_with("flaky") || condition.starts_with("stalls") || condition.starts_with("faults")
}
