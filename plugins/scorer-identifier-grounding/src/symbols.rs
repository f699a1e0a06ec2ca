//! The names that a source file defines or imports, and where.

use std::collections::HashSet;

use crate::{
    language::{Language, is_reserved},
    names::{is_name, names},
};

/// A name that the file defines or imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol<'a> {
    pub name: &'a str,
    /// Byte at which its line starts.
    pub position: usize,
}

/// Shorter names are found in any text.
const SHORTEST: usize = 3;

/// The symbols of a source, each at its first definition.
pub fn symbols<'a>(source: &'a str, language: &str) -> Vec<Symbol<'a>> {
    let Some(language) = Language::named(language) else { return Vec::new() };
    let mut scanner = Scanner { language, closing: None, open: Open::Nothing, found: Vec::new(), seen: HashSet::new() };
    let mut position = 0;
    for line in source.split_inclusive('\n') {
        if let Some(code) = scanner.without_comments(line) {
            scanner.read(code, position);
        }
        position += line.len();
    }
    scanner.found
}

/// What the lines before have left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    /// An import that goes on to this sign.
    Import(&'static str),
    /// A group of definitions.
    Group,
}

struct Scanner<'a> {
    language: Language,
    /// The end of the comment or long string that the lines before have opened.
    closing: Option<&'static str>,
    open: Open,
    found: Vec<Symbol<'a>>,
    seen: HashSet<&'a str>,
}

impl<'a> Scanner<'a> {
    /// The part of a line before any comment; `None` when the line is inside one.
    fn without_comments(&mut self, line: &'a str) -> Option<&'a str> {
        if let Some(closing) = self.closing {
            if line.contains(closing) {
                self.closing = None;
            }
            return None;
        }
        let mut code = line;
        for comment in self.language.line_comments {
            if code.trim_start().starts_with(comment) {
                return None;
            }
            // A sign inside a string is cut as well: what defines a name stands before it.
            if let Some((before, _)) = code.split_once(comment).filter(|(before, _)| before.ends_with(' ')) {
                code = before;
            }
        }
        for (opening, closing) in self.language.blocks {
            if let Some((before, behind)) = code.split_once(opening) {
                if !behind.contains(closing) {
                    self.closing = Some(closing);
                }
                code = before;
            }
        }
        Some(code)
    }

    fn read(&mut self, line: &'a str, position: usize) {
        let text = line.trim();
        if text.is_empty() {
            return;
        }
        match self.open {
            Open::Import(closing) => {
                self.import(text, position);
                if text.contains(closing) {
                    self.open = Open::Nothing;
                }
                return;
            }
            Open::Group => {
                if text.starts_with(')') {
                    self.open = Open::Nothing;
                } else if is_indented_once(line) {
                    self.add(names(text).next(), position);
                }
                return;
            }
            Open::Nothing => {}
        }
        let top = !line.starts_with([' ', '\t']);
        let modifiers = self.language.modifiers;
        let mut words = names(text).skip_while(|word| modifiers.contains(word));
        let Some(first) = words.next() else { return };
        if self.language.imports.contains(&first) {
            self.import(text, position);
            self.open = open_import(text).map_or(Open::Nothing, Open::Import);
        } else if self.language.keywords.contains(&first) || (top && self.language.top_level.contains(&first)) {
            self.definition(text, first, position);
        } else if self.language.assignments && top && is_assignment(text, first) {
            self.add(Some(first), position);
        } else if self.language.braces {
            self.add(brace_definition(text, top), position);
        }
    }

    fn definition(&mut self, text: &'a str, keyword: &str, position: usize) {
        let behind = text.split_once(keyword).map_or("", |(_, behind)| behind).trim_start();
        if self.language.groups && behind.starts_with('(') && behind.len() == 1 {
            self.open = Open::Group;
            return;
        }
        // A method of Go has its receiver first, and a call of `require` is an import with names in braces.
        if self.language.groups && behind.starts_with('(') {
            let behind = behind.split_once(')').map_or("", |(_, name)| name);
            self.add(names(behind).next(), position);
        } else if let Some(inside) = behind.strip_prefix(['{', '[']) {
            for name in names(inside.split(['}', ']']).next().unwrap_or("")) {
                self.add(Some(name), position);
            }
        } else {
            // `const fn`, `static mut`, `enum class`: the name is the first word that is none of the language's.
            let keywords = self.language.keywords;
            self.add(names(behind).find(|name| !is_reserved(name) && !keywords.contains(name)), position);
        }
    }

    fn import(&mut self, text: &'a str, position: usize) {
        let imports = self.language.imports;
        for name in names(text).filter(|name| !imports.contains(name)) {
            self.add(Some(name), position);
        }
    }

    fn add(&mut self, name: Option<&'a str>, position: usize) {
        let Some(name) = name else { return };
        let is_dunder = name.starts_with("__") && name.ends_with("__");
        if name.len() >= SHORTEST && is_name(name) && !is_dunder && !is_reserved(name) && self.seen.insert(name) {
            self.found.push(Symbol { name, position });
        }
    }
}

fn is_indented_once(line: &str) -> bool {
    let indent = line.len() - line.trim_start().len();
    (line.starts_with('\t') && indent == 1) || (line.starts_with(' ') && indent <= 4)
}

/// The sign up to which an import goes on in the next lines.
fn open_import(text: &str) -> Option<&'static str> {
    [("{", "}"), ("(", ")")].into_iter().find_map(|(opening, closing)| {
        (text.matches(opening).count() > text.matches(closing).count()).then_some(closing)
    })
}

