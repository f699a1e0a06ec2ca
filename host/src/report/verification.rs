//! The page of `ralf-tune verify`.

use super::{
    page::Page,
    style::Style,
    table::{Cell, Table},
    units::{count, duration, fixed, percent, plain, rate},
};
use crate::model::{
    proof::ProofVerdict,
    space::Parameter,
    study::Comparison,
    verification::{Configuration, Verification},
};

/// What the two configurations are worth beside each other, in lines of at most `width` columns.
#[must_use]
pub fn render(found: &Verification, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading("Verdict");
    let (style, headline) = headline(found);
    page.paragraph(style, &headline);
    for sentence in sentences(found) {
        page.paragraph(Style::Plain, &sentence);
    }
    page.heading("What was compared");
    page.facts([
        ("old", Cell::plain(found.old.place.clone())),
        ("new", Cell::plain(found.new.place.clone())),
        ("model", Cell::plain(found.model.clone())),
    ]);
    page.blank();
    page.table(&beside(found));
    if !found.warnings.is_empty() {
        page.heading("Warnings");
        for warning in &found.warnings {
            page.hanging(Style::Warning, "! ", Style::Plain, &warning.what);
            if let Some(advice) = &warning.advice {
                page.hanging(Style::Dim, "  ", Style::Dim, advice);
            }
        }
    }
    page.finish()
}

/// The data of it. The observations of every trial are in it.
///
/// # Errors
/// When a number is not one: a bug.
pub fn json(found: &Verification) -> serde_json::Result<String> {
    serde_json::to_string_pretty(found).map(|text| text + "\n")
}

fn headline(found: &Verification) -> (Style, String) {
    let broken = |configuration: &Configuration, who: &str| {
        (!configuration.faults.is_empty())
            .then(|| (Style::Bad, format!("The {who} settings cannot be used: {}.", configuration.faults.join("; "))))
    };
    if let Some(verdict) = broken(&found.new, "new").or_else(|| broken(&found.old, "old")) {
        return verdict;
    }
    let Some(comparison) = &found.comparison else {
        let why = if found.interrupted {
            "It was stopped too early for a verdict."
        } else if found.lost_its_server().is_some() {
            "No verdict: the server failed before anything could be compared."
        } else {
            "No verdict: the time was too short to make two files with both."
        };
        return (Style::Warning, why.to_owned());
    };
    let ratio = comparison.speed_ratio;
    let range = format!("[{}, {}]", fixed(ratio.interval.low, 2), fixed(ratio.interval.high, 2));
    let pairs = count(comparison.pairs, "pair");
    match comparison.proof.verdict {
        ProofVerdict::Faster => {
            (Style::Good, format!("The new settings are faster by {}x {range}.", fixed(ratio.value, 2)))
        }
        ProofVerdict::Slower => {
            (Style::Bad, format!("The new settings are slower: {}x {range}.", fixed(ratio.value, 2)))
        }
        ProofVerdict::Undecided => {
            (Style::Good, format!("No difference that {pairs} can show: {}x {range}.", fixed(ratio.value, 2)))
        }
    }
}

fn sentences(found: &Verification) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(said) = found.lost_its_server().and_then(|lost| lost.said) {
        sentences.push(format!("The last that was heard of it: {said}."));
    }
    if found.differences.is_empty() {
        sentences.push(
            "Both say the same, so the same was compared with itself: a difference could only be an accident."
                .to_owned(),
        );
    }
    if let Some(comparison) = &found.comparison {
        let proof = &comparison.proof;
        sentences.push(format!(
            "{} of the same file in {} a side; it ended because {}.",
            count(comparison.pairs, "pair"),
            count(proof.blocks as usize, "block"),
            proof.ended,
        ));
        if !proof.drift_cancelled {
            sentences.push(
                "Each was measured in one go, so a machine that got slower or faster meanwhile favours one of them."
                    .to_owned(),
            );
        }
        sentences.extend(quality(comparison));
    }
    let cut = found.comparison.as_ref().map_or(0, |comparison| comparison.proof.prompts_cut);
    sentences.push(if cut == 0 { "No prompt was cut.".into() } else { format!("{} cut.", count(cut, "prompt was")) });
    sentences.push(format!("It took {} of its {}.", duration(found.elapsed_seconds), duration(found.budget_seconds)));
    if found.interrupted && found.comparison.is_some() {
        sentences.push("It was stopped before the end.".to_owned());
    }
    sentences
}

fn quality(comparison: &Comparison) -> Option<String> {
    let difference = comparison.proof.quality_difference?;
    let interval = difference.interval;
    let verdict = if interval.low > 0.0 {
        "the new notes are better"
    } else if interval.high < 0.0 {
        "the new notes are worse"
    } else {
        "no difference that these notes can show"
    };
    Some(format!(
        "Quality: {verdict} ({} to {} at {}).",
        fixed(interval.low, 3),
        fixed(interval.high, 3),
        percent(interval.level)
    ))
}

/// What they do and what they say, where it differs.
fn beside(found: &Verification) -> Table {
    let mut table = Table::new().left("").right("old").right("new");
    let mut row = |name: &str, old: String, new: String| {
        table.row([Cell::new(Style::Name, name), Cell::plain(old), Cell::plain(new)]);
    };
    if let Some(comparison) = &found.comparison {
        let quality = |value: Option<f64>| value.map_or_else(|| "not judged".into(), |value| fixed(value, 2));
        row(
            "notes/min of the pairs",
            rate(comparison.baseline_notes_per_minute),
            rate(comparison.tuned_notes_per_minute),
        );
        row("quality", quality(comparison.baseline_quality), quality(comparison.tuned_quality));
        row("source read", percent(comparison.baseline_source_share), percent(comparison.tuned_source_share));
        row("files lost", comparison.proof.baseline_lost.to_string(), comparison.proof.tuned_lost.to_string());
    }
    for parameter in Parameter::ALL.into_iter().filter(|name| found.differences.iter().any(|own| own == name.name())) {
        let value = |configuration: &Configuration| plain(configuration.settings.get(parameter));
        row(parameter.name(), value(&found.old), value(&found.new));
    }
    table
}
