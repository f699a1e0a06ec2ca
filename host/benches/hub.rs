//! A hub under load: how fast packs go in, how long questions take, and how both grow. Prints the tables of docs/hub.md.
//!
//! `cargo bench -p ralf-tune --bench hub -- DATABASE PACKS [MINUTES]`, where DATABASE is `sqlite://FILE` or `postgres://…`, empty, PACKS how many there are at
//! the end, two million at most, and MINUTES how long it may fill, an hour where nothing is said. What fills is written
//! into the tables by many rows at once, and is no figure. What is measured as ingest goes the way of all: signed, sent over HTTP to this machine, read, checked, judged, kept, and
//! answered; so do the questions. Processor time is that of this process, the one that asks included; of a server of PostgreSQL's it has nothing. Machines, models and
//! batches are as unlike in number as they are in life: few are everywhere, most are rare.

#![expect(clippy::print_stdout, reason = "the tables are what this program is for")]
#![expect(clippy::unwrap_used, reason = "a measurement that fails says where")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "counts, far below 2^52"
)]

#[path = "../../tests/hub/packs.rs"]
mod packs;

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use packs::{Kind, MODELS, USUAL, pack};
use ralf_tune::{
    hub::{Hub, HubLimits, Moment, Rate, Store, client::HubClient, facts::Incoming, serve, store::Dialect},
    model::{
        hub::PushOutcome,
        pack::{MEMORY_GIB, Pack, SignedPack, THREADS},
    },
    share::Key,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sqlx::{AnyPool, AssertSqlSafe, Row as _, any::AnyPoolOptions};

/// Packs of one statement that fills, and statements of one transaction.
const AT_ONCE: usize = 50;
const STATEMENTS: usize = 40;

/// Packs of one key, in the mean.
const OF_A_KEY: usize = 10;

/// Packs that are pushed over HTTP at each tenth, and how many at once; at the end, by so many clients as well.
const OVER_HTTP: usize = 500;
const A_PUSH: usize = 20;
const CLIENTS: usize = 8;

/// How often each question is asked.
const QUESTIONS: usize = 200;

/// Bounds of what is asked for.
const MOST_PACKS: usize = 2_000_000;
const MOST_MINUTES: u64 = 60;

const NOON: i64 = 1_796_126_400;

/// Packs that differ in all that they say; the others differ in who says it, and are named anew.
const PATTERNS: usize = 2_000;

struct Crowd {
    chance: ChaCha8Rng,
    keys: usize,
    patterns: Vec<Incoming>,
    /// Keys that signed something.
    signers: u64,
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
        incoming.key = crowd_key(self.chance.random_range(0..self.keys));
        incoming
    }
}

/// Writes many rows at once into the tables of an empty hub: what [`Store::add`] would have come to, without its judgement of each.
struct Filler {
    pool: AnyPool,
    statement: String,
    /// Number of model and class of each pattern.
    places: Vec<(i64, i64)>,
    /// Who has a vote in which class.
    votes: HashSet<(i64, i64)>,
    number: i64,
}

