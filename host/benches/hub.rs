//! A hub under load: how fast packs go in, how long questions take, and how both grow. Prints the tables of docs/hub.md.
//!
//! `cargo bench -p ralf-tune --bench hub -- DATABASE PACKS`, where DATABASE is `sqlite://FILE` or `postgres://…`, empty, and PACKS how many there are at
//! the end. Most go in through the storage alone, without their signatures checked, which takes a tenth of a millisecond each; a share goes in over HTTP, signed and
//! checked. Machines, models and batches are as unlike in number as they are in life: few are everywhere, most are rare.

#![expect(clippy::print_stdout, reason = "the tables are what this program is for")]
#![expect(clippy::unwrap_used, reason = "a measurement that fails says where")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts, far below 2^52"
)]

#[path = "../../tests/hub/packs.rs"]
mod packs;

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use packs::{Kind, MODELS, USUAL, pack};
use ralf_tune::{
    hub::{Hub, HubLimits, Moment, Rate, Request, Store, client::HubClient, facts::Incoming, serve},
    model::{
        hub::PushOutcome,
        pack::{MEMORY_GIB, Pack, SignedPack, THREADS},
    },
    share::Key,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Packs of one transaction.
const AT_ONCE: usize = 100;

/// Packs of one key, in the mean.
const OF_A_KEY: usize = 10;

/// Packs that go in over HTTP, and how many at once.
const OVER_HTTP: usize = 2_000;
const A_PUSH: usize = 20;

/// How often each question is asked.
const QUESTIONS: usize = 300;

const NOON: i64 = 1_796_126_400;

/// Packs that differ in all that they say; the others differ in who says it, and are named anew.
const PATTERNS: usize = 2_000;

struct Crowd {
    chance: ChaCha8Rng,
    keys: usize,
    patterns: Vec<Incoming>,
}

impl Crowd {
    /// One of so many, of which the first ones are everywhere.
    fn one_of(&mut self, many: usize) -> usize {
        let even: f64 = self.chance.random();
        ((even * even * even) * many as f64) as usize % many
    }

    /// A pack of somebody.
    fn pack(&mut self) -> Pack {
        let kind = Kind {
            model: MODELS[self.one_of(MODELS.len())],
            machine: self.one_of(packs::MACHINES.len()),
            mean_chars: [USUAL.mean_chars, 2_500, 18_000, 700][self.one_of(4)],
        };
        let spread: f64 = (0..12).map(|_| self.chance.random::<f64>()).sum::<f64>() - 6.0;
        let centre =
            4.0 + 3.0 * kind.machine as f64 + MODELS.iter().position(|model| *model == kind.model).unwrap() as f64;
        let mut pack = pack(&kind, centre * (0.15 * spread).exp());
        pack.hardware.threads = Some(THREADS[(self.one_of(5) + 4) % THREADS.len()]);
        pack.hardware.memory_gib = Some(MEMORY_GIB[(self.one_of(6) + 3) % MEMORY_GIB.len()]);
        // As many settings as a study has.
        let other = pack.others[0].clone();
        pack.others.extend((0..6).map(|_| other.clone()));
        pack
    }

    /// The same as it is kept, with nobody's signature.
    fn incoming(&mut self) -> Incoming {
        if self.patterns.len() < PATTERNS {
            let (key, signature) = ("0".repeat(64), "0".repeat(128));
            let pattern = Incoming::of(&SignedPack { pack: self.pack(), key, signature }).unwrap();
            self.patterns.push(pattern);
        }
        let mut incoming = self.patterns[self.chance.random_range(0..self.patterns.len())].clone();
        self.chance.fill(&mut incoming.hash);
        incoming.key[..8].copy_from_slice(&(self.chance.random_range(0..self.keys) as u64).to_le_bytes());
        incoming
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|one| !one.starts_with("--")).collect();
    let [database, many] = &arguments[..] else {
        println!("usage: cargo bench -p ralf-tune --bench hub -- DATABASE PACKS");
        return;
    };
    let many: usize = many.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure(database, many));
}

async fn measure(database: &str, many: usize) {
    let store = Store::open(database).await.unwrap();
    println!("{} on {}, {} packs\n", store.dialect().name(), now_and_load(), many);
    let mut crowd =
        Crowd { chance: ChaCha8Rng::seed_from_u64(1), keys: (many / OF_A_KEY).max(1), patterns: Vec::new() };
    println!(
        "| packs | in a second | p50 of {AT_ONCE}, ms | p99, ms | GiB | bytes a pack |\n|---|---|---|---|---|---|"
    );
    let mut there = 0;
    for tenth in 1..=10 {
        let mut times = Vec::new();
        let mut writing = Duration::ZERO;
        let from = there;
        while there < many * tenth / 10 {
            let part: Vec<Incoming> = (0..AT_ONCE).map(|_| crowd.incoming()).collect();
            let began = Instant::now();
            store.add(&part, Moment { seconds: NOON }, i64::MAX).await.unwrap();
            times.push(began.elapsed());
            writing += began.elapsed();
            there += AT_ONCE;
        }
        let bytes = store.bytes().await.unwrap() as f64;
        let rate = (there - from) as f64 / writing.as_secs_f64();
        let (p50, p99) = percentiles(times);
        println!(
            "| {there} | {rate:.0} | {p50:.1} | {p99:.1} | {:.2} | {:.0} |",
            bytes / f64::from(1 << 30),
            bytes / there as f64
        );
    }
    let any = Rate { burst: 1e12, a_second: 1e12 };
    let limits = HubLimits { reads: any, writes: any, packs_a_day: i64::MAX, ..HubLimits::default() };
    let hub = Arc::new(Hub::new(store, limits, Arc::new(|| Moment { seconds: NOON })));
    questions(&hub, &mut crowd).await;
    over_http(&hub, &mut crowd).await;
    hub.store().close().await;
    println!("\nafterwards: {}", now_and_load());
}

