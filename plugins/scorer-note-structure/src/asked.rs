//! Which headings a prompt asks for.

/// The names behind `### ` in a prompt, in the order in which they are first named.
///
/// At the start of a line the name is what follows, up to a sign that no heading has; of a line such as
/// `### TYPE one short line` only the capitals. Inside a line it is one word, or all up to the closing quote.
///
/// At most 64: a prompt with more holds a document that was not recognised as the source.
pub fn asked_headings(prompt: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for line in prompt.lines() {
        for (position, mark) in line.match_indices("### ") {
            let before = line.get(..position).unwrap_or("");
            let rest = line.get(position + mark.len()..).unwrap_or("");
            let name = if before.ends_with('#') {
                None
            } else if let Some(quote) = before.chars().next_back().filter(|sign| "`\"'*".contains(*sign)) {
                rest.split(quote).next()
            } else if before.trim_matches(|sign: char| !sign.is_alphabetic()).is_empty() {
                Some(capitals(rest.split(|sign: char| !is_of_heading(sign)).next().unwrap_or("")))
            } else {
                rest.split(|sign: char| !is_of_heading(sign) || sign == ' ').next()
            };
            let name = name.unwrap_or("").trim();
            if !name.is_empty() && names.len() < 64 && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

fn is_of_heading(sign: char) -> bool {
    sign.is_alphanumeric() || "_ -&/".contains(sign)
}

/// The words in capitals that a text begins with; the whole text when the first is not.
fn capitals(text: &str) -> &str {
    let is_capital = |word: &str| word.len() > 1 && word.chars().all(|sign| !sign.is_lowercase());
    let mut end = 0;
    for word in text.split_inclusive(' ') {
        if !is_capital(word.trim()) {
            break;
        }
        end += word.len();
    }
    if end == 0 { text } else { text.get(..end).unwrap_or(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_headings_however_they_are_named() {
        let prompt = "Use `### TAGS`, `### KEY_FUNCTIONS` and ### USAGE.\n\
            - ### TYPE: one line\n### SUMMARY two sentences\n### Long Heading\n#### Deeper\n### TAGS\n ###nothing";
        assert_eq!(asked_headings(prompt), ["TAGS", "KEY_FUNCTIONS", "USAGE", "TYPE", "SUMMARY", "Long Heading"]);
        assert!(asked_headings("Describe the file. #no ## none").is_empty());
    }
}
