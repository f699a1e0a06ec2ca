//! What a hub is asked over HTTP: a method, a target, headers of a signature, a body; the byte 0xff ends each.
//!
//! It is always answered, never by a failure of the hub's own, and what is accepted comes out again and holds. No fuzzer finds a signature: packs that have
//! the form of packs are signed here.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use ralf_tune::{
    hub::{Answer, Hub, HubLimits, Moment, Rate, Request, Signed, Store, facts::key_bytes, signed},
    model::pack::PackFile,
    share::{self, Key},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{is_fit_to_show, reader::Reader};

const NOW: i64 = 1_796_126_400;
const METHODS: [&str; 6] = ["GET", "POST", "DELETE", "HEAD", "PUT", "OPTIONS"];

/// One hub for all inputs: each takes away what it brought.
struct World {
    runtime: Runtime,
    hub: Hub,
    key: Key,
    _folder: TempDir,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let folder = super::folder();
        let address = format!("sqlite://{}", folder.path().join("hub.sqlite").display());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let store = runtime.block_on(Store::open(&address)).unwrap();
        let any = Rate { burst: 1e12, a_second: 1e12 };
        let limits = HubLimits { reads: any, writes: any, packs_a_day: i64::MAX, ..HubLimits::default() };
        let hub = Hub::new(store, limits, Arc::new(|| Moment { seconds: NOW }));
        World { runtime, hub, key: Key::from_bytes(&[7; 32], [7; 32]), _folder: folder }
    })
}

pub fn check(input: &[u8]) {
    let world = world();
    let mut reader = Reader(input);
    let (method, how) = (METHODS[usize::from(reader.byte()) % METHODS.len()], reader.byte());
    let [target, signature, body] = reader.parts();
    let (target, signature) = (String::from_utf8_lossy(target), String::from_utf8_lossy(signature));
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let own = signed_here(world, body);
    let body = own.as_deref().unwrap_or(body);
    world.runtime.block_on(async {
        let public = world.key.public();
        let time = if how & 1 == 0 { NOW.to_string() } else { signature.chars().take(30).collect() };
        let text = signed::text(method, "h", path, NOW);
        let good = world.key.sign(signed::REQUEST_PURPOSE, text.as_bytes());
        let signed = Signed { key: &public, time: &time, signature: if how & 2 == 0 { &good } else { &signature } };
        let signed = (how & 4 == 0).then_some(signed);
        let request = Request { method, path, query, host: "h", signed, body, from: IpAddr::from([192, 0, 2, 1]) };
        let answer = world.hub.answer(&request).await;
        holds(path, &answer);
        if path == "/api/v1/packs" && method == "POST" && answer.status == 200 {
            comes_out(world, &answer).await;
        }
        let own = key_bytes(&public).unwrap();
        world.hub.store().remove_key(&own).await.unwrap();
    });
}

/// The same packs, signed by the key of this world; `None` for what has not the form of packs.
fn signed_here(world: &World, body: &[u8]) -> Option<Vec<u8>> {
    let file: PackFile = serde_json::from_slice(body).ok()?;
    let packs = file.packs.into_iter().take(4).map(|signed| world.key.sign_pack(signed.pack)).collect();
    serde_json::to_vec(&PackFile { format: file.format, packs }).ok()
}

/// What every answer is.
fn holds(path: &str, answer: &Answer) {
    assert!((200..500).contains(&answer.status), "{} to {path:?}: {}", answer.status, answer.body);
    assert!(answer.body.len() < 8 << 20);
    if path.starts_with("/api/") {
        let value: Value = serde_json::from_str(&answer.body).unwrap();
        if answer.status != 200 {
            for part in ["name", "message", "hint"] {
                is_fit_to_show(value["error"][part].as_str().unwrap());
            }
        }
    } else if answer.content_type.starts_with("text/html") {
        let page = answer.body.to_lowercase();
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
        for forbidden in ["<script", "javascript:", " style=", " onload", " onerror", "http-equiv", "\u{0}"] {
            assert!(!page.contains(forbidden), "{forbidden} in a page for {path:?}");
        }
    }
}

/// What was accepted is given to others, and holds there.
async fn comes_out(world: &World, pushed: &Answer) {
    let pushed: Value = serde_json::from_str(&pushed.body).unwrap();
    let accepted = pushed["packs"].as_array().unwrap().iter().filter(|one| one["outcome"] == "accepted").count();
    let get = Request {
        method: "GET",
        path: "/api/v1/packs",
        query: "limit=100",
        host: "h",
        signed: None,
        body: b"",
        from: IpAddr::from([192, 0, 2, 1]),
    };
    let page = share::read(world.hub.answer(&get).await.body.as_bytes()).unwrap();
    assert!(page.refused.is_empty(), "{:?}", page.refused);
    assert!(page.good.len() >= accepted, "{accepted} were accepted, {} come out", page.good.len());
    for path in ["/", "/find"] {
        let model = page.good.first().and_then(|signed| signed.pack.model.name.clone()).unwrap_or_default();
        let query = if path == "/" { String::new() } else { format!("model={model}") };
        holds(path, &world.hub.answer(&Request { path, query: &query, ..get }).await);
    }
}
