//! A file that is ours as a whole: its text is made anew, and the difference is shown line by line.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use super::{
    change::{FileChange, Paint},
    ralf_notes::ConfigError,
    replace::{self, ReplaceError, Saved},
};
use crate::model::clean::clean;

/// What would be written to a file, and what it replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextChange {
    path: PathBuf,
    seen: Option<String>,
    text: String,
}

/// Lines that are the same are shown this many around a difference.
const AROUND: usize = 2;

impl TextChange {
    /// The change of what is in the file now, if anything, to that text.
    ///
    /// # Errors
    ///
    /// What exists there and is no file, cannot be read, or is not UTF-8.
    pub fn prepare(path: &Path, text: String) -> Result<Self, ReplaceError> {
        Ok(Self { path: path.to_owned(), seen: replace::read(path)?, text })
    }

    /// The change back to what a file was before it was last written: the text of its backup, byte for byte.
    ///
    /// # Errors
    ///
    /// Without a backup, or when one of the two cannot be read.
    pub fn undo(path: &Path) -> Result<Self, ConfigError> {
        let backup = replace::backup_of(path)?;
        let text = replace::read(&backup)?.ok_or_else(|| ConfigError::NoBackup { path: path.to_owned(), backup })?;
        Ok(Self::prepare(path, text)?)
    }
}

impl FileChange for TextChange {
    fn path(&self) -> &Path {
        &self.path
    }

    fn is_nothing(&self) -> bool {
        self.seen.as_deref() == Some(&self.text)
    }

    fn render(&self, colour: bool) -> String {
        let Paint { red, green, bold, plain } = Paint::new(colour);
        let note = if self.seen.is_none() { " (new file)" } else { "" };
        let mut shown = format!("{bold}{}{plain}{note}\n", clean(&self.path.display().to_string()));
        let lines = difference(self.seen.as_deref().unwrap_or_default(), &self.text);
        let changed = |at: usize| lines.get(at).is_some_and(|(sign, _)| *sign != ' ');
        let near = |at: usize| (at.saturating_sub(AROUND)..=at + AROUND).any(changed);
        let mut left_out = false;
        for (at, (sign, line)) in lines.iter().enumerate() {
            if !near(at) {
                left_out = true;
                continue;
            }
            if std::mem::take(&mut left_out) {
                shown.push_str("  …\n");
            }
            let tone = match sign {
                '-' => red,
                '+' => green,
                _ => "",
            };
            let back = if tone.is_empty() { "" } else { plain };
            // Writing to a String cannot fail.
            let _ = writeln!(shown, "{tone}{sign} {}{back}", visible(line));
        }
        shown
    }

    fn write(&self) -> Result<Saved, ConfigError> {
        Ok(replace::replace(&self.path, self.seen.as_deref(), &self.text)?)
    }
}

/// A line without what could steer a terminal; its indentation stays.
fn visible(line: &str) -> String {
    let text = line.trim_start_matches(' ');
    format!("{}{}", " ".repeat(line.len() - text.len()), clean(text))
}

/// Lines of both texts in order: `-` only before, `+` only after, a space in both.
fn difference<'a>(before: &'a str, after: &'a str) -> Vec<(char, &'a str)> {
    /// Longer files are shown as replaced whole: what we write is short, and a table of their lines would not be.
    const MOST_LINES: usize = 2_000;
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let mut lines: Vec<(char, &str)> = new.iter().take(same).map(|line| (' ', *line)).collect();
    let (old, new) = (old.get(same..).unwrap_or_default(), new.get(same..).unwrap_or_default());
    if old.len() > MOST_LINES {
        lines.extend(old.iter().map(|line| ('-', *line)));
        lines.extend(new.iter().map(|line| ('+', *line)));
        return lines;
    }
    let common = common_lengths(old, new);
    let length = |i: usize, j: usize| common.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    let (mut i, mut j) = (0, 0);
    loop {
        match (old.get(i), new.get(j)) {
            (Some(was), Some(is)) if was == is => {
                lines.push((' ', *is));
                (i, j) = (i + 1, j + 1);
            }
            (Some(was), is) if is.is_none() || length(i + 1, j) >= length(i, j + 1) => {
                lines.push(('-', *was));
                i += 1;
            }
            (_, Some(is)) => {
                lines.push(('+', *is));
                j += 1;
            }
            (_, None) => return lines,
        }
    }
}

/// How long the longest common subsequence of what is behind each pair of lines is.
fn common_lengths(old: &[&str], new: &[&str]) -> Vec<Vec<usize>> {
    let mut rows = vec![vec![0; new.len() + 1]];
    for was in old.iter().rev() {
        let below = rows.last().cloned().unwrap_or_default();
        let mut row = vec![0; new.len() + 1];
        for (j, is) in new.iter().enumerate().rev() {
            let value = |cells: &[usize], at: usize| cells.get(at).copied().unwrap_or(0);
            let longest = if was == is { value(&below, j + 1) + 1 } else { value(&below, j).max(value(&row, j + 1)) };
            if let Some(cell) = row.get_mut(j) {
                *cell = longest;
            }
        }
        rows.push(row);
    }
    rows.reverse();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str, after: &str) -> String {
        difference(before, after).into_iter().map(|(sign, line)| format!("{sign}{line}")).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn lines_that_stay_are_found() {
        assert_eq!(shown("a\nb\nc\n", "a\nx\nc\n"), " a|-b|+x| c");
        assert_eq!(shown("", "a\n"), "+a");
        assert_eq!(shown("a\nb\n", ""), "-a|-b");
        assert_eq!(shown("b\na\nb\nd", "a\nb\nc\nd"), "-b| a| b|+c| d");
        assert_eq!(shown("a\nb\n", "a\nb\n"), " a| b");
    }

    /// Whatever the two texts are, one side of the difference is the one and the other side the other.
    #[test]
    fn nothing_is_lost_in_a_difference() {
        let texts: Vec<String> = (0..64_u32)
            .map(|bits| (0..6).filter(|bit| bits >> bit & 1 == 1).map(|bit| ["0\n", "1\n", "2\n"][bit / 2]).collect())
            .collect();
        for before in &texts {
            for after in &texts {
                let side = |left: char| -> String {
                    let lines = difference(before, after).into_iter().filter(|(sign, _)| *sign != left);
                    lines.flat_map(|(_, line)| [line, "\n"]).collect()
                };
                assert_eq!((&side('+'), &side('-')), (before, after));
            }
        }
    }

    #[test]
    fn a_change_is_shown_written_and_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tuned.env");
        let before: String =
            "012345678".chars().flat_map(|line| ["line ".to_owned(), line.to_string(), "\n".to_owned()]).collect();
        std::fs::write(&path, &before).unwrap();
        let after = before.replace("line 4", "\u{1b}[2Jline four");
        let change = TextChange::prepare(&path, after.clone()).unwrap();
        let page = change.render(false);
        assert!(page.contains("  …\n  line 2\n  line 3\n- line 4\n+ line four\n  line 5\n  line 6\n"), "{page}");
        assert!(!page.contains("line 1\n") && !page.contains('\u{1b}'), "{page}");
        change.write().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), after);
        TextChange::undo(&path).unwrap().write().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
        assert!(TextChange::prepare(&path, before).unwrap().is_nothing());
    }
}
