//! Scorer `identifier-grounding`: does the note speak of what is in the file, all of it, and of nothing else?
//!
//! Coverage: the whole source, whatever part of it was sent, is divided into up to eight equal segments; it is the
//! share of those that define a name of which the note names at least one. One or two segments between such count for most of their
//! worth: the note passed them over. A file that was cut shows as lost coverage: there is never more of it than was sent.
//! Precision: the share of the names that the note gives as code which the source really has. The score is
//! coverage x precision squared.
//!
//! A file that defines nothing (prose, data) is not judged: see `ScoreExt::not_judged` in the SDK.

mod language;
mod mentions;
mod names;
mod symbols;

use mentions::Mentions;
use ralf_tune_sdk::scorer::prelude::*;
use symbols::{Symbol, symbols};

/// The power of the precision: who finds one name that does not exist doubts the others too.
const DOUBT: i32 = 2;

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
        let sent = sent_share(note);
        let coverage = Coverage::of(&symbols, note.source.len(), most_segments(arguments), &mentions);
        let invented = missing(&mentions.claimed, &note.source);
        let claimed = mentions.claimed.len();
        let precision = if claimed == 0 { 1.0 } else { 1.0 - share(invented.len(), claimed) };

        // What was not sent, the note cannot know, whether a name is defined there or not.
        let covered = coverage.value.min(sent);
        let mut score = Score::new(covered * precision.powi(DOUBT))
            .part("coverage", covered)
            .part("precision", precision)
            .reason(format!("names something of {} of {} parts of the file", coverage.named, coverage.all));
        if let Some((name, line)) = coverage.missed.and_then(|symbol| line_of(&note.source, symbol)) {
            score = score.reason(format!("nothing around line {line}, where {name} is defined"));
        }
        if sent < 0.995 {
            score = score.reason(format!("{:.0} % of the file was sent", 100.0 * sent));
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
}

/// How much of the file is spoken of.
///
/// A note that names something before a part and something behind it has seen that part, and chose: one or two such parts in a row
/// count for `PASSED_OVER`. What is lost in a long prompt is a beginning, an end or a longer stretch: it counts for nothing.
fn covered(named: &[bool]) -> f64 {
    const PASSED_OVER: f64 = 0.75;
    const LONGEST: usize = 2;
    let (mut sum, mut from) = (0.0, 0);
    for stretch in named.chunk_by(|one, next| one == next) {
        let to = from + stretch.len();
        let between = from > 0 && to < named.len();
        let worth = match stretch.first() {
            Some(true) => 1.0,
            _ if between && stretch.len() <= LONGEST => PASSED_OVER,
            _ => 0.0,
        };
        sum += worth * share(stretch.len(), named.len());
        from = to;
    }
    sum
}

/// The share of the file that requests carried which were answered.
fn sent_share(note: &Note) -> f64 {
    let length = note.source.chars().count();
    let mut parts: Vec<(usize, usize)> = note
        .requests
        .iter()
        .filter(|request| !request.answer.trim().is_empty())
        .map(|request| (position(request.start_char), position(request.end_char).min(length)))
        .collect();
    parts.sort_unstable();
    let (mut sent, mut until) = (0, 0);
    for (start, end) in parts {
        sent += end.saturating_sub(start.max(until));
        until = until.max(end);
    }
    share(sent, length)
}

fn position(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn line_of<'a>(source: &str, symbol: Symbol<'a>) -> Option<(&'a str, usize)> {
    let before = source.get(..symbol.position)?;
    Some((symbol.name, before.matches('\n').count() + 1))
}

#[expect(clippy::cast_precision_loss, reason = "counts of names are far below 2^53")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

ralf_tune_sdk::export!(scorer: IdentifierGrounding);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_counts_more_than_what_is_lost() {
        let value = |signs: &str| covered(&signs.chars().map(|sign| sign == 'x').collect::<Vec<_>>());
        for (signs, expected) in
            [("xxxxxxxx", 8.0), ("x.x..xxx", 7.25), ("x...xxxx", 5.0), ("..xxxxx.", 5.0), ("........", 0.0)]
        {
            assert!((value(signs) - expected / 8.0).abs() < 1e-12, "{signs}: {}", value(signs));
        }
    }

    #[test]
    fn there_is_no_more_coverage_than_was_sent_and_answered() {
        let request = |start_char, end_char, answer: &str| Request {
            prompt: String::new(),
            answer: answer.to_owned(),
            finish: FinishReason::Stop,
            prompt_tokens: 0,
            answer_tokens: 0,
            truncated: false,
            start_char,
            end_char,
        };
        let source = format!("def load_all():\n    pass\n{}", "    # more\n".repeat(20));
        let end = u32::try_from(source.len()).unwrap_or(0);
        let note = |requests: Vec<Request>| Note {
            path: "a.py".to_owned(),
            language: "python".to_owned(),
            source: source.clone(),
            requests,
            settings: Vec::new(),
        };
        let value = |requests: Vec<Request>| {
            let arguments = Arguments::defaults(&IdentifierGrounding::manifest());
            IdentifierGrounding::evaluate(&note(requests), &arguments).map_or(-1.0, |score| score.value)
        };
        assert!((value(vec![request(0, end, "`load_all`")]) - 1.0).abs() < 1e-12);
        let half = value(vec![request(0, end / 2, "`load_all`"), request(end / 2, end, " ")]);
        assert!((half - 0.5).abs() < 0.01, "{half}");
        let overlapping = value(vec![request(end / 4, end, "`load_all`"), request(0, end / 2, "`load_all`")]);
        assert!((overlapping - 1.0).abs() < 1e-12, "{overlapping}");
        assert!((value(vec![request(0, end, "`load_all`, `load_none`")]) - 0.25).abs() < 1e-12);
    }
}
