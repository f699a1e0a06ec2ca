//! Text that others wrote (servers, models, file names, plugins), made safe to print.
//!
//! A model name may hold an escape sequence that recolours the terminal, moves the cursor or sets its title; a bidirectional
//! override can make a path read as another one. None of that survives here.

use std::{iter::Peekable, str::Chars};

/// The text on one line, without escape sequences, control characters, invisible format characters and repeated spaces.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut endless = false;
    while let Some(character) = rest.next() {
        match character {
            '\u{1b}' => skip_escape(&mut rest, &mut endless),
            '\u{9b}' => skip_control_sequence(&mut rest),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_control_string(&mut rest, &mut endless),
            ' ' | '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            _ if character.is_control() || is_invisible(character) => {}
            _ => out.push(character),
        }
    }
    out.truncate(out.trim_end_matches(' ').len());
    out
}

/// The same, of at most so many characters; a cut is marked.
#[must_use]
pub fn clean_within(text: &str, most: usize) -> String {
    let mut cleaned = clean(text);
    if let Some((end, _)) = cleaned.char_indices().nth(most) {
        cleaned.truncate(end);
        cleaned.truncate(cleaned.trim_end().len());
        cleaned.push('…');
    }
    cleaned
}

/// The lines of a text, each cleaned; for texts whose line ends matter. Indentation is lost.
pub fn clean_lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(clean).filter(|line| !line.is_empty())
}

/// Format characters that change how *other* characters look, or that cannot be seen at all.
const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' // soft hyphen
        | '\u{61c}' | '\u{200b}'..='\u{200f}' // zero width, direction marks
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' // direction overrides and isolates
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{fe00}'..='\u{fe0f}' // variation selectors: they change the width of what stands before them
        | '\u{e0000}'..='\u{e0fff}' // tags
    )
}

/// What follows ESC: a control sequence, a control string, or a short sequence with one final character.
fn skip_escape(rest: &mut Peekable<Chars>, endless: &mut bool) {
    match rest.peek() {
        Some('[') => {
            rest.next();
            skip_control_sequence(rest);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            rest.next();
            skip_control_string(rest, endless);
        }
        _ => {
            while rest.next_if(|c| matches!(c, ' '..='/')).is_some() {}
            rest.next_if(|c| matches!(c, '0'..='~'));
        }
    }
}

/// Parameters, then one final character (ECMA-48, 5.4).
fn skip_control_sequence(rest: &mut Peekable<Chars>) {
    while rest.next_if(|c| matches!(c, ' '..='?')).is_some() {}
    rest.next_if(|c| matches!(c, '@'..='~'));
}

/// Everything up to BEL or ST (ECMA-48, 5.6). One that never ends costs only its introducer, not the rest of the text; then none behind it
/// ends either, and `endless` spares looking: a text of thousands of them would be read thousands of times.
fn skip_control_string(rest: &mut Peekable<Chars>, endless: &mut bool) {
    if *endless {
        return;
    }
    let mut ahead = rest.clone();
    while let Some(character) = ahead.next() {
        let ends = match character {
            '\u{7}' | '\u{9c}' => true,
            '\u{1b}' => ahead.next_if_eq(&'\\').is_some(),
            _ => false,
        };
        if ends {
            *rest = ahead;
            return;
        }
    }
    *endless = true;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_escape_sequences_out_whole() {
        for (dirty, expected) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{9b}1;31mred", "red"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\b", "alinkb"),
            ("a\u{1b}]0;never ends", "a0;never ends"),
            ("a\u{1b}(Bb\u{1b}cc", "abc"),
            ("two\r\nlines\tand  spaces ", "two lines and spaces"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("größe 模型 →", "größe 模型 →"),
            ("\u{1b}", ""),
        ] {
            assert_eq!(clean(dirty), expected, "{dirty:?}");
        }
    }

    #[test]
    fn many_beginnings_without_an_end_are_read_once() {
        // Read once for each of them, this takes a quarter of an hour.
        let count = 500_000;
        assert_eq!(clean(&"\u{1b}Px".repeat(count)), "x".repeat(count));
        assert_eq!(clean(&format!("{}\u{7}a\u{1b}Pb", "\u{1b}Px".repeat(count))), "ab");
    }

    #[test]
    fn a_cut_is_marked_and_counts_characters() {
        assert_eq!(clean_within("äöüäöü", 3), "äöü…");
        assert_eq!(clean_within("abc", 3), "abc");
        assert_eq!(clean_within("ab cd", 3), "ab…");
    }

    proptest! {
        #[test]
        fn nothing_that_steers_a_terminal_survives(text in "[\\PC\u{0}-\u{1f}\u{7f}-\u{9f}\u{202e}\\[\\]\\\\]{0,60}") {
            let once = clean(&text);
            prop_assert!(!once.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert_eq!(clean(&once), once);
        }
    }
}
