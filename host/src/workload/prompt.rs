//! The text around a piece of source.

use std::path::Path;

use super::WorkloadError;
use crate::{
    files::{self, ReadError},
    model::workload::{BUILT_IN_PROMPT, Piece, PromptTemplate, SourceFile},
};

/// A prompt of the user's may be this long: more is a mistake, not a prompt.
const MAX_PROMPT_BYTES: u64 = 64 * 1024;

/// The batch's task. The instructions come first because they are the same for every file, so that in the batch the server's
/// prefix cache holds them; the source comes behind them, and one line at the end brings a small model back to the format.
const BUILT_IN: &str = "\
You document source code. Write a note in Markdown about one file. It has exactly these nine sections, each once, in this \
order, each under the heading as it stands here:

### TAGS
Three to seven lower-case keywords, separated by commas.
### TYPE
One or two words for what the file is, such as module, script, library, test or configuration.
### SUMMARY
Two or three sentences: what the file is for and how it does it.
### DETAILS
A short paragraph on how the main parts work together.
### KEY_FUNCTIONS
A list: each important function, class or type by its exact name, and what it does in one line.
### DEPENDENCIES
A list of the modules and packages that the file imports, or `none`.
### USAGE
One short example of how other code uses the file.
### RELATED
A list of other files or modules that the code itself names, or `none`.
### CALLOUTS
Risks, limits or surprises that a reader should know, or `none`.

Write only what the code shows. Never invent a name: every name in the note stands in the file exactly so. Write nothing \
before the first heading and nothing after the last section.

File: {path}
Language: {language}
Part: {part}

----- begin of source -----
{content}
----- end of source -----

Now write the note on {path}. Begin with `### TAGS` and end with `### CALLOUTS`.
";

impl PromptTemplate {
    /// The prompt of RALF Note's task, in our own words.
    #[must_use]
    pub fn built_in() -> Self {
        Self { text: BUILT_IN.to_owned(), origin: BUILT_IN_PROMPT.to_owned() }
    }

    /// Reads the user's prompt.
    ///
    /// # Errors
    /// When the file cannot be read, is no text, is too long, or has no `{content}`.
    pub fn from_file(path: &Path) -> Result<Self, WorkloadError> {
        let unreadable = |source| WorkloadError::PromptUnreadable { path: path.to_path_buf(), source };
        let no_text = || WorkloadError::PromptNotText { path: path.to_path_buf() };
        let text = files::text(path, MAX_PROMPT_BYTES).map_err(|error| match error {
            ReadError::TooLarge { most } => {
                WorkloadError::PromptTooLarge { path: path.to_path_buf(), limit_bytes: most }
            }
            ReadError::NotAFile | ReadError::NotText => no_text(),
            ReadError::Io(error) => unreadable(error),
        })?;
        if text.contains('\0') {
            return Err(no_text());
        }
        if !text.contains("{content}") {
            return Err(WorkloadError::PromptWithoutContent { path: path.to_path_buf() });
        }
        Ok(Self { text, origin: path.display().to_string() })
    }

    /// Characters of a prompt but for the source, about: names are as long as the placeholders that they replace.
    #[must_use]
    pub fn around_chars(&self) -> usize {
        let content = "{content}".len() * self.text.matches("{content}").count();
        nonce_line("0123456789abcdef").len() + self.text.chars().count().saturating_sub(content)
    }

    /// The prompt for one piece of a file, behind a fresh first line: no prefix cache can answer it.
    ///
    /// `pieces` is how many pieces the file was cut into. Placeholders are replaced in one pass: one that stands in the source
    /// stays as it is.
    #[must_use]
    pub fn render(&self, nonce: &str, file: &SourceFile, piece: &Piece, pieces: usize) -> String {
        let content = piece.of(file);
        let part = describe_part(file, piece, pieces);
        let mut prompt = nonce_line(nonce);
        prompt.reserve(self.text.len() + content.len() + 2 * file.path.len() + part.len());
        let mut rest = self.text.as_str();
        while let Some(brace) = rest.find('{') {
            let (before, from_brace) = rest.split_at(brace);
            prompt.push_str(before);
            let replacements: [(&str, &str); 4] =
                [("{content}", content), ("{path}", &file.path), ("{language}", &file.language), ("{part}", &part)];
            let found = replacements
                .into_iter()
                .find_map(|(placeholder, value)| from_brace.strip_prefix(placeholder).map(|behind| (value, behind)));
            let (value, behind) = found.unwrap_or_else(|| from_brace.split_at(1));
            prompt.push_str(value);
            rest = behind;
        }
        prompt.push_str(rest);
        prompt
    }
}

