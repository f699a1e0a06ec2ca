//! The guide for authors does what it says: each command is typed, each piece of code is used, and what it shows comes.

use std::{fs, path::PathBuf};

use super::{Way, share_target};
use crate::support::cargo::root;

/// A fenced block: its language and its lines.
struct Block {
    language: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let text = lines.by_ref().take_while(|line| *line != "```").flat_map(|line| [line, "\n"]).collect();
        blocks.push(Block { language: language.to_owned(), text });
    }
    blocks
}

#[test]
fn every_block_of_the_guide_works() {
    let page = fs::read_to_string(root().join("docs/plugins/README.md")).unwrap();
    let mut reader = Reader { way: Way::new("guide"), folder: PathBuf::new(), commands: 0 };
    reader.folder.clone_from(&reader.way.folder);
    for block in blocks(&page) {
        match block.language.as_str() {
            "console" => reader.type_all(&block.text),
            // The page says which file it replaces.
            "rust" => fs::write(reader.folder.join("src/lib.rs"), block.text).unwrap(),
            other => panic!("nobody tests a block of `{other}`"),
        }
    }
    assert!(reader.commands > 10, "{} commands", reader.commands);
}

/// Somebody who types what the guide says.
struct Reader {
    way: Way,
    folder: PathBuf,
    commands: usize,
}

impl Reader {
    fn type_all(&mut self, block: &str) {
        for command in block.split("$ ").skip(1) {
            let (line, shown) = command.split_once('\n').unwrap();
            self.commands += 1;
            if let Some(folder) = line.strip_prefix("cd ") {
                self.folder = self.folder.join(folder).canonicalize().unwrap();
                if !self.folder.join("target").exists() && self.folder.join("Cargo.toml").exists() {
                    share_target(&self.folder);
                }
                continue;
            }
            let said = self.way.succeed(&self.folder, line);
            assert_shown(line, shown, &said);
        }
    }
}

/// What is shown comes in this order; `…` stands for anything.
fn assert_shown(line: &str, shown: &str, said: &str) {
    let one_space = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = one_space(said);
    let mut rest = said.as_str();
    for part in shown.split('…').map(one_space).filter(|part| !part.is_empty()) {
        let Some(at) = rest.find(&part) else { panic!("`{line}` does not show `{part}` there:\n{said}") };
        rest = &rest[at + part.len()..];
    }
}
