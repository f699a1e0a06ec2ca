//! The ways take turns, and what each of them adds.

use std::time::Duration;

use crate::{
    figures::{Result, human, row},
    traffic::{Load, Server, Until, load},
    ways::{self, Way},
};

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

pub fn taken() -> Result<()> {
    for (what, lines, every) in [("200 lines a second", LINES, LINE_EVERY), ("at once", 1, Duration::ZERO)] {
        let server = Server::start(lines, every)?;
        let ways = ways::before(&server.address)?;
        for connections in CONNECTIONS {
            let mut turns: Vec<Vec<Turn>> = ways.iter().map(|_| Vec::new()).collect();
            // In turns: what others do on this machine meets all. Nobody is always the first.
            for turn in 0..TURNS {
                for step in 0..ways.len() {
                    let index = (turn + step) % ways.len();
                    if let Some((way, turns)) = ways.get(index).zip(turns.get_mut(index)) {
                        turns.push(Turn::of(way, &server, connections)?);
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
    /// Processor time of what stands between, of the server and of the clients, in seconds.
    spent: [Option<f64>; 3],
}

impl Turn {
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand requests")]
    fn of(way: &Way, server: &Server, connections: usize) -> Result<Self> {
        let read = || [way.processor_seconds(), server.processor_seconds()];
        let [between, serving] = read();
        let Load { mut times, seconds, spent: clients } = load(&way.address, connections, Until::Over(TURN))?;
        let [between_after, serving_after] = read();
        let since = |after: Option<f64>, before: Option<f64>| after.zip(before).map(|(after, before)| after - before);
        let spent = [since(between_after, between), since(serving_after, serving), clients];
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
    let all_lines = answers.max(1.0) * f64::from(u32::try_from(lines).unwrap_or(1));
    let each = |who: usize| -> Option<f64> {
        let spent: Option<f64> = turns.iter().map(|turn| turn.spent.get(who).copied().flatten()).sum();
        spent.map(|seconds| 1e6 * seconds / all_lines)
    };
    let parts = ["between", "server", "clients"].into_iter().enumerate();
    let spent = parts.filter_map(|(who, name)| each(who).map(|microseconds| format!(", {name} {microseconds:.1} µs")));
    let spent: String = spent.collect();
    let median = human(Duration::from_secs_f64(median));
    if is_direct {
        row(what, &format!("{median}, {rate:.1} answers a second; a line{spent}"), "");
    } else {
        let figures = format!("{median} ({added:+.2} ms), {rate:.1} answers a second ({change:+.1} %); a line{spent}");
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
    let server = Server::start(1, Duration::ZERO)?;
    let proxy = ways::ours(&server.address)?;
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
