//! What somebody who writes a note picks up from a file. It shares nothing with the scorers: it goes through lines and braces, they
//! through words, and neither knows what the other finds.

use std::collections::{BTreeMap, HashSet};

/// Something that the file defines.
#[derive(Debug, Clone)]
pub struct Definition<'a> {
    pub name: &'a str,
    /// Line at which it starts.
    pub line: usize,
    /// Lines to the next one: what is long matters.
    pub length: usize,
    /// First sentence of the comment above it.
    pub about: Option<String>,
}

/// All that the writer knows of a file, or of a part of it.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    pub definitions: Vec<Definition<'a>>,
    pub imports: Vec<&'a str>,
    /// Names of several parts that stand in it at least twice, and are none of the definitions.
    pub others: Vec<&'a str>,
    pub lines: usize,
}

const INTRODUCERS: [&str; 17] = [
    "def",
    "class",
    "fn",
    "func",
    "function",
    "struct",
    "enum",
    "trait",
    "interface",
    "macro_rules",
    "define",
    "record",
    "type",
    "const",
    "static",
    "union",
    "var",
];

/// These introduce something only where a line is not indented.
const ONLY_OUTSIDE: [&str; 4] = ["type", "const", "static", "var"];

/// What stands before a bracket and is no function of the file.
const CONTROL: [&str; 24] = [
    "typedef",
    "if",
    "for",
    "while",
    "switch",
    "catch",
    "return",
    "else",
    "sizeof",
    "do",
    "new",
    "throw",
    "await",
    "super",
    "this",
    "defined",
    "match",
    "with",
    "assert",
    "constructor",
    "synchronized",
    "try",
    "static_assert",
    "__attribute__",
];

impl<'a> Reading<'a> {
    pub fn of(text: &'a str, language: &str) -> Self {
        let mut definitions: Vec<Definition<'a>> = Vec::new();
        let (mut imports, mut comment, mut known) = (Vec::new(), Comment::default(), HashSet::new());
        let mut depth = 0_usize;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            if comment.takes(trimmed, language) {
                continue;
            }
            if trimmed.is_empty() {
                comment.forget();
                continue;
            }
            for word in words(trimmed).filter(|word| is_compound(word)) {
                *counts.entry(word).or_default() += 1;
            }
            if let Some(import) = import(trimmed, language) {
                if !imports.contains(&import) {
                    imports.push(import);
                }
            } else {
                let inside = line.starts_with([' ', '\t']);
                let name = introduced(trimmed, inside, language)
                    .or_else(|| called_like_method(trimmed, depth, inside, language));
                if let Some(name) =
                    name.filter(|name| name.len() >= 3 && !name.starts_with("__") && known.insert(*name))
                {
                    definitions.push(Definition { name, line: number, length: 0, about: comment.sentence() });
                }
            }
            // An attribute between a comment and what it is about separates nothing.
            if !trimmed.starts_with(['@', '#']) {
                comment.forget();
            }
            depth = (depth + trimmed.matches('{').count()).saturating_sub(trimmed.matches('}').count());
        }
        let lines = text.lines().count();
        let ends: Vec<usize> = definitions.iter().skip(1).map(|next| next.line).chain([lines]).collect();
        definitions.iter_mut().zip(ends).for_each(|(definition, end)| definition.length = end - definition.line);
        counts.retain(|name, count| *count >= 2 && !known.contains(name) && !imports.contains(name));
        Self { definitions, imports, others: counts.into_keys().collect(), lines }
    }
}

/// The comment that is being read, or has just ended.
#[derive(Default)]
struct Comment {
    text: String,
    closing: Option<&'static str>,
}

impl Comment {
    /// Whether a line is comment.
    fn takes(&mut self, line: &str, language: &str) -> bool {
        if let Some(closing) = self.closing {
            let ends = line.contains(closing);
            self.add(line.split(closing).next().unwrap_or(""));
            if ends {
                self.closing = None;
            }
            return true;
        }
        let blocks: &[(&str, &'static str)] =
            if language == "python" { &[("\"\"\"", "\"\"\""), ("r\"\"\"", "\"\"\"")] } else { &[("/*", "*/")] };
        for (opening, closing) in blocks {
            if let Some(rest) = line.strip_prefix(opening) {
                let (inside, is_closed) = rest.split_once(closing).map_or((rest, false), |(inside, _)| (inside, true));
                self.text.clear();
                self.add(inside);
                self.closing = (!is_closed).then_some(*closing);
                return true;
            }
        }
        let sign = if language == "python" { "#" } else { "//" };
        // A text of several lines that is no comment, such as a query.
        if language == "python" && line.matches("\"\"\"").count() % 2 == 1 {
            self.closing = Some("\"\"\"");
            return false;
        }
        let is_line = line.starts_with(sign);
        if is_line {
            self.add(line.trim_start_matches(['/', '!', '#']));
        }
        is_line
    }

    fn add(&mut self, text: &str) {
        self.text.push(' ');
        self.text.push_str(text.trim_matches(['*', ' ', '\t']));
    }

    fn forget(&mut self) {
        self.text.clear();
    }

    /// Its first sentence, if that can be read aloud.
    fn sentence(&self) -> Option<String> {
        let plain: String = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let first = plain.split(". ").next()?.trim_end_matches('.');
        let readable = first.chars().all(|sign| sign.is_alphanumeric() || " `'-_,()".contains(sign));
        (readable && first.split(' ').count() >= 3 && first.len() < 200).then(|| first.to_owned())
    }
}

pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|sign: char| !sign.is_alphanumeric() && sign != '_')
        .filter(|word| word.starts_with(|sign: char| sign.is_alphabetic() || sign == '_'))
}

