//! What programs ask: see `openapi.rs` for the same as a description.

use serde::Deserialize;
use serde_json::Value;

use super::{
    FEWEST_KEYS, Hub, Problem, Request, advise,
    facts::{Incoming, key_bytes},
    judge, openapi, pages,
    request::{Answer, JSON, number, parameters},
    signed,
    store::{ClassRow, Placed},
};
use crate::{
    model::{
        hub::{HubHealth, MeasuredClass, MeasuredClasses, PushOutcome, Pushed, PushedPack, Removed},
        pack::PACK_FORMAT,
    },
    share::{from_hex, hex, read_pack},
};

/// Where all of it is.
pub(super) const PREFIX: &str = "/api/";

/// The header that says from which number a page goes on.
pub const NEXT_HEADER: &str = "ralf-tune-next";

/// Packs of a page: least, usual, most.
pub(super) const PAGE: (i64, i64, i64) = (1, 50, 100);

/// Classes of a list.
pub(super) const CLASSES: (i64, i64, i64) = (1, 100, 1_000);

/// Whether a path is one for programs.
pub(super) fn is_of_programs(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Health,
    OpenApi,
    Push,
    Pull,
    Classes,
    Recommend,
    RemovePack(&'a str),
    RemoveKey(&'a str),
    Start,
    Find,
    Style,
}

impl<'a> Route<'a> {
    /// That of a method and a path.
    pub fn of(method: &str, path: &'a str) -> Result<Self, Problem> {
        let method = if method == "HEAD" { "GET" } else { method };
        let only = |allowed: &'static str, route| {
            if allowed.split(", ").any(|one| one == method) { Ok(route) } else { Err(Problem::Method(allowed)) }
        };
        let Some(rest) = path.strip_prefix("/api/v1/") else {
            return match path {
                "/" => only("GET, HEAD", Self::Start),
                "/find" => only("GET, HEAD", Self::Find),
                "/style.css" => only("GET, HEAD", Self::Style),
                _ => Err(Problem::NotFound),
            };
        };
        match (rest, rest.split_once('/')) {
            ("health", _) => only("GET, HEAD", Self::Health),
            ("openapi.json", _) => only("GET, HEAD", Self::OpenApi),
            ("classes", _) => only("GET, HEAD", Self::Classes),
            ("recommend", _) => only("POST", Self::Recommend),
            ("packs", _) if method == "POST" => Ok(Self::Push),
            ("packs", _) if method == "GET" => Ok(Self::Pull),
            ("packs", _) => Err(Problem::Method("GET, HEAD, POST")),
            (_, Some(("packs", hash))) => only("DELETE", Self::RemovePack(hash)),
            (_, Some(("keys", key))) => only("DELETE", Self::RemoveKey(key)),
            _ => Err(Problem::NotFound),
        }
    }

    /// Whether it changes something.
    pub const fn writes(self) -> bool {
        matches!(self, Self::Push | Self::RemovePack(_) | Self::RemoveKey(_))
    }

    /// Answers.
    pub async fn answer(self, hub: &Hub, request: &Request<'_>) -> Result<Answer, Problem> {
        if !matches!(self, Self::Pull | Self::Classes | Self::Find) {
            parameters(request.query, &[])?;
        }
        match self {
            Self::Health => health(hub).await,
            Self::OpenApi => Ok(Answer::json(&openapi::description())),
            Self::Push => push(hub, request.body).await,
            Self::Pull => pull(hub, request.query).await,
            Self::Classes => classes(hub, request.query).await,
            Self::Recommend => {
                let ask = serde_json::from_slice(request.body).map_err(|error| not_json(&error))?;
                Ok(Answer::json(&advise::advise(hub, &ask).await?))
            }
            Self::RemovePack(hash) => {
                let hash = from_hex(hash).ok_or(Problem::NotFound)?;
                let owner = signed::owner(&hub.store, request, hub.now()).await?;
                Ok(Answer::json(&Removed { packs: hub.store.remove_pack(&owner, &hash).await? }))
            }
            Self::RemoveKey(key) => {
                let key = key_bytes(key).ok_or(Problem::NotFound)?;
                if signed::owner(&hub.store, request, hub.now()).await? != key {
                    return Err(Problem::NotYours);
                }
                Ok(Answer::json(&Removed { packs: hub.store.remove_key(&key).await? }))
            }
            Self::Start => pages::start(hub).await,
            Self::Find => pages::find(hub, request.query).await,
            Self::Style => Ok(pages::style()),
        }
    }
}

async fn health(hub: &Hub) -> Result<Answer, Problem> {
    let (packs, quarantined) = hub.store.counts().await?;
    Ok(Answer::json(&HubHealth {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        database: hub.store.dialect().name().to_owned(),
        packs: u64::try_from(packs).unwrap_or_default(),
        quarantined: u64::try_from(quarantined).unwrap_or_default(),
    }))
}

/// The outside of what is pushed: each pack is read by itself, so that one that does not hold keeps no other out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outside {
    format: String,
    packs: Vec<Value>,
}

