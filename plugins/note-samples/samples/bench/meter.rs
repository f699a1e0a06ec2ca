use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    time::{Duration, Instant},
};

/// Seconds over which a rate is smoothed.
const SMOOTHING: f64 = 3.0;
const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];

pub trait Clock {
    fn now(&self) -> Instant;
}

pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// Bytes per second, smoothed so that it can be read.
#[derive(Debug, Clone, Default)]
pub struct Rate {
    per_second: f64,
    last: Option<Instant>,
}

impl Rate {
    pub fn record(&mut self, bytes: u64, now: Instant) {
        if let Some(last) = self.last.replace(now) {
            let seconds = (now - last).as_secs_f64().max(1e-6);
            let weight = 1.0 - (-seconds / SMOOTHING).exp();
            self.per_second += weight * (bytes as f64 / seconds - self.per_second);
        }
    }

    pub fn time_for(&self, bytes: u64) -> Option<Duration> {
        (self.per_second > 1.0).then(|| Duration::from_secs_f64(bytes as f64 / self.per_second))
    }
}

/// A reader that tells how far it is.
pub struct Metered<R, C> {
    inner: R,
    clock: C,
    rate: Rate,
    done: u64,
    total: Option<u64>,
}

impl<R: Read, C: Clock> Metered<R, C> {
    pub fn new(inner: R, clock: C, total: Option<u64>) -> Self {
        Self { inner, clock, rate: Rate::default(), done: 0, total }
    }

    pub fn progress_line(&self) -> String {
        let done = human_size(self.done);
        let Some(total) = self.total else { return format!("{done} so far") };
        let percent = if total == 0 { 100 } else { self.done * 100 / total };
        match self.rate.time_for(total.saturating_sub(self.done)) {
            Some(left) => format!("{percent} %, {done}, {} left", human_time(left)),
            None => format!("{percent} %, {done}"),
        }
    }
}

impl<R: Read, C: Clock> Read for Metered<R, C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.done += count as u64;
        self.rate.record(count as u64, self.clock.now());
        Ok(count)
    }
}

pub fn human_size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

pub fn human_time(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Sizes by extension, the largest first.
#[derive(Default)]
pub struct SizeTable(BTreeMap<String, u64>);

impl SizeTable {
    pub fn add(&mut self, name: &str, bytes: u64) {
        let extension = name.rsplit_once('.').map_or("none", |(_, extension)| extension);
        *self.0.entry(extension.to_lowercase()).or_default() += bytes;
    }

    pub fn write_to(&self, mut out: impl Write) -> io::Result<()> {
        let mut rows: Vec<_> = self.0.iter().collect();
        rows.sort_by_key(|(_, bytes)| std::cmp::Reverse(**bytes));
        for (extension, bytes) in rows {
            writeln!(out, "{extension:<10} {:>12}", human_size(*bytes))?;
        }
        out.flush()
    }
}
