//! What the proxy costs: the same requests directly and through it, in turns. Prints a table of docs/performance.md.
//!
//! `cargo bench -p ralf-tune --bench proxy`. The server, the program and the clients share this machine, so that a server that answers at once shows what
//! the work of the proxy costs, and one that answers as fast as a model does what of it can be noticed.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

#[expect(dead_code, reason = "shared with benchmarks that repeat a piece of work")]
mod figures;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use figures::{Result, human, row, wanted};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ralf-tune");

/// Connections at once.
const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// Turns of each side, and how long one is.
const TURNS: usize = 6;
const TURN: Duration = Duration::from_millis(1500);

/// Lines of an answer, and the time between two, of a server that is as fast as a fast model: 200 tokens a second.
const LINES: usize = 40;
const LINE_EVERY: Duration = Duration::from_millis(5);

/// Requests after which the memory is looked at.
const REQUESTS: [usize; 3] = [2_000, 20_000, 100_000];

const BODY: &str = r#"{"model":"m","prompt":"a prompt of some length, as clients send it","options":{"num_ctx":4096,"num_predict":40}}"#;

fn main() -> Result<()> {
    if !wanted() {
        return Ok(());
    }
    for (what, lines, every) in [("at once", 1, Duration::ZERO), ("200 lines a second", LINES, LINE_EVERY)] {
        let server = serve(lines, every)?;
        let proxy = Proxy::before(&server)?;
        for connections in CONNECTIONS {
            let (mut direct, mut through) = (Side::default(), Side::default());
            let before = proxy.processor_seconds();
            // In turns: what others do on this machine meets both.
            for turn in 0..TURNS {
                let order = [(&mut direct, &server), (&mut through, &proxy.address)];
                let order: Vec<_> =
                    if turn % 2 == 0 { order.into_iter().collect() } else { order.into_iter().rev().collect() };
                for (side, address) in order {
                    side.add(load(address, connections, Until::Over(TURN))?);
                }
            }
            let spent = proxy.processor_seconds().zip(before).map(|(after, before)| after - before);
            let added = through.median().as_secs_f64() - direct.median().as_secs_f64();
            row(
                &format!("proxy, answers {what}, {connections} at once: median, directly and through"),
                &format!("{}, {} ({:+.2} ms)", human(direct.median()), human(through.median()), added * 1e3),
                "below +1 ms",
            );
            row(
                &format!("proxy, answers {what}, {connections} at once: answers a second"),
                &format!(
                    "{:.1}, {:.1} ({:+.1} %)",
                    direct.rate(),
                    through.rate(),
                    100.0 * (through.rate() / direct.rate() - 1.0)
                ),
                "within 2 %",
            );
            if let Some(spent) = spent {
                row(
                    &format!("proxy, answers {what}, {connections} at once: its own processor time a line"),
                    &format!("{:.1} µs", 1e6 * spent / through.lines(lines)),
                    "as little as can be",
                );
            }
        }
    }
    memory()
}

/// The memory of the proxy after more and more requests.
fn memory() -> Result<()> {
    let server = serve(1, Duration::ZERO)?;
    let proxy = Proxy::before(&server)?;
    let mut made = 0;
    for requests in REQUESTS {
        load(&proxy.address, 16, Until::Made(requests - made))?;
        made = requests;
        let resident = proxy
            .resident_bytes()
            .map_or("not measured: there is no /proc".to_owned(), |bytes| format!("{:.1} MB", bytes / 1e6));
        row(&format!("proxy: resident memory after {requests} requests"), &resident, "flat");
    }
    Ok(())
}

/// What one way gave.
#[derive(Default)]
struct Side {
    times: Vec<Duration>,
    seconds: f64,
}

impl Side {
    fn add(&mut self, (times, seconds): (Vec<Duration>, f64)) {
        self.times.extend(times);
        self.seconds += seconds;
    }

    fn median(&self) -> Duration {
        let mut sorted = self.times.clone();
        sorted.sort();
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }

