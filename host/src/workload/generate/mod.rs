//! Source code for those who have no samples at hand: plausible, of exact length, never twice the same.

mod dialect;
mod go;
mod javascript;
mod python;
mod rust;
mod template;
mod vocabulary;
mod words;
mod workload;

use std::collections::HashSet;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use dialect::Dialect;
use vocabulary::Vocabulary;
pub use workload::{generated_workload, workload_of_size};

/// The languages that samples are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Python,
    Rust,
    JavaScript,
    Go,
}

impl Language {
    pub const ALL: [Self; 4] = [Self::Python, Self::Rust, Self::JavaScript, Self::Go];

    /// The lower-case name, as in [`SourceFile::language`](crate::model::workload::SourceFile::language).
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.dialect().name
    }

    /// What a file's name ends with, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        self.dialect().extension
    }

    const fn dialect(self) -> &'static Dialect {
        match self {
            Self::Python => &python::DIALECT,
            Self::Rust => &rust::DIALECT,
            Self::JavaScript => &javascript::DIALECT,
            Self::Go => &go::DIALECT,
        }
    }
}

/// A source file of exactly `chars` characters (all ASCII, so bytes as well).
///
/// Names are spread over the whole file, and each is declared once: whoever looks for them can tell which part was read.
#[must_use]
pub fn sample(language: Language, chars: usize, seed: u64) -> String {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // The languages' names differ, too.
    random.set_stream(language as u64);
    write(language, chars, &mut random, &mut HashSet::new())
}

/// As [`sample`], without the functions, types and constants in `taken`, which it adds its own to.
fn write(language: Language, chars: usize, random: &mut ChaCha8Rng, taken: &mut HashSet<String>) -> String {
    language.dialect().write(chars, Vocabulary::new(random, taken))
}

#[cfg(test)]
mod tests;
