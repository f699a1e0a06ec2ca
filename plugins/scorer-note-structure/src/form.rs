//! How well an answer keeps the form that was asked for.

use ralf_tune_sdk::{
    markdown::{Section, sections},
    scorer::FinishReason,
};

/// The parts of the judgement, each 0 to 1.
#[derive(Debug, Clone, Copy, Default)]
pub struct Form {
    /// Mean over the headings that were asked for.
    pub sections: f64,
    /// Share of the headings found that stand in the order asked for.
    pub order: f64,
    /// Nothing around the sections, nothing that was not asked for.
    pub clean: f64,
}

/// A section with nothing under it is worth this much: the heading alone helps whoever reads by headings.
const EMPTY: f64 = 0.25;
/// A heading of another level or in other letters: a person finds it, a program does not.
const MISSPELT: f64 = 0.5;
/// How much of the value order and cleanness can take away, each.
const MANNERS: f64 = 0.35;
/// The power of the sections: a program that reads notes by their headings can do little with one of which a third is missing.
const GAPS: i32 = 2;
/// The longest plausible type, in characters.
const LONGEST_TYPE: usize = 60;

impl Form {
    /// Judges an answer, and says what is wrong with it.
    pub fn of(answer: &str, asked: &[String], reasons: &mut Vec<String>) -> Self {
        let (answer, fenced) = unwrap_fence(answer);
        let (before, found) = sections(answer);
        let found: Vec<Section<'_>> = found.into_iter().filter(|section| section.level <= 3).collect();
        let mut places = Vec::new();
        let (mut missing, mut repeated): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        let mut sum = 0.0;
        for heading in asked {
            let same: Vec<usize> = positions(&found, heading);
            let Some(section) = same.first().and_then(|first| found.get(*first)) else {
                missing.push(heading);
                continue;
            };
            places.extend(same.first());
            let mut worth = content(heading, section.body, reasons);
            if section.level != 3 || section.heading != heading {
                reasons.push(format!("section {heading} is written otherwise"));
                worth *= MISSPELT;
            }
            if same.len() > 1 {
                repeated.push(heading);
            }
            sum += worth / count(same.len());
        }
        let list = |what: &str, names: Vec<&str>| (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")));
        let again = repeated.len();
        reasons.extend(list("sections missing", missing));
        reasons.extend(list("sections there more than once", repeated));
        let known = found.iter().filter(|section| asked.iter().any(|name| matches(section, name))).count();
        let order = if places.is_empty() { 0.0 } else { count(longest_rising(&places)) / count(places.len()) };
        if order < 1.0 && !places.is_empty() {
            reasons.push("the sections are not in the order asked for".to_owned());
        }
        Self {
            sections: sum / count(asked.len().max(1)),
            order,
            clean: clean(before, fenced, found.len() - known, again, asked.len(), reasons),
        }
    }

    /// All parts in one number.
    pub fn value(self) -> f64 {
        let manners = |part: f64| 1.0 - MANNERS * (1.0 - part);
        self.sections.powi(GAPS) * manners(self.order) * manners(self.clean)
    }

    pub fn plus(self, other: Self) -> Self {
        Self {
            sections: self.sections + other.sections,
            order: self.order + other.order,
            clean: self.clean + other.clean,
        }
    }

    pub fn over(self, number: f64) -> Self {
        Self { sections: self.sections / number, order: self.order / number, clean: self.clean / number }
    }
}

/// What an answer is still worth for the way it ended, and why.
pub fn finish_factor(finish: FinishReason) -> (f64, Option<&'static str>) {
    match finish {
        FinishReason::Stop => (1.0, None),
        FinishReason::Length => (0.5, Some("the answer was cut: it had no more room")),
        FinishReason::Aborted => (0.25, Some("the server gave up in the middle of the answer")),
        FinishReason::None => (0.0, Some("there is no answer")),
    }
}

fn matches(section: &Section<'_>, name: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-'], " ");
    section.heading == name || plain(section.heading) == plain(name)
}

