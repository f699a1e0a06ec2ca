//! What clients really ask can be tuned for, and a change of it is noticed.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::format_push_string,
    reason = "some hundred small records"
)]

mod alarms;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::Stdio,
};

use ralf_tune::{
    model::{exchange::TRAFFIC_SCHEMA_VERSION, machine::Locality},
    store::StudyStore,
};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::program::World;

/// Numbers that only look like luck, around 0.
fn wave(number: usize) -> f64 {
    let turned = (number * 7919) % 1000;
    (turned as f64 - 500.0) / 500.0
}

/// Twelve days of requests from a date on, two sittings a day, about so many characters each.
fn record(world: &World, from: &str, model: &str, chars: f64) {
    let folder = folder(world);
    fs::create_dir_all(&folder).unwrap();
    private(&folder);
    let from = OffsetDateTime::parse(from, &Rfc3339).unwrap();
    let mut text = fs::read_to_string(folder.join("requests.jsonl")).unwrap_or_default();
    for number in 0..480_usize {
        let at = from + Duration::hours(12) * (number / 20) as i32 + Duration::minutes((number % 20) as i64);
        let chars = (chars * wave(number).exp()) as u64;
        let record = json!({
            "at": at.format(&Rfc3339).unwrap(), "method": "POST", "endpoint": "/api/generate", "model": model,
            "client": "ollama-python/0.5", "at_once": 1 + number % 2, "request_bytes": chars + 99, "text_bytes": chars + 9,
            "text_chars": chars, "beginnings": [1, 2, number], "response_bytes": 900, "status": 200, "head_ms": 9.0,
            "total_ms": 4000.0, "prompt_tokens": chars / 4, "answer_tokens": 250 + number % 100,
            "options": { "num_ctx": 8192, "num_predict": 500, "temperature": 0.2 }, "end": "complete",
        });
        text += &format!("{record}\n");
    }
    fs::write(folder.join("requests.jsonl"), text).unwrap();
}

fn folder(world: &World) -> PathBuf {
    world.home().join(".local/share/ralf-tune/requests")
}

#[cfg(unix)]
fn private(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    for folder in [folder, folder.parent().unwrap()] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
    }
}

#[cfg(not(unix))]
fn private(_: &std::path::Path) {}

const MODEL: &str = "llama3.1:8b";

/// What a simulated machine is tuned for.
const RUN: [&str; 8] = ["run", "--simulate", "--quick", "--seed", "1", "--no-save", "--workload", "learned"];

