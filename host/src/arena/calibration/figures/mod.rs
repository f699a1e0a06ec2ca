//! Studies and their truth -> figures that can be compared with an aim. Pure.

mod batches;
mod examined;

use crate::{
    model::{
        calibration::{Aim, CalibrationStudy, Examination, Figure, FigureUnit, Measured, ReliabilityBin, Start, Tuner},
        study::Outcome,
    },
    stats::{
        reliability::{expected_calibration_error, recalibration, reliability, share_interval},
        summary::mean,
    },
};

/// Parts of the range that stated probabilities are put into.
const PARTS: usize = 10;

/// How much worse than the present settings is more than rounding, and how near two picks of one machine must be.
const WORSE: f64 = 0.01;
const SAME: f64 = 0.03;

/// Deviation of requests at which two studies are asked to find the same.
const USUAL_NOISE: f64 = 0.05;

/// Figures, and how reliable what is stated is.
pub(super) struct Found {
    pub all: Vec<Figure>,
    pub reliability: Vec<ReliabilityBin>,
    pub rules_reliability: Vec<ReliabilityBin>,
    /// By which what is stated should be corrected further, from the machines that it is fitted on.
    pub correction: (f64, f64),
}

/// All figures. `intensity` is the one that claims are about.
pub(super) fn figures(studies: &[CalibrationStudy], examinations: &[Examination], intensity: &str) -> Found {
    let stated = |tuner| reliability(&statements(studies, tuner, is_unknown), PARTS);
    let (ours, rules) = (stated(Tuner::Study), stated(Tuner::Rules));
    let error = |bins: &[ReliabilityBin]| {
        let count = bins.iter().map(|bin| bin.count).sum();
        (count > 0).then(|| Measured { value: expected_calibration_error(bins), interval: None, count })
    };
    let both = |what: &str, unit, aim, figure: &dyn Fn(Tuner) -> Option<Measured>| Figure {
        what: what.to_owned(),
        unit,
        aim,
        ours: figure(Tuner::Study),
        rules: figure(Tuner::Rules),
    };
    let fresh = |tuner| {
        studies
            .iter()
            .filter(move |study| study.tuner == tuner && study.start == Start::Usual && study.intensity == intensity)
    };
    let tuned = |tuner| studies.iter().filter(move |study| study.tuner == tuner && study.start == Start::Best);
    let mut figures = budgets(studies, intensity);
    figures.push(both(
        "gains claimed where nothing can be gained",
        FigureUnit::Share,
        Some(Aim::AtMost(0.05)),
        &|tuner| share(tuned(tuner).map(|study| study.claims_gain && !is_gain(study))),
    ));
    figures.push(both("picks slower than the present settings", FigureUnit::Share, Some(Aim::AtMost(0.0)), &|tuner| {
        let all = studies.iter().filter(move |study| study.tuner == tuner);
        share(all.filter_map(true_gain).map(|gain| gain < 1.0 - WORSE))
    }));
    figures.push(both("picks that must not be used", FigureUnit::Share, Some(Aim::AtMost(0.0)), &|tuner| {
        // Settings that a user has already are not chosen.
        let chosen = |study: &CalibrationStudy| study.outcome == Outcome::Improved;
        share(fresh(tuner).filter_map(|study| Some(chosen(study) && study.truth.as_ref()?.infeasible.is_some())))
    }));
    figures.push(both("picks below the floor of quality", FigureUnit::Share, None, &|tuner| {
        share(fresh(tuner).filter_map(|study| study.truth.as_ref()).map(|truth| truth.is_below_floor))
    }));
    figures.push(both("picks within 5 % of the best", FigureUnit::Share, None, &|tuner| {
        share(fresh(tuner).filter_map(|study| study.truth.as_ref()).map(|truth| truth.is_good))
    }));
    figures.push(both("mean regret", FigureUnit::Share, None, &|tuner| {
        average(fresh(tuner).filter_map(|study| study.truth.as_ref()).map(|truth| truth.regret))
    }));
    for (noise, aim) in noises(studies).into_iter().map(|noise| (noise, is_usual(noise).then_some(Aim::AtLeast(0.95))))
    {
        figures.push(both(
            &format!("pairs of studies that differ by 3 % at most, noise {:.0} %", noise * 100.0),
            FigureUnit::Share,
            aim,
            &|tuner| share(pairs(fresh(tuner).filter(|study| (study.noise - noise).abs() < 1e-9)).into_iter()),
        ));
    }
    figures.push(Figure {
        what: "true gain inside the stated interval".into(),
        unit: FigureUnit::Share,
        aim: Some(Aim::Between(0.93, 0.97)),
        ours: share(
            studies
                .iter()
                .filter_map(|study| study.gain)
                .map(|gain| (gain.interval.low..=gain.interval.high).contains(&gain.truth)),
        ),
        rules: None,
    });
    figures.push(Figure {
        what: "calibration error of the confidence".into(),
        unit: FigureUnit::Number,
        aim: Some(Aim::AtMost(0.05)),
        ours: error(&ours),
        rules: error(&rules),
    });
    figures.extend(batches::batches(studies));
    figures.extend(examined::examined(studies, examinations));
    figures.push(Figure {
        what: "clocks apart by more than 5 ms, at most".into(),
        unit: FigureUnit::Share,
        aim: Some(Aim::AtMost(0.02)),
        ours: most(studies.iter().filter(|study| study.tuner == Tuner::Study).map(|study| study.clock_difference)),
        rules: None,
    });
    figures.extend(disturbances(studies));
    figures.push(both("length of a study", FigureUnit::Seconds, None, &|tuner| {
        average(fresh(tuner).map(|study| study.seconds))
    }));
    #[expect(clippy::cast_precision_loss, reason = "some hundred requests")]
    figures.push(both("requests of a study", FigureUnit::Number, None, &|tuner| {
        average(fresh(tuner).map(|study| study.requests as f64))
    }));
    figures.retain(|figure| figure.ours.is_some() || figure.rules.is_some());
    let known = statements(studies, Tuner::Study, |machine| !is_unknown(machine));
    Found { all: figures, reliability: ours, rules_reliability: rules, correction: recalibration(&known) }
}

