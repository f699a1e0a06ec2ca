//! Facts hidden at known depths of a long prompt: what the model can repeat is what it really read.

use std::{collections::HashSet, fmt::Write as _};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    generate::{Language, sample},
    prompt::nonce_line,
};

/// Letters of an identifier: no vowels, so that no word comes out, and no letters that look like digits.
const LETTERS: &[u8] = b"BCDFGHJKLMNPQRTVWXZ";
const ID_LETTERS: usize = 4;

/// A prompt and what its answer should hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedlePrompt {
    pub text: String,
    /// Name and number of each hidden line, in the order of the depths that were asked for.
    pub facts: Vec<(String, String)>,
}

/// A prompt around `content_chars` characters of generated code, hidden lines included, that asks to repeat these lines.
///
/// `depths` are between 0 (begin) and 1 (end) of the code.
#[must_use]
pub fn needle_prompt(nonce: &str, content_chars: usize, depths: &[f64], seed: u64) -> NeedlePrompt {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let facts = facts(depths.len(), &mut random);
    let lines: Vec<String> = facts.iter().map(|(name, number)| format!("{name} = {number}\n")).collect();
    let hidden: usize = lines.iter().map(String::len).sum();
    let code = sample(Language::Python, content_chars.saturating_sub(hidden), random.random());

    let starts = top_level_line_starts(&code);
    let mut places: Vec<(usize, usize)> =
        depths.iter().enumerate().map(|(index, depth)| (place(&starts, code.len(), *depth), index)).collect();
    places.sort_unstable();

    let mut text = nonce_line(nonce);
    text.push_str("Read this source file. Some of its lines look like `NEEDLE_<id> = <number>`.\n\n");
    let mut done = 0;
    for (at, index) in places {
        text.push_str(code.get(done..at).unwrap_or_default());
        text.push_str(lines.get(index).map_or("", String::as_str));
        done = at;
    }
    text.push_str(code.get(done..).unwrap_or_default());
    // Writing to a String does not fail.
    let _ = write!(
        text,
        "\n\nThe file has {} lines of the form `NEEDLE_<id> = <number>`. Write each of them again, exactly as it stands in \
         the file, one a line, and nothing else.\n",
        facts.len()
    );
    NeedlePrompt { text, facts }
}

/// Which of the facts an answer repeats, in their order.
///
/// The number must be the first one behind the name in its line; a name with two different numbers counts as guessed.
#[must_use]
pub fn needle_recall(answer: &str, facts: &[(String, String)]) -> Vec<bool> {
    facts
        .iter()
        .map(|(name, number)| {
            let mut told = answer.lines().filter_map(|line| number_behind(line, name)).peekable();
            told.peek().is_some() && told.all(|told| told == number)
        })
        .collect()
}

/// The first run of digits behind the name in a line, if the name stands there as a whole.
fn number_behind<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (_, behind) = line.split_once(name)?;
    if behind.starts_with(|next: char| next.is_alphanumeric() || next == '_') {
        return None;
    }
    let digits = &behind[behind.find(|letter: char| letter.is_ascii_digit())?..];
    Some(digits.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or(digits))
}

fn facts(count: usize, random: &mut ChaCha8Rng) -> Vec<(String, String)> {
    let mut seen = HashSet::new();
    let mut facts = Vec::with_capacity(count);
    while facts.len() < count {
        let id: String = (0..ID_LETTERS)
            .filter_map(|_| LETTERS.get(random.random_range(0..LETTERS.len())))
            .map(|l| char::from(*l))
            .collect();
        // Six digits: long enough not to be guessed, short enough for any model to copy.
        let number = random.random_range(100_000..1_000_000_u32).to_string();
        if seen.insert(id.clone()) && seen.insert(number.clone()) {
            facts.push((format!("NEEDLE_{id}"), number));
        }
    }
    facts
}

/// Where a line could stand between two functions: behind an empty line, before one that is not indented.
fn top_level_line_starts(code: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 0;
    let mut behind_empty = true;
    for line in code.split_inclusive('\n') {
        if behind_empty && !line.starts_with([' ', '\n']) {
            starts.push(at);
        }
        behind_empty = line == "\n";
        at += line.len();
    }
    starts
}

/// The start nearest to a depth; without any, the begin or the end of the code, whichever is nearer.
fn place(starts: &[usize], length: usize, depth: f64) -> usize {
    let depth = if depth.is_nan() { 0.0 } else { depth.clamp(0.0, 1.0) };
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a text's length"
    )]
    let target = (length as f64 * depth) as usize;
    starts.iter().copied().chain([0, length]).min_by_key(|start| start.abs_diff(target)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPTHS: &[f64] = &[0.9, 0.0, 0.5, 1.0, 0.25];

    #[test]
    fn facts_lie_at_their_depths() {
        let prompt = needle_prompt("7c", 20_000, DEPTHS, 9);
        assert!(prompt.text.starts_with("[run 7c]\n"));
        let begin = prompt.text.find("\n\n").map_or(0, |at| at + 2);
        let end = prompt.text.rfind("\n\nThe file has 5 lines").unwrap_or(0);
        assert_eq!(end - begin, 20_000);
        for ((name, number), depth) in prompt.facts.iter().zip(DEPTHS) {
            let line = format!("\n{name} = {number}\n");
            assert_eq!(prompt.text.matches(&line).count(), 1);
            let at = prompt.text.find(&line).unwrap_or(0).saturating_sub(begin);
            let off = (f64::from(u32::try_from(at).unwrap_or(u32::MAX)) / 20_000.0 - depth).abs();
            assert!(off < 0.03, "{name} is {off} away from {depth}");
        }
        assert_eq!(prompt, needle_prompt("7c", 20_000, DEPTHS, 9));
        assert_ne!(prompt.facts, needle_prompt("7c", 20_000, DEPTHS, 10).facts);
    }

    #[test]
    fn little_room_and_odd_depths_are_borne() {
        let prompt = needle_prompt("n", 10, &[f64::NAN, -3.0, 7.0], 1);
        assert!(prompt.facts.iter().all(|(name, number)| prompt.text.contains(&format!("{name} = {number}\n"))));
        assert!(needle_prompt("n", 1_000, &[], 1).facts.is_empty());
    }

    #[test]
    fn recall_counts_what_is_repeated_and_not_what_is_guessed() {
        let facts: Vec<(String, String)> =
            [("NEEDLE_BCDF", "123456"), ("NEEDLE_GHJK", "234567"), ("NEEDLE_LMNP", "345678")]
                .map(|(name, number)| (name.to_owned(), number.to_owned()))
                .into();
        for (answer, expected) in [
            ("NEEDLE_BCDF = 123456\nNEEDLE_GHJK = 234567\nNEEDLE_LMNP = 345678", [true, true, true]),
            ("- **NEEDLE_BCDF**: `123456`\n| NEEDLE_GHJK | 234567 |", [true, true, false]),
            ("NEEDLE_BCDF = 1234567\nNEEDLE_GHJKX = 234567\nNEEDLE_LMNP =", [false, false, false]),
            ("NEEDLE_BCDF = 111111\nNEEDLE_BCDF = 123456\n345678 NEEDLE_LMNP", [false, false, false]),
            ("", [false, false, false]),
        ] {
            assert_eq!(needle_recall(answer, &facts), expected, "{answer}");
        }
    }
}
