//! What programs ask, answered as the description says.

use std::{net::IpAddr, sync::Arc, time::Duration};

use boon::{Compiler, Schemas};
use ralf_tune::{
    hub::{
        Answer, Hub, HubLimits, Moment, Rate, Request, Signed, Store,
        signed::{REQUEST_PURPOSE, text},
    },
    model::pack::{Pack, SignedPack},
    share::{self, Key},
};
use serde_json::{Value, json};

use super::{
    databases::{Database, all, sqlite},
    packs::{USUAL, hardware, pack, workload},
};

/// The first of December 2026, at noon.
pub const NOON: i64 = 1_796_126_400;

const HOST: &str = "hub.example.com";

/// A hub whose time stands still, on a database.
pub async fn hub(database: &Database, limits: HubLimits) -> Hub {
    let store = Store::open(&database.address).await.unwrap();
    Hub::new(store, limits, Arc::new(|| Moment { seconds: NOON }))
}

/// Nobody is held up by how often they ask.
pub fn open() -> HubLimits {
    let any = Rate { burst: 1e9, a_second: 1e9 };
    HubLimits { reads: any, writes: any, ..HubLimits::default() }
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Somebody's key.
pub fn key(number: u8) -> Key {
    Key::from_bytes(&[number; 32], [number; 32])
}

pub fn signed(number: u8, pack: Pack) -> SignedPack {
    key(number).sign_pack(pack)
}

/// A request of nobody in particular.
pub fn asked<'a>(method: &'a str, path: &'a str, query: &'a str, body: &'a [u8]) -> Request<'a> {
    let from = IpAddr::from([192, 0, 2, 1]);
    Request { method, path, query, host: HOST, signed: None, body, from }
}

pub async fn ask(hub: &Hub, method: &str, target: &str, body: &[u8]) -> (Answer, Value) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let answer = hub.answer(&asked(method, path, query, body)).await;
    let value = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
    described(method, path, &answer, &value);
    (answer, value)
}

/// Asks for something to be removed, signed so.
async fn remove(hub: &Hub, path: &str, by: &Key, at: i64, host: &str) -> (u16, Value) {
    let time = at.to_string();
    let (public, signature) = (by.public(), by.sign(REQUEST_PURPOSE, text("DELETE", host, path, at).as_bytes()));
    let signed = Signed { key: &public, time: &time, signature: &signature };
    let answer = hub.answer(&Request { signed: Some(signed), ..asked("DELETE", path, "", b"") }).await;
    let value = serde_json::from_str(&answer.body).unwrap();
    described("DELETE", path, &answer, &value);
    (answer.status, value)
}

/// That an answer is one that the description of the interface has.
fn described(method: &str, path: &str, answer: &Answer, value: &Value) {
    let document = document();
    let Some(operation) = operation(&document, method, path) else {
        assert!([404, 405, 429].contains(&answer.status), "{method} {path} is not described: {}", answer.status);
        return;
    };
    assert_eq!(answer.content_type, "application/json");
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{method} {path}: {} is not described: {value}", answer.status);
    let mut schema = response["content"]["application/json"]["schema"].clone();
    schema["components"] = document["components"].clone();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("schema.json", schema).unwrap();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(value, index) {
        panic!("{method} {path}: {error}\n{value}");
    }
    if answer.status != 200 {
        let name = value["error"]["name"].as_str().unwrap();
        let names = response["description"].as_str().unwrap();
        assert!(names.split(", ").any(|known| known == name), "{method} {path}: `{name}` is not one of {names}");
        assert!(value["error"]["hint"].as_str().is_some_and(|hint| hint.len() > 10), "{value}");
    }
    for (name, _) in &answer.headers {
        let is_told = response["headers"].get(*name).is_some() || ["retry-after", "allow"].contains(name);
        assert!(is_told, "{method} {path}: the header {name} is not described");
    }
}

fn document() -> Value {
    static TEXT: std::sync::OnceLock<Value> = std::sync::OnceLock::new();
    let made = || {
        run_elsewhere(async {
            let database = sqlite();
            let hub = hub(&database, open()).await;
            let answer = hub.answer(&asked("GET", "/api/v1/openapi.json", "", b"")).await;
            assert_eq!(answer.status, 200);
            serde_json::from_str(&answer.body).unwrap()
        })
    };
    TEXT.get_or_init(made).clone()
}

