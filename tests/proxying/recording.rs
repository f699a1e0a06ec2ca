//! What is recorded of a request: what it took, and no word of what was said.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::Stdio,
    sync::mpsc,
    thread,
};

use ralf_tune::{
    model::{
        candidate::LoadKey,
        exchange::{ExchangeEnd, ExchangeRecord},
    },
    proxy::Tuned,
};

use super::{
    Standing, listening,
    wire::{Client, Message, chunk, post, read_message},
};
use crate::program::World;

const ANSWER: [&str; 2] = [
    r#"{"model":"m","response":"SECRET answer","done":false}"#,
    r#"{"model":"m","response":"","done":true,"done_reason":"length","total_duration":5000000000,"load_duration":1000000000,"prompt_eval_count":26,"prompt_eval_duration":500000000,"eval_count":298,"eval_duration":2500000000,"context":[1,2]}"#,
];

/// A server that answers as Ollama does, and hands out what it was asked.
fn ollama() -> (String, mpsc::Receiver<Message>) {
    let (listener, server) = listening();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, tell) = (stream.unwrap(), tell.clone());
            thread::spawn(move || {
                let mut reader = BufReader::new(stream);
                while let Some(message) = read_message(&mut reader, true) {
                    let _ = tell.send(message);
                    let lines: Vec<u8> = ANSWER.iter().flat_map(|line| chunk(format!("{line}\n").as_bytes())).collect();
                    let head =
                        b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";
                    reader.get_mut().write_all(&[&head[..], &lines, b"0\r\n\r\n"].concat()).unwrap();
                }
            });
        }
    });
    (server, told)
}

const BODY: &str = r#"{"model":"m","prompt":"SECRET prompt","system":"SECRET","options":{"num_ctx":4096,"num_predict":300,"temperature":0.5,"stop":["SECRET"]},"truncate":false}"#;

#[test]
fn times_sizes_and_counts_are_there_and_texts_are_not() {
    let (server, _asked) = ollama();
    let proxy = Standing::before(&server);
    Client::to(&proxy.address).ask(&post("/api/generate?key=SECRET", BODY));
    let record = proxy.recorded(1).remove(0);
    assert_eq!((record.method.as_str(), record.endpoint.as_str()), ("POST", "/api/generate"));
    assert_eq!((record.model.as_deref(), record.status, record.end), (Some("m"), Some(200), ExchangeEnd::Complete));
    let options = record.options;
    assert_eq!((options.num_ctx, options.num_predict, options.num_thread), (Some(4096), Some(300), None));
    assert_eq!((options.temperature, options.truncate, options.stream), (Some(0.5), Some(false), None));
    assert_eq!((record.request_bytes, record.text_bytes), (BODY.len() as u64, 19));
    assert_eq!(record.response_bytes, ANSWER.iter().map(|line| line.len() as u64 + 1).sum::<u64>());
    assert_eq!(
        (record.prompt_tokens, record.answer_tokens, record.cut, record.error),
        (Some(26), Some(298), true, false)
    );
    let server = record.server.unwrap();
    assert!((server.total_ms - 5000.0).abs() < 1e-6 && (server.queue_wait_ms() - 1000.0).abs() < 1e-6, "{server:?}");
    assert!(record.head_ms.unwrap() <= record.total_ms && record.at_once == 1, "{record:?}");
    let said = serde_json::to_string(&record).unwrap();
    assert!(!said.contains("SECRET"), "{said}");
}

#[test]
fn tuned_options_are_put_in_where_a_client_sent_none_and_only_when_asked() {
    let (server, asked) = ollama();
    let load = LoadKey { num_ctx: 4608, num_thread: 0, num_batch: 0 };
    let tuned = Some(Tuned { model: "m".into(), load });
    for (tuned, path, body, expected) in [
        (None, "/api/chat", r#"{"model":"m","messages":[]}"#, None),
        (
            tuned.clone(),
            "/api/chat",
            r#"{"model":"m","messages":[]}"#,
            Some(r#"{"options":{"num_ctx":4608},"model":"m","messages":[]}"#),
        ),
        (tuned.clone(), "/api/generate", BODY, None),
        (tuned.clone(), "/api/generate", r#"{"model":"other","prompt":"x"}"#, None),
        (tuned.clone(), "/api/show", r#"{"model":"m"}"#, None),
        (tuned, "/api/generate", "no JSON", None),
    ] {
        let proxy = Standing::with(&server, tuned);
        Client::to(&proxy.address).ask(&post(path, body));
        let message = asked.recv().unwrap();
        assert_eq!(String::from_utf8(message.body()).unwrap(), expected.unwrap_or(body));
        assert_eq!(proxy.recorded(1)[0].applied, expected.is_some());
    }
}

#[test]
fn the_program_stands_on_this_machine_alone_and_writes_what_it_saw() {
    let world = World::new();
    for (address, words) in [("0.0.0.0:0", "--allow-remote"), ("[::]:0", "--allow-remote"), ("banana", "--listen")] {
        let refused = world.fails(2, &["proxy", "--listen", address, "--host", "127.0.0.1:1"]);
        assert!(refused.stderr.contains(words), "{refused}");
    }
    let itself = world.fails(2, &["proxy", "--listen", "127.0.0.1:11435", "--host", "127.0.0.1:11435"]);
    assert!(itself.stderr.contains("before itself"), "{itself}");
    let none = world.fails(2, &["proxy", "--listen", "127.0.0.1:0", "--host", "127.0.0.1:1", "--apply"]);
    assert!(none.stderr.contains("no study is kept"), "{none}");

    let (server, _asked) = ollama();
    let mut process = world.process(&["proxy", "--listen", "127.0.0.1:0", "--host", &server, "--advise"]);
    let mut child = process.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let address = said.next().unwrap().rsplit('=').next().unwrap().to_owned();
    let mut client = Client::to(&address);
    let body = r#"{"model":"m","prompt":"SECRET"}"#;
    assert_eq!(client.ask(&post("/api/generate", body)).status(), 200);
    let advice = said.find(|line| line.starts_with("advice: ")).unwrap();
    assert!(advice.contains("without num_predict"), "{advice}");
    child.kill().unwrap();
    child.wait().unwrap();
    let log = fs::read_to_string(world.home().join(".local/share/ralf-tune/requests/requests.jsonl")).unwrap();
    let record: ExchangeRecord = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!((record.model.as_deref(), record.answer_tokens), (Some("m"), Some(298)));
    assert!(!log.contains("SECRET"), "{log}");
}