/// Whether the correction of the confidence was not fitted on a machine: what is stated there is put to the proof.
const fn is_unknown(machine: usize) -> bool {
    machine % 2 == 1
}

/// How far studies exceed their budgets, by intensity.
fn budgets(studies: &[CalibrationStudy], intensity: &str) -> Vec<Figure> {
    let late_of = |tuner: Tuner, name: &str| {
        most(studies.iter().filter(|study| study.tuner == tuner && study.intensity == name).map(late))
    };
    let names = intensities(studies);
    names
        .iter()
        .map(|name| Figure {
            what: format!("longest beyond the budget, {name}"),
            unit: FigureUnit::Seconds,
            aim: Some(Aim::AtMost(5.0)),
            ours: late_of(Tuner::Study, name),
            rules: if name == intensity { late_of(Tuner::Rules, name) } else { None },
        })
        .collect()
}

/// What studies say of other clients and of machines that change, and where they should.
fn disturbances(studies: &[CalibrationStudy]) -> [Figure; 4] {
    let ours = || studies.iter().filter(|study| study.tuner == Tuner::Study);
    let with = |what: &str, aim, measured| Figure {
        what: what.to_owned(),
        unit: FigureUnit::Share,
        aim,
        ours: measured,
        rules: None,
    };
    let suffers = |study: &CalibrationStudy, from: &str| {
        study.condition.as_deref().is_some_and(|condition| condition.starts_with(from))
    };
    let changes = |study: &CalibrationStudy| suffers(study, "throttle") || suffers(study, "drift");
    let is_shared = |study: &CalibrationStudy| suffers(study, "competitor");
    let aim = Some(Aim::AtMost(0.02));
    [
        with("shared servers that were noticed", None, share(ours().filter(|s| is_shared(s)).map(|s| s.saw_client))),
        with("servers called shared that are not", aim, share(ours().filter(|s| !is_shared(s)).map(|s| s.saw_client))),
        with("heat and drift that were noticed", None, share(ours().filter(|s| changes(s)).map(|s| s.saw_drift))),
        with("drift seen where there is none", aim, share(ours().filter(|s| !changes(s)).map(|s| s.saw_drift))),
    ]
}

