//! Whether the hosts of a study are alike: the same requests, with the same settings, at the same time on each (an A/A comparison).
//!
//! A study that measures one candidate here and another there takes a difference of the machines for one of the settings. So machines are compared
//! before anything is decided, and who is not like the others takes no part.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Errand, Fleet, Step, merge::merged, unmeasured};
use crate::{
    model::{
        candidate::Candidate,
        experiment::{Experiment, Proposal},
        fleet::{HostReport, Likeness},
        metric::{Estimate, Metric},
        observation::{Observation, Repetition},
        study::{StageOutcome, StudyEvent, Warning},
        trial::Trial,
    },
    stats::interval::ratio_interval,
    tune::facts::Progress,
};

/// The stage that its trials are said to belong to.
pub const STAGE: &str = "hosts";

/// Most that alike machines may differ by, as a share of the time of a request: a tenth, which is what a study takes for the same speed, too.
pub const TOLERANCE: f64 = 0.1;

/// Tokens of the prompt and the answer of a request, and how many there are on each host: pairs whose mean is known to a few percent.
const SIZE: (u32, u32) = (96, 8);
const PAIRS: u32 = 6;

/// Requests that are sent to each host at once, and their tokens, to see how many it works on.
const AT_ONCE: u32 = 4;
const AT_ONCE_SIZE: (u32, u32) = (24, 12);

/// Fewest pairs that say anything.
const LEAST_PAIRS: usize = 3;

/// Compares the hosts before the deadline, and sends away who is not like the others. Its trials, those of the hosts that stay, go to the history.
pub async fn compare_hosts(
    fleet: &mut Fleet<'_>,
    settings: &Candidate,
    progress: &mut Progress,
    deadline: Instant,
    emit: &mut dyn FnMut(StudyEvent),
) {
    let started = fleet.clock.elapsed();
    let first = progress.history.len();
    let steps = probes(settings);
    let made = on_each(fleet, &steps, deadline, emit).await;
    let seen = all_seen(fleet, &made);
    let verdicts = verdicts(&seen);
    pronounce(fleet, &verdicts, emit);
    if let Some(board) = fleet.shared.as_ref().map(|shared| Arc::clone(&shared.board)) {
        let of_reference = |seen: &&Seen| {
            verdicts.iter().any(|(place, verdict)| *place == seen.place && verdict.likeness == Likeness::Reference)
        };
        let reference = seen.iter().find(of_reference).and_then(|seen| serde_json::to_string(seen).ok());
        // Who cannot read it waits for it; whoever leads learns of a broken store at the next errand.
        let _ = fleet.tell(&board).await.and_then(|()| board.publish_reference(&reference.unwrap_or_default()));
    }
    let stays = |place: u32| verdicts.iter().any(|(known, verdict)| *known == place && verdict.likeness.takes_part());
    let mut by_step: Vec<Vec<Trial>> = vec![Vec::new(); steps.len()];
    for (place, trials) in made {
        for (of_step, trial) in by_step.iter_mut().zip(trials).filter(|_| stays(place)) {
            of_step.push(trial);
        }
    }
    let trials = steps.iter().zip(by_step).filter_map(|((proposal, _), parts)| merged(proposal, parts));
    progress.history.extend(trials);
    progress.stages.push(StageOutcome {
        name: STAGE.into(),
        trials: u32::try_from(progress.history.len() - first).unwrap_or(0),
        seconds: fleet.clock.seconds_since(started),
        seconds_given: None,
        settings: Vec::new(),
        reasons: fleet.hosts.iter().map(|host| format!("{}: {}", host.name, host.verdict)).collect(),
        failure: None,
        cut_short: false,
        first_turn: None,
    });
}

/// Compares the hosts with what another process found of its own, at another time: who is not like that one is sent away.
pub(super) async fn compare_with(
    fleet: &mut Fleet<'_>,
    settings: &Candidate,
    reference: &str,
    deadline: Instant,
    emit: &mut dyn FnMut(StudyEvent),
) {
    let made = on_each(fleet, &probes(settings), deadline, emit).await;
    let seen = all_seen(fleet, &made);
    let Ok(reference) = serde_json::from_str::<Seen>(reference) else { return };
    let found: Vec<(u32, Verdict)> = seen.iter().map(|seen| (seen.place, verdict(seen, &reference))).collect();
    let name = fleet.hosts.get(reference.place as usize).map(|host| host.name.clone());
    pronounce_beside(fleet, &found, &name.unwrap_or_else(|| "the first host".into()), emit);
}

