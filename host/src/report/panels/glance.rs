//! The first dozen lines: what to use, what it gains, how sure that is, what it cost.

use crate::{
    model::{candidate::Candidate, payback::Payback, space::Parameter, study::Outcome, trial::TrialState},
    report::{
        page::Page,
        panels::verdict,
        style::Style,
        table::{Cell, Table},
        units::{count, decimals, duration, fixed, grouped, percent, plain},
        view::{Pair, View, number},
    },
};

pub(in crate::report) fn write(page: &mut Page, view: &View) {
    let study = view.study;
    page.heading(&format!("ralf-tune: {}", study.model.name));
    page.blank();
    let verdict = verdict::of(view);
    page.paragraph(verdict.style, &verdict.headline);
    for sentence in &verdict.sentences {
        page.paragraph(Style::Plain, sentence);
    }
    // Nothing was chosen where there is no verdict.
    if let Some(tuned) = study.tuned.as_ref().filter(|_| study.lost_its_server().is_none()) {
        page.paragraph(Style::Plain, &format!("Confidence: {} %.", fixed(tuned.confidence.percent, 0)));
    }
    page.blank();
    page.table(&before_and_after(view));
    page.blank();
    if let Some(tuned) = view.tuned() {
        page.hanging(Style::Dim, "Changes: ", Style::Plain, &changes(tuned, &study.baseline));
    }
    if let Some(truncation) = &study.workload.truncation {
        page.paragraph(Style::Plain, &sentence(truncation));
    }
    page.paragraph(Style::Dim, &cost(view));
    if let Some(payback) = Payback::of(study) {
        page.paragraph(Style::Plain, &worth(&payback));
    }
    if !study.warnings.is_empty() {
        page.paragraph(Style::Warning, &format!("{}: see below.", count(study.warnings.len(), "warning")));
    }
}

/// How a row's numbers are written.
type Show<'a> = &'a dyn Fn(f64) -> String;

/// The measured numbers of the present settings beside those of the tuned ones.
fn before_and_after(view: &View) -> Table {
    let after = match view.study.outcome {
        Outcome::Improved => "tuned",
        Outcome::Interrupted => "best so far",
        Outcome::KeepBaseline | Outcome::NothingFeasible => "best other",
    };
    let rates = view.notes_per_minute();
    let digits = decimals(rates.before.unwrap_or(0.0).max(rates.after.unwrap_or(0.0)));
    let files = count(view.study.workload.files_in_batch, "file");
    let rows: [(String, Pair, Show); 5] = [
        ("Notes per minute".to_owned(), rates, &|value| fixed(value, digits)),
        (format!("Estimated time for all {files}"), view.batch_seconds(), &duration),
        ("Quality of a note, 0 to 1".to_owned(), view.quality(), &|value| fixed(value, 2)),
        ("Source that the model reads".to_owned(), view.source_share(), &percent),
        ("Source characters per minute".to_owned(), view.source_characters_per_minute(), &grouped),
    ];
    let two_columns = rows.iter().any(|(_, pair, _)| pair.after.is_some());
    let table = Table::new().left("").right("now");
    let mut table = if two_columns { table.right(after) } else { table };
    for (label, pair, show) in rows.into_iter().filter(|(_, pair, _)| !pair.is_empty()) {
        let cell = |value: Option<f64>, style| match value {
            Some(value) => Cell::new(style, show(value)),
            None => Cell::new(Style::Dim, "not measured"),
        };
        table.row([Cell::plain(label), cell(pair.before, Style::Plain), cell(pair.after, Style::Strong)]);
    }
    table
}

/// `num_ctx 10000→4096, batch_size 10→25`: without spaces, so that a change stays on one line.
fn changes(tuned: &Candidate, baseline: &Candidate) -> String {
    let change = |parameter: Parameter| {
        format!("{} {}→{}", parameter.name(), plain(baseline.get(parameter)), plain(tuned.get(parameter)))
    };
    let changes: Vec<String> = tuned.differences(baseline).into_iter().map(change).collect();
    if changes.is_empty() { "none".to_owned() } else { changes.join(", ") }
}

/// What the study took: time, trials, loads of the model.
fn cost(view: &View) -> String {
    let study = view.study;
    let failed = study.trials.iter().filter(|trial| matches!(trial.state, TrialState::Failed(_))).count();
    let failed = if failed == 0 { String::new() } else { format!(" ({} failed)", grouped(number(failed))) };
    let reloads: u32 = study.trials.iter().map(|trial| trial.reloads).sum();
    format!(
        "The study took {} of its {}: {}{failed}, {} of the model.",
        duration(study.elapsed_seconds),
        duration(study.budget.total_seconds),
        count(study.trials.len(), "trial"),
        count(reloads as usize, "load"),
    )
}

/// What the study saves, and when it has paid for itself.
fn worth(payback: &Payback) -> String {
    let files = number(payback.files);
    let saves = format!(
        "On {} the tuned settings save {} ({} to {})",
        count(payback.files, "file"),
        duration(payback.saved_seconds),
        duration(payback.interval.low),
        duration(payback.interval.high),
    );
    if payback.break_even_files <= files {
        format!("{saves}; the study has paid for itself after {} of them.", grouped(payback.break_even_files))
    } else {
        format!("{saves}, less than the study took; it pays from {} files on.", grouped(payback.break_even_files))
    }
}

/// The text with a full stop.
fn sentence(text: &str) -> String {
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}