/// On a thread of its own: a runtime cannot be made in another one.
fn run_elsewhere<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    std::thread::spawn(move || run(future)).join().unwrap()
}

fn operation<'a>(document: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    let method = if method == "HEAD" { "get".to_owned() } else { method.to_lowercase() };
    let fits = |template: &str| {
        let (template, path) = (template.split('/'), path.split('/'));
        template.clone().count() == path.clone().count()
            && template.zip(path).all(|(part, own)| part == own || part.starts_with('{'))
    };
    let paths = document["paths"].as_object().unwrap();
    paths.iter().find(|(template, _)| fits(template)).and_then(|(_, operations)| operations.get(method))
}

#[test]
fn the_description_is_whole() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document.pointer(reference).is_some(), "{reference} leads nowhere");
    }
    let names: Vec<&str> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|operations| operations.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), 8, "{names:?}");
    let mut once = names.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), names.len());
}

#[test]
fn packs_go_in_and_come_out() {
    for database in all() {
        run(async {
            let hub = hub(&database, open()).await;
            let packs: Vec<SignedPack> =
                (1..=5).map(|number| signed(number, pack(&USUAL, 10.0 + f64::from(number)))).collect();
            let (answer, pushed) = ask(&hub, "POST", "/api/v1/packs", share::file(packs.clone()).as_bytes()).await;
            assert_eq!(answer.status, 200, "{pushed}");
            assert!(pushed["packs"].as_array().unwrap().iter().all(|one| one["outcome"] == "accepted"), "{pushed}");
            // What comes out is a file of packs, and each holds.
            let (first, _) = ask(&hub, "GET", "/api/v1/packs?limit=3", b"").await;
            let next = first.headers.iter().find(|(name, _)| *name == "ralf-tune-next").unwrap().1.clone();
            let (second, _) = ask(&hub, "GET", &format!("/api/v1/packs?limit=3&since={next}"), b"").await;
            assert!(second.headers.is_empty());
            let mut read = share::read(first.body.as_bytes()).unwrap();
            let rest = share::read(second.body.as_bytes()).unwrap();
            assert!(read.refused.is_empty() && rest.refused.is_empty());
            read.good.extend(rest.good);
            assert_eq!(read.good, packs);
            let (_, none) = ask(&hub, "GET", "/api/v1/packs?model=mistral:7b", b"").await;
            assert_eq!(none["packs"], json!([]));
            let (_, own) = ask(&hub, "GET", "/api/v1/packs?model=qwen2.5-coder:7b", b"").await;
            assert_eq!(own["packs"].as_array().unwrap().len(), 5);
            let (_, classes) = ask(&hub, "GET", "/api/v1/classes", b"").await;
            assert_eq!(classes["classes"][0]["keys"], 5, "{classes}");
            assert_eq!(classes["classes"].as_array().unwrap().len(), 1);
            let (_, health) = ask(&hub, "GET", "/api/v1/health", b"").await;
            assert_eq!((&health["packs"], &health["database"]), (&json!(5), &json!(database.name)));
        });
    }
}

#[test]
fn what_does_not_hold_is_refused_and_keeps_nothing_else_out() {
    run(async {
        let database = sqlite();
        let hub = hub(&database, open()).await;
        let good = signed(1, pack(&USUAL, 10.0));
        let mut forged = signed(2, pack(&USUAL, 11.0));
        forged.pack.requests += 10;
        let mut odd = serde_json::to_value(signed(3, pack(&USUAL, 12.0))).unwrap();
        odd["pack"]["host"] = json!("somebody's");
        let body = json!({ "format": "ralf-tune packs", "packs": [forged, odd, 7, good] }).to_string();
        let (_, pushed) = ask(&hub, "POST", "/api/v1/packs", body.as_bytes()).await;
        let outcomes: Vec<&str> =
            pushed["packs"].as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes, ["refused", "refused", "refused", "accepted"], "{pushed}");
        assert!(!pushed.to_string().contains("somebody"), "nothing of what is refused is repeated: {pushed}");
    });
}

