//! Load-time options for requests that bring none: the text that a client sent stays as it is, and something is put in.

use super::scan::{Listener, Scalar, Scanner};
use crate::model::candidate::LoadKey;

/// Tuned load-time options, and the model that they are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuned {
    pub model: String,
    pub load: LoadKey,
}

/// Where something can be put in.
#[derive(Default)]
struct Places {
    model: String,
    document: Option<usize>,
    /// Behind the brace of `options`.
    options: Option<usize>,
    /// `options` that are no object, or load-time options of the client's own.
    hands_off: bool,
}

impl Listener for Places {
    fn value(&mut self, inside: &str, name: &str, value: Scalar<'_>) {
        match (inside, name, value) {
            ("", "model", Scalar::Text(text, _)) => text.clone_into(&mut self.model),
            ("", "options", _) | ("options", "num_ctx" | "num_thread" | "num_batch", _) => self.hands_off = true,
            _ => {}
        }
    }

    fn object(&mut self, name: &str, at: u64) {
        let behind = usize::try_from(at).ok().map(|at| at + 1);
        match name {
            "" if self.document.is_some() => self.hands_off = true,
            "" => self.document = behind,
            "options" => self.options = behind,
            _ => {}
        }
    }
}

/// The request with tuned load-time options. `None` when it stays as it is: another model, or options of the client's own.
pub(super) fn with_options(body: &[u8], tuned: &Tuned, is_same: impl Fn(&str, &str) -> bool) -> Option<Vec<u8>> {
    let mut places = Places::default();
    Scanner::default().read(body, &mut places);
    if places.hands_off || !is_same(&places.model, &tuned.model) {
        return None;
    }
    // What no server would read is none of ours to mend.
    serde_json::from_slice::<serde::de::IgnoredAny>(body).ok()?;
    let LoadKey { num_ctx, num_thread, num_batch } = tuned.load;
    let options = [("num_ctx", num_ctx), ("num_thread", num_thread), ("num_batch", num_batch)]
        .into_iter()
        .filter(|(_, value)| *value != 0)
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect::<Vec<_>>()
        .join(",");
    let (at, text) = match places.options {
        Some(at) => (at, options),
        None => (places.document?, format!("\"options\":{{{options}}}")),
    };
    let (before, behind) = body.split_at_checked(at)?;
    let is_empty = behind.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'}');
    let comma: &[u8] = if is_empty { b"" } else { b"," };
    Some([before, text.as_bytes(), comma, behind].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::machine::same_model;

    fn with(body: &str) -> Option<String> {
        let load = LoadKey { num_ctx: 4608, num_thread: 0, num_batch: 256 };
        let tuned = Tuned { model: "m".into(), load };
        with_options(body.as_bytes(), &tuned, same_model).map(|body| String::from_utf8(body).unwrap())
    }

    #[test]
    fn options_are_put_in_where_there_are_none() {
        for (body, expected) in [
            (
                r#"{"model":"m","prompt":"x"}"#,
                r#"{"options":{"num_ctx":4608,"num_batch":256},"model":"m","prompt":"x"}"#,
            ),
            (r#" { "model": "m:latest" }"#, r#" {"options":{"num_ctx":4608,"num_batch":256}, "model": "m:latest" }"#),
            (
                r#"{"model":"m","options":{"temperature":0.5}}"#,
                r#"{"model":"m","options":{"num_ctx":4608,"num_batch":256,"temperature":0.5}}"#,
            ),
            (r#"{"options": { },"model":"m"}"#, r#"{"options": {"num_ctx":4608,"num_batch":256 },"model":"m"}"#),
        ] {
            assert_eq!(with(body).as_deref(), Some(expected), "{body}");
        }
    }

    #[test]
    fn whoever_has_options_of_their_own_keeps_them() {
        for body in [
            r#"{"model":"other"}"#,
            r#"{"model":"m","options":{"num_ctx":1}}"#,
            r#"{"options":{"a":1,"num_thread":2},"model":"m"}"#,
            r#"{"model":"m","options":null}"#,
            r#"{"model":"m"}{"model":"m"}"#,
            r#"{"model":"m""#,
            "[]",
            "",
        ] {
            assert_eq!(with(body), None, "{body}");
        }
    }
}
