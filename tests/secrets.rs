//! The key of a server is in nothing that the program says or keeps, also where the server itself repeats it.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream};
use ralf_tune::{
    ollama::transport::{Request, Response, Transport, TransportError},
    simulate::SimulatedServer,
};

use crate::program::{
    World,
    server::{Bridge, quick},
};

const KEY: &str = "sk-0123456789-never-shown";

/// Prompts that are answered before it shows what it was asked.
const GOOD: usize = 3;

/// A server behind a proxy whose errors show the request, and a model that repeats what it was told.
struct Repeating {
    server: Arc<SimulatedServer>,
    prompts: AtomicUsize,
    /// Whether answers fail, or have the key in them.
    fails: bool,
}

impl Transport for Repeating {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let is_prompt = request.body.as_ref().is_some_and(|body| body.windows(8).any(|part| part == b"\"prompt\""));
        if !is_prompt || self.prompts.fetch_add(1, Ordering::Relaxed) < GOOD {
            return self.server.send(request);
        }
        if self.fails {
            let text = format!("{{\"error\":\"bad gateway. Authorization: Bearer {KEY}\"}}");
            let body = stream::iter([Ok(Bytes::from(text))]).boxed();
            return async { Ok(Response { status: 502, content_type: "application/json".into(), body }) }.boxed();
        }
        let answer = self.server.send(request);
        async {
            let answer = answer.await?;
            let line = format!("{{\"response\":\"{KEY} \",\"done\":false}}\n");
            let body = stream::iter([Ok(Bytes::from(line))]).chain(answer.body).boxed();
            Ok(Response { body, ..answer })
        }
        .boxed()
    }
}

fn serving(fails: bool) -> Bridge {
    Bridge::of(move || Repeating { server: SimulatedServer::new(quick(), 1), prompts: AtomicUsize::new(0), fails })
}

/// The files below a folder that hold the key.
fn holding(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path));
        } else if fs::read(&path).unwrap().windows(KEY.len()).any(|part| part == KEY.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

fn write_sources(world: &World) {
    for number in 1..=8 {
        world.write(&format!("src/{number}.py"), "def total(items):\n    return sum(items)\n".repeat(10 * number));
    }
}

fn all_files(world: &World) -> Vec<String> {
    [holding(&world.home()), holding(&world.work())].concat()
}

#[test]
fn a_key_is_in_no_message_report_study_or_note() {
    let model = quick().model_name().to_owned();
    let with_key = [("OLLAMA_API_KEY", KEY), ("RALF_TUNE_LOG", "trace")];
    for fails in [true, false] {
        let world = World::new();
        write_sources(&world);
        let run = ["run", "--quick", "--budget", "4s", "--keep-notes", "kept", "--samples", "src"];
        let commands: [&[&str]; 4] = [
            &[&run[..], &["--format", "json", "--output", "report.json"]].concat(),
            &["verify", "--budget", "3s", "--against", "new.json", "--config", "old.json"],
            &["batch", "src", "--out", "notes", "--present", "--patience", "1s"],
            &["doctor"],
        ];
        world.write("old.json", "{\"retry_attempts\": 1}");
        world.write("new.json", "{\"retry_attempts\": 1, \"max_concurrent_requests\": 2}");
        for command in commands {
            let served = serving(fails);
            let model: &[&str] = if command[0] == "doctor" { &[] } else { &["--model", &model] };
            let ran = world.run_with(&with_key, &[command, model, &["--host", &served.address]].concat());
            assert!(!ran.stdout.contains(KEY) && !ran.stderr.contains(KEY), "{ran}");
            assert_eq!(all_files(&world), [""; 0], "{ran}");
        }
        // Whoever gave no key is shown what the server says: it is looked for in the right places.
        let (served, open) = (serving(fails), World::new());
        write_sources(&open);
        let ran = open.run(&[&run[..], &["--model", &model, "--host", &served.address]].concat());
        let is_shown = ran.stdout.contains(KEY) || ran.stderr.contains(KEY) || !all_files(&open).is_empty();
        assert!(is_shown, "{ran}");
    }
}

#[test]
fn a_key_is_in_no_journal() {
    let model = quick().model_name().to_owned();
    let world = World::new();
    let journals = world.home().join(".local/share/ralf-tune/journals");
    let lines = || {
        let files = fs::read_dir(&journals).into_iter().flatten();
        let texts = files.filter_map(|file| fs::read(file.unwrap().path()).ok());
        texts.map(|text| text.into_iter().filter(|byte| *byte == b'\n').count()).sum::<usize>()
    };
    let served = serving(false);
    let mut run = world.process(&["run", "--quick", "--budget", "60s", "--model", &model, "--host", &served.address]);
    let mut child = run.env("OLLAMA_API_KEY", KEY).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Some of them are answers in which the key was.
    while lines() < 4 * GOOD {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(fs::read_dir(&journals).unwrap().count() == 1 && all_files(&world).is_empty(), "{:?}", all_files(&world));
    let text = fs::read_to_string(fs::read_dir(&journals).unwrap().next().unwrap().unwrap().path()).unwrap();
    assert!(text.contains(&"*".repeat(KEY.len())), "the answers of that server are there");
}

/// A server that remembers what it was sent, and is none of Ollama's.
fn listening() -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hearing = Arc::clone(&heard);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            hearing.lock().unwrap().extend(&request[..read]);
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    (address, heard)
}

#[test]
fn a_server_that_a_project_names_gets_no_key() {
    let (address, heard) = listening();
    let heard = || String::from_utf8(std::mem::take(&mut *heard.lock().unwrap())).unwrap();
    let world = World::new();
    let with_key = [("OLLAMA_API_KEY", KEY), ("OLLAMA_HOST", "")];
    world.write("config.json", format!("{{\"ollama_host\": \"http://{address}\"}}"));
    for settings in [format!("host = \"{address}\"\n"), "config = \"config.json\"\n".to_owned()] {
        world.write("ralf-tune.toml", &settings);
        let ran = world.run_with(&with_key, &["run", "--quick", "--model", "m"]);
        assert!(ran.stderr.contains("OLLAMA_API_KEY is not sent: ralf-tune.toml names the server"), "{ran}");
        let sent = heard();
        assert!(sent.starts_with("GET /api/version") && !sent.contains(KEY), "{settings}: {sent}");
        // Whoever names it gives it the key.
        let ran = world.run_with(&with_key, &["run", "--quick", "--model", "m", "--host", &address]);
        assert!(!ran.stderr.contains("is not sent"), "{ran}");
        assert!(heard().contains(&format!("Bearer {KEY}")), "{settings}");
    }
}