impl Filler {
    /// Every pattern goes in once as all packs do: so its class is there.
    async fn new(database: &str, hub: &Hub, crowd: &mut Crowd) -> Self {
        while crowd.patterns.len() < PATTERNS {
            crowd.incoming();
        }
        let mut first = crowd.patterns.clone();
        for (number, pack) in first.iter_mut().enumerate() {
            crowd.chance.fill(&mut pack.hash);
            pack.key = crowd_key(number % crowd.keys);
        }
        for part in first.chunks(100) {
            hub.store().add(part, Moment { seconds: NOON }, i64::MAX).await.unwrap();
        }
        let pool = AnyPoolOptions::new().max_connections(1).connect(database).await.unwrap();
        // What it writes need not outlive a crash.
        let hurry = match hub.store().dialect() {
            Dialect::Sqlite => "PRAGMA synchronous = OFF",
            Dialect::Postgres => "SET synchronous_commit = off",
        };
        sqlx::query(hurry).execute(&pool).await.unwrap();
        let mut transaction = pool.begin().await.unwrap();
        for key in 0..crowd.keys {
            let insert = sqlx::query("INSERT INTO hub_keys (key) VALUES ($1) ON CONFLICT (key) DO NOTHING");
            insert.bind(crowd_key(key).to_vec()).execute(&mut *transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
        let mut places = Vec::new();
        for pattern in &crowd.patterns {
            let found = sqlx::query(
                "SELECT c.model, c.id FROM hub_classes c JOIN hub_models m ON m.id = c.model \
                 WHERE m.label = $1 AND c.hardware = $2 AND c.workload = $3",
            )
            .bind(pattern.model.clone())
            .bind(pattern.hardware.clone())
            .bind(pattern.workload.clone());
            let found = found.fetch_one(&pool).await.unwrap();
            places.push((found.get(0), found.get(1)));
        }
        let rows: Vec<String> = (0..AT_ONCE)
            .map(|row| {
                let columns: Vec<String> = (1..=10).map(|column| format!("${}", 10 * row + column)).collect();
                format!("({}, '2026-11', '')", columns.join(", "))
            })
            .collect();
        let statement = format!(
            "INSERT INTO hub_packs (hash, number, model, class, key, state, lot, speed, tokens, body, month, why) VALUES {}",
            rows.join(", ")
        );
        Self { pool, statement, places, votes: HashSet::new(), number: 0 }
    }

    /// One transaction. How many packs it wrote.
    async fn fill(&mut self, crowd: &mut Crowd) -> usize {
        let mut transaction = self.pool.begin().await.unwrap();
        for _ in 0..STATEMENTS {
            let mut query = sqlx::query(AssertSqlSafe(self.statement.clone()));
            for _ in 0..AT_ONCE {
                let pattern = crowd.chance.random_range(0..crowd.patterns.len());
                // Keys have the numbers in whose order they came; the first ones came with the patterns.
                let key = 1 + crowd.chance.random_range(0..crowd.keys) as i64;
                let (model, class) = self.places[pattern];
                self.number += 1;
                let mut hash = [0_u8; 32];
                crowd.chance.fill(&mut hash);
                let pattern = &crowd.patterns[pattern];
                query = query
                    .bind(hash.to_vec())
                    .bind(self.number)
                    .bind(model)
                    .bind(class)
                    .bind(key)
                    .bind(i64::from(!self.votes.insert((key, class))))
                    .bind(crowd.chance.random::<i64>())
                    .bind(pattern.speed)
                    .bind(pattern.tokens)
                    .bind(pattern.body.clone());
            }
            query.execute(&mut *transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
        STATEMENTS * AT_ONCE
    }

    /// Brings what is counted in agreement.
    async fn count(&mut self) {
        let all = [
            "UPDATE hub_classes SET votes = (SELECT COUNT(*) FROM hub_packs p WHERE p.class = hub_classes.id AND p.state = 0)",
            "UPDATE hub_models SET votes = (SELECT COALESCE(SUM(votes), 0) FROM hub_classes c WHERE c.model = hub_models.id)",
            "UPDATE hub_counters SET value = (SELECT COUNT(*) FROM hub_packs WHERE state < 2) WHERE name = 'packs'",
            "UPDATE hub_counters SET value = (SELECT MAX(number) FROM hub_packs) WHERE name = 'number'",
        ];
        for statement in all {
            sqlx::query(statement).execute(&self.pool).await.unwrap();
        }
    }

    /// Goes on after those that were pushed meanwhile.
    async fn go_on(&mut self) {
        let last = sqlx::query("SELECT value FROM hub_counters WHERE name = 'number'");
        self.number = last.fetch_one(&self.pool).await.unwrap().get(0);
    }
}

/// The key of somebody.
fn crowd_key(number: usize) -> [u8; 32] {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&(number as u64).to_le_bytes());
    key
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|one| !one.starts_with("--")).collect();
    let [database, many, minutes @ ..] = &arguments[..] else {
        println!("usage: cargo bench -p ralf-tune --bench hub -- DATABASE PACKS [MINUTES]");
        return;
    };
    let many: usize = many.parse::<usize>().unwrap().min(MOST_PACKS);
    let minutes = minutes.first().map_or(MOST_MINUTES, |minutes| minutes.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure(database, many, Duration::from_secs(60 * minutes)));
}

async fn measure(database: &str, many: usize, longest: Duration) {
    // A client for HTTP wants one, whether it needs it or not.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let store = Store::open(database).await.unwrap();
    println!("{} {}, {many} packs\n", store.dialect().name(), now_and_load());
    let any = Rate { burst: 1e12, a_second: 1e12 };
    let limits = HubLimits { reads: any, writes: any, packs_a_day: i64::MAX, ..HubLimits::default() };
    let hub = Arc::new(Hub::new(store, limits, Arc::new(|| Moment { seconds: NOON })));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let mut crowd = Crowd {
        chance: ChaCha8Rng::seed_from_u64(1),
        keys: (many / OF_A_KEY).max(1),
        patterns: Vec::new(),
        signers: 0,
    };
    let mut filler = Filler::new(database, &hub, &mut crowd).await;
    // A thread of its own, as a hub has a process of its own.
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = {
        let (hub, listener) = (Arc::clone(&hub), listener.into_std().unwrap());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let stopped = async { drop(stopped.await) };
                serve::serve(hub, listener, false, stopped).await.unwrap();
            });
        })
    };
    println!(
        "| packs | pushed a second | processor time, ms a pack | p50 of {A_PUSH}, ms | p99, ms | recommended a second | processor time, ms | p50, ms | p99, ms | GiB | bytes a pack |\n\
         |---|---|---|---|---|---|---|---|---|---|---|"
    );
    let (mut there, began) = (PATTERNS, Instant::now());
    for tenth in 1..=10 {
        filler.go_on().await;
        while there < many * tenth / 10 && began.elapsed() < longest {
            there += filler.fill(&mut crowd).await;
        }
        filler.count().await;
        if began.elapsed() >= longest {
            println!("\nended after {} minutes", longest.as_secs() / 60);
            break;
        }
        let work = processor();
        let (pushed, p50, p99) = push(&address, &mut crowd, 1).await;
        let work = (processor() - work) * 1000.0 / OVER_HTTP as f64;
        there += OVER_HTTP;
        let asked = question(&address, &mut crowd, KINDS[0], there).await;
        let bytes = hub.store().bytes().await.unwrap() as f64;
        println!(
            "| {there} | {pushed:.0} | {work:.2} | {p50:.1} | {p99:.1} | {:.0} | {:.1} | {:.1} | {:.1} | {:.2} | {:.0} |",
            asked.rate,
            asked.work,
            asked.p50,
            asked.p99,
            bytes / f64::from(1 << 30),
            bytes / there as f64
        );
    }
    println!("\n| question | in a second | processor time, ms | p50, ms | p99, ms | KiB |\n|---|---|---|---|---|---|");
    for kind in KINDS {
        let Answers { rate, p50, p99, work, kib } = question(&address, &mut crowd, kind, there).await;
        println!("| {} | {rate:.0} | {work:.2} | {p50:.1} | {p99:.1} | {kib:.1} |", kind.0);
    }
    let (rate, p50, p99) = push(&address, &mut crowd, CLIENTS).await;
    println!(
        "\n{CLIENTS} clients pushing {A_PUSH} at a time: {rate:.0} packs a second, p50 {p50:.1} ms, p99 {p99:.1} ms"
    );
    let began = Instant::now();
    hub.store().forget(Moment { seconds: NOON + 86_400 }).await.unwrap();
    println!("what is over is forgotten in {:.1} s", began.elapsed().as_secs_f64());
    let _ = stop.send(());
    served.join().unwrap();
    hub.store().close().await;
    println!("afterwards: {}", now_and_load());
}

