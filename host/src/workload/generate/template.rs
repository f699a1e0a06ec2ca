//! Code with holes, and how a language writes what goes into them.
//!
//! A hole is `@`, a letter and a digit; the same hole in one template always gets the same text.
//! `@f1` function, `@t1` type, `@c1` constant, `@l1` field or variable, in the language's own style; `@F1`, `@T1`, `@L1` the same
//! in words; `@n1` a number, `@m1` a fraction, `@d1` a sentence, `@w1` a word for texts and paths; `@p1` the latest function of
//! this file that came from a template marked as callable.

use std::collections::HashMap;

use super::{
    vocabulary::{Kind, Name, Vocabulary, capitalised},
    words::NOUNS,
};

/// How a language joins words to names.
pub(super) struct Style {
    pub(super) function: fn(&Name) -> String,
    pub(super) constant: fn(&Name) -> String,
    pub(super) local: fn(&Name) -> String,
}

/// One piece of code.
pub(super) struct Template {
    pub(super) code: &'static str,
    /// Whether its `@f1` is what `@p1` may call in a later template.
    pub(super) callable: bool,
}

/// Fills templates for one file.
pub(super) struct Filler<'a> {
    pub(super) vocabulary: Vocabulary<'a>,
    style: &'static Style,
    latest_callable: Option<String>,
}

impl<'a> Filler<'a> {
    pub(super) fn new(vocabulary: Vocabulary<'a>, style: &'static Style) -> Self {
        Self { vocabulary, style, latest_callable: None }
    }

    /// Whether the template can be filled now.
    pub(super) fn can_fill(&self, template: &Template) -> bool {
        self.latest_callable.is_some() || !template.code.contains("@p1")
    }

    /// The template's code, and the function in it that later code may call.
    pub(super) fn fill(&mut self, template: &Template) -> (String, Option<String>) {
        let mut holes = Holes::default();
        let mut code = String::with_capacity(template.code.len() * 2);
        let mut rest = template.code;
        while let Some(at) = rest.find('@') {
            let (before, hole) = rest.split_at(at);
            code.push_str(before);
            let (text, length) = match hole.as_bytes() {
                [b'@', letter, digit @ b'1'..=b'9', ..] => (self.text(&mut holes, char::from(*letter), *digit), 3),
                _ => (None, 1),
            };
            let (hole, behind) = hole.split_at(length);
            code.push_str(text.as_deref().unwrap_or(hole));
            rest = behind;
        }
        code.push_str(rest);
        let callable = holes.names.get(&('f', b'1')).filter(|_| template.callable).map(self.style.function);
        (code, callable)
    }

    /// Lets later code call the function: its template was used.
    pub(super) fn used(&mut self, callable: Option<String>) {
        if callable.is_some() {
            self.latest_callable = callable;
        }
    }

    /// What goes into a hole; `None` when it is no hole.
    fn text(&mut self, holes: &mut Holes, letter: char, digit: u8) -> Option<String> {
        let kind = match letter.to_ascii_lowercase() {
            'f' => Kind::Function,
            't' => Kind::Type,
            'c' => Kind::Constant,
            'l' => Kind::Local,
            _ => return self.value(holes, letter, digit),
        };
        let key = (letter.to_ascii_lowercase(), digit);
        let name = holes.names.entry(key).or_insert_with(|| self.vocabulary.name(kind));
        Some(match (letter, kind) {
            ('F', _) => capitalised(&name.spoken()),
            ('A'..='Z', _) => name.spoken(),
            (_, Kind::Function) => (self.style.function)(name),
            (_, Kind::Type) => name.pascal(),
            (_, Kind::Constant) => (self.style.constant)(name),
            (_, Kind::Local) => (self.style.local)(name),
        })
    }

    fn value(&mut self, holes: &mut Holes, letter: char, digit: u8) -> Option<String> {
        if letter == 'p' {
            return self.latest_callable.clone();
        }
        if let Some(value) = holes.values.get(&(letter, digit)) {
            return Some(value.clone());
        }
        let value = match letter {
            'n' => self.vocabulary.number(2, 999).to_string(),
            'm' => format!("0.{:02}", self.vocabulary.number(1, 99)),
            'd' => self.vocabulary.sentence(),
            'w' => self.vocabulary.word(NOUNS).to_owned(),
            _ => return None,
        };
        holes.values.insert((letter, digit), value.clone());
        Some(value)
    }
}

#[derive(Default)]
struct Holes {
    names: HashMap<(char, u8), Name>,
    values: HashMap<(char, u8), String>,
}