/// What is asked of each host.
fn probes(settings: &Candidate) -> [(Proposal, String); 2] {
    let probe = |(prompt_tokens, output_tokens): (u32, u32), parallel, requests, why: &str| Proposal {
        candidate: settings.clone(),
        experiment: Experiment::Probe { prompt_tokens, output_tokens, parallel, requests },
        why: why.to_owned(),
    };
    let alone = probe(SIZE, 1, PAIRS, "whether the hosts are equally fast");
    let at_once = probe(AT_ONCE_SIZE, AT_ONCE, AT_ONCE, "whether they work on as many requests at once");
    [(alone, format!("{PAIRS} short requests")), (at_once, format!("{AT_ONCE} short requests at once"))]
}

async fn on_each(
    fleet: &mut Fleet<'_>,
    steps: &[(Proposal, String)],
    deadline: Instant,
    emit: &mut dyn FnMut(StudyEvent),
) -> Vec<(u32, Vec<Trial>)> {
    let errand: Errand = steps
        .iter()
        .map(|(proposal, what)| Step {
            number: fleet.take_number(),
            proposal: proposal.clone(),
            busy: false,
            what: Some(what.clone()),
            of: None,
        })
        .collect();
    match fleet.shared.as_ref().map(|shared| Arc::clone(&shared.board)) {
        Some(board) => fleet.on_each_with_word(&board, STAGE, &errand, deadline, emit).await,
        None => fleet.on_each(STAGE, &errand, deadline, emit).await,
    }
}

/// Tells the verdicts, and sends away who is not like the others.
fn pronounce(fleet: &mut Fleet<'_>, verdicts: &[(u32, Verdict)], emit: &mut dyn FnMut(StudyEvent)) {
    let reference = verdicts.iter().find(|(_, verdict)| verdict.likeness == Likeness::Reference);
    let name = reference.and_then(|(place, _)| Some(fleet.hosts.get(*place as usize)?.name.clone()));
    pronounce_beside(fleet, verdicts, &name.unwrap_or_default(), emit);
}

fn pronounce_beside(
    fleet: &mut Fleet<'_>,
    verdicts: &[(u32, Verdict)],
    reference: &str,
    emit: &mut dyn FnMut(StudyEvent),
) {
    for (place, verdict) in verdicts {
        let name = fleet.hosts.get(*place as usize).map(|host| host.name.clone()).unwrap_or_default();
        let sentence = verdict.sentence(reference);
        if let Some(warning) = verdict.warning(&name, &sentence) {
            emit(StudyEvent::Warned { warning: warning.clone() });
            fleet.warnings.push(warning);
        }
        fleet.judge_host(*place, |host| verdict.write(host, sentence));
        if !verdict.likeness.takes_part() {
            fleet.send_away(*place);
        }
    }
}

/// What one host showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Seen {
    place: u32,
    /// Milliseconds of each request, brought to one size; `None` for one that failed.
    times: Vec<Option<f64>>,
    at_once: Option<f64>,
    /// Of the server.
    #[serde(default)]
    version: Option<String>,
}

/// What every host showed that made its trials.
fn all_seen(fleet: &Fleet<'_>, made: &[(u32, Vec<Trial>)]) -> Vec<Seen> {
    let version = |place: u32| fleet.hosts.get(place as usize).and_then(|host| host.server_version.clone());
    made.iter().map(|(place, trials)| Seen::of(*place, version(*place), trials)).collect()
}

impl Seen {
    fn of(place: u32, version: Option<String>, trials: &[Trial]) -> Self {
        let alone = trials.first().map(|trial| trial.measured().map(normalised).collect());
        let at_once =
            trials.get(1).filter(|trial| trial.is_complete()).and_then(|trial| trial.mean(Metric::EffectiveSlots));
        Self { place, times: alone.unwrap_or_default(), at_once, version }
    }
}

/// What a request of the standard size would have taken: answers may end a token earlier, and templates count.
fn normalised(request: &Observation) -> Option<f64> {
    if request.failure.is_some() || request.disturbed.is_some() || request.repetition != Repetition::Measured {
        return None;
    }
    let Some(server) = request.server.filter(|_| request.prompt_tokens > 0 && request.answer_tokens > 0) else {
        return Some(request.latency_ms);
    };
    let (prompt, answer) = (f64::from(SIZE.0), f64::from(SIZE.1));
    let time = server.prefill_ms / f64::from(request.prompt_tokens) * prompt
        + server.decode_ms / f64::from(request.answer_tokens) * answer;
    (time > 0.0).then_some(time)
}