/// What was stated of picks of some machines, from the settings of users, and whether it came true.
fn statements(studies: &[CalibrationStudy], tuner: Tuner, machines: impl Fn(usize) -> bool) -> Vec<(f64, bool)> {
    studies
        .iter()
        .filter(|study| study.tuner == tuner && study.start == Start::Usual && machines(study.machine))
        .filter_map(|study| Some((study.confidence?, study.truth.as_ref()?.is_good)))
        .collect()
}

fn late(study: &CalibrationStudy) -> f64 {
    (study.seconds - study.budget_seconds).max(0.0)
}

fn true_gain(study: &CalibrationStudy) -> Option<f64> {
    study.truth.as_ref()?.gain
}

/// Whether a pick is faster than the settings that a study began with. Reading less than the floor allows is no gain.
fn is_gain(study: &CalibrationStudy) -> bool {
    true_gain(study).is_some_and(|gain| gain > 1.0)
        && study.truth.as_ref().is_some_and(|truth| !truth.is_below_floor && truth.infeasible.is_none())
}

/// Whether two studies of the same machine found settings of about the same speed, for all pairs of neighbouring seeds.
fn pairs<'a>(studies: impl Iterator<Item = &'a CalibrationStudy>) -> Vec<bool> {
    let mut sorted: Vec<&CalibrationStudy> = studies.filter(|study| study.truth.is_some()).collect();
    sorted.sort_by_key(|study| (study.machine, study.seed));
    sorted
        .chunk_by(|a, b| a.machine == b.machine)
        .flat_map(|own| own.chunks_exact(2))
        .filter_map(|pair| match pair {
            [a, b] => Some((a.truth.as_ref()?.notes_per_minute, b.truth.as_ref()?.notes_per_minute)),
            _ => None,
        })
        .map(|(a, b)| (a - b).abs() <= SAME * a.max(b))
        .collect()
}

fn intensities(studies: &[CalibrationStudy]) -> Vec<String> {
    let mut names: Vec<(f64, String)> = Vec::new();
    for study in studies {
        if !names.iter().any(|(_, name)| *name == study.intensity) {
            names.push((study.budget_seconds, study.intensity.clone()));
        }
    }
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    names.into_iter().map(|(_, name)| name).collect()
}

fn noises(studies: &[CalibrationStudy]) -> Vec<f64> {
    let mut noises: Vec<f64> = studies.iter().map(|study| study.noise).collect();
    noises.sort_by(f64::total_cmp);
    noises.dedup();
    noises
}

fn is_usual(noise: f64) -> bool {
    (noise - USUAL_NOISE).abs() < 1e-9
}

fn share(values: impl Iterator<Item = bool>) -> Option<Measured> {
    let values: Vec<bool> = values.collect();
    counted(values.iter().filter(|value| **value).count(), values.len())
}

#[expect(clippy::cast_precision_loss, reason = "thousands of requests")]
fn counted(hits: usize, count: usize) -> Option<Measured> {
    (count > 0).then(|| Measured {
        value: hits as f64 / count as f64,
        interval: Some(share_interval(hits, count)),
        count,
    })
}

fn average(values: impl Iterator<Item = f64>) -> Option<Measured> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| Measured { value: mean(&values), interval: None, count: values.len() })
}

fn most(values: impl Iterator<Item = f64>) -> Option<Measured> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| Measured {
        value: values.iter().copied().fold(0.0, f64::max),
        interval: None,
        count: values.len(),
    })
}
