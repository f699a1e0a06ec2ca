//! What the batch works on: source files, how they are cut, and what one request carries.

use serde::{Deserialize, Serialize};

use super::{candidate::Candidate, learned::Learned};

/// What the built-in prompt says of where it comes from.
pub const BUILT_IN_PROMPT: &str = "built in";

/// One source file, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Path relative to the samples directory, for reports.
    pub path: String,
    /// Lower-case name of the language, `"text"` when unknown.
    pub language: String,
    pub text: String,
    /// Length in characters, not bytes.
    pub chars: usize,
}

impl SourceFile {
    /// A file of that path and text.
    #[must_use]
    pub fn new(path: impl Into<String>, language: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let chars = text.chars().count();
        Self { path: path.into(), language: language.into(), text, chars }
    }
}

/// The files of a study and the task that is done with each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// Where the files come from: a directory, or `"generated samples"`.
    pub origin: String,
    /// The stratified pick, sorted by size: what trials may use.
    pub files: Vec<SourceFile>,
    /// Lengths in characters of *all* files of the batch, sorted: the distribution that the objective is about.
    pub batch_chars: Vec<usize>,
    pub prompt: PromptTemplate,
    /// What was left out of the walk and why, for the report.
    pub notices: Vec<String>,
    /// The requests that these files are as large as; none where the files are those of the batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned: Option<Box<Learned>>,
}

impl Workload {
    /// Tokens that an answer to a request has with these settings on the average, where that is known without asking.
    #[must_use]
    pub fn answer_tokens(&self, num_predict: u32) -> Option<f64> {
        let answers = self.learned.as_ref()?.answer_tokens.as_ref()?;
        Some(answers.mean.min(f64::from(num_predict)))
    }

    /// A batch of another size with files as large as these: quantiles of the sizes that are known.
    pub fn stretch_to(&mut self, files: usize) {
        let known = std::mem::take(&mut self.batch_chars);
        let at = |index: usize| known.get((2 * index + 1) * known.len() / (2 * files.max(1))).copied();
        self.batch_chars = (0..files).filter_map(at).collect();
    }
}

/// The text around a piece of source. It must contain `{content}`; `{path}` and `{language}` are optional.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptTemplate {
    pub text: String,
    /// [`BUILT_IN_PROMPT`], or the file that it was read from.
    pub origin: String,
}

/// A part of a file that one request carries: characters `start..end` of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    pub start_char: usize,
    pub end_char: usize,
    pub start_byte: usize,
    pub end_byte: usize,
}

impl Piece {
    /// Length in characters.
    #[must_use]
    pub const fn chars(&self) -> usize {
        self.end_char - self.start_char
    }

    /// The piece's text.
    #[must_use]
    pub fn of<'a>(&self, file: &'a SourceFile) -> &'a str {
        file.text.get(self.start_byte..self.end_byte).unwrap_or("")
    }
}

/// Cuts a file as the batch does: at `max_content_length` characters, then at line ends into
/// `ceil(length / chunk_size)` near-equal pieces. A line longer than a piece is cut inside.
///
/// The pieces are in order, do not overlap, and join to the first `max_content_length` characters.
#[must_use]
pub fn cut(file: &SourceFile, candidate: &Candidate) -> Vec<Piece> {
    let length = file.chars.min(candidate.max_content_length as usize);
    let count = length.div_ceil((candidate.chunk_size as usize).max(1)).max(1);
    // Character position and byte position just behind every line end within the length read.
    let mut line_ends = Vec::new();
    let mut byte_of_char = Vec::with_capacity(length + 1);
    for (position, (byte, character)) in file.text.char_indices().take(length).enumerate() {
        byte_of_char.push(byte);
        if character == '\n' {
            line_ends.push(position + 1);
        }
    }
    let end_byte = file.text.char_indices().nth(length).map_or(file.text.len(), |(byte, _)| byte);
    byte_of_char.push(end_byte);

    let mut pieces = Vec::with_capacity(count);
    let mut start = 0;
    for index in 1..=count {
        let end = if index == count { length } else { nearest_line_end(&line_ends, start, length * index / count) };
        pieces.push(Piece {
            start_char: start,
            end_char: end,
            start_byte: byte_of_char.get(start).copied().unwrap_or(end_byte),
            end_byte: byte_of_char.get(end).copied().unwrap_or(end_byte),
        });
        start = end;
    }
    pieces.retain(|piece| piece.chars() > 0 || length == 0);
    pieces
}

/// The last line end in `(start, target]`, or the target itself when a single line fills the piece.
fn nearest_line_end(line_ends: &[usize], start: usize, target: usize) -> usize {
    let behind = line_ends.partition_point(|end| *end <= target);
    match behind.checked_sub(1).and_then(|index| line_ends.get(index)) {
        Some(end) if *end > start => *end,
        _ => target,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_another_size_has_files_of_the_same_sizes() {
        let sizes = |known: &[usize], files| {
            let prompt = PromptTemplate { text: String::new(), origin: String::new() };
            let (origin, notices) = (String::new(), Vec::new());
            let batch_chars = known.to_vec();
            let mut workload = Workload { origin, files: Vec::new(), batch_chars, prompt, notices, learned: None };
            workload.stretch_to(files);
            workload.batch_chars
        };
        assert_eq!(sizes(&[1, 2, 3], 6), [1, 1, 2, 2, 3, 3]);
        assert_eq!(sizes(&[1, 2, 3, 4, 5], 1), [3]);
        assert_eq!(sizes(&[1, 2, 3], 3), [1, 2, 3]);
        assert_eq!(sizes(&[], 3), [] as [usize; 0]);
    }

    fn candidate(max_content_length: u32, chunk_size: u32) -> Candidate {
        Candidate { chunk_size, max_content_length, ..Candidate::default() }
    }

    #[test]
    fn pieces_join_to_the_part_that_is_read() {
        let text = "let größe = 1;\n".repeat(100);
        let file = SourceFile::new("a.rs", "rust", text);
        for (content, chunk) in [(8_000, 100_000), (8_000, 500), (777, 200), (1, 1), (50, 7)] {
            let pieces = cut(&file, &candidate(content, chunk));
            let joined: String = pieces.iter().map(|piece| piece.of(&file)).collect();
            let expected: String = file.text.chars().take(content as usize).collect();
            assert_eq!(joined, expected, "content {content}, chunk {chunk}");
        }
    }

    #[test]
    fn pieces_end_at_line_ends_where_there_are_any() {
        let file = SourceFile::new("a.txt", "text", "aaaa\nbbbb\ncccc\ndddd\n");
        let pieces = cut(&file, &candidate(100, 10));
        assert_eq!(pieces.iter().map(|piece| piece.of(&file)).collect::<Vec<_>>(), ["aaaa\nbbbb\n", "cccc\ndddd\n"]);
    }

    #[test]
    fn a_small_or_empty_file_is_one_piece() {
        let small = SourceFile::new("a.txt", "text", "x");
        assert_eq!(cut(&small, &candidate(8_000, 100)).len(), 1);
        let empty = SourceFile::new("b.txt", "text", "");
        assert_eq!(cut(&empty, &candidate(8_000, 100)).len(), 1);
    }
}
