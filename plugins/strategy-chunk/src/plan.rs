//! What to measure, and what follows.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{Cost, Fit, whole},
};

use crate::{
    cut::{Cut, present, ways},
    judge::{Judged, Judgement, chars_of, choose, judge, scores},
};

/// Share of the remaining seconds that an estimate may use up.
const SPEND: f64 = 0.9;

/// The next measurements, or the decision.
pub fn next(study: &Study, arguments: &Arguments) -> Answer {
    let proposals = if study.trials_of("chunk").next().is_none() { comparisons(study, arguments) } else { Vec::new() };
    if proposals.is_empty() { Answer::Done(decide(study, arguments)) } else { Answer::Measure(proposals) }
}

/// The same large files with every way of cutting: as many ways, and as many files, as the time allows.
fn comparisons(study: &Study, arguments: &Arguments) -> Vec<Proposal> {
    let cuts = ways(study, arguments).cuts;
    let most = whole(arguments.number("files")) as usize;
    // The interval of two or three pairs is hardly of use; a further way of cutting is worth less than the fourth file.
    for least in [4, 3, 2] {
        for ways in (2..=cuts.len()).rev() {
            for files in (least..=most.max(least)).rev() {
                let proposals = comparison(study, cuts.get(..ways).unwrap_or_default(), files);
                if let Some(proposals) = proposals {
                    return proposals;
                }
            }
        }
    }
    Vec::new()
}

/// That comparison, when there are so many files that tell the ways apart, and it fits the time.
fn comparison(study: &Study, cuts: &[Cut], number: usize) -> Option<Vec<Proposal>> {
    let present = cuts.first()?;
    let files = telling_files(study, cuts, number);
    if files.len() < number {
        return None;
    }
    let (cost, fit) = (Cost::of(study), Fit::of(study));
    let loads = study.like_incumbent().next().is_none();
    let mut seconds = if loads { cost.load_seconds } else { 0.0 };
    let mut proposals = Vec::new();
    for cut in cuts {
        let known = scores(study, cut);
        // A file that this way cuts like the present one tells nothing of it.
        let wanted = |file: &u32| {
            let differs = cut == present || cut.of(chars_of(study, *file)) != present.of(chars_of(study, *file));
            differs && !known.iter().any(|(other, _)| other == file)
        };
        let missing: Vec<u32> = files.iter().copied().filter(wanted).collect();
        if missing.is_empty() {
            continue;
        }
        let notes = missing.iter().map(|file| cost.note_seconds(&fit, chars_of(study, *file), cut.content, cut.chunk));
        seconds += notes.sum::<f64>();
        let why = format!("files read {}: {} characters, pieces of {}", cut.name, cut.content, cut.chunk);
        let proposal = Proposal::new(Experiment::Notes(missing), why)
            .set("max_content_length", cut.content)
            .set("chunk_size", cut.chunk);
        proposals.push(proposal);
    }
    (seconds <= study.seconds_left * SPEND).then_some(proposals)
}

/// Files that some way cuts otherwise than the first, the largest among them, spread over their sizes.
fn telling_files(study: &Study, cuts: &[Cut], number: usize) -> Vec<u32> {
    let Some((present, others)) = cuts.split_first() else { return Vec::new() };
    let tells = |chars: f64| others.iter().filter(|cut| cut.of(chars) != present.of(chars)).count();
    let mut files: Vec<(u32, u32)> = study.workload.file_chars.iter().copied().zip(0..).collect();
    files.retain(|(chars, _)| tells(f64::from(*chars)) > 0);
    // Those that tell every way apart come first; the others fill up.
    files.sort_by_key(|(chars, _)| (std::cmp::Reverse(tells(f64::from(*chars))), std::cmp::Reverse(*chars)));
    let best = files.iter().filter(|(chars, _)| tells(f64::from(*chars)) == others.len()).count();
    let pool = files.get(..best.max(number).min(files.len())).unwrap_or_default();
    let number = number.min(pool.len());
    let step = |index: usize| if number < 2 { 0 } else { index * (pool.len() - 1) / (number - 1) };
    (0..number).filter_map(|index| pool.get(step(index)).map(|(_, file)| *file)).collect()
}

/// The decision from what there is.
pub fn decide(study: &Study, arguments: &Arguments) -> Decision {
    let ways = ways(study, arguments);
    let kept = present(study);
    let baseline = Cut { content: study.baseline.value("max_content_length"), ..kept };
    let mut decision = if ways.cuts.len() < 2 {
        set(study, &kept).reason("the present settings read every file whole, in one piece")
    } else {
        match judge(study, &ways.cuts, arguments.number("signal")) {
            Judgement::Unmeasured => set(study, &kept)
                .not_found("too few notes were measured to compare ways of cutting; as much is read as before"),
            Judgement::NoSignal { highest } => set(study, &kept).not_found(format!(
                "quality could not be judged: no note scored above {highest:.2}; as much is read as before"
            )),
            Judgement::Compared(judged) => {
                let share = baseline.source_share(study);
                let floor = study.constraints.quality_floor;
                match choose(&judged, share, floor, arguments.number("loss")) {
                    Some(taken) => compared(study, taken, &judged),
                    None => set(study, &kept),
                }
            }
        }
    };
    let room = Fit::of(study).chars();
    let lowered = kept.chunk < study.incumbent("chunk_size") && decision.settings.value("chunk_size") <= kept.chunk;
    if lowered {
        let (context, chunk) = (study.incumbent("num_ctx"), decision.settings.value("chunk_size"));
        decision = decision.reason(format!(
            "pieces of {chunk} characters fit {context} tokens of context; longer ones would be cut by the server"
        ));
    }
    let read = decision.settings.value("max_content_length").min(study.largest_chars());
    if read > room {
        decision = decision.not_found(format!(
            "a client that sends every file in one request and ignores chunk_size needs a max_content_length of at most {room} here"
        ));
    }
    if kept.chunk > room && read > room {
        decision = decision.not_found("the context has no room for any piece of source: set a larger num_ctx");
    }
    decision.reasons.extend(ways.dropped);
    decision
}

fn set(study: &Study, cut: &Cut) -> Decision {
    Decision::new()
        .set("chunk_size", study.allowed("chunk_size", cut.chunk))
        .set("max_content_length", study.allowed("max_content_length", cut.content))
}

/// The taken way against the present one, in numbers.
fn compared(study: &Study, taken: &Judged, judged: &[Judged]) -> Decision {
    let decision = set(study, &taken.cut);
    let Some(present) = judged.first() else { return decision };
    if taken.cut == present.cut {
        return decision
            .reason(format!("{:.0} % of the source is read, as at present", present.source_share * 100.0))
            .not_found(format!(
                "no other of {} ways of cutting is faster at the same quality, or surely better",
                judged.len()
            ));
    }
    let difference = &taken.difference;
    decision
        .reason(format!(
            "{}: {:.0} % of the source is read (at present {:.0} %), at {:.0} % of the present speed",
            taken.cut.name,
            taken.source_share * 100.0,
            present.source_share * 100.0,
            100.0 * taken.notes_per_minute / present.notes_per_minute
        ))
        .reason(format!(
            "quality on the {} files that are cut differently: {:+.2} ({:+.2} to {:+.2}); over the batch {:.2} instead of {:.2}",
            difference.pairs, difference.mean, difference.low, difference.high, taken.quality, present.quality
        ))
}
