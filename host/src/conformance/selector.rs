//! The suite of selectors: over the candidates of a recorded study.

use super::{
    recorded::{self, RecordedStudy},
    scorer::{describes_alike, rejected},
    suite::{Problem, Suite},
    variations::{Given, arguments, variations},
};
use crate::{
    model::selection::{MeasuredCandidate, Selection},
    plugin::{PluginError, PluginErrorKind, parameters::Arguments, selector::Selector, strategy::WorkloadView},
};

/// A selector and the study that it chooses in.
struct Bench<'a> {
    selector: &'a Selector,
    study: &'a RecordedStudy,
    workload: WorkloadView,
    given: Given<'a>,
    arguments: Arguments,
}

impl Bench<'_> {
    fn select(&self, candidates: &[MeasuredCandidate]) -> Result<Selection, PluginError> {
        self.select_with(candidates, &self.arguments)
    }

    fn select_with(&self, candidates: &[MeasuredCandidate], arguments: &Arguments) -> Result<Selection, PluginError> {
        let view = self.study.view(&self.workload, &self.study.trials, 0.0);
        self.selector.select(candidates, &view, arguments)
    }
}

/// Runs every check.
pub fn conform(selector: &Selector, given: Given<'_>, suite: &mut Suite) {
    describes_alike(&selector.manifest, selector.describe(), suite);
    let Some(study) = recorded::study() else {
        suite.skipped("picks a winner", "the recorded study of this program cannot be read");
        return;
    };
    let bench =
        Bench { selector, study, workload: study.workload(), given, arguments: arguments(&selector.manifest, given) };
    let picks = "picks a winner among the candidates";
    match bench.select(&study.candidates) {
        Err(error) if error.is_decline() => {
            suite.warned(
                picks,
                format!("it {}", error.kind),
                "choose among what there is: the baseline is a candidate",
            );
        }
        Err(error) => suite.call_failed(picks, "recorded candidates", &error),
        Ok(selection) => {
            let of = study.candidates.len();
            suite.passed(picks, format!("candidate {} of {of}", selection.winner));
            quality(&bench, &selection, suite);
            repeats(&bench, &selection, suite);
            order(&bench, &selection, suite);
            violations(&bench, &selection, suite);
        }
    }
    nothing_eligible(&bench, suite);
    single(&bench, suite);
    unknown(&bench, suite);
    parameters(&bench, suite);
}

fn by_id(candidates: &[MeasuredCandidate], id: u32) -> Option<&MeasuredCandidate> {
    candidates.iter().find(|candidate| candidate.id == id)
}

fn quality(bench: &Bench<'_>, selection: &Selection, suite: &mut Suite) {
    let check = "keeps the quality floor";
    let value = |candidate: &MeasuredCandidate| candidate.quality.map(|quality| quality.value);
    let best = bench.study.candidates.iter().filter_map(value).fold(0.0, f64::max);
    let floor = best * bench.study.constraints.quality_floor;
    match by_id(&bench.study.candidates, selection.winner).and_then(value) {
        None => suite.skipped(check, "the winner's quality is not known"),
        Some(own) if own >= floor => suite.passed(check, format!("{own:.2}, floor {floor:.2}")),
        Some(own) => suite.warned(
            check,
            format!("the winner's quality is {own:.2}, the user's floor {floor:.2}"),
            "compare with `constraints.quality-floor` times the best quality; a floor of its own should not lie below",
        ),
    }
}

fn repeats(bench: &Bench<'_>, first: &Selection, suite: &mut Suite) {
    let problem = match bench.select(&bench.study.candidates) {
        Ok(again) if format!("{again:?}") == format!("{first:?}") => None,
        Ok(_) => Some(Problem::Answer("the second selection differs".to_owned(), "let it follow from the input alone")),
        Err(error) => Some(Problem::Call("the same candidates".to_owned(), error)),
    };
    suite.first_of("the same candidates get the same selection", problem, "winner, runners-up, reasons, settings");
}

fn order(bench: &Bench<'_>, first: &Selection, suite: &mut Suite) {
    let candidates = &bench.study.candidates;
    let winner = by_id(candidates, first.winner).map(|winner| &winner.candidate);
    let mut orders: Vec<Vec<MeasuredCandidate>> = vec![candidates.iter().rev().cloned().collect()];
    orders.extend((1..candidates.len()).map(|by| {
        let mut rotated = candidates.clone();
        rotated.rotate_left(by);
        rotated
    }));
    let tried = orders.len();
    let problem = orders.into_iter().find_map(|order| match bench.select(&order) {
        Ok(selection) => {
            let other = by_id(&order, selection.winner).map(|winner| &winner.candidate);
            (other != winner || selection.settings != first.settings).then(|| {
                Problem::Answer(
                    format!("candidate {} wins, and {} in another order", first.winner, selection.winner),
                    "break ties by what was measured, or by the id, and not by the place in the list",
                )
            })
        }
        Err(error) => Some(Problem::Call("another order of the candidates".to_owned(), error)),
    });
    suite.first_of("the order of the candidates changes nothing", problem, format!("{tried} orders"));
}