/// Method, path, query and body of a question about such a machine, model and batch.
type Ask = fn(&Pack, usize) -> (&'static str, &'static str, String, Vec<u8>);

const KINDS: [(&str, Ask); 7] = [
    ("recommendation", |pack, _| {
        let ask = serde_json::json!({
            "hardware": pack.hardware,
            "model": pack.model,
            "server_version": null,
            "workload": pack.workload,
        });
        ("POST", "/api/v1/recommend", String::new(), ask.to_string().into_bytes())
    }),
    ("health", |_, _| ("GET", "/api/v1/health", String::new(), Vec::new())),
    ("classes of a model", |pack, _| ("GET", "/api/v1/classes", model(pack), Vec::new())),
    ("first 50 packs of a model", |pack, _| ("GET", "/api/v1/packs", model(pack), Vec::new())),
    ("50 packs since the middle", |_, many| ("GET", "/api/v1/packs", format!("since={}", many / 2), Vec::new())),
    ("the first page", |_, _| ("GET", "/", String::new(), Vec::new())),
    ("the page of a machine", |pack, _| {
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

/// What became of a question: how many in a second, percentiles and processor time in milliseconds, size of an answer.
struct Answers {
    rate: f64,
    p50: f64,
    p99: f64,
    work: f64,
    kib: f64,
}

/// What people and programs ask over HTTP, each with its own machine and model.
async fn question(address: &str, crowd: &mut Crowd, (name, ask): (&str, Ask), many: usize) -> Answers {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let (mut times, mut bytes, work) = (Vec::new(), 0, processor());
    for _ in 0..QUESTIONS {
        let (method, path, query, body) = ask(&crowd.pack(), many);
        let url = format!("{address}{path}?{query}");
        let url = url.trim_end_matches('?');
        let request = if method == "POST" { client.post(url).body(body) } else { client.get(url) };
        let began = Instant::now();
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let answer = answer.bytes().await.unwrap();
        times.push(began.elapsed());
        assert!(status.is_success(), "{name}: {status} {answer:?}");
        bytes += answer.len();
    }
    let whole: Duration = times.iter().sum();
    let (p50, p99) = percentiles(times);
    let asked = QUESTIONS as f64;
    Answers {
        rate: asked / whole.as_secs_f64(),
        p50,
        p99,
        work: (processor() - work) * 1000.0 / asked,
        kib: bytes as f64 / 1024.0 / asked,
    }
}

/// Packs that are signed, sent over HTTP, checked and kept, by so many clients at once: how many in a second, and percentiles of a push in milliseconds.
async fn push(address: &str, crowd: &mut Crowd, clients: usize) -> (f64, f64, f64) {
    let pushes = |crowd: &mut Crowd| -> Vec<Vec<SignedPack>> {
        let mut pushes: Vec<Vec<SignedPack>> = Vec::new();
        while pushes.len() * A_PUSH < OVER_HTTP {
            crowd.signers += 1;
            // What somebody brings is signed by one key.
            let mut secret = [9; 32];
            secret[..8].copy_from_slice(&crowd.signers.to_le_bytes());
            let key = Key::from_bytes(&secret, secret);
            pushes.push((0..A_PUSH).map(|_| key.sign_pack(crowd.pack())).collect());
        }
        pushes
    };
    let of_each: Vec<Vec<Vec<SignedPack>>> = (0..clients).map(|_| pushes(crowd)).collect();
    let began = Instant::now();
    let all = futures_util::future::join_all(of_each.into_iter().map(|pushes| async move {
        let client = HubClient::new(address).unwrap();
        let mut times = Vec::new();
        for part in pushes {
            let began = Instant::now();
            let outcomes = client.push(&part).await.unwrap();
            times.push(began.elapsed());
            assert!(outcomes.iter().all(|one| one.outcome != PushOutcome::Refused), "{outcomes:?}");
        }
        times
    }))
    .await;
    let rate = (clients * OVER_HTTP) as f64 / began.elapsed().as_secs_f64();
    let (p50, p99) = percentiles(all.into_iter().flatten().collect());
    (rate, p50, p99)
}

/// Milliseconds.
fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1000.0;
    (at(0.5), at(0.99))
}

/// Seconds that processors worked for this process so far.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// How busy the machine is.
fn now_and_load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("load {}", load.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
}
