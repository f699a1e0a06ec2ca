//! Two settings against each other on the same files: in blocks, each early and late alike, until it is decided or the time is over.

mod pairs;
mod result;
mod schedule;
mod turns;

use tokio::time::Instant;

pub use pairs::scores;
use result::{End, LEAST_PAIRS, Rounds};
use schedule::Costs;
pub use turns::in_turn;

use super::{
    clock::seconds_until,
    fleet::{Fleet, Step},
};
use crate::model::{
    candidate::Candidate,
    experiment::{Experiment, Proposal},
    study::{Comparison, StudyEvent},
    trial::Trial,
};

/// What is compared, and how long it may take.
pub struct Contest<'a> {
    /// The stage that trials are said to belong to.
    pub stage: &'a str,
    pub tuned: &'a Candidate,
    pub baseline: &'a Candidate,
    /// How people know the two.
    pub names: (&'a str, &'a str),
    /// Seconds of the whole machine that a file takes: of the tuned settings and of the baseline.
    pub file_seconds: (f64, f64),
    pub deadline: Instant,
    /// What must be known at the end.
    pub goal: Goal,
    /// Trials of both on the same files that were made before, by their places in the history: the first round, where it was settled before them which two would be
    /// compared.
    pub made: Option<(usize, usize)>,
}

/// What a comparison goes on for, unless its time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Whether the first is faster, and by how much.
    Gain,
    /// The same where it is worth knowing as well that it is slower.
    Verdict,
    /// Which of the two is faster.
    Proof,
    /// The same where the first seemed plainly faster: what few pairs do not prove is not so.
    ProofOfPlain,
}

/// Compares. The trials go to the history, and what is known to `known` after every round, so that whoever is stopped has it: nothing
/// while not even two files were made with both.
pub async fn run(
    fleet: &mut Fleet<'_>,
    contest: &Contest<'_>,
    history: &mut Vec<Trial>,
    known: &mut Option<Comparison>,
    emit: &mut dyn FnMut(StudyEvent),
) {
    let Contest { tuned, baseline, names, .. } = *contest;
    let workload = fleet.workload;
    let mut rounds = Rounds::new((tuned, baseline), workload, history, contest.goal, fleet.clock.elapsed());
    if let Some((ours, theirs)) = contest.made {
        let before = history.get(..ours.min(theirs)).unwrap_or_default();
        rounds.add(ours, theirs, rounds.prediction(before));
        if let Some(end) = rounds.end(history) {
            *known = rounds.confirmed(history, end, fleet.clock.elapsed());
            return;
        }
    }
    let mut files = schedule::order(history, workload.files.len()).into_iter().cycle();
    let mut tuned_first = !fleet.has_loaded(baseline);
    let end = loop {
        let starter = if tuned_first { tuned } else { baseline };
        let seconds = seconds_until(contest.deadline);
        let costs = Costs {
            file_seconds: contest.file_seconds,
            workers: (tuned.max_concurrent_requests, baseline.max_concurrent_requests),
            load_seconds: fleet.last_load_seconds,
            together: tuned.load_key() == baseline.load_key(),
        };
        let is_loaded = fleet.has_loaded(starter);
        let block = match contest.goal {
            Goal::Proof | Goal::ProofOfPlain if rounds.is_empty() => costs.shortest(seconds, is_loaded, LEAST_PAIRS),
            // What is plain needs few more, and each round may be the last.
            Goal::ProofOfPlain => costs.block(seconds, is_loaded, false).min(costs.width().max(LEAST_PAIRS)),
            Goal::Gain | Goal::Verdict | Goal::Proof => costs.block(seconds, is_loaded, rounds.is_empty()),
        };
        if block == 0 {
            break End::Time;
        }
        let prediction = rounds.prediction(history);
        // Each host makes both blocks of a round, so that no machine is compared with another.
        let hosts = fleet.hands();
        let block = costs.each(block, hosts);
        let mut errands = Vec::new();
        for _ in 0..hosts {
            let chosen: Vec<usize> = files.by_ref().take(block).collect();
            let sides = [tuned_first, !tuned_first].map(|is_tuned| {
                let (candidate, who) = if is_tuned { (tuned, names.0) } else { (baseline, names.1) };
                let (proposal, what) = notes(candidate, who, &chosen);
                Step { number: fleet.take_number(), proposal, busy: true, what: Some(what), of: None }
            });
            errands.push(sides.to_vec());
        }
        for made in fleet.carry_out(contest.stage, errands, contest.deadline, emit).await {
            let first = history.len();
            history.extend(made);
            let places = if tuned_first { (first, first + 1) } else { (first + 1, first) };
            rounds.add(places.0, places.1, prediction.clone());
        }
        tuned_first = !tuned_first;
        if let Some(end) = rounds.end(history) {
            break end;
        }
        if rounds.is_in_vain(history) {
            break End::InVain;
        }
        *known = rounds.confirmed(history, End::Stopped, fleet.clock.elapsed());
    };
    *known = rounds.confirmed(history, end, fleet.clock.elapsed());
}

/// Makes notes of files as the middle of a long batch does; the trial goes to the history.
#[expect(clippy::too_many_arguments, reason = "who measures what for whom until when")]
pub async fn measure(
    fleet: &mut Fleet<'_>,
    stage: &str,
    candidate: &Candidate,
    who: &str,
    files: &[usize],
    deadline: Instant,
    history: &mut Vec<Trial>,
    emit: &mut dyn FnMut(StudyEvent),
) {
    let asked = vec![notes(candidate, who, files)];
    history.extend(fleet.run_all(stage, asked, true, None, deadline, emit).await);
}

fn notes(candidate: &Candidate, who: &str, files: &[usize]) -> (Proposal, String) {
    let proposal = Proposal {
        candidate: candidate.clone(),
        experiment: Experiment::Notes { files: files.to_vec() },
        why: format!("{who}, on files of every size"),
    };
    let what =
        format!("{} with {who}", if files.len() == 1 { "1 note".into() } else { format!("{} notes", files.len()) });
    (proposal, what)
}

/// Files for notes that only make one candidate better known.
#[must_use]
pub fn files_for(history: &[Trial], count: usize, wanted: usize) -> Vec<usize> {
    schedule::order(history, count).into_iter().take(wanted).collect()
}