/// Where a heading stands: spelt as asked for if there is one such, else in other letters.
fn positions(found: &[Section<'_>], heading: &str) -> Vec<usize> {
    found.iter().enumerate().filter(|(_, section)| matches(section, heading)).map(|(index, _)| index).collect()
}

/// What the text under a heading is worth.
fn content(heading: &str, body: &str, reasons: &mut Vec<String>) -> f64 {
    if !body.chars().any(char::is_alphanumeric) {
        reasons.push(format!("section {heading} is empty"));
        return EMPTY;
    }
    let form = match heading {
        "TAGS" => tags(body),
        "TYPE" => kind(body),
        _ => 1.0,
    };
    if form < 1.0 {
        reasons.push(format!("section {heading} does not hold what it should"));
    }
    EMPTY + (1.0 - EMPTY) * form
}

/// Share of the words that are tags: `#` and a word. Where nothing has a `#`, keywords between commas or on lines of their own are tags
/// as well: prompts ask for either.
fn tags(body: &str) -> f64 {
    let words: Vec<&str> = body
        .split(|sign: char| sign.is_whitespace() || sign == ',')
        .map(|word| word.trim_matches(|sign| "-*`[]".contains(sign)))
        .filter(|word| !word.is_empty())
        .collect();
    let is_tag = |word: &&&str| word.strip_prefix('#').is_some_and(|tag| tag.starts_with(char::is_alphanumeric));
    if !words.iter().any(|word| word.starts_with('#')) {
        let between: Vec<&str> = body.split([',', '\n']).map(str::trim).filter(|item| !item.is_empty()).collect();
        let is_keyword =
            |item: &&&str| item.split_whitespace().filter(|word| *word != "-" && *word != "*").count() <= 2;
        let keywords = between.iter().filter(is_keyword).count();
        return if between.len() > 1 { count(keywords) / count(between.len()) } else { 0.0 };
    }
    count(words.iter().filter(is_tag).count()) / count(words.len().max(1))
}

/// A type is one short line.
fn kind(body: &str) -> f64 {
    let lines = body.lines().filter(|line| !line.trim().is_empty()).count();
    let longest = body.lines().map(|line| line.trim().chars().count()).max().unwrap_or(0);
    let short = if longest <= LONGEST_TYPE { 1.0 } else { count(LONGEST_TYPE) / count(longest) };
    short / count(lines.max(1))
}

fn clean(before: &str, fenced: bool, extra: usize, again: usize, asked: usize, reasons: &mut Vec<String>) -> f64 {
    let mut value: f64 = 1.0;
    if fenced {
        reasons.push("the whole answer is in a code fence".to_owned());
        value -= 0.5;
    }
    if !before.is_empty() {
        reasons.push("there is text before the first section".to_owned());
        value -= 0.5;
    }
    if extra > 0 {
        reasons.push(format!("{extra} headings that were not asked for"));
        value -= 0.25 + (0.5 * count(extra) / count(asked.max(1))).min(0.5);
    }
    if again > 0 {
        value -= 0.25 + (0.5 * count(again) / count(asked.max(1))).min(0.5);
    }
    value.max(0.0)
}

/// The text inside a fence around all of it, and whether there was one.
fn unwrap_fence(answer: &str) -> (&str, bool) {
    let text = answer.trim();
    let Some(inner) = text.strip_prefix("```").and_then(|rest| rest.split_once('\n')) else { return (text, false) };
    // A fence that opens the note and closes early is a code block, not a wrapping.
    match inner.1.trim_end().strip_suffix("```") {
        Some(inside) => (inside, true),
        None if inner.1.contains("\n```") => (text, false),
        None => (inner.1, true),
    }
}

/// Length of the longest rising subsequence: how many stand in order.
fn longest_rising(places: &[usize]) -> usize {
    let mut tails: Vec<usize> = Vec::new();
    for place in places {
        let at = tails.partition_point(|tail| tail < place);
        match tails.get_mut(at) {
            Some(tail) => *tail = *place,
            None => tails.push(*place),
        }
    }
    tails.len()
}

#[expect(clippy::cast_precision_loss, reason = "counts of words and headings are far below 2^53")]
fn count(number: usize) -> f64 {
    number as f64
}