fn study(world: &World, more: &[&str]) -> Value {
    // Whether something is found is no matter here.
    let ran = world.run(&[&RUN[..], more, &["--format", "json"]].concat());
    assert!(matches!(ran.code, Some(0 | 1)), "{ran}");
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn a_study_is_about_requests_as_they_were_recorded() {
    let world = World::new();
    record(&world, "2026-03-01T08:00:00Z", MODEL, 9000.0);
    record(&world, "2026-03-01T08:00:00Z", "other:1b", 900.0);
    world.write("src/a.rs", "fn main() { /* ä */ }\n".repeat(400));
    for more in [&["--model", MODEL][..], &["--model", MODEL, "--samples", "src"]] {
        let study = study(&world, more);
        let workload = &study["workload"];
        let (learned, around) = (&workload["learned"], workload["around_chars"].as_u64().unwrap());
        assert_eq!(
            (&learned["model"], &learned["requests"], &learned["sittings"]),
            (&json!(MODEL), &json!(480), &json!(24))
        );
        // The batch has the sizes of the records, whatever the samples are like: 9 000 at the median, and up to e times as many.
        let median = workload["median_chars"].as_u64().unwrap() + around;
        let largest = workload["largest_chars"].as_u64().unwrap() + around;
        assert!(median.abs_diff(9000) < 900 && largest.abs_diff(24_400) < 300, "{median} {largest}");
        // Without a configuration the present settings are what clients were seen to do.
        let baseline = &study["baseline"];
        assert_eq!(
            (&baseline["num_ctx"], &baseline["num_predict"], &baseline["max_concurrent_requests"]),
            (&json!(8192), &json!(500), &json!(2))
        );
        assert!(learned["beginnings"]["share"].as_f64().unwrap() > 0.9, "{learned}");
    }
    let page = world.run(&["report"]).succeeded().stdout;
    assert!(page.contains("Learned requests") && page.contains("480 requests for llama3.1:8b"), "{page}");
    // The same records, the same study.
    let (one, other) = (study(&world, &["--model", MODEL]), study(&world, &["--model", MODEL]));
    assert!(one["workload"] == other["workload"] && one["tuned"]["candidate"] == other["tuned"]["candidate"]);
}

#[test]
fn too_few_requests_are_said_with_what_to_do() {
    let world = World::new();
    let ran = world.fails(2, &RUN);
    assert!(
        ran.stderr.contains("no request has gone through the proxy") && ran.stderr.contains("ralf-tune proxy --listen"),
        "{ran}"
    );
    record(&world, "2026-03-01T08:00:00Z", "other:1b", 900.0);
    let ran = world.fails(2, &[&RUN[..], &["--model", MODEL]].concat());
    assert!(ran.stderr.contains("0 requests for llama3.1:8b") && ran.stderr.contains("--model other:1b"), "{ran}");
    world.write("a.rs", "fn main() {}\n");
    let ran = world.fails(2, &[&RUN[..], &["--samples", ".", "--keep-notes", "notes"]].concat());
    assert!(ran.stderr.contains("--keep-notes"), "{ran}");
}

#[test]
fn requests_that_became_others_are_noticed() {
    let world = World::new();
    record(&world, "2026-03-01T08:00:00Z", MODEL, 9000.0);
    study(&world, &["--model", MODEL]);
    let doctor = || {
        let ran = world.run(&["doctor", "--simulate", "--format", "json"]).succeeded();
        let found: Value = serde_json::from_str(&ran.stdout).unwrap();
        found["found"].as_array().unwrap().iter().find(|one| one["subject"] == "workload").cloned()
    };
    assert_eq!(doctor(), None);
    record(&world, "2026-04-01T08:00:00Z", MODEL, 9000.0);
    assert_eq!(doctor().unwrap()["gravity"], "good");
    let world = World::new();
    record(&world, "2026-03-01T08:00:00Z", MODEL, 9000.0);
    study(&world, &["--model", MODEL]);
    record(&world, "2026-04-01T08:00:00Z", MODEL, 15_000.0);
    let ran = world.run(&["doctor", "--simulate"]).succeeded();
    let page = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        page.contains("characters of a prompt")
            && page.contains("ralf-tune run --workload learned --model llama3.1:8b"),
        "{ran}"
    );
}

#[test]
fn the_records_can_be_read() {
    let world = World::new();
    let empty = world.run(&["proxy", "--report"]).succeeded();
    assert!(empty.stdout.contains("None is recorded yet"), "{empty}");
    record(&world, "2026-03-01T08:00:00Z", MODEL, 9000.0);
    record(&world, "2026-03-01T08:00:00Z", "other:1b", 900.0);
    let page = world.run(&["proxy", "--report"]).succeeded();
    for words in ["960 requests from 2026-03-01 to 2026-03-12", "ollama-python/0.5", "other:1b", "2026-03-07"] {
        assert!(page.stdout.contains(words), "{words}\n{page}");
    }
    let of_one = world.run(&["proxy", "--report", "--model", "other:1b", "--format", "json"]).succeeded();
    let of_one: Value = serde_json::from_str(&of_one.stdout).unwrap();
    assert_eq!(
        (&of_one["requests"], &of_one["models"][0]["name"], &of_one["days"][0]["requests"]),
        (&json!(480), &json!("other:1b"), &json!(40))
    );
    assert_eq!(of_one["schema_version"], json!(TRAFFIC_SCHEMA_VERSION));
    assert!((800.0..1000.0).contains(&of_one["all"]["prompt_chars"]["median"].as_f64().unwrap()), "{of_one}");
    let ran = world.fails(2, &["proxy", "--listen", "127.0.0.1:0", "--format", "json"]);
    assert!(ran.stderr.contains("--format"), "{ran}");
}

