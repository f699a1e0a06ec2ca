//! What the walk left out, counted by reason, so that a notice stays one line however many files there are.

use std::{collections::BTreeMap, fmt};

/// How many files of one reason are named.
const NAMED: usize = 3;

/// Why a file is left out. In the order of the notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    Unreadable,
    TooLarge,
    Binary,
    NotUtf8,
    Empty,
    SymbolicLink,
    NoRegularFile,
    NoSourceCode,
    /// A folder whose `.gitignore` cannot be heeded.
    OddIgnoreFile,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "unreadable",
            Self::TooLarge => "too large",
            Self::Binary => "binary",
            Self::NotUtf8 => "not UTF-8",
            Self::Empty => "empty",
            Self::SymbolicLink => "symbolic links",
            Self::NoRegularFile => "neither file nor directory",
            Self::NoSourceCode => "not source code",
            Self::OddIgnoreFile => "folders whose .gitignore or .ignore is no file, or too large",
        })
    }
}

/// The files left out so far.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    /// The number of files and the first few names.
    reasons: BTreeMap<Reason, (usize, Vec<String>)>,
}

impl LeftOut {
    pub(super) fn add(&mut self, reason: Reason, name: impl Into<String>) {
        let (count, names) = self.reasons.entry(reason).or_default();
        *count += 1;
        if names.len() < NAMED {
            names.push(name.into());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.reasons.is_empty()
    }

    /// One line a reason: `left out as binary: 5 (a.c, b.c, c.c, …)`.
    pub(super) fn notices(&self) -> Vec<String> {
        let line = |(reason, (count, names)): (&Reason, &(usize, Vec<String>))| {
            let more = if *count > names.len() { ", …" } else { "" };
            format!("left out as {reason}: {count} ({}{more})", names.join(", "))
        };
        self.reasons.iter().map(line).collect()
    }
}
