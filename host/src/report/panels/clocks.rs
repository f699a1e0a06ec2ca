//! Where the time of a note goes, how long requests take, and how well the machine repeats itself.

use std::fmt::Write as _;

use crate::{
    model::{
        clocks::{Bottleneck, Clocks, Percentile},
        noise::NoiseFloor,
        study::Study,
    },
    report::{
        page::Page,
        style::Style,
        table::{Cell, Table},
        units::{count, duration, percent},
    },
};

/// Columns of a bar that stands for the whole time.
const BAR: f64 = 24.0;

/// A part below this share stands with the others in one row.
const NOTABLE: f64 = 0.01;

pub(in crate::report) fn write(page: &mut Page, study: &Study) {
    if study.clocks.is_none() && study.noise.is_none() {
        return;
    }
    page.heading("Where the time goes");
    if let Some(clocks) = &study.clocks {
        page.table(&parts(clocks));
        page.paragraph(Style::Plain, bottleneck(clocks.bottleneck()));
        page.paragraph(Style::Plain, &latency(clocks));
    }
    if let Some(noise) = &study.noise {
        page.paragraph(Style::Plain, &repeats(noise, study.comparison.is_some()));
    }
}

/// What most of the time goes to, and what makes that shorter.
const fn bottleneck(found: Bottleneck) -> &'static str {
    match found {
        Bottleneck::MemoryBandwidth => {
            "The bottleneck is memory bandwidth: it bounds writing. A smaller model or a stronger quantization writes faster, and more slots share it."
        }
        Bottleneck::Arithmetic => {
            "The bottleneck is arithmetic: it bounds reading. A GPU, or less of each file, makes it shorter."
        }
        Bottleneck::Slots => {
            "The bottleneck is slots: requests wait for one. OLLAMA_NUM_PARALLEL makes more, where memory allows."
        }
        Bottleneck::Load => "The bottleneck is loading: something has the model loaded again and again.",
        Bottleneck::Connection => "The bottleneck is the way to the server and back: run the batch nearer to it.",
        Bottleneck::Pauses => "The bottleneck is the delay after each request, which the settings ask for.",
    }
}

/// The parts of a note's time, those that take next to nothing in one row.
fn parts(clocks: &Clocks) -> Table {
    let total = clocks.total_ms().max(f64::MIN_POSITIVE);
    let parts = [
        ("reading the prompt", clocks.prefill_ms),
        ("writing the answer", clocks.decode_ms),
        ("waiting for a slot", clocks.queue_wait_ms),
        ("loading the model", clocks.load_ms),
        ("client and connection", clocks.client_overhead_ms),
        ("pauses", clocks.delay_ms),
    ];
    let (shown, small): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(_, ms)| ms / total >= NOTABLE);
    let rest = small.iter().map(|(_, ms)| ms).sum();
    let mut table = Table::new().left("").left("").right("").right("");
    let mut row = |name: &str, ms: f64| {
        let bar = Cell::new(Style::Name, bar(ms / total));
        table.row([Cell::plain(name), bar, Cell::plain(percent(ms / total)), Cell::plain(duration(ms / 1000.0))]);
    };
    for (name, ms) in shown {
        row(name, ms);
    }
    row("all else", rest);
    row("a note", total);
    table
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most two dozen columns")]
fn bar(share: f64) -> String {
    "█".repeat((share.clamp(0.0, 1.0) * BAR).round() as usize)
}

/// `Of 8 requests, 50 % end within 17 s (12 to 24 s), 95 % within 31 s or more …`.
fn latency(clocks: &Clocks) -> String {
    let mut parts: Vec<String> = Vec::new();
    for percentile in &clocks.latency_ms {
        parts.push(within(percentile));
    }
    let mut text = format!("{}: {}", count(clocks.requests, "request"), parts.join(", "));
    if let Some(first) = clocks.time_to_first_token_ms {
        let _ = write!(text, "; the first word after {}", seconds(first));
    }
    text.push('.');
    if clocks.latency_ms.iter().any(|percentile| percentile.high.is_none()) {
        let longest = seconds(clocks.longest_latency_ms);
        let _ = write!(text, " The longest took {longest}: more is not known of the slowest.");
    }
    text
}

/// A percentile of latencies in milliseconds with its interval, or what there is of it.
pub(in crate::report) fn within(percentile: &Percentile) -> String {
    let share = percent(percentile.share);
    match (percentile.low, percentile.high) {
        (Some(low), Some(high)) => {
            format!("{share} within {} ({} to {})", seconds(percentile.value), seconds(low), seconds(high))
        }
        (Some(low), None) => format!("{share} within {} or more", seconds(low)),
        (None, Some(high)) => format!("{share} within {} or less", seconds(high)),
        (None, None) => format!("{share} unknown"),
    }
}

fn seconds(ms: f64) -> String {
    duration(ms / 1000.0)
}

/// What the noise floor means for what can be told apart.
fn repeats(noise: &NoiseFloor, was_compared: bool) -> String {
    let mut text = format!(
        "This machine repeats itself within {} ({} to {}, from {}).",
        percent(noise.sigma),
        percent(noise.sigma_low),
        percent(noise.sigma_high),
        count(noise.requests, "request")
    );
    let time = duration(noise.comparison_seconds);
    let _ = match noise.resolvable_share {
        // There was more time than that: what the comparison found says it better.
        None if was_compared => Ok(()),
        Some(share) => write!(
            text,
            " In the {time} kept for a comparison, a difference of {} or more can be shown ({}).",
            percent(share),
            count(noise.pairs, "pair")
        ),
        None => write!(text, " The {time} kept for a comparison are too short for two pairs of notes."),
    };
    text
}