fn violations(bench: &Bench<'_>, first: &Selection, suite: &mut Suite) {
    let mut candidates = bench.study.candidates.clone();
    let mut next = Some(first.winner);
    let mut problem = None;
    let mut rounds = 0;
    // The winner of each round may not be chosen in the next.
    while let Some(id) = next.take() {
        rounds += 1;
        candidates
            .iter_mut()
            .filter(|candidate| candidate.id == id)
            .for_each(|candidate| candidate.violations.push("a prompt was cut by the server".to_owned()));
        match bench.select(&candidates) {
            Ok(selection) => next = Some(selection.winner),
            Err(error) if error.is_decline() => {}
            Err(error) => problem = Some(Problem::Call("a winner that may no longer be chosen".to_owned(), error)),
        }
    }
    suite.first_of("never picks what must not be chosen", problem, format!("{rounds} winners taken away"));
}

fn nothing_eligible(bench: &Bench<'_>, suite: &mut Suite) {
    let check = "declines when nothing may be chosen";
    let mut violated = bench.study.candidates.clone();
    for candidate in &mut violated {
        candidate.violations.push("too many files would be lost".to_owned());
    }
    let problem = [("only candidates that must not be chosen", violated), ("no candidate", Vec::new())]
        .into_iter()
        .find_map(|(what, candidates)| match bench.select(&candidates) {
            Err(error) if error.is_decline() => None,
            Err(error) => Some(Problem::Call(what.to_owned(), error)),
            Ok(_) => Some(Problem::Answer(format!("it picks from {what}"), "return `Err` with the reason")),
        });
    suite.first_of(check, problem, "two lists without a choice");
}

fn single(bench: &Bench<'_>, suite: &mut Suite) {
    let eligible = bench.study.candidates.iter().filter(|candidate| candidate.violations.is_empty());
    let mut tried = 0;
    let problem = eligible.inspect(|_| tried += 1).find_map(|only| match bench.select(std::slice::from_ref(only)) {
        Err(error) if !error.is_decline() => Some(Problem::Call(format!("candidate {} alone", only.id), error)),
        _ => None,
    });
    suite.first_of("survives a single candidate", problem, format!("{tried} candidates, each alone"));
}

fn unknown(bench: &Bench<'_>, suite: &mut Suite) {
    type Change = fn(&mut MeasuredCandidate);
    let changes: [(&str, Change); 4] = [
        ("no speed known", |candidate| candidate.notes_per_minute = None),
        ("no quality known", |candidate| (candidate.quality, candidate.scored_notes) = (None, 0)),
        ("no memory known", |candidate| candidate.peak_memory_bytes = None),
        ("nothing known", |candidate| {
            (candidate.notes_per_minute, candidate.quality, candidate.peak_memory_bytes) = (None, None, None);
            candidate.trials.clear();
        }),
    ];
    let problem = changes.into_iter().find_map(|(what, change)| {
        // Of all, and of every other one.
        [1, 2].into_iter().find_map(|step| {
            let mut candidates = bench.study.candidates.clone();
            candidates.iter_mut().step_by(step).for_each(change);
            match bench.select(&candidates) {
                Err(error) if !error.is_decline() => Some(Problem::Call(what.to_owned(), error)),
                _ => None,
            }
        })
    });
    suite.first_of("survives estimates that are missing", problem, "speed, quality, memory, all");
}

fn parameters(bench: &Bench<'_>, suite: &mut Suite) {
    let check = "accepts what its parameters promise";
    let tried = variations(&bench.selector.manifest, bench.given);
    if tried.is_empty() {
        suite.skipped(check, "no parameter has bounds or choices");
        return;
    }
    let usual = bench.select(&bench.study.candidates);
    let problem = tried.iter().find_map(|(label, arguments)| {
        match bench.select_with(&bench.study.candidates, arguments) {
            Ok(_) => None,
            // A strict bound may leave no winner; a selector that declines anyway says nothing about the value.
            Err(error) if error.is_decline() && (usual.is_err() || !speaks_of(label, &error)) => None,
            Err(error) if error.is_decline() => Some(rejected(label, &error)),
            Err(error) => Some(Problem::Call(label.clone(), error)),
        }
    });
    suite.first_of(check, problem, format!("{} values at bounds and choices", tried.len()));
}

/// Whether a reason names the parameter.
fn speaks_of(label: &str, error: &PluginError) -> bool {
    let name = label.split(' ').next().unwrap_or(label);
    matches!(&error.kind, PluginErrorKind::Declined(reason) if reason.contains(name))
}
