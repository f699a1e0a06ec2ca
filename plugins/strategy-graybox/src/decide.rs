//! The decision, and the ways that it is between.

use ralf_tune_sdk::strategy::prelude::*;

use crate::{
    design::{Design, Load, Target, target},
    reading::{self, Other, Verdict},
    server::{Server, probably_better},
    slots, threads,
};

/// Share of a batch's time that workers may stand idle at the barrier after it.
const IDLE: f64 = 0.02;

/// How sure a number of requests at once must be better to be taken without a note made with it.
const SURE: f64 = 0.9;

/// The same where the present settings made notes, so that the comparison at the end catches what is not better.
const LIKELY: f64 = 0.6;

/// The present way of making notes, cut for the target's load.
#[must_use]
pub fn present_design(study: &Study, target: &Target) -> Design {
    let parallel = study.baseline.value("max_concurrent_requests").max(1.0);
    Design { parallel, content: target.content, chunk: target.chunk }
}

/// Whether notes made that way are those that the baseline made.
#[must_use]
pub fn is_the_baseline(study: &Study, target: &Target, design: &Design) -> bool {
    let value = |name: &str| study.baseline.value(name);
    let own = Design {
        parallel: value("max_concurrent_requests").max(1.0),
        content: value("max_content_length"),
        chunk: value("chunk_size"),
    };
    let pauses = value("request_delay_seconds") > 0.0;
    Load::of(&study.baseline) == target.load && own == *design && !pauses
}

/// Numbers of requests at once that are worth a thought: one, all slots, half of them where there are many, and the present one
/// unless it is more than the slots.
#[must_use]
pub fn levels(study: &Study, target: &Target) -> Vec<Design> {
    let present = present_design(study, target);
    let known = slots::known(study);
    let most = study.highest("max_concurrent_requests").max(1.0);
    let mut numbers = match known {
        Some(slots) => {
            let all = slots.count.min(most);
            let kept = if slots.all { present.parallel.min(all) } else { present.parallel };
            vec![1.0, all, kept, if all >= 4.0 { (all / 2.0).floor() } else { all }]
        }
        None => vec![present.parallel],
    };
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    numbers.into_iter().map(|parallel| Design { parallel, ..present }).collect()
}

/// The fewest requests at once whose cost is within `tie` of the least.
#[must_use]
pub fn best(server: &Server, designs: &[Design], tie: f64) -> Option<Design> {
    let cost = |design: &Design| server.cost(design).log.mean;
    let least = designs.iter().map(cost).min_by(f64::total_cmp)?;
    let close = designs.iter().filter(|design| cost(design) <= least + tie);
    close.min_by(|left, right| left.parallel.total_cmp(&right.parallel)).copied()
}

/// The other content length that the pairs allow, and what they say.
fn other_length(study: &Study, target: &Target, arguments: &Arguments) -> (Option<Other>, Vec<(Other, Verdict)>) {
    let options = [reading::more(study, target), reading::less(study, target)];
    let judged: Vec<(Other, Verdict)> = options
        .into_iter()
        .flatten()
        .filter_map(|other| Some((other, reading::verdict(study, target, other, arguments)?)))
        .collect();
    (judged.iter().find(|(_, verdict)| verdict.passes).map(|(other, _)| *other), judged)
}

