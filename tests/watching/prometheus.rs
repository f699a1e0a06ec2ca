//! A real Prometheus reads the metrics, where one is installed.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::once::{ask, with_profile};
use crate::program::{World, server::Ollama};

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Longest wait for what two programs say to each other.
const PATIENCE: Duration = Duration::from_mins(2);

fn is_there(program: &str) -> bool {
    let ran = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    ran.is_ok_and(|status| status.success())
}

/// The program, and where its metrics are.
fn watching(world: &World, ollama: &Ollama) -> (Running, String) {
    let arguments = ["watch", "mine", "--every", "1h", "--metrics", "127.0.0.1:0", "--host", &ollama.address];
    let mut process = world.process(&arguments);
    let mut child = process.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut said = said.skip_while(|line| !line.starts_with("metrics on http://"));
    let line = said.next().unwrap();
    let address = line.strip_prefix("metrics on http://").unwrap().strip_suffix("/metrics").unwrap().to_owned();
    (Running(child), address)
}

/// Asks again until it is so. Each question waits for its answer: nobody sleeps.
fn until(what: &str, mut question: impl FnMut() -> Option<String>) -> String {
    let begun = Instant::now();
    loop {
        if let Some(answer) = question() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn prometheus_reads_every_metric() {
    let (world, ollama) = (with_profile(4096), Ollama::serving(&["llama3.1:8b"]));
    let (_watch, address) = watching(&world, &ollama);
    let page = until("the first visit", || {
        let page = ask(&address, "GET", "/metrics", "");
        page.contains("ralf_tune_watch_info").then_some(page)
    });
    assert!(
        page.contains(r#"ralf_tune_watch_skipped_total{profile="mine",model="llama3.1:8b",reason="not-loaded"} 1"#),
        "{page}"
    );
    assert!(ask(&address, "GET", "/other", "").contains("see /metrics"));

    if is_there("promtool") {
        let mut check = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        check.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
        let checked = check.wait_with_output().unwrap();
        assert!(checked.status.success() && checked.stderr.is_empty(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
    if !is_there("prometheus") {
        println!("skipped: `prometheus` is not installed (Debian: apt-get install prometheus)");
        return;
    }
    let config = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n  - job_name: ralf\n    static_configs: [{{targets: ['{address}']}}]\n"
    );
    let config = world.write("prometheus.yml", config);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let server = Command::new("prometheus")
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", world.path("tsdb").display()))
        .arg(format!("--web.listen-address={port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _server = Running(server);
    let found = until("Prometheus has read it", || {
        std::net::TcpStream::connect(&port).ok()?;
        let answer = ask(&port, "GET", "/api/v1/query?query=ralf_tune_watch_skipped_total", "");
        answer.contains("not-loaded").then_some(answer)
    });
    assert!(found.contains(r#""status":"success""#) && found.contains(r#""model":"llama3.1:8b""#), "{found}");
    let up = ask(&port, "GET", "/api/v1/query?query=up", "");
    assert!(up.contains(r#","1"]"#), "{up}");
}
