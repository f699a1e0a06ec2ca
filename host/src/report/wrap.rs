//! Width on a terminal: measuring, wrapping, padding.

use unicode_width::UnicodeWidthStr;

/// Columns that a text takes on a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text in lines of at most `limit` columns, broken at spaces, and inside a word only where it fills a line alone.
///
/// Always at least one line. A character that is wider than the limit stands on a line of its own.
#[must_use]
pub fn wrap(text: &str, limit: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words(text) {
        let gap = usize::from(!line.is_empty());
        if width(&line) + gap + width(word) <= limit {
            if gap == 1 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for character in word.chars() {
            line.push(character);
            if width(&line) > limit && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::take(&mut line));
                line.push(character);
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// The words of a text; a number and the unit behind it are one word, for `83` alone at a line's end misleads.
fn words(text: &str) -> impl Iterator<Item = &str> {
    const UNITS: [&str; 8] = ["%", "ms", "s", "min", "h", "GiB", "MiB", "KiB"];
    let mut rest = text.trim_matches(' ');
    std::iter::from_fn(move || {
        let mut end = rest.find(' ').unwrap_or(rest.len());
        let (word, behind) = rest.split_at_checked(end)?;
        let next = behind.get(1..).unwrap_or_default();
        let next = next.split(' ').next().unwrap_or_default();
        let unit = next.trim_end_matches(|c: char| c.is_ascii_punctuation() && c != '%');
        if word.ends_with(|c: char| c.is_ascii_digit()) && UNITS.contains(&unit) {
            end += 1 + next.len();
        }
        let (word, behind) = rest.split_at_checked(end)?;
        rest = behind.trim_start_matches(' ');
        (!word.is_empty()).then_some(word)
    })
}

/// Spaces that fill a text up to `columns`.
#[must_use]
pub fn filler(text: &str, columns: usize) -> String {
    " ".repeat(columns.saturating_sub(width(text)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn breaks_at_spaces_and_long_words_where_they_must() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a /very/long/path b", 6), ["a", "/very/", "long/p", "ath b"]);
        assert_eq!(wrap("模型模型", 5), ["模型", "模型"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("about 83 %; 1 h left", 9), ["about", "83 %; 1 h", "left"]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_nothing_is_lost(text in "[a-z 1%s模é]{0,80}", limit in 2_usize..30) {
            let lines = wrap(&text, limit);
            prop_assert!(lines.iter().all(|line| width(line) <= limit));
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
