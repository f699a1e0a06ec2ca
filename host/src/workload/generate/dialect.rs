//! One language's templates, and a file of an exact length made of them.

use super::{
    template::{Filler, Style, Template},
    vocabulary::Vocabulary,
    words::{NOUNS, VERBS},
};

/// How often a block that is too long for the rest of the file is drawn again before smaller things fill it.
const TRIES: usize = 8;
/// No comment line of the filling is longer.
const LINE_CHARS: usize = 90;

/// What a language's files are made of.
pub(super) struct Dialect {
    /// Lower-case name of the language.
    pub(super) name: &'static str,
    /// Without the dot.
    pub(super) extension: &'static str,
    /// What a line of comment begins with.
    pub(super) comment: &'static str,
    pub(super) style: &'static Style,
    /// Begin of the file, most important part first.
    pub(super) header: &'static [&'static str],
    /// One line.
    pub(super) constant: &'static str,
    pub(super) blocks: &'static [Template],
}

impl Dialect {
    /// A file of exactly `chars` characters, all of them ASCII.
    pub(super) fn write(&self, chars: usize, vocabulary: Vocabulary<'_>) -> String {
        let mut filler = Filler::new(vocabulary, self.style);
        let mut code = String::with_capacity(chars);
        for part in self.header {
            let (part, _) = filler.fill(&Template { code: part, callable: false });
            // A small file has no long header.
            if code.len() + part.len() <= chars / 2 {
                code.push_str(&part);
            }
        }
        while let Some(block) = self.fitting_block(&mut filler, chars - code.len()) {
            code.push_str(&block);
        }
        loop {
            let (constant, _) = filler.fill(&Template { code: self.constant, callable: false });
            if code.len() + constant.len() > chars {
                break;
            }
            code.push_str(&constant);
        }
        while code.len() < chars {
            let line = self.comment_line((chars - code.len()).min(LINE_CHARS), &mut filler.vocabulary);
            code.push_str(&line);
        }
        code
    }

    /// A block of at most `room` characters; `None` when none of some that were drawn is so short.
    fn fitting_block(&self, filler: &mut Filler<'_>, room: usize) -> Option<String> {
        // Filled in, a template grows: do not draw names for nothing.
        let templates: Vec<&Template> =
            self.blocks.iter().filter(|block| block.code.len() <= room && filler.can_fill(block)).collect();
        for _ in 0..TRIES {
            let template = *filler.vocabulary.pick(&templates)?;
            let (block, callable) = filler.fill(template);
            if block.len() <= room {
                filler.used(callable);
                return Some(block);
            }
        }
        None
    }

    /// A line of comment of exactly `chars` characters, its end included.
    fn comment_line(&self, chars: usize, vocabulary: &mut Vocabulary<'_>) -> String {
        let mut line = self.comment.to_owned();
        // Too short for a word.
        if chars < line.len() + 4 {
            return "\n".repeat(chars);
        }
        for words in [VERBS, NOUNS].into_iter().cycle() {
            let word = vocabulary.word(words);
            let room = chars - 1 - line.len();
            if word.len() + 1 > room {
                line.push_str(&".".repeat(room));
                break;
            }
            line.push(' ');
            line.push_str(word);
        }
        line.push('\n');
        line
    }
}
