//! What the imports of a component mean for who installs it.

/// Interfaces by the beginning of their names, in words. Everything else is refused when a component is loaded.
const WORDS: [(&str, &str); 7] = [
    ("ralf:tune/log@", "writes to the log of ralf-tune, within its limit"),
    ("ralf:tune/judge@", "asks a model for a judgement, when you grant it"),
    ("wasi:cli/", "prints, which is kept for the message of a crash; finds no arguments and no environment"),
    ("wasi:clocks/", "looks at a clock, which stands still"),
    ("wasi:random/", "draws random numbers, which are always the same"),
    ("wasi:io/", "uses streams, of which there are only those that it prints to"),
    ("wasi:logging/", "writes to a log"),
];

/// What a component that imports these does, and the interfaces by which it does it. Types are no deed.
#[must_use]
pub fn in_words(imports: &[String]) -> Vec<(&'static str, Vec<&str>)> {
    let mut found: Vec<(&'static str, Vec<&str>)> = Vec::new();
    for import in imports.iter().filter(|import| !import.starts_with("ralf:tune/types@")) {
        let known = WORDS.iter().find(|(begin, _)| import.starts_with(begin));
        let words = known.map_or("uses an interface that this version has no words for", |(_, words)| words);
        match found.iter_mut().find(|(said, _)| *said == words) {
            Some((_, interfaces)) => interfaces.push(import),
            None => found.push((words, vec![import])),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn interfaces_are_put_together_by_what_they_are_for() {
        let imports = ["ralf:tune/types@0.1.0", "wasi:cli/stdout@0.2.6", "wasi:cli/exit@0.2.6", "new:thing/x@1.0.0"];
        let imports = imports.map(str::to_owned);
        let words = in_words(&imports);
        assert_eq!(words.len(), 2);
        assert_eq!(words[0].1, ["wasi:cli/stdout@0.2.6", "wasi:cli/exit@0.2.6"]);
        assert!(words[1].0.contains("no words"));
    }
}
