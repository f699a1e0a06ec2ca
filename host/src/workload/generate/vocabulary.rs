//! Names and numbers for generated code. No name is given out twice.

use std::collections::HashSet;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::words::{ADJECTIVES, BOUNDS, NOUNS, ROLES, VERBS};

/// What a name is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Function,
    Type,
    Constant,
    /// Fields, parameters and variables.
    Local,
}

/// A name in words; a language decides how they are joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(Vec<&'static str>);

impl Name {
    pub(super) fn snake(&self) -> String {
        self.0.join("_")
    }

    pub(super) fn upper(&self) -> String {
        self.snake().to_uppercase()
    }

    pub(super) fn pascal(&self) -> String {
        self.0.iter().map(|word| capitalised(word)).collect()
    }

    pub(super) fn camel(&self) -> String {
        let (first, rest) = self.0.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
        std::iter::once(first.to_owned()).chain(rest.iter().map(|word| capitalised(word))).collect()
    }

    pub(super) fn spoken(&self) -> String {
        self.0.join(" ")
    }
}

/// The word with a capital letter.
pub(super) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// Draws names, each once.
pub(super) struct Vocabulary<'a> {
    random: &'a mut ChaCha8Rng,
    /// Functions, types and constants; may be shared by several files, so that a name belongs to one of them.
    taken: &'a mut HashSet<String>,
    /// Fields and variables of this file.
    locals: HashSet<String>,
}

impl<'a> Vocabulary<'a> {
    pub(super) fn new(random: &'a mut ChaCha8Rng, taken: &'a mut HashSet<String>) -> Self {
        Self { random, taken, locals: HashSet::new() }
    }

    /// A name that nobody has had.
    pub(super) fn name(&mut self, kind: Kind) -> Name {
        // After some collisions names grow by a word: there is always one more.
        let mut collisions = 0;
        loop {
            let name = self.draw(kind, collisions / 4);
            let seen = if kind == Kind::Local { &mut self.locals } else { &mut *self.taken };
            if seen.insert(name.snake()) {
                return name;
            }
            collisions += 1;
        }
    }

    fn draw(&mut self, kind: Kind, more_words: usize) -> Name {
        let mut words = Vec::with_capacity(4 + more_words);
        if kind == Kind::Function {
            words.push(self.word(VERBS));
        }
        words.push(self.word(ADJECTIVES));
        for _ in 0..more_words {
            words.push(self.word(NOUNS));
        }
        words.push(self.word(NOUNS));
        match kind {
            Kind::Type => words.push(self.word(ROLES)),
            Kind::Constant => words.push(self.word(BOUNDS)),
            Kind::Function | Kind::Local => {}
        }
        Name(words)
    }

    pub(super) fn word(&mut self, words: &[&'static str]) -> &'static str {
        self.pick(words).copied().unwrap_or("item")
    }

    /// One of them; `None` only when there is none.
    pub(super) fn pick<'b, T>(&mut self, items: &'b [T]) -> Option<&'b T> {
        if items.is_empty() { None } else { items.get(self.random.random_range(0..items.len())) }
    }

    /// A number between the bounds, both included.
    pub(super) fn number(&mut self, low: u32, high: u32) -> u32 {
        self.random.random_range(low..=high)
    }

    /// A sentence of documentation, without names of this file.
    pub(super) fn sentence(&mut self) -> String {
        let (verb, other) = (self.word(VERBS), self.word(VERBS));
        let (one, two) = (self.thing(), self.thing());
        match self.number(0, 5) {
            0 => format!("Call it before you {verb} the {one}: it may {other} the {two}."),
            1 => format!("Any {one} without {two} counts as nothing, and callers {verb} it later."),
            2 => format!("The {one} stays as it is; only those that {verb} the {two} see a change."),
            3 => format!("Does not {verb} the {one}, because the {two} did that already."),
            4 => format!("Slow for more than {} entries: {verb} the {one} first.", self.number(2, 90) * 100),
            _ => format!("Values come from the {one} and are used to {verb} the {two}."),
        }
    }

    fn thing(&mut self) -> String {
        format!("{} {}", self.word(ADJECTIVES), self.word(NOUNS))
    }
}
