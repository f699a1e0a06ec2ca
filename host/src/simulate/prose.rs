//! Fluent words about nothing.

use super::seed::Dice;

const WORDS: [&str; 48] = [
    "the", "system", "reads", "each", "record", "before", "it", "writes", "a", "result", "and", "then", "waits", "for",
    "another", "signal", "from", "outside", "while", "older", "values", "stay", "in", "memory", "until", "they", "are",
    "needed", "again", "by", "some", "later", "stage", "of", "this", "process", "which", "keeps", "order", "among",
    "many", "small", "steps", "without", "losing", "track", "or", "time",
];

/// That many tokens of prose, one word each; no word twice in a row.
pub(super) fn words(count: usize, dice: &mut Dice) -> Vec<Box<str>> {
    let mut last = WORDS.len();
    let mut next = |position: usize| {
        let mut index = dice.below(WORDS.len());
        if index == last {
            index = (index + 1) % WORDS.len();
        }
        last = index;
        let word = WORDS.get(index).copied().unwrap_or_default();
        match position % 14 {
            13 => format!(" {word}."),
            _ => format!(" {word}"),
        }
    };
    (0..count).map(|position| next(position).into_boxed_str()).collect()
}
