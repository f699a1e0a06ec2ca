//! What the proxy costs: the same requests directly and through it, in turns, and through what others pass requests on with. Prints a table of
//! docs/performance.md.
//!
//! `cargo bench -p ralf-tune --bench proxy`. The server, the program and the clients share this machine, so that a server that answers at once shows what
//! the work of a proxy costs, and one that answers as fast as a model does what of it can be noticed. What is installed of nginx and haproxy (Debian has both)
//! takes its turns too, with one process and one thread, nothing held back, and no record of requests.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

#[expect(dead_code, reason = "shared with benchmarks that repeat a piece of work")]
mod figures;
mod ways;

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use figures::{Result, human, row, wanted};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use ways::Way;

/// Connections at once.
const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// Turns of each way, and how long one is.
const TURNS: usize = 8;
const TURN: Duration = Duration::from_millis(1500);

/// Lines of an answer, and the time between two, of a server that is as fast as a fast model: 200 tokens a second.
const LINES: usize = 40;
const LINE_EVERY: Duration = Duration::from_millis(5);

/// Requests after which the memory is looked at.
const REQUESTS: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

const BODY: &str = r#"{"model":"m","prompt":"a prompt of some length, as clients send it","options":{"num_ctx":4096,"num_predict":40}}"#;

fn main() -> Result<()> {
    if !wanted() {
        return Ok(());
    }
    for (what, lines, every) in [("200 lines a second", LINES, LINE_EVERY), ("at once", 1, Duration::ZERO)] {
        let server = serve(lines, every)?;
        let ways = ways::before(&server)?;
        for connections in CONNECTIONS {
            let mut turns: Vec<Vec<Turn>> = ways.iter().map(|_| Vec::new()).collect();
            // In turns: what others do on this machine meets all. Nobody is always the first.
            for turn in 0..TURNS {
                for step in 0..ways.len() {
                    let index = (turn + step) % ways.len();
                    if let Some((way, turns)) = ways.get(index).zip(turns.get_mut(index)) {
                        turns.push(Turn::of(way, connections)?);
                    }
                }
            }
            let Some(direct) = turns.first() else { continue };
            for (way, turns) in ways.iter().zip(&turns) {
                tell(&format!("answers {what}, {connections} at once, {}", way.name), turns, direct, lines);
            }
        }
    }
    memory()
}

/// One way in one turn.
struct Turn {
    median: f64,
    rate: f64,
    answers: f64,
    /// Processor time of what stands between.
    spent: Option<f64>,
}

impl Turn {
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand requests")]
    fn of(way: &Way, connections: usize) -> Result<Self> {
        let before = way.processor_seconds();
        let (mut times, seconds) = load(&way.address, connections, Until::Over(TURN))?;
        let spent = way.processor_seconds().zip(before).map(|(after, before)| after - before);
        times.sort();
        let median = times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64();
        let answers = times.len() as f64;
        Ok(Self { median, rate: answers / seconds.max(f64::MIN_POSITIVE), answers, spent })
    }
}

/// The rows of one way. What it adds is the median over all turns of the difference to the direct way in the same turn.
fn tell(what: &str, turns: &[Turn], direct: &[Turn], lines: usize) {
    let over = |value: &dyn Fn(&Turn, &Turn) -> f64| {
        middle(turns.iter().zip(direct).map(|(turn, direct)| value(turn, direct)).collect())
    };
    let (median, rate) = (over(&|turn, _| turn.median), over(&|turn, _| turn.rate));
    let is_direct = std::ptr::eq(turns, direct);
    let added = over(&|turn, direct| 1e3 * (turn.median - direct.median));
    let change = over(&|turn, direct| 100.0 * (turn.rate / direct.rate - 1.0));
    let answers: f64 = turns.iter().map(|turn| turn.answers).sum();
    let spent: Option<f64> = turns.iter().map(|turn| turn.spent).sum();
    let spent = spent.map_or_else(String::new, |spent| {
        let each = 1e6 * spent / answers.max(1.0);
        format!(
            ", {each:.1} µs of processor time an answer, {:.1} a line",
            each / f64::from(u32::try_from(lines).unwrap_or(1))
        )
    });
    let median = human(Duration::from_secs_f64(median));
    if is_direct {
        row(what, &format!("{median}, {rate:.1} answers a second"), "");
    } else {
        let figures = format!("{median} ({added:+.2} ms), {rate:.1} answers a second ({change:+.1} %){spent}");
        row(what, &figures, "below +1 ms, within 2 %");
    }
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2).copied().unwrap_or_default();
    let lower = values.get((values.len().max(1) - 1) / 2).copied().unwrap_or_default();
    f64::midpoint(lower, upper)
}

/// The memory of the proxy after more and more requests.
fn memory() -> Result<()> {
    let server = serve(1, Duration::ZERO)?;
    let proxy = ways::ours(&server)?;
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