/// The first line of every prompt that is measured.
pub(super) fn nonce_line(nonce: &str) -> String {
    format!("[run {nonce}]\n")
}

/// Which part of the file the model sees; a model that knows does not take the end of a piece for the end of the file.
fn describe_part(file: &SourceFile, piece: &Piece, pieces: usize) -> String {
    if piece.start_char == 0 && piece.end_char >= file.chars {
        "the whole file".to_owned()
    } else if pieces <= 1 {
        format!("the first {} of {} characters", piece.end_char, file.chars)
    } else {
        let (from, to, all) = (piece.start_char + 1, piece.end_char, file.chars);
        format!("one of {pieces} parts, characters {from} to {to} of {all}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{candidate::Candidate, workload::cut};

    fn template(text: &str) -> PromptTemplate {
        PromptTemplate { text: text.to_owned(), origin: "test".to_owned() }
    }

    #[test]
    fn the_built_in_prompt_names_the_sections_in_order() {
        let sections =
            ["TAGS", "TYPE", "SUMMARY", "DETAILS", "KEY_FUNCTIONS", "DEPENDENCIES", "USAGE", "RELATED", "CALLOUTS"];
        let prompt = PromptTemplate::built_in();
        let headings: Vec<&str> = prompt.text.lines().filter_map(|line| line.strip_prefix("### ")).collect();
        assert_eq!(headings, sections);
        assert_eq!(prompt.text.matches("{content}").count(), 1);
    }

    #[test]
    fn placeholders_in_the_source_stay() {
        let file = SourceFile::new("a/{language}.py", "python", "x = '{path} {content} {part} {'\n");
        let piece = cut(&file, &Candidate::default())[0];
        let prompt =
            template("{{content}} in {path} ({language}), {part}: {other} {content").render("7f", &file, &piece, 1);
        assert_eq!(
            prompt,
            "[run 7f]\n{x = '{path} {content} {part} {'\n} in a/{language}.py (python), the whole file: {other} {content"
        );
    }

    #[test]
    fn the_part_is_said_as_it_is() {
        let file = SourceFile::new("a.txt", "text", "aaaa\nbbbb\ncccc\ndddd\n");
        let candidate = Candidate { max_content_length: 15, chunk_size: 10, ..Candidate::default() };
        let pieces = cut(&file, &candidate);
        let parts: Vec<String> =
            pieces.iter().map(|piece| template("{part}").render("n", &file, piece, pieces.len())).collect();
        assert_eq!(
            parts,
            ["[run n]\none of 2 parts, characters 1 to 5 of 20", "[run n]\none of 2 parts, characters 6 to 15 of 20"]
        );
        assert_eq!(describe_part(&file, &pieces[0], 1), "the first 5 of 20 characters");
    }

    #[test]
    fn a_prompt_file_must_say_where_the_source_goes() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("prompt.txt");
        let failure = |bytes: &[u8]| -> std::io::Result<Option<String>> {
            std::fs::write(&path, bytes)?;
            Ok(PromptTemplate::from_file(&path).err().map(|error| {
                assert!(error.hint().is_some());
                error.to_string()
            }))
        };
        assert_eq!(failure(b"Describe {path}: {content}")?, None);
        assert!(failure(b"Describe {path}")?.is_some_and(|error| error.contains("has no `{content}`")));
        assert!(failure(b"\xff{content}")?.is_some_and(|error| error.contains("not a text file")));
        assert!(failure(&vec![b'{'; 70_000])?.is_some_and(|error| error.contains("larger than 65536 bytes")));
        assert!(PromptTemplate::from_file(directory.path()).is_err());
        assert!(PromptTemplate::from_file(&directory.path().join("missing")).is_err());
        Ok(())
    }
}
