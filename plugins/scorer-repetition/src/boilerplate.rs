//! Talk that fits every file.

/// Phrases found in an answer that the file itself does not contain.
pub struct Boilerplate {
    pub phrases: Vec<&'static str>,
    refusals: i32,
}

/// The model speaks of itself instead of the file.
const REFUSALS: [&str; 12] = [
    "as an ai",
    "as a language model",
    "as a large language model",
    "ai language model",
    "i am an ai",
    "i'm an ai",
    "i cannot",
    "i can't",
    "i am unable",
    "i'm unable",
    "i'm sorry",
    "i apologize",
];

/// Words that say nothing of this file.
const FILLERS: [&str; 24] = [
    "sure, here",
    "sure! here",
    "certainly!",
    "of course!",
    "here is the",
    "here's the",
    "here is a",
    "here's a",
    "let me know if",
    "i hope this helps",
    "feel free to",
    "this code is",
    "the provided code",
    "the given code",
    "this code snippet",
    "the code snippet",
    "in conclusion",
    "in summary,",
    "it is important to note",
    "it's important to note",
    "it is worth noting",
    "it's worth noting",
    "well-structured and",
    "plays a crucial role",
];

/// What one phrase leaves of the value.
const AFTER_REFUSAL: f64 = 0.4;
const AFTER_FILLER: f64 = 0.88;
/// However much filler there is, the rest is still a note.
const LEAST_AFTER_FILLERS: f64 = 0.5;

impl Boilerplate {
    pub fn of(answer: &str, source: &str) -> Self {
        let answer = plain(answer);
        let mut own: Option<String> = None;
        let mut is_own = |phrase: &str| own.get_or_insert_with(|| plain(source)).contains(phrase);
        let mut found = |phrases: &[&'static str]| -> Vec<&'static str> {
            phrases.iter().filter(|phrase| has(&answer, phrase) && !is_own(phrase)).copied().collect()
        };
        let mut phrases = found(&REFUSALS);
        let refusals = i32::try_from(phrases.len()).unwrap_or(i32::MAX);
        phrases.extend(found(&FILLERS));
        Self { phrases, refusals }
    }

    /// What is left of the value, 0 to 1.
    pub fn left(&self) -> f64 {
        let fillers = i32::try_from(self.phrases.len()).unwrap_or(i32::MAX) - self.refusals;
        AFTER_REFUSAL.powi(self.refusals) * AFTER_FILLER.powi(fillers).max(LEAST_AFTER_FILLERS)
    }
}

/// Lower case, single spaces, straight apostrophes.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        plain.extend(word.chars().flat_map(char::to_lowercase).map(|sign| if sign == '’' { '\'' } else { sign }));
        plain.push(' ');
    }
    plain
}

/// Whether a phrase stands in a text as whole words.
fn has(text: &str, phrase: &str) -> bool {
    let is_free = |sign: Option<char>| sign.is_none_or(|sign| !sign.is_alphanumeric());
    text.match_indices(phrase).any(|(start, _)| {
        let (before, rest) = text.split_at(start);
        is_free(before.chars().next_back()) && is_free(rest.get(phrase.len()..).and_then(|rest| rest.chars().next()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_whole_phrases_only() {
        let phrases = |answer: &str| Boilerplate::of(answer, "").phrases;
        assert_eq!(phrases("As an  AI, I\ncannot."), ["as an ai", "i cannot"]);
        assert_eq!(phrases("It has an air; wifi cannot. Here is them."), [""; 0]);
    }
}