fn is_compound(word: &str) -> bool {
    word.len() >= 5
        && !word.starts_with('_')
        && !word.ends_with('_')
        && (word.contains('_') || word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase))
}

/// The word behind one that introduces a definition.
fn introduced<'a>(line: &'a str, inside: bool, language: &str) -> Option<&'a str> {
    let code = line.split(" = ").next().unwrap_or(line);
    if language == "python" && !inside && line.contains(" = ") && words(code).count() == 1 {
        return words(code).next().filter(|name| code.trim() == *name);
    }
    // A method of Go names what it belongs to first.
    if language == "go" && line.starts_with("func (") {
        return line.split_once(") ").and_then(|(_, rest)| words(rest).next());
    }
    let mut all =
        code.split([' ', '\t', '(', '<', ':', '{', '=', ';', '!', '*', '#', ',']).filter(|word| !word.is_empty());
    while let Some(word) = all.next() {
        if INTRODUCERS.contains(&word) && !(inside && ONLY_OUTSIDE.contains(&word)) {
            let next = all.find(|next| {
                !["fn", "unsafe", "mut", "async", "enum", "struct", "class", "int", "char"].contains(next)
            })?;
            let is_name = words(next).next() == Some(next);
            return is_name.then_some(next);
        }
        if word.starts_with(|sign: char| !sign.is_alphabetic()) {
            return None;
        }
    }
    None
}

/// `name(` near the outside of a language with braces, on a line that opens a block; in C also any that begins at the margin with a type.
fn called_like_method<'a>(line: &'a str, depth: usize, inside: bool, language: &str) -> Option<&'a str> {
    let deepest = match language {
        "c" => 0,
        "javascript" | "typescript" => 1,
        "c++" | "java" => 2,
        _ => return None,
    };
    let (head, _) = line.split_once('(')?;
    let name = words(head).last().filter(|name| head.ends_with(name))?;
    let first = words(head).next()?;
    let typed = head.trim().contains([' ', '\t']);
    let at_margin = ["c", "c++"].contains(&language) && !inside && typed;
    let opens = line.ends_with('{') || at_margin || (language == "java" && typed && line.ends_with(['(', ',']));
    let plain = !head.contains(['=', '.', '"', '\'', '|', '&', '?']);
    ((depth <= deepest || at_margin) && opens && plain && !CONTROL.contains(&name) && !CONTROL.contains(&first))
        .then_some(name)
}

/// What an import brings: its last name.
fn import<'a>(line: &'a str, language: &str) -> Option<&'a str> {
    let rest = match language {
        "c" | "c++" => line.strip_prefix("#include")?,
        "rust" => line.strip_prefix("use ").or_else(|| line.strip_prefix("pub use "))?,
        "go" => line.strip_prefix('"').or_else(|| line.strip_prefix("import "))?,
        "java" => line.strip_prefix("import ")?,
        "python" => line.strip_prefix("from ").or_else(|| line.strip_prefix("import "))?,
        _ if line.starts_with("import ") => line.rsplit_once(" from ").map_or(line, |(_, from)| from),
        _ => line.split_once("require(")?.1,
    };
    let rest = match language {
        "python" => rest.split(" import ").next().unwrap_or(rest),
        "rust" => rest.split(['{', ';']).next().unwrap_or(rest).trim_end_matches("::"),
        "c" | "c++" => rest.split(".h").next().unwrap_or(rest),
        _ => rest.trim_end_matches([';', ')', '\'', '"']),
    };
    words(rest).last().filter(|name| name.len() >= 2)
}

#[test]
fn definitions_are_found_in_every_language() {
    let found = |text: &str, language: &str| -> Vec<String> {
        Reading::of(text, language).definitions.iter().map(|one| one.name.to_owned()).collect()
    };
    assert_eq!(
        found("# def no():\nLIMIT = 3\nclass Store(Base):\n    async def load(self):\n", "python"),
        ["LIMIT", "Store", "load"]
    );
    assert_eq!(
        found("pub(crate) const fn half() {\n    let x = 1;\n}\nimpl X {\n    pub fn whole(&self) {}\n}\n", "rust"),
        ["half", "whole"]
    );
    assert_eq!(
        found("type Ring struct {\n}\nfunc (r *Ring) Join(x int) {\n\tif x {\n\t}\n}\n", "go"),
        ["Ring", "Join"]
    );
    assert_eq!(
        found(
            "export class A1b {\n  async load(x) {\n    if (x) {\n    }\n  }\n}\nconst make = () => {\n",
            "javascript"
        ),
        ["A1b", "load", "make"]
    );
    assert_eq!(
        found("#define LIMIT 3\nstatic int read_it(char *to)\n{\n\tcall_it(to);\n}\n", "c"),
        ["LIMIT", "read_it"]
    );
    assert_eq!(found("public final class Acc {\n  int sum(int a) {\n    for (;;) {\n", "java"), ["Acc", "sum"]);
}

impl Reading<'_> {
    /// What somebody knows who saw some of the lines.
    pub fn between(&self, from: usize, to: usize) -> Self {
        let mut part = self.clone();
        part.definitions.retain(|one| (from..to).contains(&one.line));
        // Imports stand at the top.
        if from > 0 {
            part.imports.clear();
        }
        part.lines = to - from;
        part
    }
}
