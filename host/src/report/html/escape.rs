//! Text of others in HTML: nothing of it is markup.

/// The text with every character escaped that could end or begin anything, also inside an attribute in either kind of quotes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_markup() {
        assert_eq!(escape("a<b & 'c' \"d\" `e`>"), "a&lt;b &amp; &#39;c&#39; &quot;d&quot; &#96;e&#96;&gt;");
        assert_eq!(escape("größe 模型"), "größe 模型");
    }
}
