//! JSON as the server writes it: compact, keys in its order, and three characters escaped that need not be.

use serde_json::Value;

/// A value as text.
pub(super) fn text(value: &Value) -> String {
    escape_markup(value.to_string())
}

/// A string as a JSON string, quotes included.
pub(super) fn string(text: &str) -> String {
    escape_markup(serde_json::to_string(text).unwrap_or_default())
}

/// The server's encoder keeps its output safe inside web pages. These characters only occur inside strings.
fn escape_markup(json: String) -> String {
    if !json.contains(['<', '>', '&']) {
        return json;
    }
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_and_comes_back() {
        let escaped = string("a < b && \"c\" > d\n");
        assert_eq!(escaped, "\"a \\u003c b \\u0026\\u0026 \\\"c\\\" \\u003e d\\n\"");
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), "a < b && \"c\" > d\n");
    }
}