fn is_assignment(text: &str, name: &str) -> bool {
    let behind = text.strip_prefix(name).unwrap_or("").trim_start();
    (behind.starts_with('=') && !behind.starts_with("==")) || (behind.starts_with(':') && behind.contains('='))
}

/// The name in `… name(…) {`, `name = (…) => {`, `exports.name = …`: methods and functions of languages with braces.
fn brace_definition(text: &str, top: bool) -> Option<&str> {
    const CONTROL: [&str; 12] =
        ["if", "for", "while", "switch", "catch", "return", "else", "do", "try", "new", "throw", "await"];
    if let Some((left, _)) =
        text.split_once(" = ").filter(|(left, _)| left.contains("exports.") || left.contains(".prototype."))
    {
        return names(left).last();
    }
    let (head, _) = text.split_once('(')?;
    // A brace may stand on a later line, or be missing as in a header of C: then a type before the name tells a definition from a call.
    let typed = names(head).count() > 1 && !head.ends_with(' ');
    let whole = text.matches('(').count() == text.matches(')').count();
    let opens =
        text.ends_with(['{', '}']) || (typed && (text.ends_with(')') || (top && text.ends_with([',', '(', ';']))));
    let balanced = whole || (top && typed);
    let first = names(head).next()?;
    let plain = head.chars().all(|sign| sign.is_alphanumeric() || " \t_*&<>[],:~$?.".contains(sign));
    let member = head.contains('.');
    (opens && balanced && plain && !member && !CONTROL.contains(&first)).then(|| names(head).last()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str, language: &str) -> Vec<String> {
        symbols(source, language).iter().map(|symbol| symbol.name.to_owned()).collect()
    }

    #[test]
    fn python() {
        let source = "\"\"\"class Wrong in a text\n\ndef wrong(): pass\n\"\"\"\nimport os.path as osp, json\n\
            from collections import (\n    OrderedDict,\n    deque,\n)\nLIMIT: int = 3\nx = 1\n\n\
            class Store(Base):\n    local = 3\n    async def fetch_all(self):\n        # def wrong2\n        other = 3\n";
        assert_eq!(
            found(source, "python"),
            ["path", "osp", "json", "collections", "OrderedDict", "deque", "LIMIT", "Store", "fetch_all"]
        );
    }

    #[test]
    fn rust() {
        let source = "use std::{\n    fs,\n    collections::HashMap,\n};\n/* fn wrong() */\npub(crate) const LIMIT: u8 = 3;\n\
            pub struct Engine<T>(T);\nimpl Engine {\n    pub async fn start_up(&self) {\n        let local = 3; // fn wrong\n    }\n}\n\
            pub const fn half(x: u8) -> u8 { x }\nmacro_rules! shout { () => {} }\n";
        assert_eq!(
            found(source, "rust"),
            ["std", "collections", "HashMap", "LIMIT", "Engine", "start_up", "half", "shout"]
        );
    }

    #[test]
    fn javascript() {
        let source = "import React, { useState } from 'react';\nconst { join } = require('path');\nexport default class Panel {\n  render(props) {\n    \
            if (props.x) {\n    }\n    const local = 1;\n  }\n  static async loadAll() {\n  }\n}\nexport const toRow = (x) => x;\n\
            function* walk(tree) {}\nmodule.exports.helper = 3;\ncall(function () {\n});\n";
        assert_eq!(
            found(source, "javascript"),
            ["React", "useState", "react", "join", "Panel", "render", "loadAll", "toRow", "walk", "helper"]
        );
    }

    #[test]
    fn go() {
        let source = "package store\n\nimport (\n\t\"fmt\"\n\t\"net/http\"\n)\n\nconst (\n\tMaxSize = 3\n\tother  = 4\n)\n\n\
            type Store struct {\n\tname string\n}\n\nfunc (s *Store) Load(path string) error {\n\tvar local = 3\n}\n\nfunc NewStore() *Store {\n}\n";
        assert_eq!(found(source, "go"), ["fmt", "net", "http", "MaxSize", "other", "Store", "Load", "NewStore"]);
    }

    #[test]
    fn anything_else() {
        let java = "package org.demo;\nimport java.util.List;\npublic final class Account {\n  private int total;\n  \
            public static int sumOf(List<Integer> values) {\n    for (int v : values) {\n      call(v);\n    }\n  }\n}\n";
        assert_eq!(found(java, "java"), ["org", "demo", "java", "util", "List", "Account", "sumOf"]);
        let c = "#include <stdio.h>\n#define MAX_LINE 80\nstatic int read_line(char *to) {\n  while (more()) {\n  }\n}\nint\tnext_line(FILE *from)\n{\n  use_it(from);\n}\n";
        assert_eq!(found(c, "c"), ["stdio", "MAX_LINE", "read_line", "next_line"]);
        let header = "void send_all(int to,\n              int from);\nstatic size_t\nlong_name(void);\nINIT(things);\n  call_me(now);\n";
        assert_eq!(found(header, "c"), ["send_all"]);
        assert!(found("# Title\n\nclass of words\n", "markdown").is_empty());
        assert!(found("", "python").is_empty());
    }
}