/// What was found of one host.
#[derive(Debug, Clone, PartialEq)]
struct Verdict {
    likeness: Likeness,
    ratio: Option<Estimate>,
    pairs: usize,
    at_once: Option<f64>,
    /// What the reference works on at once, where this one works on another number.
    not_at_once: Option<f64>,
    /// Its version of the server and the reference's, where they differ.
    versions: Option<(String, String)>,
}

/// Each host against the one that most others are like, of several such the one that was named first: of two that differ, nobody knows which is
/// the odd one, and the first is the user's word for it.
fn verdicts(seen: &[Seen]) -> Vec<(u32, Verdict)> {
    let against = |reference: &Seen| -> Vec<(u32, Verdict)> {
        seen.iter().map(|host| (host.place, verdict(host, reference))).collect()
    };
    let like = |all: &[(u32, Verdict)]| all.iter().filter(|(_, verdict)| verdict.likeness.takes_part()).count();
    let all: Vec<_> = seen.iter().map(against).collect();
    let most = all.iter().map(|all| like(all)).max().unwrap_or(0);
    all.into_iter().find(|all| like(all) == most).unwrap_or_default()
}

fn verdict(host: &Seen, reference: &Seen) -> Verdict {
    if host.place == reference.place {
        let pairs = host.times.iter().flatten().count();
        return Verdict {
            likeness: Likeness::Reference,
            ratio: None,
            pairs,
            at_once: host.at_once,
            not_at_once: None,
            versions: None,
        };
    }
    let pairs = host.times.iter().zip(&reference.times);
    let ratios: Vec<f64> = pairs.filter_map(|(ours, theirs)| Some((*ours)? / (*theirs)?)).collect();
    let ratio = ratio_interval(&ratios).filter(|_| ratios.len() >= LEAST_PAIRS);
    let not_at_once = reference.at_once.filter(|theirs| host.at_once.is_some_and(|ours| (ours - theirs).abs() >= 1.0));
    let versions = host.version.clone().zip(reference.version.clone()).filter(|(ours, theirs)| ours != theirs);
    let (low, high) = (1.0 / (1.0 + TOLERANCE), 1.0 + TOLERANCE);
    let likeness = match ratio {
        _ if not_at_once.is_some() => Likeness::Unlike,
        Some(ratio) if ratio.interval.low > high || ratio.interval.high < low => Likeness::Unlike,
        Some(ratio) if ratio.interval.low >= low && ratio.interval.high <= high => Likeness::Alike,
        // Where something is known to differ, likeness has to be shown.
        _ if versions.is_some() => Likeness::Unlike,
        _ => Likeness::NotShown,
    };
    Verdict { likeness, ratio, pairs: ratios.len(), at_once: host.at_once, not_at_once, versions }
}

impl Verdict {
    fn sentence(&self, reference: &str) -> String {
        let times = self.ratio.map_or_else(
            || format!("too few requests ended to compare it with {reference}"),
            |ratio| {
                let (low, high) = (ratio.interval.low, ratio.interval.high);
                format!("a request takes {:.2} times as long as on {reference} ({low:.2} to {high:.2})", ratio.value)
            },
        );
        let versions = self
            .versions
            .as_ref()
            .map_or_else(String::new, |(ours, theirs)| format!("; its server is {ours}, that of {reference} {theirs}"));
        let verdict = match (self.likeness, self.not_at_once) {
            (Likeness::Reference, _) => "the others are compared with it".into(),
            (Likeness::Unlike, Some(theirs)) => format!(
                "it works on {:.0} requests at once, {reference} on {theirs:.0}, so it was left out; {times}",
                self.at_once.unwrap_or(0.0)
            ),
            (Likeness::Unlike, None) => format!("{times}, so it was left out"),
            (Likeness::Alike, _) => format!("alike: {times}"),
            _ => format!("not shown to be alike: {times}; it takes part"),
        };
        verdict + &versions
    }