/// The decision from what there is.
pub fn decide(study: &Study, arguments: &Arguments) -> Decision {
    let target = target(study);
    let server = Server::of(study, &target.load, target.doubt);
    let levels = levels(study, &target);
    let tie = arguments.number("tie");
    let present = present_design(study, &target);
    let mut taken = best(&server, &levels, tie).unwrap_or(present);
    let mut decision = Decision::new().reason(target.why.clone());
    if !threads::same(target.load.threads, study.baseline.value("num_thread")) {
        decision = decision
            .reason(format!("{} threads: as many as may be used, or far faster than before", target.load.threads));
    }
    if !threads::same(target.load.batch, study.baseline.value("num_batch")) {
        decision =
            decision.reason(format!("batches of {} tokens: prompts are read far faster with them", target.load.batch));
    }
    let cost = server.cost(&taken);
    if cost.measured == 0 && taken != present {
        let asked = if threads::some_note_was_made(study) { LIKELY } else { SURE };
        let sure = probably_better(server.cost(&present), cost) >= asked;
        let known = slots::known(study).filter(|slots| slots.all).map_or(present.parallel, |slots| slots.count);
        if !sure {
            taken.parallel = present.parallel.min(known);
            decision = decision.not_found(format!("no time to try more requests at once; kept {}", taken.parallel));
        }
    }
    decision = about_parallel(study, &server, &levels, &taken, decision);
    let (other, judged) = other_length(study, &target, arguments);
    if let Some(other) = other {
        taken = reading::design(other, taken.parallel);
    }
    decision = about_reading(study, &target, other, &judged, decision);
    let size = batch_size(study, taken.parallel);
    decision.not_found.extend(target.not_found.clone());
    decision
        .set("num_ctx", study.allowed("num_ctx", target.load.context))
        .set("num_thread", study.allowed("num_thread", target.load.threads))
        .set("num_batch", study.allowed("num_batch", target.load.batch))
        .set("chunk_size", study.allowed("chunk_size", taken.chunk))
        .set("max_content_length", study.allowed("max_content_length", taken.content))
        .set("max_concurrent_requests", study.allowed("max_concurrent_requests", taken.parallel))
        .set("request_delay_seconds", study.allowed("request_delay_seconds", 0.0))
        .set("batch_size", size)
        .set("batch_delay_seconds", study.allowed("batch_delay_seconds", 0.0))
}

/// So many files that the barrier after a batch, where all but one worker stand idle for half a request on average, costs little.
fn batch_size(study: &Study, parallel: f64) -> f64 {
    let least = ((parallel - 1.0) / 2.0 / IDLE).ceil();
    study.allowed("batch_size", study.incumbent("batch_size").max(least))
}

fn about_parallel(study: &Study, server: &Server, levels: &[Design], taken: &Design, decision: Decision) -> Decision {
    let Some(slots) = slots::known(study) else {
        return decision.not_found("nothing says how many requests the server works on at once");
    };
    let more = if slots.all { "" } else { " or more" };
    let decision =
        decision.reason(format!("the server works on {}{more} requests at once; more would only wait", slots.count));
    let described: Vec<String> = levels
        .iter()
        .map(|design| {
            let cost = server.cost(design);
            let how = if cost.measured > 0 { "measured" } else { "by the model" };
            let off = 196.0 * cost.log.sd;
            format!("{}: {:.1} notes a minute ± {off:.0} %, {how}", design.parallel, 60.0 / cost.log.mean.exp())
        })
        .collect();
    let decision = decision.reason(format!("{} at once is best ({})", taken.parallel, described.join("; ")));
    if server.misfit > 0.0 {
        return decision.reason(format!(
            "notes took {:.0} % more or less than the model of the server said, so that only what was measured counts",
            100.0 * server.misfit.exp_m1()
        ));
    }
    decision
}

fn about_reading(
    study: &Study,
    target: &Target,
    other: Option<Other>,
    judged: &[(Other, Verdict)],
    decision: Decision,
) -> Decision {
    let decision = judged.iter().fold(decision, |decision, (read, verdict)| {
        let difference = &verdict.difference;
        let said = format!(
            "{} instead of {} characters of a file: quality {:+.2} ({:+.2} to {:+.2}) on {} files that are cut differently",
            read.content, target.content, difference.mean, difference.low, difference.high, difference.pairs
        );
        if other == Some(*read) { decision.reason(said) } else { decision.not_found(said) }
    });
    if judged.is_empty() && study.largest_chars() > target.content {
        return decision.reason("as much of a file is read as at present: nothing promised enough to try otherwise");
    }
    decision
}
