//! Patterns for paths: `*`, `?`, `**` and sets, compiled once.

use std::{error::Error, fmt, path::Path, str::Chars};

/// Why a pattern cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GlobError {
    UnclosedSet { position: usize },
    EmptyPattern,
}

impl fmt::Display for GlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GlobError::UnclosedSet { position } => write!(f, "the set at {position} has no end"),
            GlobError::EmptyPattern => f.write_str("the pattern is empty"),
        }
    }
}

impl Error for GlobError {}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Literal(char),
    AnyChar,
    Star,
    DoubleStar,
    Set { signs: Vec<char>, negated: bool },
}

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Glob {
    tokens: Vec<Token>,
    ignore_case: bool,
}

impl Glob {
    pub fn compile(pattern: &str) -> Result<Self, GlobError> {
        if pattern.is_empty() {
            return Err(GlobError::EmptyPattern);
        }
        let mut tokens = Vec::new();
        let mut signs = pattern.chars();
        while let Some(sign) = signs.next() {
            let token = match sign {
                '?' => Token::AnyChar,
                '*' if signs.as_str().starts_with('*') => {
                    signs.next();
                    Token::DoubleStar
                }
                '*' => Token::Star,
                '[' => read_set(&mut signs, pattern)?,
                other => Token::Literal(other),
            };
            tokens.push(token);
        }
        Ok(Self { tokens, ignore_case: false })
    }

    #[must_use]
    pub fn ignoring_case(mut self) -> Self {
        self.ignore_case = true;
        self
    }

    #[must_use]
    pub fn is_match(&self, path: &Path) -> bool {
        let text: Vec<char> = path.to_string_lossy().replace('\\', "/").chars().collect();
        self.matches_from(&self.tokens, &text)
    }

    fn matches_from(&self, tokens: &[Token], text: &[char]) -> bool {
        let Some((first, rest)) = tokens.split_first() else { return text.is_empty() };
        match first {
            Token::Star => star_ends(text, false).any(|end| self.matches_from(rest, &text[end..])),
            Token::DoubleStar => star_ends(text, true).any(|end| self.matches_from(rest, &text[end..])),
            single => {
                text.split_first().is_some_and(|(sign, left)| self.fits(single, *sign) && self.matches_from(rest, left))
            }
        }
    }

    fn fits(&self, token: &Token, sign: char) -> bool {
        let same = |a: char| a == sign || (self.ignore_case && a.eq_ignore_ascii_case(&sign));
        match token {
            Token::Literal(wanted) => same(*wanted),
            Token::Set { signs, negated } => signs.iter().copied().any(same) != *negated,
            Token::AnyChar => sign != '/',
            Token::Star | Token::DoubleStar => false,
        }
    }
}

fn read_set(signs: &mut Chars<'_>, pattern: &str) -> Result<Token, GlobError> {
    let position = pattern.len() - signs.as_str().len() - 1;
    let mut set = Vec::new();
    let mut negated = false;
    while let Some(sign) = signs.next() {
        match sign {
            ']' if !set.is_empty() => return Ok(Token::Set { signs: set, negated }),
            '!' if set.is_empty() => negated = true,
            other => set.push(other),
        }
    }
    Err(GlobError::UnclosedSet { position })
}

/// How far a star can reach: to the next slash, or to the end.
fn star_ends(text: &[char], over_slashes: bool) -> impl Iterator<Item = usize> + '_ {
    let limit = if over_slashes { None } else { text.iter().position(|sign| *sign == '/') };
    0..=limit.unwrap_or(text.len())
}
