//! `--once`, as cron runs it: against a server over HTTP, and again and again on what was kept.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use serde_json::Value;

use super::{lines, of, studied};
use crate::program::{World, server::Ollama};

const MODEL: &str = "llama3.1:8b";

/// Asks a server, and gives the body of its answer.
pub fn ask(address: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

/// A world with a profile of a real server, whose settings have that context.
pub fn with_profile(num_ctx: u32) -> World {
    let world = World::new();
    world.write("config.json", format!("{{\"num_ctx\": {num_ctx}, \"max_concurrent_requests\": 2}}"));
    world.run(&["profile", "save", "mine", "--present", "--config", "config.json", "--model", MODEL]).succeeded();
    world
}

#[test]
fn nothing_is_loaded_for_a_probe() {
    let (world, ollama) = (with_profile(4096), Ollama::serving(&[MODEL]));
    let once = ["watch", "mine", "--once", "--json", "--host", &ollama.address];
    let ran = world.run(&once).succeeded();
    assert_eq!(of(&lines(&ran), "skipped")[0]["why"], "not-loaded", "{ran}");
    let loaded: Value = serde_json::from_str(&ask(&ollama.address, "GET", "/api/ps", "")).unwrap();
    assert_eq!(loaded["models"], serde_json::json!([]), "it is still not loaded");

    // Loaded by somebody with another context, it stays as it is.
    let load = format!("{{\"model\": \"{MODEL}\", \"stream\": false, \"options\": {{\"num_ctx\": 2048}}}}");
    ask(&ollama.address, "POST", "/api/generate", &load);
    let ran = world.run(&once).succeeded();
    assert_eq!(of(&lines(&ran), "skipped")[0]["why"], "other-context", "{ran}");
    let loaded: Value = serde_json::from_str(&ask(&ollama.address, "GET", "/api/ps", "")).unwrap();
    assert_eq!(loaded["models"][0]["context_length"], 2048, "{loaded}");
    let spent =
        world.run(&["watch", "mine", "--once", "--tokens-per-day", "10", "--host", &ollama.address]).succeeded();
    assert!(spent.stdout.contains("10 are left today"), "{spent}");
}

#[test]
fn a_probe_of_a_loaded_model_over_http() {
    let (world, ollama) = (with_profile(4096), Ollama::serving(&[MODEL]));
    let load = format!("{{\"model\": \"{MODEL}\", \"stream\": false, \"options\": {{\"num_ctx\": 4096}}}}");
    ask(&ollama.address, "POST", "/api/generate", &load);
    let ran = world.run(&["watch", "mine", "--once", "--json", "--host", &ollama.address]).succeeded();
    let all = lines(&ran);
    let probe = of(&all, "probe")[0];
    assert!(probe["read_tokens_per_second"].as_f64().unwrap() > 50.0, "{ran}");
    assert_eq!((&probe["baseline"], &probe["times"]), (&1.into(), &Value::Null), "{ran}");
    // The model was loaded once, by whoever works with it.
    let loaded: Value = serde_json::from_str(&ask(&ollama.address, "GET", "/api/ps", "")).unwrap();
    assert_eq!(loaded["models"].as_array().unwrap().len(), 1);
}

#[test]
fn a_model_that_somebody_loads_otherwise_is_loaded_again_once_a_day_at_most() {
    let (world, ollama) = (with_profile(4096), Ollama::serving(&[MODEL]));
    let load =
        format!("{{\"model\": \"{MODEL}\", \"stream\": false, \"options\": {{\"num_ctx\": 4096, \"num_thread\": 3}}}}");
    let once = || {
        ask(&ollama.address, "POST", "/api/generate", &load);
        let ran = world.run(&["watch", "mine", "--once", "--json", "--host", &ollama.address]).succeeded();
        let all = lines(&ran);
        let skipped = of(&all, "skipped")[0];
        assert_eq!(skipped["why"], "loaded-otherwise", "{ran}");
        (skipped["said"].as_str().unwrap().to_owned(), skipped["tokens"].as_u64().unwrap())
    };
    let (first, second) = (once(), once());
    assert!(first.0.contains("loaded again") && first.1 > 0, "{first:?}");
    assert!(second.0.contains("tomorrow") && second.1 == 0, "{second:?}");
}

#[test]
fn each_run_goes_on_with_the_one_before() {
    let world = studied("mid-range");
    let probes = |many: &str| {
        let ran = world.run(&["watch", "--simulate", "mid-range", "--json", "--probes", many]).succeeded();
        let last = lines(&ran).into_iter().rfind(|line| line["event"] == "probe").unwrap();
        last["baseline"].as_u64().unwrap()
    };
    assert_eq!((probes("2"), probes("1"), probes("3")), (2, 3, 6));
    let once = world.run(&["watch", "--simulate", "mid-range", "--once"]).succeeded();
    assert!(once.stdout.contains("baseline, 7 of 24") && once.stderr.is_empty(), "{once}");
    // A state that was damaged is put aside, and said.
    let folder = world.home().join(".local/share/ralf-tune/watch");
    let state = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let state = state.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "state")).unwrap();
    let text = fs::read_to_string(&state).unwrap();
    fs::write(&state, text.replace("\"probes\":7", "\"probes\":9")).unwrap();
    let after = world.run(&["watch", "--simulate", "mid-range", "--once"]).succeeded();
    assert!(after.stderr.contains("damaged") && after.stdout.contains("baseline, 1 of 24"), "{after}");
}

#[test]
fn what_cannot_be_watched_is_said() {
    let world = World::new();
    let none = world.fails(2, &["watch", "--once"]);
    assert!(none.stderr.contains("there is no profile `balanced`"), "{none}");
    let world = studied("mid-range");
    let simulated = world.fails(2, &["watch", "--once", "--host", "127.0.0.1:1"]);
    assert!(simulated.stderr.contains("is of a simulated machine"), "{simulated}");
    let world = with_profile(4096);
    let gone = world.run(&["watch", "mine", "--once", "--host", "127.0.0.1:1"]);
    assert!(gone.code == Some(3) && gone.stdout.contains("failed"), "{gone}");
}