#[test]
fn what_is_not_understood_is_said_with_a_name_and_a_hint() {
    run(async {
        let database = sqlite();
        let hub = hub(&database, open()).await;
        let many = share::file((0..101).map(|_| signed(1, pack(&USUAL, 10.0))).collect());
        let cases: [(&str, &str, &[u8], u16, &str); 14] = [
            ("GET", "/api/v1/recommend", b"", 405, "method"),
            ("POST", "/api/v1/recommend", b"{}", 400, "body"),
            ("GET", "/api/v1/nothing", b"", 404, "not-found"),
            ("GET", "/api/v2/health", b"", 404, "not-found"),
            ("PUT", "/api/v1/packs", b"", 405, "method"),
            ("GET", "/api/v1/packs?since=x", b"", 400, "query"),
            ("GET", "/api/v1/packs?since=-1", b"", 400, "query"),
            ("GET", "/api/v1/packs?limit=101", b"", 400, "query"),
            ("GET", "/api/v1/packs?colour=red", b"", 400, "query"),
            ("GET", "/api/v1/packs?since=1&since=2", b"", 400, "query"),
            ("POST", "/api/v1/packs", b"{", 400, "body"),
            ("POST", "/api/v1/packs", b"{\"format\":\"x\",\"packs\":[]}", 400, "body"),
            ("DELETE", "/api/v1/packs/00", b"", 404, "not-found"),
            ("POST", "/api/v1/packs", many.as_bytes(), 413, "too-many"),
        ];
        for (method, target, body, status, name) in cases {
            let (answer, value) = ask(&hub, method, target, body).await;
            assert_eq!((answer.status, value["error"]["name"].as_str()), (status, Some(name)), "{method} {target}");
        }
        let large = vec![b' '; (1 << 20) + 1];
        let (answer, value) = ask(&hub, "POST", "/api/v1/packs", &large).await;
        assert_eq!((answer.status, &value["error"]["name"]), (413, &json!("too-large")));
    });
}

#[test]
fn only_the_owner_removes_and_only_once() {
    for database in all() {
        run(async {
            let hub = hub(&database, open()).await;
            let packs: Vec<SignedPack> =
                (1..=2).map(|number| signed(number, pack(&USUAL, 10.0 + f64::from(number)))).collect();
            let (_, pushed) = ask(&hub, "POST", "/api/v1/packs", share::file(packs).as_bytes()).await;
            let path = format!("/api/v1/packs/{}", pushed["packs"][0]["hash"].as_str().unwrap());
            let name = |value: &Value| value["error"]["name"].as_str().unwrap_or("done").to_owned();
            let (answer, value) = ask(&hub, "DELETE", &path, b"").await;
            assert_eq!((answer.status, name(&value)), (401, "unsigned".to_owned()));
            let (own, other) = (key(1), key(2));
            // Another hub, another path, too old, too new.
            assert_eq!(name(&remove(&hub, &path, &own, NOON, "other.example.com").await.1), "unsigned");
            assert_eq!(name(&remove(&hub, &path, &own, NOON - 301, HOST).await.1), "stale");
            assert_eq!(name(&remove(&hub, &path, &own, NOON + 301, HOST).await.1), "stale");
            assert_eq!(remove(&hub, &path, &other, NOON, HOST).await.1, json!({ "packs": 0 }));
            assert_eq!(remove(&hub, &path, &own, NOON, HOST).await.1, json!({ "packs": 1 }));
            assert_eq!(name(&remove(&hub, &path, &own, NOON, HOST).await.1), "again");
            let (_, health) = ask(&hub, "GET", "/api/v1/health", b"").await;
            assert_eq!(health["packs"], 1);
            let all_of = format!("/api/v1/keys/{}", other.public());
            assert_eq!(name(&remove(&hub, &all_of, &own, NOON, HOST).await.1), "not-yours");
            assert_eq!(remove(&hub, &all_of, &other, NOON, HOST).await.1, json!({ "packs": 1 }));
        });
    }
}

#[test]
fn whoever_asks_too_often_waits() {
    run(async {
        let few = Rate { burst: 3.0, a_second: 0.1 };
        let database = sqlite();
        let hub = hub(&database, HubLimits { reads: few, writes: few, ..HubLimits::default() }).await;
        for _ in 0..3 {
            assert_eq!(ask(&hub, "GET", "/api/v1/health", b"").await.0.status, 200);
        }
        let (answer, value) = ask(&hub, "GET", "/api/v1/health", b"").await;
        assert_eq!((answer.status, &value["error"]["name"]), (429, &json!("too-often")));
        assert!(answer.headers.iter().any(|(name, value)| *name == "retry-after" && value != "0"));
        // Pushing is counted by itself, and another one is another one.
        assert_eq!(ask(&hub, "POST", "/api/v1/packs", b"").await.0.status, 400);
        let elsewhere = Request { from: IpAddr::from([192, 0, 2, 2]), ..asked("GET", "/api/v1/health", "", b"") };
        assert_eq!(hub.answer(&elsewhere).await.status, 200);
    });
}