/// Makes the newest study one of a real server: those of simulated machines are held against no client's requests. Its name.
fn made_real(world: &World) -> String {
    let store = StudyStore::new(&world.home().join(".local/share/ralf-tune"));
    let newest = store.list().unwrap().studies.into_iter().next().unwrap();
    let mut study = store.load(&newest.id).unwrap();
    study.server.locality = Locality::Local;
    store.save(&study).unwrap().id.to_string()
}

/// What the proxy says before it listens.
fn said_at_first(world: &World) -> Vec<String> {
    let mut process = world.process(&["proxy", "--listen", "127.0.0.1:0", "--host", "127.0.0.1:1", "--advise"]);
    let mut child = process.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let said = lines.take_while(|line| !line.starts_with("listening on")).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    said
}

#[test]
fn the_proxy_says_that_requests_are_no_longer_what_was_tuned_for() {
    let world = World::new();
    record(&world, "2026-03-01T08:00:00Z", MODEL, 9000.0);
    study(&world, &["--model", MODEL]);
    let study = made_real(&world);
    let report = || {
        let page = world.run(&["proxy", "--report"]).succeeded().stdout;
        page.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mend = "ralf-tune run --workload learned --model llama3.1:8b";
    // As many requests of the same kind: nothing to mend.
    record(&world, "2026-04-01T08:00:00Z", MODEL, 9000.0);
    let same = report();
    assert!(same.contains(&format!("{MODEL}, study {study}: ")) && !same.contains(mend), "{same}");
    assert_eq!(said_at_first(&world), Vec::<String>::new());
    record(&world, "2026-05-01T08:00:00Z", MODEL, 22_000.0);
    let other = report();
    assert!(other.contains("characters of a prompt") && other.contains(mend), "{other}");
    let json = world.run(&["proxy", "--report", "--format", "json"]).succeeded().stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["studies"][0]["study"], &json["studies"][0]["mend"]), (&json!(study), &json!(mend)));
    let said = said_at_first(&world);
    let [advice] = said.as_slice() else { panic!("{said:?}") };
    assert!(advice.starts_with(&format!("advice: study {study}: ")) && advice.ends_with(mend), "{advice}");
    assert!(advice.contains("characters of a prompt"), "{advice}");
}

#[test]
fn a_study_that_was_killed_goes_on_with_the_requests_that_it_began_with() {
    let world = World::new();
    record(&world, "2026-03-01T08:00:00Z", MODEL, 9000.0);
    let undisturbed = study(&world, &["--model", MODEL]);
    let folder = world.home().join(".local/share/ralf-tune/journals");
    let words = [&RUN[..], &["--model", MODEL]].concat();
    let mut child = world.process(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let lines = || {
        let journal = fs::read_dir(&folder).ok()?.next()?.ok()?.path();
        Some(fs::read_to_string(journal).ok()?.lines().count())
    };
    while lines().unwrap_or(0) < 4 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What was recorded meanwhile would be another workload.
    record(&world, "2026-04-01T08:00:00Z", MODEL, 20_000.0);
    world.run(&["run", "--resume"]);
    let resumed = world.run(&["study", "show", "last", "--format", "json"]).succeeded();
    let resumed: Value = serde_json::from_str(&resumed.stdout).unwrap();
    let about = |study: &Value| {
        let workload = &study["workload"];
        (workload["batch_chars"].clone(), workload["learned"].clone(), study["tuned"]["candidate"].clone())
    };
    let (found, expected) = (about(&resumed), about(&undisturbed));
    assert!(found == expected, "{} {}", found.2, expected.2);
}
