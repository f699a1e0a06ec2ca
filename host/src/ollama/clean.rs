//! Text of others made fit for a terminal and a report.

/// `text` on one line, without control and escape characters, of at most `limit` characters; `…` marks a cut.
///
/// Terminal sequences go away whole, and so do the invisible characters that turn the direction of text around.
#[must_use]
pub fn clean(text: &str, limit: usize) -> String {
    let mut cleaned = String::new();
    let mut kept = 0;
    let mut pending_space = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' || character == '\u{9b}' {
            skip_sequence(character, &mut characters);
            continue;
        }
        if character.is_whitespace() {
            pending_space = kept > 0;
            continue;
        }
        if character.is_control() || is_invisible(character) {
            continue;
        }
        let needed = usize::from(pending_space) + 1;
        if kept + needed > limit {
            cleaned.push('…');
            return cleaned;
        }
        if std::mem::take(&mut pending_space) {
            cleaned.push(' ');
        }
        cleaned.push(character);
        kept += needed;
    }
    cleaned
}

/// Skips the rest of a terminal sequence: CSI up to its final byte, OSC up to its terminator, else one character.
fn skip_sequence(start: char, characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let kind = if start == '\u{9b}' { Some('[') } else { characters.next() };
    match kind {
        Some('[') => {
            characters.find(|c| ('\u{40}'..='\u{7e}').contains(c));
        }
        Some(']') => {
            while let Some(c) = characters.next() {
                if c == '\u{7}' {
                    break;
                }
                if c == '\u{1b}' {
                    characters.next_if_eq(&'\\');
                    break;
                }
            }
        }
        _ => {}
    }
}

/// Zero-width and bidirectional control characters, and the byte-order mark.
const fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        assert_eq!(clean("\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}x\r\n\ty\u{0}\u{202e}z", 100), "red x yz");
        assert_eq!(clean("a\u{1b}]8;;http://evil\u{1b}\\link", 100), "alink");
        assert_eq!(clean("  größe  ", 100), "größe");
    }

    #[test]
    fn a_cut_is_marked_and_counts_characters() {
        assert_eq!(clean("äöüäöü", 3), "äöü…");
        assert_eq!(clean("abc", 3), "abc");
        assert_eq!(clean("ab cd", 3), "ab…");
    }
}