#[test]
fn a_database_that_is_gone_is_said() {
    run(async {
        let database = sqlite();
        let hub = hub(&database, open()).await;
        hub.store().close().await;
        let answer = tokio::time::timeout(Duration::from_mins(1), ask(&hub, "GET", "/api/v1/health", b"")).await;
        assert_eq!(answer.unwrap().1["error"]["name"], "unavailable");
    });
}

/// What somebody with a machine of the usual kind asks.
pub fn question(kind: &super::packs::Kind) -> Value {
    let model = pack(kind, 10.0).model;
    json!({
        "hardware": hardware(kind.machine),
        "model": model,
        "server_version": "0.30",
        "workload": workload(kind.mean_chars),
    })
}

#[test]
fn a_recommendation_is_made_of_what_is_there() {
    for database in all() {
        run(async {
            let hub = hub(&database, open()).await;
            let body = question(&USUAL).to_string();
            let (answer, value) = ask(&hub, "POST", "/api/v1/recommend", body.as_bytes()).await;
            assert_eq!((answer.status, &value["error"]["name"]), (404, &json!("unmeasured")));
            let packs: Vec<SignedPack> =
                (1..=9).map(|number| signed(number, pack(&USUAL, 9.5 + f64::from(number) / 10.0))).collect();
            ask(&hub, "POST", "/api/v1/packs", share::file(packs).as_bytes()).await;
            let (answer, value) = ask(&hub, "POST", "/api/v1/recommend", body.as_bytes()).await;
            assert_eq!(answer.status, 200, "{value}");
            let speed = &value["notes_per_minute"];
            assert!((speed["value"].as_f64().unwrap() - 10.0).abs() < 0.1, "{value}");
            assert!(speed["interval"]["low"].as_f64() < speed["value"].as_f64());
            assert_eq!(value["settings"]["max_concurrent_requests"], 4);
            assert_eq!(value["behind"]["keys"], 9);
        });
    }
}

#[test]
fn a_class_of_few_keys_is_listed_nowhere_and_counts_all_the_same() {
    for database in all() {
        run(async {
            let hub = hub(&database, open()).await;
            let mut packs: Vec<SignedPack> =
                (1..=4).map(|number| signed(number, pack(&USUAL, 9.5 + f64::from(number) / 10.0))).collect();
            let mut private = pack(&USUAL, 9.0);
            let digest = "ab".repeat(32);
            (private.model.name, private.model.digest) = (None, Some(digest.clone()));
            packs.extend((1..=6).map(|number| {
                let mut own = private.clone();
                own.requests += u32::from(number);
                signed(number, own)
            }));
            let (_, pushed) = ask(&hub, "POST", "/api/v1/packs", share::file(packs).as_bytes()).await;
            assert!(pushed["packs"].as_array().unwrap().iter().all(|one| one["outcome"] == "accepted"), "{pushed}");
            let classes = async |query: &str| {
                let (_, value) = ask(&hub, "GET", &format!("/api/v1/classes{query}"), b"").await;
                value["classes"].as_array().unwrap().iter().map(|class| class["keys"].clone()).collect::<Vec<_>>()
            };
            let of_model = "?model=qwen2.5-coder:7b";
            assert!(classes(of_model).await.is_empty());
            let page = async |path: &str, query: &str| hub.answer(&asked("GET", path, query, b"")).await.body;
            let found = page("/find", "model=qwen2.5-coder:7b").await;
            assert!(found.contains("a class of fewer is not listed") && !found.contains("<figure"), "{found}");
            assert!(!page("/", "").await.contains("private model"), "whose model that is, its digest could tell");
            let body = question(&USUAL).to_string();
            let (_, advice) = ask(&hub, "POST", "/api/v1/recommend", body.as_bytes()).await;
            assert!(advice["behind"]["keys"].as_u64().unwrap() >= 4, "{advice}");
            let fifth = share::file(vec![signed(5, pack(&USUAL, 10.1))]);
            ask(&hub, "POST", "/api/v1/packs", fifth.as_bytes()).await;
            assert_eq!(classes(of_model).await, [json!(5)]);
            let found = page("/find", "model=qwen2.5-coder:7b").await;
            assert!(found.contains("<figure") && found.contains("Who else measured"), "{found}");
        });
    }
}
