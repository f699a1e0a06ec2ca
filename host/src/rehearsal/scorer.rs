//! A scorer over notes, side by side with the bundled ones.

use std::{sync::Arc, time::Instant};

use super::cases::Case;
use crate::{
    model::{
        rehearsal::{CaseResult, LabelSummary, Opinion, REHEARSAL_SCHEMA_VERSION, ScorerRehearsal, ScorerSummary},
        score::NoteEvidence,
    },
    plugin::{parameters::Arguments, scorer::Scorer},
    stats::{
        ranks::{chance_above, rank_correlation},
        summary::{mean, standard_deviation},
    },
};

/// The label of notes that should score high.
pub const GOOD: &str = "good";

/// A scorer with the values of its parameters.
pub type Ready = (Arc<Scorer>, Arguments);

/// Puts every note to the scorer and to the bundled ones.
#[must_use]
pub fn rehearse(own: &Ready, bundled: &[Ready], cases: &[Case], cases_origin: &str) -> ScorerRehearsal {
    let cases: Vec<CaseResult> = cases
        .iter()
        .map(|case| {
            let beside: Vec<Opinion> = bundled.iter().map(|ready| ask(ready, &case.note)).collect();
            let values: Vec<f64> = beside.iter().filter_map(value).collect();
            CaseResult {
                line: case.line,
                path: case.note.path.clone(),
                language: case.note.language.clone(),
                label: case.label.clone(),
                own: ask(own, &case.note),
                bundled: beside,
                bundled_mix: (!values.is_empty()).then(|| mean(&values)),
            }
        })
        .collect();
    ScorerRehearsal {
        schema_version: REHEARSAL_SCHEMA_VERSION,
        scorer: own.0.manifest.name.clone(),
        cases_origin: cases_origin.to_owned(),
        summary: summarise(&cases),
        cases,
    }
}

fn ask((scorer, arguments): &Ready, note: &NoteEvidence) -> Opinion {
    let began = Instant::now();
    // No model is here to answer one that asks; it may say that it could not judge.
    let answer =
        scorer.evaluate_with(note, arguments, &mut |_| Err("no judgements: there is no model here".to_owned()));
    let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
    let (score, failure) = match answer {
        Ok(score) => (Some(score), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let judged = score.as_ref().is_some_and(|score| !score.is_not_judged());
    Opinion { scorer: scorer.manifest.name.clone(), score, judged, failure, milliseconds }
}

/// The score, of those who could judge.
fn value(opinion: &Opinion) -> Option<f64> {
    opinion.score.as_ref().filter(|_| opinion.judged).map(|score| score.value)
}

/// Pure.
fn summarise(cases: &[CaseResult]) -> ScorerSummary {
    let values: Vec<f64> = cases.iter().filter_map(|case| value(&case.own)).collect();
    let pairs: Vec<(f64, f64)> = cases.iter().filter_map(|case| Some((value(&case.own)?, case.bundled_mix?))).collect();
    let any = |value: f64| (!values.is_empty()).then_some(value);
    let slowest = cases.iter().max_by(|a, b| a.own.milliseconds.total_cmp(&b.own.milliseconds));
    ScorerSummary {
        cases: cases.len(),
        judged: values.len(),
        not_judged: cases.iter().filter(|case| case.own.score.is_some() && !case.own.judged).count(),
        failed: cases.iter().filter(|case| case.own.failure.is_some()).count(),
        least: values.iter().copied().reduce(f64::min),
        mean: any(mean(&values)),
        most: values.iter().copied().reduce(f64::max),
        standard_deviation: (values.len() > 1).then(|| standard_deviation(&values)),
        agreement: rank_correlation(&pairs),
        labels: labels(cases),
        good_above_others: separation(cases, &|case| value(&case.own)),
        bundled_good_above_others: separation(cases, &|case| case.bundled_mix),
        slowest_milliseconds: slowest.map_or(0.0, |case| case.own.milliseconds),
        slowest_line: slowest.map_or(0, |case| case.line),
    }
}

/// In the order in which they first occur.
fn labels(cases: &[CaseResult]) -> Vec<LabelSummary> {
    let mut names: Vec<&str> = Vec::new();
    for label in cases.iter().filter_map(|case| case.label.as_deref()) {
        if !names.contains(&label) {
            names.push(label);
        }
    }
    let summary = |label: &str| {
        let own: Vec<&CaseResult> = cases.iter().filter(|case| case.label.as_deref() == Some(label)).collect();
        let mean_of = |values: Vec<f64>| (!values.is_empty()).then(|| mean(&values));
        LabelSummary {
            label: label.to_owned(),
            cases: own.len(),
            mean: mean_of(own.iter().filter_map(|case| value(&case.own)).collect()),
            bundled_mean: mean_of(own.iter().filter_map(|case| case.bundled_mix).collect()),
        }
    };
    names.into_iter().map(summary).collect()
}

fn separation(cases: &[CaseResult], score: &dyn Fn(&CaseResult) -> Option<f64>) -> Option<f64> {
    let labelled = || cases.iter().filter_map(|case| Some((case.label.as_deref()?, score(case)?)));
    let high: Vec<f64> = labelled().filter(|(label, _)| *label == GOOD).map(|(_, value)| value).collect();
    let low: Vec<f64> = labelled().filter(|(label, _)| *label != GOOD).map(|(_, value)| value).collect();
    chance_above(&high, &low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::score::{Score, ScorePart};

    fn case(line: usize, label: &str, own: Option<f64>, mix: f64) -> CaseResult {
        let score = |value| Score { value, parts: Vec::new(), reasons: Vec::new() };
        let opinion = Opinion {
            scorer: "own".into(),
            judged: own.is_some(),
            score: own.map(score),
            failure: own.is_none().then(|| "trapped".into()),
            milliseconds: f64::from(u8::try_from(line).unwrap()),
        };
        CaseResult {
            line,
            path: "a.py".into(),
            language: "python".into(),
            label: Some(label.into()),
            own: opinion,
            bundled: Vec::new(),
            bundled_mix: Some(mix),
        }
    }

    #[test]
    fn says_whether_good_notes_stand_out() {
        let mut cases = vec![
            case(1, "good", Some(0.9), 0.95),
            case(2, "loop", Some(0.2), 0.1),
            case(3, "loop", Some(0.95), 0.3),
            case(4, "cut", None, 0.5),
        ];
        let mut unjudged = case(5, "cut", Some(0.0), 0.5);
        unjudged.own.judged = false;
        cases.push(unjudged);
        let summary = summarise(&cases);
        assert_eq!((summary.judged, summary.not_judged, summary.failed), (3, 1, 1));
        assert_eq!((summary.least, summary.most), (Some(0.2), Some(0.95)));
        assert_eq!((summary.good_above_others, summary.bundled_good_above_others), (Some(0.5), Some(1.0)));
        assert!((summary.agreement.unwrap() - 0.5).abs() < 1e-12);
        assert_eq!((summary.slowest_line, summary.labels.len()), (5, 3));
        assert_eq!((summary.labels[2].mean, summary.labels[2].bundled_mean), (None, Some(0.5)));
    }

    #[test]
    fn who_cannot_judge_says_so_with_a_part() {
        let part = |value| ScorePart { name: "judged".into(), value };
        let score = |parts| Score { value: 0.0, parts, reasons: Vec::new() };
        assert!(score(vec![part(0.0)]).is_not_judged());
        assert!(!score(vec![part(1.0)]).is_not_judged() && !score(Vec::new()).is_not_judged());
    }
}
