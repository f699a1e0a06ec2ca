//! Ways of cutting files: which ones there are, and what each does to a file.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{Cost, Fit, count},
};

/// A way of cutting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    /// Characters of a file that are read at all.
    pub content: f64,
    /// Characters of one piece.
    pub chunk: f64,
    pub name: &'static str,
}

impl Cut {
    /// Characters read of a file, and in how many pieces.
    #[must_use]
    pub fn of(&self, chars: f64) -> (f64, f64) {
        Fit::cut(chars, self.content, self.chunk)
    }

    /// Share of the batch's characters that is read.
    #[must_use]
    pub fn source_share(&self, study: &Study) -> f64 {
        let all: f64 = study.workload.batch_chars.iter().map(|chars| f64::from(*chars)).sum();
        let read: f64 = study.workload.batch_chars.iter().map(|chars| self.of(f64::from(*chars)).0).sum();
        if all > 0.0 { read / all } else { 1.0 }
    }

    /// Notes a minute of one worker over the batch, from the rates that were measured.
    #[must_use]
    pub fn notes_per_minute(&self, study: &Study) -> f64 {
        let (cost, fit) = (Cost::of(study), Fit::of(study));
        let chars = study.workload.batch_chars.iter().map(|chars| f64::from(*chars));
        let seconds: f64 = chars.map(|chars| cost.note_seconds(&fit, chars, self.content, self.chunk)).sum();
        60.0 * count(study.workload.batch_chars.len()) / seconds.max(1e-9)
    }
}

/// The ways worth a thought, the most wanted first, and why others are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Ways {
    /// The first is the present one, made to fit the context.
    pub cuts: Vec<Cut>,
    pub dropped: Vec<String>,
}

/// The present settings, with the chunk size lowered where pieces would not fit the context. How much is read stays.
#[must_use]
pub fn present(study: &Study) -> Cut {
    let content = study.incumbent("max_content_length");
    let chunk = study.incumbent("chunk_size");
    let longest = content.min(study.largest_chars()).min(chunk);
    let room = Fit::of(study).chars();
    let chunk = if longest > room { study.allowed("chunk_size", hundreds(room)) } else { chunk };
    Cut { content, chunk, name: "as at present" }
}

/// All ways that differ in what they do to the batch.
#[must_use]
pub fn ways(study: &Study, arguments: &Arguments) -> Ways {
    let present = present(study);
    let largest = study.largest_chars();
    let room = hundreds(Fit::of(study).chars());
    let mut ways = Ways { cuts: vec![present], dropped: Vec::new() };
    let listed = arguments.numbers("sizes");
    if room >= 500.0 {
        let all = largest.min(study.highest("max_content_length")).max(500.0);
        let mut wanted = vec![
            Cut { content: present.content, chunk: room, name: "as much as at present, in the fewest pieces" },
            // What reads most comes first: without it nobody knows what quality could be had.
            Cut { content: all, chunk: room, name: "whole files in the fewest pieces" },
            Cut { content: room, chunk: room, name: "as much as fits in one piece" },
        ];
        let fitting = listed.iter().filter(|size| **size <= room && **size < largest);
        wanted.extend(fitting.map(|size| Cut { content: all, chunk: size.round(), name: "whole files in pieces" }));
        if arguments.boolean("half") {
            let half = hundreds(present.content.min(largest) / 2.0).max(500.0);
            wanted.push(Cut { content: half, chunk: present.chunk, name: "half as much as at present" });
        }
        for cut in wanted {
            let same = |other: &Cut| {
                let mut chars = study.workload.batch_chars.iter().chain(&study.workload.file_chars);
                chars.all(|chars| other.of(f64::from(*chars)) == cut.of(f64::from(*chars)))
            };
            if !ways.cuts.iter().any(same) {
                ways.cuts.push(cut);
            }
        }
    }
    let tokens = |chars: &f64| Fit::of(study).needed_context(*chars);
    let too_long: Vec<String> =
        listed.iter().filter(|size| **size > room).map(|size| format!("{size} ({} tokens)", tokens(size))).collect();
    if !too_long.is_empty() {
        let context = study.incumbent("num_ctx");
        ways.dropped
            .push(format!("pieces of {} characters do not fit {context} tokens of context", too_long.join(", ")));
    }
    ways
}

/// Rounded down to a hundred: nobody wants to read 18899.
fn hundreds(chars: f64) -> f64 {
    (chars / 100.0).floor() * 100.0
}

#[cfg(test)]
mod tests {
    use ralf_tune_sdk::testing::{Host, Server};

    use super::*;
    use crate::Chunk;

    fn cuts(host: &Host) -> Vec<(f64, f64)> {
        let ways = ways(&host.study, &Arguments::defaults(&Chunk::manifest()));
        ways.cuts.iter().map(|cut| (cut.content, cut.chunk)).collect()
    }

    #[test]
    fn small_files_leave_nothing_to_choose_but_less() {
        let mut host = Host::new(Server::default(), &[400, 2_000]);
        assert_eq!(cuts(&host), [(8000.0, 100_000.0), (1000.0, 100_000.0)]);
        host.study.workload.batch_chars = vec![300, 400];
        host.study.workload.file_chars = vec![300, 400];
        assert_eq!(cuts(&host), [(8000.0, 100_000.0)], "500 characters is the least that can be set");
    }

    #[test]
    fn pieces_are_made_to_fit_and_the_share_stays() {
        let mut host = Host::new(Server::default(), &[400, 20_000]);
        // Room: (2560 - 1024 - 300) x 3 x 0.9 = 3337 characters.
        host.set("num_ctx", 2560.0);
        let fitted = present(&host.study);
        assert_eq!((fitted.content, fitted.chunk), (8000.0, 3300.0));
        assert_eq!(fitted.of(20_000.0), (8000.0, 3.0));
        assert_eq!(cuts(&host)[1..], [(20_000.0, 3300.0), (3300.0, 3300.0), (4000.0, 3300.0)]);
    }

    #[test]
    fn the_documents_sizes_above_the_context_are_dropped_with_a_reason() {
        let mut host = Host::new(Server::default(), &[400, 500_000]);
        host.set("num_ctx", 32_768.0);
        let arguments = Arguments::defaults(&Chunk::manifest());
        let ways = ways(&host.study, &arguments);
        assert!(ways.cuts.iter().any(|cut| (cut.content, cut.chunk) == (500_000.0, 50_000.0)), "{ways:?}");
        assert!(ways.dropped.join("").starts_with("pieces of 100000 (38400 tokens), 200000"), "{ways:?}");
    }

    #[test]
    fn small_pieces_can_be_joined() {
        let mut host = Host::new(Server::default(), &[400, 8_000]);
        host.set("chunk_size", 2_000.0);
        assert_eq!(cuts(&host)[1], (8000.0, 23_400.0), "(10000 - 1324) x 2.7");
    }
}