    fn warning(&self, name: &str, sentence: &str) -> Option<Warning> {
        let advice = match self.likeness {
            Likeness::Unlike => {
                format!("a batch runs there at another speed: tune it by itself, ralf-tune run --host {name}")
            }
            Likeness::NotShown => "stop what else uses the hosts, and repeat the study; or leave that host out".into(),
            Likeness::Alike if self.versions.is_some() => {
                "another version may do otherwise with other settings: bring the hosts to one".into()
            }
            _ => return None,
        };
        let what = match self.likeness {
            Likeness::Unlike => format!("{name} is not like the other hosts: {sentence}"),
            _ => format!("{name}: {sentence}"),
        };
        Some(Warning { what, advice: Some(advice) })
    }

    fn write(&self, host: &mut HostReport, sentence: String) {
        *host = HostReport {
            likeness: self.likeness,
            time_ratio: self.ratio,
            pairs: u32::try_from(self.pairs).unwrap_or(u32::MAX),
            at_once: self.at_once,
            verdict: sentence,
            server_version: host.server_version.take(),
            ..unmeasured(&host.name, None)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(place: u32, factor: f64, at_once: f64) -> Seen {
        let noise = [0.97, 1.02, 1.0, 1.03, 0.98, 1.01];
        let times =
            noise.iter().map(|noise| Some(1000.0 * factor * (1.0 + (noise - 1.0) * f64::from(place + 1) / 3.0)));
        Seen { place, times: times.collect(), at_once: Some(at_once), version: None }
    }

    fn likenesses(hosts: &[Seen]) -> Vec<Likeness> {
        verdicts(hosts).into_iter().map(|(_, verdict)| verdict.likeness).collect()
    }

    #[test]
    fn the_odd_one_is_the_one_that_most_others_are_not_like() {
        use Likeness::{Alike, Reference, Unlike};
        assert_eq!(likenesses(&[seen(0, 1.0, 4.0), seen(1, 1.02, 4.0)]), [Reference, Alike]);
        assert_eq!(likenesses(&[seen(0, 1.3, 4.0), seen(1, 1.0, 4.0), seen(2, 1.0, 4.0)]), [Unlike, Reference, Alike]);
        assert_eq!(likenesses(&[seen(0, 1.0, 4.0), seen(1, 1.3, 4.0)]), [Reference, Unlike], "of two, the first stays");
        assert_eq!(likenesses(&[seen(0, 1.0, 4.0), seen(1, 1.0, 1.0)]), [Reference, Unlike]);
        let found = verdicts(&[seen(0, 1.0, 4.0), seen(1, 1.3, 4.0)]);
        let ratio = found[1].1.ratio.unwrap();
        assert!(ratio.interval.low < 1.3 && 1.3 < ratio.interval.high && ratio.interval.low > 1.25, "{ratio:?}");
        assert!(found[1].1.sentence("a:1").starts_with("a request takes 1.30 times as long as on a:1 (1."));
    }

    #[test]
    fn another_version_has_to_be_shown_to_be_alike() {
        let of = |version: &str, seen: Seen| Seen { version: Some(version.to_owned()), ..seen };
        let reference = || of("0.32.15", seen(0, 1.0, 4.0));
        let found = verdicts(&[reference(), of("0.33.0", seen(1, 1.02, 4.0))]);
        assert_eq!(found[1].1.likeness, Likeness::Alike);
        let said = found[1].1.sentence("a:1");
        assert!(said.ends_with("; its server is 0.33.0, that of a:1 0.32.15"), "{said}");
        assert!(found[1].1.warning("b:1", &said).is_some(), "and the user is told");
        assert!(verdicts(&[reference(), of("0.32.15", seen(1, 1.02, 4.0))])[1].1.warning("b:1", "…").is_none());
        // What is perhaps alike with the same version is not with another one.
        let few = || Seen { times: vec![Some(1000.0), None], ..seen(1, 1.0, 4.0) };
        assert_eq!(verdicts(&[reference(), of("0.32.15", few())])[1].1.likeness, Likeness::NotShown);
        assert_eq!(verdicts(&[reference(), of("0.33.0", few())])[1].1.likeness, Likeness::Unlike);
    }

    #[test]
    fn too_little_is_no_verdict() {
        let few = Seen { place: 1, times: vec![Some(2000.0), None], at_once: None, version: None };
        let found = verdicts(&[seen(0, 1.0, 4.0), few]);
        assert_eq!(found[1].1.likeness, Likeness::NotShown);
        assert!(found[1].1.sentence("a").contains("too few requests"), "{}", found[1].1.sentence("a"));
        assert!(found[1].1.warning("b", "…").is_some());
    }
}
