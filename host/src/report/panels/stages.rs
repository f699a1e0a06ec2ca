//! How the result was found: stage by stage, what it took, what it decided and why.

use std::fmt::Write as _;

use crate::{
    model::study::{StageOutcome, Study},
    report::{
        page::{Page, limited},
        style::Style,
        table::{Cell, Table},
        units::{ColumnUnit, count, duration, plain},
        view::settings,
    },
};

pub(in crate::report) fn write(page: &mut Page, study: &Study) {
    page.heading("How it was found");
    let unit = ColumnUnit::of_seconds(study.stages.iter().map(|stage| stage.seconds));
    let mut table = Table::new().left("stage").right("trials").right(unit.name).prose("what it decided, and why");
    for stage in &study.stages {
        let mut lines = lines(stage).into_iter();
        let first = lines.next().unwrap_or_else(|| Cell::new(Style::Dim, planned(study, &stage.name)));
        let seconds = Cell::plain(unit.show(stage.seconds));
        table.row([Cell::new(Style::Name, &stage.name), Cell::plain(stage.trials.to_string()), seconds, first]);
        for line in lines {
            table.row([Cell::empty(), Cell::empty(), Cell::empty(), line]);
        }
    }
    if table.is_empty() {
        page.paragraph(Style::Plain, "No stage was finished.");
    } else {
        page.table(&table);
    }
    page.blank();
    if let Some(selection) = &study.selection {
        page.paragraph(Style::Plain, &format!("The selector {} chose the winner:", selection.selector));
        for reason in &selection.reasons {
            page.bullet(reason);
        }
    }
    let scorers: Vec<&str> = study.plan.scorers.iter().map(|scorer| scorer.name.as_str()).collect();
    let scorers = if scorers.is_empty() { "none".to_owned() } else { scorers.join(", ") };
    if let Some(sentence) = judging(study) {
        page.paragraph(Style::Plain, &sentence);
    }
    page.paragraph(
        Style::Dim,
        &format!(
            "Intensity {}, seed {}, scorers: {scorers}; ralf-tune {}.",
            study.intensity, study.seed, study.tool_version
        ),
    );
}

/// What scorers asked the model, and what it cost; none where nobody asked.
fn judging(study: &Study) -> Option<String> {
    let facts = || study.trials.iter().flat_map(|trial| &trial.facts);
    let sum = |name: &str| facts().filter(|(known, _)| known == name).map(|(_, value)| value).sum::<f64>();
    let (asked, known, missing) = (sum("judgements"), sum("judgements_known"), sum("judgements_missing"));
    if asked + known + missing <= 0.0 {
        return None;
    }
    let mut sentence = format!(
        "Scorers asked the model for {}, which took {} of the budget",
        counted(asked, "judgement"),
        duration(sum("judging_seconds"))
    );
    if known > 0.0 {
        let _ = write!(sentence, "; known from before: {}", plain(known));
    }
    if missing > 0.0 {
        let _ = write!(sentence, "; without an answer: {}", counted(missing, "question"));
    }
    sentence.push('.');
    Some(sentence)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole numbers of a study")]
fn counted(number: f64, noun: &str) -> String {
    count(number as usize, noun)
}

/// What a stage was for, where it did not decide anything.
fn planned<'a>(study: &'a Study, name: &str) -> &'a str {
    let stage = study.plan.stages.iter().find(|stage| stage.name == name);
    stage.map_or("decided nothing", |stage| stage.summary.as_str())
}

fn lines(stage: &StageOutcome) -> Vec<Cell> {
    let mut lines = Vec::new();
    if !stage.settings.is_empty() {
        lines.push(Cell::plain(settings(&stage.settings)));
    }
    lines.extend(stage.reasons.iter().map(|reason| Cell::new(Style::Dim, limited(reason))));
    if stage.cut_short {
        lines.push(Cell::new(Style::Warning, "cut short: the budget left questions open"));
    }
    if let Some(failure) = &stage.failure {
        lines.push(Cell::new(Style::Bad, format!("failed: {failure}")));
    }
    lines
}
