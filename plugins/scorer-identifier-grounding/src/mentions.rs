//! The names that a note mentions.

use std::collections::HashSet;

use ralf_tune_sdk::markdown::sections;

use crate::{
    language::is_reserved,
    names::{is_plain_word, names},
};

/// What a note says of a file's names.
#[derive(Debug, Default)]
pub struct Mentions<'a> {
    /// Every word of the note that could not be a word of a sentence, and every name that is marked as code.
    named: HashSet<&'a str>,
    /// Names that the note gives as code of this file, each once: these must exist.
    pub claimed: Vec<&'a str>,
    seen: HashSet<&'a str>,
}

impl<'a> Mentions<'a> {
    /// Whether the note names a symbol.
    pub fn contains(&self, name: &str) -> bool {
        self.named.contains(name)
    }

    /// Adds what one answer says.
    pub fn read(&mut self, answer: &'a str) {
        let (before, found) = sections(answer);
        let bodies = found.iter().map(|section| (section.heading, section.body));
        for (heading, body) in [("", before)].into_iter().chain(bodies) {
            let heading = heading.to_uppercase();
            let functions = heading.contains("FUNCTION") || heading.contains("CLASSES");
            self.body(body, functions, heading.contains("DEPENDENC") || heading.contains("IMPORT"));
        }
    }

    fn body(&mut self, body: &'a str, functions: bool, dependencies: bool) {
        let mut fenced = false;
        for line in body.lines() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            } else if fenced {
                // An example uses names of its own: they count as mentioned, not as claimed.
                self.named.extend(names(line));
            } else {
                self.prose(line, dependencies);
                let head = bullet_head(line);
                self.named.extend(head);
                self.claim(head.filter(|_| functions));
            }
        }
    }

    fn prose(&mut self, line: &'a str, dependencies: bool) {
        self.named.extend(names(line).filter(|name| dependencies || !is_plain_word(name)));
        self.named.extend(mid_sentence_capitals(line));
        for (index, span) in line.split('`').enumerate() {
            if index % 2 == 1 {
                self.named.extend(names(span));
                for name in claimed_by_span(span) {
                    self.claim(Some(name));
                }
            } else {
                for name in calls(span) {
                    self.named.insert(name);
                    self.claim(Some(name));
                }
            }
        }
    }

    fn claim(&mut self, name: Option<&'a str>) {
        let Some(name) = name else { return };
        if name.len() >= 3 && !is_reserved(name) && self.seen.insert(name) {
            self.claimed.push(name);
        }
    }
}

/// Words with a capital inside a sentence, where only names have one.
fn mid_sentence_capitals(line: &str) -> impl Iterator<Item = &str> {
    let mut previous = "";
    line.split_whitespace().filter_map(move |word| {
        let inside = previous.ends_with(|sign: char| sign.is_alphanumeric() || sign == ',');
        previous = word;
        names(word).next().filter(|name| inside && name.starts_with(char::is_uppercase))
    })
}

/// The names that a span of code claims: `load(path)`, `Store.load`, `def load(path)`; none of commands, paths, literals.
fn claimed_by_span(span: &str) -> impl Iterator<Item = &str> {
    const ENDINGS: [&str; 22] = [
        ".py", ".rs", ".js", ".ts", ".tsx", ".jsx", ".go", ".md", ".json", ".toml", ".yaml", ".yml", ".txt", ".html",
        ".css", ".sh", ".c", ".h", ".cpp", ".java", ".csv", ".ini",
    ];
    let mut rest = span.trim();
    while let Some((word, behind)) = rest.split_once(' ').filter(|(word, _)| is_reserved(word)) {
        rest = if word == "import" || word == "from" { "" } else { behind.trim_start() };
    }
    let rest = rest.trim_start_matches(['*', '&']);
    let head = rest.split(['(', '<', ':', '=', '[', '{', ';', '!', ',']).next().unwrap_or("").trim_end();
    // `a::b` is a path of names: the part behind belongs to it.
    let path = if rest.contains("::") { rest.split(['(', '<', ' ', '{', ';']).next().unwrap_or("") } else { head };
    let is_code = !path.contains([' ', '/', '\\', '"', '\'', '#', '@', '%', '-'])
        && !is_acronym(path)
        && path.starts_with(|sign: char| sign.is_alphabetic() || sign == '_' || sign == '$')
        && !ENDINGS.iter().any(|ending| path.ends_with(ending));
    names(if is_code { path } else { "" })
}

