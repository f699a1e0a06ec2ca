//! A request as the hub sees it, taken apart from how it came.

use std::{collections::BTreeMap, net::IpAddr};

use super::problem::Problem;
use crate::model::clean::clean;

/// Bytes of a query at most.
const MOST_QUERY: usize = 2_000;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `GET`.
    pub method: &'a str,
    /// From the slash on, without the query.
    pub path: &'a str,
    /// Behind the question mark.
    pub query: &'a str,
    /// How the hub was called: the header `Host`.
    pub host: &'a str,
    /// Who signed it; see [`super::signed`].
    pub signed: Option<Signed<'a>>,
    /// All of it.
    pub body: &'a [u8],
    /// Whose rate it counts for.
    pub from: IpAddr,
}

/// What a signed request says of itself, in headers.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The public key: 64 hexadecimal digits.
    pub key: &'a str,
    /// When it was signed: seconds since 1970, UTC.
    pub time: &'a str,
    /// 128 hexadecimal digits.
    pub signature: &'a str,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Of HTTP.
    pub status: u16,
    /// What the body is.
    pub content_type: &'static str,
    /// Others.
    pub headers: Vec<(&'static str, String)>,
    /// All of it.
    pub body: String,
}

/// JSON.
pub const JSON: &str = "application/json";

impl Answer {
    /// A value as JSON.
    #[must_use]
    pub fn json(value: &impl serde::Serialize) -> Self {
        match serde_json::to_string(value) {
            Ok(body) => Self { status: 200, content_type: JSON, headers: Vec::new(), body },
            Err(_) => Problem::Unavailable.answer(),
        }
    }
}

/// The parameters of a query: known names, each once, fit to be shown and stored. An empty one counts as absent, for that is what forms send.
pub(super) fn parameters(query: &str, known: &[&'static str]) -> Result<BTreeMap<&'static str, String>, Problem> {
    if query.len() > MOST_QUERY {
        return Err(Problem::Query("the query is too long".to_owned()));
    }
    let mut found = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let Some(known) = known.iter().find(|known| **known == name) else {
            let list = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Problem::Query(format!("there is a parameter that is not known; known here: {list}")));
        };
        if found.insert(*known, clean(&value)).is_some() {
            return Err(Problem::Query(format!("`{known}` is there twice")));
        }
    }
    found.retain(|_, value| !value.is_empty());
    Ok(found)
}

/// A number out of a query, within bounds.
pub(super) fn number(
    parameters: &BTreeMap<&'static str, String>,
    name: &'static str,
    (least, usual, most): (i64, i64, i64),
) -> Result<i64, Problem> {
    let Some(text) = parameters.get(name) else { return Ok(usual) };
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| Problem::Query(format!("`{name}` is a whole number from {least} to {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_known_once_and_fit_to_be_shown() {
        let asked = |query: &str| parameters(query, &["model", "limit"]);
        let found = asked("model=+a%00b%1b%5b31mc+&limit=").unwrap();
        assert_eq!(found.get("model").map(String::as_str), Some("abc"));
        assert_eq!(found.get("limit"), None, "an empty one is absent");
        assert!(asked("model=a&model=b").is_err() && asked("other=1").is_err());
        assert!(asked(&format!("model={}", "a".repeat(MOST_QUERY))).is_err());
    }
}