    /// Lines of all answers.
    #[expect(clippy::cast_precision_loss, reason = "some million lines")]
    fn lines(&self, each: usize) -> f64 {
        (self.times.len() * each).max(1) as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand requests")]
    fn rate(&self) -> f64 {
        self.times.len() as f64 / self.seconds.max(f64::MIN_POSITIVE)
    }
}

/// The program, before a server.
struct Proxy {
    child: Child,
    address: String,
    _home: tempfile::TempDir,
}

impl Proxy {
    fn before(server: &str) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let mut child = Command::new(PROGRAM)
            .args(["proxy", "--listen", "127.0.0.1:0", "--host", server])
            .current_dir(home.path())
            .env("RALF_TUNE_DATA_DIR", home.path())
            .env("RALF_TUNE_CONFIG_DIR", home.path())
            .env("HOME", home.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut said = BufReader::new(child.stderr.take().ok_or("no stderr")?);
        let mut line = String::new();
        said.read_line(&mut line)?;
        let address = line.trim().rsplit('=').next().unwrap_or_default().to_owned();
        // Somebody must go on reading, or the program would wait.
        thread::spawn(move || said.lines().for_each(drop));
        Ok(Self { child, address, _home: home })
    }

    /// What it used of processors so far: other load on the machine is not in it.
    fn processor_seconds(&self) -> Option<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // The name of the program, in brackets, may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
        // `utime` and `stime` are the 14th and 15th, in hundredths of a second (proc(5)).
        Some((ticks(11)? + ticks(12)?) / 100.0)
    }

    fn resident_bytes(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib * 1024.0)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server on a thread of its own that gives every request so many lines.
fn serve(lines: usize, every: Duration) -> Result<String> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let Ok(listener) = TcpListener::bind("127.0.0.1:0").await else { return };
            let Ok(address) = listener.local_addr() else { return };
            let _ = tell.send(address.to_string());
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, lines, every));
            }
        });
    });
    Ok(told.recv()?)
}

async fn answer(mut stream: TcpStream, lines: usize, every: Duration) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut seen = Vec::new();
    loop {
        let Some(length) = request_length(&seen) else {
            if stream.read_buf(&mut seen).await? == 0 {
                return Ok(());
            }
            continue;
        };
        seen.drain(..length);
        let mut next = tokio::time::Instant::now();
        let mut out =
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for number in 1..=lines {
            if !every.is_zero() {
                next += every;
                tokio::time::sleep_until(next).await;
            }
            let line = if number == lines {
                "{\"model\":\"m\",\"response\":\"\",\"done\":true,\"total_duration\":200000000,\"eval_count\":40}\n"
            } else {
                "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"response\":\" word\",\"done\":false}\n"
            };
            out.extend_from_slice(format!("{:x}\r\n{line}\r\n", line.len()).as_bytes());
            if number == lines {
                out.extend_from_slice(b"0\r\n\r\n");
            }
            stream.write_all(&out).await?;
            out.clear();
        }
    }
}

/// Bytes of the request that these begin with, when it is whole. Requests here have a length.
fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(bytes.get(..head)?).ok()?.to_ascii_lowercase();
    let length: usize = text.split("content-length:").nth(1)?.split("\r\n").next()?.trim().parse().ok()?;
    (bytes.len() >= head + length).then_some(head + length)
}

/// When a client is done.
#[derive(Clone, Copy)]
enum Until {
    Over(Duration),
    Made(usize),
}

/// So many clients, each with one request after the other: how long each took, and all of it in seconds.
fn load(address: &str, connections: usize, until: Until) -> Result<(Vec<Duration>, f64)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let began = Instant::now();
        let clients: Vec<_> = (0..connections)
            .map(|number| {
                let until = match until {
                    Until::Made(requests) => Until::Made((requests + number) / connections),
                    over @ Until::Over(_) => over,
                };
                tokio::spawn(client(address.to_owned(), until))
            })
            .collect();
        let mut times = Vec::new();
        for client in clients {
            times.extend(client.await??);
        }
        Ok((times, began.elapsed().as_secs_f64()))
    })
}

async fn client(address: String, until: Until) -> std::io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    let request =
        format!("POST /api/generate HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n{BODY}", BODY.len());
    let began = Instant::now();
    let mut times = Vec::new();
    let mut seen = Vec::new();
    loop {
        match until {
            Until::Over(limit) if began.elapsed() >= limit => return Ok(times),
            Until::Made(requests) if times.len() >= requests => return Ok(times),
            _ => {}
        }
        let start = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        seen.clear();
        while !seen.ends_with(b"\r\n0\r\n\r\n") {
            if stream.read_buf(&mut seen).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        times.push(start.elapsed());
    }
}