/// Method, path, query and body of a question about such a machine, model and batch.
type Ask = fn(&Pack) -> (&'static str, &'static str, String, Vec<u8>);

const KINDS: [(&str, Ask); 6] = [
    ("recommendation", |pack| {
        let ask = serde_json::json!({
            "hardware": pack.hardware,
            "model": pack.model,
            "server_version": null,
            "workload": pack.workload,
        });
        ("POST", "/api/v1/recommend", String::new(), ask.to_string().into_bytes())
    }),
    ("health", |_| ("GET", "/api/v1/health", String::new(), Vec::new())),
    ("classes of a model", |pack| ("GET", "/api/v1/classes", model(pack), Vec::new())),
    ("first 50 packs of a model", |pack| ("GET", "/api/v1/packs", model(pack), Vec::new())),
    ("50 packs since the middle", |_| ("GET", "/api/v1/packs", "since=50000".to_owned(), Vec::new())),
    ("the page of a machine", |pack| {
        let hardware = &pack.hardware;
        let number = |value: Option<u32>| value.map_or_else(String::new, |value| value.to_string());
        let (threads, memory) = (number(hardware.threads), number(hardware.memory_gib));
        let query = format!("{}&system=linux&processor=amd&threads={threads}&memory={memory}", model(pack));
        ("GET", "/find", query, Vec::new())
    }),
];

fn model(pack: &Pack) -> String {
    format!("model={}", pack.model.name.clone().unwrap_or_default())
}

/// What people and programs ask, each with its own machine and model.
async fn questions(hub: &Hub, crowd: &mut Crowd) {
    println!("\n| question | in a second | p50, ms | p99, ms | KiB |\n|---|---|---|---|---|");
    for (name, ask) in KINDS {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..QUESTIONS {
            let (method, path, query, body) = ask(&crowd.pack());
            let from = IpAddr::from([192, 0, 2, 1]);
            let request = Request { method, path, query: &query, host: "hub", signed: None, body: &body, from };
            let began = Instant::now();
            let answer = hub.answer(&request).await;
            times.push(began.elapsed());
            assert_eq!(answer.status, 200, "{name}: {}", answer.body);
            bytes += answer.body.len();
        }
        let whole: Duration = times.iter().sum();
        let rate = QUESTIONS as f64 / whole.as_secs_f64();
        let (p50, p99) = percentiles(times);
        println!("| {name} | {rate:.0} | {p50:.1} | {p99:.1} | {:.1} |", bytes as f64 / 1024.0 / QUESTIONS as f64);
    }
}

/// Packs that are signed, sent over HTTP, checked and kept.
async fn over_http(hub: &Arc<Hub>, crowd: &mut Crowd) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = HubClient::new(&format!("http://{address}")).unwrap();
    let signed: Vec<SignedPack> = (0..OVER_HTTP)
        .map(|number| {
            let mut secret = [9; 32];
            secret[..8].copy_from_slice(&((number / OF_A_KEY) as u64).to_le_bytes());
            let mut pack = crowd.pack();
            pack.hardware = packs::hardware(number);
            Key::from_bytes(&secret, secret).sign_pack(pack)
        })
        .collect();
    let mut times = Vec::new();
    let pushes = async {
        for part in signed.chunks(A_PUSH) {
            let began = Instant::now();
            let outcomes = client.push(part).await.unwrap();
            times.push(began.elapsed());
            assert!(outcomes.iter().all(|one| one.outcome != PushOutcome::Refused), "{outcomes:?}");
        }
    };
    tokio::select! {
        served = serve::serve(Arc::clone(hub), listener, false, std::future::pending()) => served.unwrap(),
        () = pushes => {}
    }
    let whole: Duration = times.iter().sum();
    let (p50, p99) = percentiles(times);
    println!(
        "\nover HTTP, signed and checked, {A_PUSH} at once: {:.0} packs a second, p50 {p50:.1} ms, p99 {p99:.1} ms",
        OVER_HTTP as f64 / whole.as_secs_f64()
    );
}

/// Milliseconds.
fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1000.0;
    (at(0.5), at(0.99))
}

/// How busy the machine is.
fn now_and_load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("load {}", load.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
}
