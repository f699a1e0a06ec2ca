//! The key of a server is in nothing that the program says or keeps, also where the server itself repeats it.

use std::{
    fs,
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
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
