//! Where the time of a request goes, candidate by candidate.

use super::{
    Figure,
    named::{Named, candidates, notes_trials, undisturbed},
    plot::{Axis, Mark, Plot, Tone},
};
use crate::{
    model::study::Study,
    report::{
        style::Style,
        table::{Cell, Table},
        units::{fixed, percent},
        view::number,
    },
};

pub(super) const TITLE: &str = "Where the time of a request goes";

/// The parts in the order in which they happen, and what each is.
const PARTS: [(Tone, &str); 5] = [
    (Tone::Load, "loading"),
    (Tone::Queue, "waiting for a slot"),
    (Tone::Prefill, "reading the prompt"),
    (Tone::Decode, "writing the answer"),
    (Tone::Other, "client and connection"),
];

struct Split<'a> {
    named: Named<'a>,
    requests: usize,
    /// Means, in seconds, in the order of [`PARTS`].
    seconds: [f64; 5],
}

impl Split<'_> {
    fn total(&self) -> f64 {
        self.seconds.iter().sum()
    }
}

pub(super) fn figure(study: &Study) -> Result<Figure, &'static str> {
    let splits: Vec<Split> = candidates(study).into_iter().filter_map(|named| split(study, named)).collect();
    if splits.is_empty() {
        return Err("no note has the server's own times");
    }
    let shown = splits
        .iter()
        .find(|split| split.named.is_tuned)
        .or_else(|| splits.iter().find(|split| split.named.measured.is_baseline))
        .or_else(|| splits.first());
    let says = shown.map_or_else(String::new, |split| {
        let most = split.seconds.iter().zip(PARTS).max_by(|(a, _), (b, _)| a.total_cmp(b));
        most.map_or_else(String::new, |(seconds, (_, part))| {
            let share = percent(seconds / split.total().max(f64::MIN_POSITIVE));
            format!("Means of the requests of notes. With the {} settings {part} takes {share}. Not all candidates made the same files: \
                 compare the parts of a bar rather than the bars.", split.named.name())
        })
    });
    Ok(Figure { id: "time-split", title: TITLE, says, plot: plot(&splits), data: data(&splits) })
}

fn split<'a>(study: &'a Study, named: Named<'a>) -> Option<Split<'a>> {
    let mut requests = 0;
    let mut sums = [0.0; 5];
    for request in notes_trials(study, &named.measured.candidate).flat_map(undisturbed) {
        let Some(server) = &request.server else { continue };
        requests += 1;
        let client = (request.latency_ms - server.total_ms).max(0.0);
        let parts = [server.load_ms, server.queue_wait_ms(), server.prefill_ms, server.decode_ms, client];
        for (sum, part) in sums.iter_mut().zip(parts) {
            *sum += part;
        }
    }
    let seconds = sums.map(|sum| sum / 1000.0 / number(requests.max(1)));
    (requests > 0 && seconds.iter().all(|part| part.is_finite())).then_some(Split { named, requests, seconds })
}

fn plot(splits: &[Split]) -> Plot {
    let mut marks = Vec::new();
    for (index, split) in splits.iter().enumerate() {
        let floor = number(splits.len() - 1 - index);
        let mut left = 0.0;
        for (seconds, (tone, _)) in split.seconds.iter().zip(PARTS) {
            marks.push(Mark::Bar { from: (left, floor + 0.1), to: (left + seconds, floor + 0.6), tone });
            left += seconds;
        }
        marks.push(Mark::Label { at: (0.0, floor + 0.6), text: split.named.name() });
    }
    Plot {
        x: Axis::from_zero("seconds a request", splits.iter().map(Split::total)),
        y: Axis::of_names(splits.len()),
        marks,
        key: PARTS.iter().map(|(tone, part)| (*tone, (*part).to_owned())).collect(),
    }
}

fn data(splits: &[Split]) -> Table {
    let mut table = Table::new().left("candidate").right("requests");
    for (_, part) in PARTS {
        table = table.right(&format!("{part}, s"));
    }
    let mut table = table.right("all, s");
    for split in splits {
        let start = [Cell::new(Style::Name, split.named.name()), Cell::plain(split.requests.to_string())];
        let parts = split.seconds.iter().map(|seconds| Cell::plain(fixed(*seconds, 3)));
        table.row(start.into_iter().chain(parts).chain([Cell::plain(fixed(split.total(), 3))]));
    }
    table
}
