//! A scorer over notes: a block a note, and a summary.

use crate::{
    model::rehearsal::{CaseResult, Opinion, ScorerRehearsal, ScorerSummary},
    report::{
        page::{Page, limited},
        style::Style,
        table::{Cell, Table},
        units::{count, fixed},
    },
};

/// Parts and reasons of one score that are shown.
const MOST_PARTS: usize = 8;
const MOST_REASONS: usize = 3;

/// The page of a scorer.
#[must_use]
pub fn render(rehearsal: &ScorerRehearsal, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    for (index, case) in rehearsal.cases.iter().enumerate() {
        let label = case.label.as_ref().map_or_else(String::new, |label| format!(": {label}"));
        page.heading(&format!("{}. {} ({}){label}", index + 1, case.path, case.language));
        page.table(&block(case));
    }
    page.heading(&format!("Scorer {}: {}", rehearsal.scorer, count(rehearsal.cases.len(), "case")));
    page.paragraph(Style::Plain, &format!("Cases: {}.", rehearsal.cases_origin));
    page.blank();
    summary(&mut page, &rehearsal.summary);
    page.finish()
}

fn block(case: &CaseResult) -> Table {
    let mut table = Table::new().left("").right("score").prose("parts and reasons");
    // A bundled scorer that is tested stands beside itself: once is enough.
    let beside = case.bundled.iter().filter(|opinion| !says_the_same(opinion, &case.own));
    for (index, opinion) in std::iter::once(&case.own).chain(beside).enumerate() {
        let style = if index == 0 { Style::Strong } else { Style::Plain };
        let mut lines = explanation(opinion).into_iter();
        table.row([
            Cell::new(if index == 0 { Style::Name } else { Style::Dim }, &opinion.scorer),
            Cell::new(style, value(opinion)),
            lines.next().unwrap_or_default(),
        ]);
        for line in lines {
            table.row([Cell::empty(), Cell::empty(), line]);
        }
    }
    let mix = case.bundled_mix.map_or_else(|| "none".to_owned(), |mix| fixed(mix, 2));
    table.row([Cell::new(Style::Dim, "bundled mix"), Cell::plain(mix), Cell::empty()]);
    table
}

fn says_the_same(one: &Opinion, other: &Opinion) -> bool {
    (&one.scorer, &one.score, &one.failure) == (&other.scorer, &other.score, &other.failure)
}

fn value(opinion: &Opinion) -> String {
    match &opinion.score {
        None => "failed".to_owned(),
        Some(_) if !opinion.judged => "none".to_owned(),
        Some(score) => fixed(score.value, 2),
    }
}

fn explanation(opinion: &Opinion) -> Vec<Cell> {
    let Some(score) = &opinion.score else {
        return vec![Cell::new(Style::Bad, limited(opinion.failure.as_deref().unwrap_or_default()))];
    };
    let parts = score.parts.iter().take(MOST_PARTS);
    let mut parts: Vec<String> = parts.map(|part| format!("{} {}", part.name, fixed(part.value, 2))).collect();
    if score.parts.len() > MOST_PARTS {
        parts.push(format!("and {} more", score.parts.len() - MOST_PARTS));
    }
    let mut lines = vec![Cell::plain(parts.join(", "))];
    lines.extend(score.reasons.iter().take(MOST_REASONS).map(|reason| Cell::new(Style::Dim, limited(reason))));
    if score.reasons.len() > MOST_REASONS {
        let more = format!("and {}", count(score.reasons.len() - MOST_REASONS, "more reason"));
        lines.push(Cell::new(Style::Dim, more));
    }
    lines.retain(|cell| *cell != Cell::empty() && *cell != Cell::new(Style::Dim, ""));
    lines
}

fn summary(page: &mut Page, summary: &ScorerSummary) {
    let shown = |value: Option<f64>| value.map_or_else(|| "unknown".to_owned(), |value| fixed(value, 2));
    let mut facts = vec![(
        "Scores",
        Cell::plain(format!(
            "{} to {}, mean {}, standard deviation {}",
            shown(summary.least),
            shown(summary.most),
            shown(summary.mean),
            shown(summary.standard_deviation)
        )),
    )];
    facts.push((
        "Agreement",
        Cell::plain(match summary.agreement {
            Some(agreement) => format!("rank correlation {} with the bundled mix", fixed(agreement, 2)),
            None => "cannot be told: too few scores, or all the same".to_owned(),
        }),
    ));
    if let (Some(own), Some(bundled)) = (summary.good_above_others, summary.bundled_good_above_others) {
        let text = format!("{} (bundled mix {})", fixed(own, 2), fixed(bundled, 2));
        facts.push(("Good above others", Cell::plain(text)));
    }
    facts.push(("Could not judge", Cell::plain(format!("{} of {}", summary.not_judged, summary.cases))));
    let style = if summary.failed == 0 { Style::Plain } else { Style::Bad };
    facts.push(("Failed", Cell::new(style, format!("{} of {}", summary.failed, summary.cases))));
    let slowest = format!("{} (line {})", super::call(summary.slowest_milliseconds), summary.slowest_line);
    facts.push(("Slowest call", Cell::plain(slowest)));
    page.facts(facts);
    if summary.labels.is_empty() {
        return;
    }
    page.blank();
    let mut table = Table::new().prose("label").right("cases").right("mean").right("bundled mix");
    for label in &summary.labels {
        table.row([
            Cell::plain(&label.label),
            Cell::plain(label.cases.to_string()),
            Cell::new(Style::Strong, shown(label.mean)),
            Cell::plain(shown(label.bundled_mean)),
        ]);
    }
    page.table(&table);
}
