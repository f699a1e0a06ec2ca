//! What a hub does not do, and what to do instead.

use std::time::Duration;

use super::request::{Answer, JSON};
use crate::model::hub::{HubError, HubProblem};

/// A request that is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// No such path.
    NotFound,
    /// A path, but not so; with what is allowed.
    Method(&'static str),
    /// The query is wrong.
    Query(String),
    /// The body is not what it should be.
    Body(String),
    /// The body has more bytes than this.
    TooLarge(usize),
    /// More packs at once than this.
    TooMany(usize),
    /// Not signed, or not so that it holds.
    Unsigned(&'static str),
    /// Signed too long ago, or in the future.
    Stale,
    /// The same request again.
    Again,
    /// Of something that another key owns.
    NotYours,
    /// Nothing is near enough.
    Unmeasured,
    /// Too often.
    TooOften(Duration),
    /// The database does not answer.
    Unavailable,
}

impl Problem {
    /// The status of HTTP, the name for programs, the sentence, and what to do.
    fn parts(&self) -> (u16, &'static str, String, String) {
        let fixed = |status, name, message: &str, hint: &str| (status, name, message.to_owned(), hint.to_owned());
        match self {
            Self::NotFound => fixed(404, "not-found", "there is nothing at this address", "see /api/v1/openapi.json"),
            Self::Method(allowed) => {
                fixed(405, "method", "this address is not asked in this way", &format!("allowed here: {allowed}"))
            }
            Self::Query(what) => fixed(400, "query", what, "see /api/v1/openapi.json for what can be asked"),
            Self::Body(what) => fixed(400, "body", what, "see /api/v1/openapi.json for what is expected"),
            Self::TooLarge(most) => fixed(
                413,
                "too-large",
                &format!("a body has {} KiB at most here", most >> 10),
                "send fewer packs at once: ralf-tune share push does so by itself",
            ),
            Self::TooMany(most) => fixed(
                413,
                "too-many",
                &format!("a push has {most} packs at most"),
                "send fewer packs at once: ralf-tune share push does so by itself",
            ),
            Self::Unsigned(why) => fixed(
                401,
                "unsigned",
                why,
                "sign method, host, path and time with the key of the packs, as /api/v1/openapi.json says",
            ),
            Self::Stale => fixed(
                401,
                "stale",
                "this was signed too long ago, or in the future",
                "set the clock of your machine, and sign it again",
            ),
            Self::Again => fixed(409, "again", "this request was made before", "sign it again with the time of now"),
            Self::NotYours => fixed(403, "not-yours", "this key may not do that", "sign with the key that it is about"),
            Self::Unmeasured => fixed(
                404,
                "unmeasured",
                "nobody has measured that model here, nor another one on such a machine",
                "see /api/v1/classes for what was measured, or measure it: ralf-tune run",
            ),
            Self::TooOften(wait) => fixed(
                429,
                "too-often",
                "that is more than one address may ask at once",
                &format!("ask again in {} s", seconds(*wait)),
            ),
            Self::Unavailable => {
                fixed(503, "unavailable", "the hub cannot reach what it keeps", "ask again in a minute")
            }
        }
    }

    /// As it is told.
    #[must_use]
    pub fn error(&self) -> HubError {
        let (_, name, message, hint) = self.parts();
        HubError { name: name.to_owned(), message, hint }
    }

    /// The status of HTTP.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.parts().0
    }

    /// The answer in its place.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let body = serde_json::to_string(&HubProblem { error: self.error() }).unwrap_or_default();
        let headers = match self {
            Self::Method(allowed) => vec![("allow", (*allowed).to_owned())],
            Self::TooOften(wait) => vec![("retry-after", seconds(*wait).to_string())],
            Self::Unavailable => vec![("retry-after", "60".to_owned())],
            _ => Vec::new(),
        };
        Answer { status: self.status(), content_type: JSON, headers, body }
    }
}

/// Whole seconds, at least one.
const fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + 1
}

impl From<super::store::StoreError> for Problem {
    /// Why it failed is for the log of whoever runs the hub.
    fn from(error: super::store::StoreError) -> Self {
        tracing::warn!("{error}: {}", crate::model::cause::innermost(&error));
        Self::Unavailable
    }
}
