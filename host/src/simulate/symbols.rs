//! A light scan for the names that a source text defines. Not a parser: prose must not match, most code should.

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Function,
    Type,
    Constant,
    Import,
}

/// A name and the byte at which it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Symbol<'a> {
    pub(super) name: &'a str,
    pub(super) kind: Kind,
    pub(super) at: usize,
}

/// Every name that the text defines or imports, in order, each once.
pub(super) fn scan(text: &str) -> Vec<Symbol<'_>> {
    let mut found: Vec<Symbol<'_>> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if let Some((kind, name)) = symbol_in(line.trim(), line.starts_with([' ', '\t']))
            && name.len() > 1
            && seen.insert(name)
        {
            found.push(Symbol { name, kind, at });
        }
        at += line.len();
    }
    found
}

fn symbol_in(line: &str, indented: bool) -> Option<(Kind, &str)> {
    const MODIFIERS: [&str; 18] = [
        "pub",
        "pub(crate)",
        "pub(super)",
        "async",
        "export",
        "default",
        "static",
        "public",
        "private",
        "protected",
        "internal",
        "final",
        "abstract",
        "unsafe",
        "override",
        "virtual",
        "inline",
        "extern",
    ];
    let mut rest = line;
    let (mut word, mut behind) = split_word(rest);
    while MODIFIERS.contains(&word) || (word == "const" && behind.starts_with("fn ")) {
        rest = behind;
        (word, behind) = split_word(rest);
    }
    match word {
        "def" | "fn" | "func" | "function" | "function*" | "sub" => {
            // A Go method has its receiver in parentheses before its name.
            let behind = match behind.strip_prefix('(') {
                Some(receiver) => receiver.split_once(')').map_or(behind, |(_, behind)| behind.trim_start()),
                None => behind,
            };
            let (name, after) = identifier(behind)?;
            after.starts_with(['(', '<', '[']).then_some((Kind::Function, name))
        }
        "class" | "struct" | "enum" | "trait" | "interface" | "type" | "record" | "object" => {
            let (name, after) = identifier(behind)?;
            let after = after.trim_start();
            let follows = after.is_empty()
                || after.starts_with(['{', '(', ':', '<', ';', '='])
                || ["extends ", "implements ", "struct", "interface", "where "]
                    .iter()
                    .any(|word| after.starts_with(word));
            follows.then_some((Kind::Type, name))
        }
        "const" | "let" | "var" | "val" | "static" => {
            let (name, after) = identifier(behind.strip_prefix("mut ").unwrap_or(behind))?;
            // Inside a block these are local names, which no note would mention, unless they are functions.
            let after = after.trim_start();
            let function = after.strip_prefix('=').is_some_and(|value| {
                let value = value.trim_start();
                value.starts_with("function") || value.starts_with("async") || value.contains("=>")
            });
            let constant = (!indented || is_capitals(name)) && after.starts_with(['=', ':']);
            (function || constant).then_some((if function { Kind::Function } else { Kind::Constant }, name))
        }
        "import" | "from" | "use" | "#include" | "using" | "require" => import(word, behind),
        _ => method_of_c_family(rest).or_else(|| {
            let (name, after) = identifier(rest)?;
            (is_capitals(name) && after.trim_start().starts_with("= ")).then_some((Kind::Constant, name))
        }),
    }
}

fn import<'a>(word: &str, behind: &'a str) -> Option<(Kind, &'a str)> {
    if let Some((_, quoted)) = behind.split_once(['"', '\'']) {
        let name = quoted.split(['"', '\'']).next()?;
        return Some((Kind::Import, name.trim_start_matches("./")));
    }
    if word == "#include" {
        return Some((Kind::Import, behind.strip_prefix('<')?.split('>').next()?));
    }
    let end = behind.find(|character: char| !(character.is_alphanumeric() || "_.:".contains(character)));
    let (name, after) = behind.split_at(end.unwrap_or(behind.len()));
    let after = after.trim_start();
    let plausible = match word {
        "from" => after.starts_with("import "),
        "use" => name.contains("::") || after.starts_with(';'),
        _ => after.is_empty() || after.starts_with([';', ',']) || after.starts_with("as "),
    };
    let name = name.trim_end_matches([':', '.']);
    (plausible && !name.is_empty()).then_some((Kind::Import, name))
}

/// `int main(int argc) {`, `render() {`: perhaps a type, a name, parentheses, and the block opens on the same line.
fn method_of_c_family(line: &str) -> Option<(Kind, &str)> {
    let opens = line.ends_with('{') || line.ends_with(") {");
    let (before, _) = line.split_once('(')?;
    let mut words = before.split_whitespace();
    let name = words.next_back()?.trim_start_matches(['*', '&']);
    let kind = words.next().unwrap_or_default();
    let control = ["if", "for", "while", "switch", "catch", "return", "else", "match", "new", "constructor", "}"];
    let (whole, after) = identifier(name)?;
    (opens && after.is_empty() && !control.contains(&kind) && !control.contains(&whole))
        .then_some((Kind::Function, whole))
}

fn split_word(text: &str) -> (&str, &str) {
    text.split_once(' ').map_or((text, ""), |(word, behind)| (word, behind.trim_start()))
}

/// The identifier at the start of a text, and what follows it.
fn identifier(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|character: char| !(character.is_alphanumeric() || character == '_')).unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    let first = name.chars().next()?;
    (first.is_alphabetic() || first == '_').then_some((name, after))
}

fn is_capitals(name: &str) -> bool {
    name.len() > 2
        && name
            .chars()
            .all(|character| character.is_ascii_uppercase() || character.is_ascii_digit() || character == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_in_many_languages() {
        let text = "import os\nfrom pathlib import Path\nuse std::collections::HashMap;\n#include <stdio.h>\n\
            import { x } from \"./tools\";\nLIMIT = 5\nclass Order(Base):\n    async def find_one(self):\n        value = 1\n\
            pub(crate) const fn answer() -> u8 {\nfunc (r *Repo) Save(x int) error {\nexport function render(a) {\n\
            const handler = (event) => {\n    public String getName() {\n    if (ready) {\n    } else if (x) {\nstruct Point {\nexport function* walk(a) {\n  total() {\n  const local = 1\nconst Rate = 2\n";
        let names: Vec<_> = scan(text).into_iter().map(|symbol| symbol.name).collect();
        assert_eq!(
            names,
            [
                "os",
                "pathlib",
                "std::collections::HashMap",
                "stdio.h",
                "tools",
                "LIMIT",
                "Order",
                "find_one",
                "answer",
                "Save",
                "render",
                "handler",
                "getName",
                "Point",
                "walk",
                "total",
                "Rate"
            ]
        );
    }

    #[test]
    fn prose_defines_nothing() {
        let prose = "Write a note about this class of documents.\nUse the following headings:\nfrom the source\n\
            import what matters (not more)\ntype of file\nfunction and class names\n### KEY_FUNCTIONS\n- let it be\n";
        assert_eq!(scan(prose), []);
    }
}
