//! Scorer `identifier-grounding`: does the note speak of what is in the file, all of it, and of nothing else?
//!
//! Coverage: the whole source, whatever part of it was sent, is divided into up to eight equal segments; it is the
//! share of those that define a name of which the note names at least one. A file that was cut shows as lost coverage.
//! Precision: the share of the names that the note gives as code which the source really has. The score is
//! coverage x precision.
//!
//! A file that defines nothing (prose, data) is not judged: see `ScoreExt::not_judged` in the SDK.

mod language;
mod mentions;
mod names;
mod symbols;

use mentions::Mentions;
use ralf_tune_sdk::scorer::prelude::*;
use symbols::{Symbol, symbols};

/// The plugin.
pub struct IdentifierGrounding;

impl Scorer for IdentifierGrounding {
    fn manifest() -> Manifest {
        Manifest::new(
            "identifier-grounding",
            "0.1.0",
            "The note names what the whole file defines, and invents nothing",
        )
        .parameter(
            Parameter::integer("segments", 8, "parts of a file of which each should be mentioned").bounds(1.0, 64.0),
        )
    }

    fn evaluate(note: &Note, arguments: &Arguments) -> Result<Score, String> {
        if note.requests.iter().all(|request| request.answer.trim().is_empty()) {
            return Ok(Score::new(0.0).reason("there is no answer"));
        }
        let symbols = symbols(&note.source, &note.language);
        if symbols.is_empty() {
            return Ok(Score::not_judged("the file defines no names"));
        }
        let mut mentions = Mentions::default();
        for request in &note.requests {
            mentions.read(&request.answer);
        }
        let coverage = Coverage::of(&symbols, note.source.len(), most_segments(arguments), &mentions);
        let invented = missing(&mentions.claimed, &note.source);
        let claimed = mentions.claimed.len();
        let precision = if claimed == 0 { 1.0 } else { 1.0 - share(invented.len(), claimed) };

        let mut score = Score::new(coverage.share() * precision)
            .part("coverage", coverage.share())
            .part("precision", precision)
            .reason(format!("names something of {} of {} parts of the file", coverage.named, coverage.all));
        if let Some((name, line)) = coverage.missed.and_then(|symbol| line_of(&note.source, symbol)) {
            score = score.reason(format!("nothing around line {line}, where {name} is defined"));
        }
        if !invented.is_empty() {
            let some: Vec<&str> = invented.iter().take(5).copied().collect();
            score =
                score.reason(format!("{} of {claimed} names are not in the file: {}", invented.len(), some.join(", ")));
        }
        Ok(score)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the manifest bounds it to 1..=64")]
fn most_segments(arguments: &Arguments) -> usize {
    (arguments.number("segments") as usize).clamp(1, 64)
}

/// The names that the source does not have, in the order of the note.
fn missing<'a>(claimed: &[&'a str], source: &str) -> Vec<&'a str> {
    let mut sought: Vec<&str> = claimed.to_vec();
    sought.sort_unstable();
    let mut found = vec![false; sought.len()];
    for name in names::names(source) {
        if let Some(mark) = sought.binary_search(&name).ok().and_then(|place| found.get_mut(place)) {
            *mark = true;
        }
    }
    let is_found = |name: &str| sought.binary_search(&name).is_ok_and(|place| found.get(place) == Some(&true));
    claimed.iter().copied().filter(|name| !is_found(name)).collect()
}

/// Which parts of the file the note speaks of.
struct Coverage<'a> {
    /// From 0, nothing, to 1, all of it.
    value: f64,
    named: usize,
    all: usize,
    /// The first symbol of the first part that is not spoken of.
    missed: Option<Symbol<'a>>,
}

impl<'a> Coverage<'a> {
    fn of(symbols: &[Symbol<'a>], length: usize, most: usize, mentions: &Mentions<'_>) -> Self {
        let count = most.min(symbols.len());
        let mut segments: Vec<Option<(bool, Symbol<'a>)>> = vec![None; count];
        for symbol in symbols {
            let segment = (symbol.position * count / length.max(1)).min(count - 1);
            if let Some(slot) = segments.get_mut(segment) {
                let (named, first) = slot.unwrap_or((false, *symbol));
                *slot = Some((named || mentions.contains(symbol.name), first));
            }
        }
        let defining = || segments.iter().flatten();
        let flags: Vec<bool> = defining().map(|(named, _)| *named).collect();
        Self {
            value: covered(&flags),
            named: defining().filter(|(named, _)| *named).count(),
            all: defining().count(),
            missed: defining().find(|(named, _)| !named).map(|(_, symbol)| *symbol),
        }
    }

    fn share(&self) -> f64 {
        self.value
    }
}

/// How much of the file is spoken of.
///
/// A note that names something before a part and something behind it has seen that part, and chose: one or two such parts in a row
/// count for `PASSED_OVER`. What is cut away, or lost in the middle of a long prompt, is a beginning, an end or a long stretch: it
/// counts for nothing.
fn covered(named: &[bool]) -> f64 {
    const PASSED_OVER: f64 = 0.75;
    const LONGEST: usize = 2;
    let mut sum = 0.0;
    let mut gap: Option<usize> = None;
    for named in named {
        if *named {
            #[expect(clippy::cast_precision_loss, reason = "there are at most two")]
            let between = gap.filter(|gap| *gap <= LONGEST).map_or(0.0, |gap| PASSED_OVER * gap as f64);
            sum += 1.0 + between;
            gap = Some(0);
        } else {
            gap = gap.map(|gap| gap + 1);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "there are at most 64 segments")]
    let all = named.len().max(1) as f64;
    sum / all
}

fn line_of<'a>(source: &str, symbol: Symbol<'a>) -> Option<(&'a str, usize)> {
    let before = source.get(..symbol.position)?;
    Some((symbol.name, before.matches('\n').count() + 1))
}

#[expect(clippy::cast_precision_loss, reason = "counts of names are far below 2^53")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

ralf_tune_sdk::export_scorer!(IdentifierGrounding);