/// Names right before a `(`, except plurals such as `file(s)`.
fn calls(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('(').filter_map(|(position, _)| {
        let (before, behind) = text.split_at(position);
        let plural =
            behind.get(1..).is_some_and(|rest| ["s)", "es)", "n)", "ies)"].iter().any(|end| rest.starts_with(end)));
        let is_call = !plural && before.ends_with(|sign: char| sign.is_alphanumeric() || sign == '_' || sign == '$');
        // Looked for only behind a name's sign: else a line of brackets would be searched again for each of them.
        if is_call { names(before).next_back().filter(|name| before.ends_with(name)) } else { None }
    })
}

/// The name that opens a bullet: `- load: …`, `* **Store** – …`, `1. load(path)`.
fn bullet_head(line: &str) -> Option<&str> {
    let text = line.trim_start();
    let behind = text.strip_prefix(['-', '*', '+', '•']).or_else(|| {
        let digits = text.trim_start_matches(|sign: char| sign.is_ascii_digit());
        (digits.len() < text.len()).then(|| digits.strip_prefix(['.', ')'])).flatten()
    })?;
    let inner = behind.trim_start().trim_start_matches(['*', '`']);
    let inner = ["def ", "fn ", "func ", "function ", "class ", "struct ", "async "]
        .iter()
        .fold(inner, |rest, keyword| rest.strip_prefix(keyword).unwrap_or(rest));
    let name = names(inner).next().filter(|name| inner.starts_with(name))?;
    let rest = inner.get(name.len()..).unwrap_or("");
    let ends = rest.is_empty()
        || rest.starts_with([':', '(', '`', '*', '.', '<'])
        || rest.starts_with(" - ")
        || rest.starts_with(" – ")
        || rest.starts_with(" — ")
        || rest.starts_with(" (");
    ends.then_some(name)
}

/// `JSON`, `NULL`, `UTC`: so short and all in capitals, it stands for something that everybody knows.
fn is_acronym(text: &str) -> bool {
    text.len() <= 5 && text.chars().all(|sign| sign.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(answer: &str) -> Vec<String> {
        let mut mentions = Mentions::default();
        mentions.read(answer);
        mentions.claimed.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn claims_are_spans_calls_and_heads_of_function_lists() {
        assert_eq!(
            claimed("Uses `Store.load` and `def save_all(self, x)`, then close_file(path)."),
            ["Store", "load", "save_all", "close_file"]
        );
        assert_eq!(
            claimed("### KEY_FUNCTIONS\n- parse_line: reads\n- **Reader** – a class\n- The main loop runs\n"),
            ["parse_line", "Reader"]
        );
        assert_eq!(claimed("### KEY_FUNCTIONS\n- **_hidden**: kept\n"), ["_hidden"]);
        assert_eq!(claimed("### DEPENDENCIES\n- numpy: arrays\n"), [""; 0]);
    }

    #[test]
    fn commands_paths_literals_and_examples_claim_nothing() {
        assert_eq!(
            claimed(
                "Run `pip install x`, see `src/a.py`, `conf.toml`, `--fast`, `\"utf-8\"`, file(s), `None`, `JSON`, `UTF-8`.\n```\nfoo(bar)\n```"
            ),
            [""; 0]
        );
    }

    #[test]
    fn words_of_a_sentence_name_a_symbol_only_when_they_look_like_code() {
        let mut mentions = Mentions::default();
        mentions.read("Load the data with the Parser, `close` it, max_size applies. Store holds toRow.");
        for name in ["Parser", "close", "max_size", "toRow"] {
            assert!(mentions.contains(name), "{name}");
        }
        for name in ["Load", "data", "Store"] {
            assert!(!mentions.contains(name), "{name}");
        }
    }
}