async fn push(hub: &Hub, body: &[u8]) -> Result<Answer, Problem> {
    let outside: Outside = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
    if outside.format != PACK_FORMAT {
        return Err(Problem::Body(format!("`format` is not `{PACK_FORMAT}`")));
    }
    if outside.packs.len() > hub.limits.packs_at_once {
        return Err(Problem::TooMany(hub.limits.packs_at_once));
    }
    let mut answered = Vec::new();
    let mut incoming = Vec::new();
    for pack in outside.packs {
        let read = read_pack(pack.to_string().as_bytes());
        let refused = |why: String| PushedPack { hash: String::new(), outcome: PushOutcome::Refused, why: Some(why) };
        match read.map(|signed| Incoming::of(&signed)) {
            Ok(Some(pack)) => {
                answered.push(PushedPack { hash: hex(&pack.hash), outcome: PushOutcome::Accepted, why: None });
                incoming.push(pack);
            }
            Ok(None) => answered.push(refused("it cannot be kept".to_owned())),
            Err(why) => answered.push(refused(why.to_string())),
        }
    }
    let placed = hub.store.add(&incoming, hub.now(), hub.limits.packs_a_day).await?;
    let kept = answered.iter_mut().filter(|pack| pack.outcome == PushOutcome::Accepted);
    for (pack, placed) in kept.zip(placed) {
        (pack.outcome, pack.why) = told(placed, hub.limits.packs_a_day);
    }
    Ok(Answer::json(&Pushed { packs: answered }))
}

/// What became of a pack, for whoever pushed it.
fn told(placed: Placed, a_day: i64) -> (PushOutcome, Option<String>) {
    match placed {
        Placed::Accepted => (PushOutcome::Accepted, None),
        Placed::Known => (PushOutcome::Known, None),
        Placed::Later => (PushOutcome::Later, Some(format!("a key may push {a_day} new packs a day"))),
        Placed::Waits(why) => {
            let sentence = format!("{}; it counts when {} keys agree", why.sentence(), judge::FEWEST_VOTES);
            (PushOutcome::Quarantined, Some(sentence))
        }
    }
}

/// What is wrong with a body, and where; nothing of what it says.
fn not_json(error: &serde_json::Error) -> Problem {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Data => "it is JSON, but not what is expected",
        Category::Syntax | Category::Eof | Category::Io => "it is no JSON",
    };
    Problem::Body(format!("{what} (line {}, column {})", error.line(), error.column()))
}

async fn pull(hub: &Hub, query: &str) -> Result<Answer, Problem> {
    let given = parameters(query, &["model", "digest", "since", "limit"])?;
    let since = number(&given, "since", (0, 0, i64::MAX))?;
    let most = number(&given, "limit", PAGE)?;
    let (label, digest) = (given.get("model").map(String::as_str), given.get("digest").map(String::as_str));
    let page = match (label, digest) {
        (None, None) => hub.store.since(since, most).await?,
        _ => match hub.store.model(label, digest).await? {
            Some(model) => hub.store.of_model(model, since, most).await?,
            None => super::store::Page::default(),
        },
    };
    let mut body = format!("{{\"format\":\"{PACK_FORMAT}\",\"packs\":[");
    body.push_str(&page.packs.join(","));
    body.push_str("]}\n");
    let headers = page.next.map(|next| (NEXT_HEADER, next.to_string())).into_iter().collect();
    Ok(Answer { status: 200, content_type: JSON, headers, body })
}

async fn classes(hub: &Hub, query: &str) -> Result<Answer, Problem> {
    let given = parameters(query, &["model", "limit"])?;
    let most = number(&given, "limit", CLASSES)?;
    let rows = match given.get("model") {
        None => hub.store.classes(None, FEWEST_KEYS, most).await?,
        Some(label) => match hub.store.model(Some(label), None).await? {
            Some(model) => hub.store.classes(Some(model), FEWEST_KEYS, most).await?,
            None => Vec::new(),
        },
    };
    Ok(Answer::json(&MeasuredClasses { classes: rows.into_iter().filter_map(measured).collect() }))
}

/// A class as it is told.
pub(super) fn measured(row: ClassRow) -> Option<MeasuredClass> {
    Some(MeasuredClass {
        model: row.model,
        hardware: serde_json::from_str(&row.hardware).ok()?,
        workload: row.workload,
        keys: u64::try_from(row.votes).unwrap_or_default(),
    })
}
