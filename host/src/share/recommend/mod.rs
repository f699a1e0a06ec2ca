//! What others' measurements say of a machine: the nearest ones, brought to its model and files, and put together so that a few of them
//! cannot decide anything.
//!
//! One key has one vote, however many packs it signed. Speeds that are unlike those of the others of their class, and then unlike those of
//! all that are near, are set aside. What is left is put together by weighted medians. Pure.

mod asked;
mod distance;
pub mod robust;
mod settings;

use std::collections::{BTreeMap, BTreeSet};

pub use distance::{processor, system};
pub use settings::LOW_CHARS_PER_TOKEN;

use super::numbers::digits;
use crate::{
    model::{
        candidate::Candidate,
        metric::{ConfidenceInterval, Estimate},
        pack::{CurveKind, HardwareClass, Pack, PackedCandidate, PackedModel, SignedPack, WorkloadClass},
        recommendation::{Behind, Neighbour, RECOMMENDATION_SCHEMA_VERSION, Recommendation},
    },
    stats::interval::LEVEL,
};

/// Beyond this distance a pack says nothing.
const FARTHEST: f64 = 3.0;

/// Distance at which a pack counts for 0.6 of one that is the same.
const WIDTH: f64 = 0.35;

/// Packs that count for less than this share of the nearest are left out.
const LEAST_WEIGHT: f64 = 0.02;

/// Keys that are enough: what is farther than so many of them says nothing more. So a class that everybody has does not drown one that is nearer.
const ENOUGH_KEYS: usize = 32;

/// How much machines differ that are told as the same or nearly so, as the deviation of a logarithm, where too few were measured to know: found on one half of a fleet of
/// simulated machines and checked on the other (docs/accuracy.md).
const USUAL_SPREAD: f64 = 1.0;

/// How many measurements the usual spread stands for beside the one that is seen.
const PRIOR_VOTES: f64 = 3.0;

/// What a distance adds to the deviation of a logarithm.
const BY_DISTANCE: f64 = 0.3;

/// Half of a 95 % interval in standard deviations of a normal distribution.
const TWO_SIGMA: f64 = 1.96;

/// Tokens of prompts that are read in the time of one that is written, where no curve tells.
const READ_BY_WRITTEN: f64 = 20.0;

/// Characters of a token, where it only matters in proportion.
const CHARS_PER_TOKEN: f64 = 3.5;

/// Classes that are told.
const MOST_NEIGHBOURS: usize = 5;

/// Who asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// As a pack of it would say it.
    pub hardware: HardwareClass,
    /// As a pack of it would say it.
    pub model: PackedModel,
    /// As a pack of it would say it.
    pub server_version: Option<String>,
    /// As a pack of it would say it.
    pub workload: WorkloadClass,
    /// What nobody else is told.
    pub here: Here,
}

/// What is known exactly where it is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Here {
    /// Threads that may be used.
    pub threads: Option<u32>,
    /// What a loaded model may take: free graphics memory, or free memory where there is none.
    pub memory_bytes: Option<u64>,
    /// Bytes of cache for a token of context.
    pub kv_bytes_per_token: Option<u64>,
    /// Tokens that the model was trained on.
    pub trained_context: Option<u32>,
    /// The files, where they are known.
    pub files: Option<Files>,
    /// The settings that are in use: what is read of a file stays theirs.
    pub present: Option<Candidate>,
}

/// What a context is reckoned from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Files {
    /// Characters of the largest one.
    pub largest_chars: usize,
    /// Characters of a request but for the source.
    pub around_chars: usize,
    /// Characters of a token.
    pub chars_per_token: f64,
}

/// What one pack says of who asks.
struct Vote<'a> {
    pack: &'a Pack,
    key: &'a str,
    class: String,
    distance: f64,
    differs: Vec<String>,
    weight: f64,
    settings: &'a Candidate,
    /// Logarithm of the notes a minute that it would be here.
    speed: f64,
}

/// The settings that a pack ended with, with their speed.
fn chosen(pack: &Pack) -> Option<(&PackedCandidate, Estimate)> {
    let usable = |one: &&PackedCandidate| one.usable && one.notes_per_minute.is_some();
    let fastest = || {
        let speed = |one: &PackedCandidate| one.notes_per_minute.map_or(0.0, |speed| speed.value);
        pack.candidates().filter(usable).max_by(|one, other| speed(one).total_cmp(&speed(other)))
    };
    let picked = pack.pick.as_ref().map(|pick| &pick.chosen).filter(usable);
    let found = picked.or_else(fastest)?;
    Some((found, found.notes_per_minute?))
}

/// What packs recommend; `None` where none of them is near enough.
#[must_use]
pub fn recommend<'a>(asked: &Asked, packs: impl IntoIterator<Item = &'a SignedPack>) -> Option<Recommendation> {
    let mut votes: Vec<Vote<'a>> = packs.into_iter().filter_map(|signed| vote(asked, signed)).collect();
    let heaviest = votes.iter().map(|vote| vote.weight).fold(0.0, f64::max);
    votes.retain(|vote| vote.weight >= LEAST_WEIGHT * heaviest);
    share_keys(&mut votes);
    nearest_only(&mut votes);
    let near = votes.len();
    votes = believed(votes);
    let middle = robust::middle_half(&centres(&votes))?;
    let speeds: Vec<(f64, f64)> = votes.iter().map(|vote| (vote.speed, vote.weight)).collect();
    let keys: BTreeSet<&str> = votes.iter().map(|vote| vote.key).collect();
    let nearest = neighbours(&votes);
    Some(Recommendation {
        schema_version: RECOMMENDATION_SCHEMA_VERSION,
        settings: settings::of(asked, &votes)?,
        notes_per_minute: prediction(middle, &speeds, nearest.first().map_or(FARTHEST, |one| one.distance)),
        behind: Behind {
            packs: votes.len(),
            keys: keys.len(),
            classes: votes.iter().map(|vote| vote.class.as_str()).collect::<BTreeSet<_>>().len(),
            set_aside: near - votes.len(),
        },
        extrapolated: extrapolated(asked, &votes),
        nearest,
    })
}

fn vote<'a>(asked: &Asked, signed: &'a SignedPack) -> Option<Vote<'a>> {
    let pack = &signed.pack;
    let parts = distance::parts(asked, pack)?;
    let distance = parts.iter().map(|part| part.worth).fold(0.0, |sum, worth| sum + worth);
    let (chosen, speed) = chosen(pack).filter(|_| distance <= FARTHEST)?;
    let weight = (-0.5 * (distance / WIDTH).powi(2)).exp().max(f64::MIN_POSITIVE);
    let speed = (speed.value * brought(asked, pack, &chosen.settings)).ln();
    speed.is_finite().then(|| Vote {
        pack,
        key: &signed.key,
        class: format!("{:?} {:?} {:?}", pack.hardware, pack.model.digest, pack.model.name),
        distance,
        differs: parts.into_iter().map(|part| part.what).collect(),
        weight,
        settings: &chosen.settings,
        speed,
    })
}

/// How many times as fast as there it is here, by what is known to matter: what is read and written, the size of the model, and threads where the
/// processor does all of it.
#[expect(clippy::cast_precision_loss, reason = "characters of files, bytes of models")]
fn brought(asked: &Asked, pack: &Pack, settings: &Candidate) -> f64 {
    let rate = |kind: CurveKind| {
        let points = &pack.curves.iter().find(|curve| curve.kind == kind)?.points;
        points.first().map(|point| point.estimate.value)
    };
    let decode = rate(CurveKind::DecodeByRequests).unwrap_or(1.0);
    let prefill = rate(CurveKind::PrefillByTokens).unwrap_or(READ_BY_WRITTEN * decode);
    let seconds = |of: &WorkloadClass| {
        let read = of.mean_chars.min(u64::from(settings.max_content_length)) as f64 / CHARS_PER_TOKEN;
        let written = asked.workload.note_tokens.or(pack.workload.note_tokens).unwrap_or(300) as f64;
        read / prefill + written / decode
    };
    let work = seconds(&pack.workload) / seconds(&asked.workload);
    let same_model = asked.model.digest.is_some() && asked.model.digest == pack.model.digest;
    let size = match (asked.model.size_bytes, pack.model.size_bytes) {
        (Some(ours), Some(theirs)) if !same_model => theirs as f64 / ours as f64,
        _ => 1.0,
    };
    let threads = match (asked.hardware.threads, pack.hardware.threads) {
        (Some(ours), Some(theirs)) if asked.hardware.gpu.is_none() && pack.hardware.gpu.is_none() => {
            (f64::from(ours) / f64::from(theirs)).sqrt()
        }
        _ => 1.0,
    };
    work * size * threads
}

/// One key, one vote: its packs share the weight of the nearest of them.
fn share_keys(votes: &mut [Vote<'_>]) {
    let mut keys = BTreeMap::<String, (f64, f64)>::new();
    for vote in votes.iter() {
        let (sum, most) = keys.entry(vote.key.to_owned()).or_default();
        *sum += vote.weight;
        *most = most.max(vote.weight);
    }
    for vote in votes {
        if let Some((sum, most)) = keys.get(vote.key) {
            vote.weight *= most / sum;
        }
    }
}

/// Only the nearest count, as many keys as are enough; those that are equally far share what places are left.
fn nearest_only(votes: &mut Vec<Vote<'_>>) {
    votes.sort_by(|one, other| one.distance.total_cmp(&other.distance));
    let mut nearer = BTreeSet::new();
    for alike in votes.chunk_by_mut(|one, other| one.distance.total_cmp(&other.distance).is_eq()) {
        let left = ENOUGH_KEYS.saturating_sub(nearer.len());
        let before = nearer.len();
        nearer.extend(alike.iter().map(|vote| vote.key));
        let new = nearer.len() - before;
        if new > left {
            #[expect(clippy::cast_precision_loss, reason = "a few thousand keys")]
            let share = left as f64 / new as f64;
            for vote in alike {
                vote.weight *= share;
            }
        }
    }
    votes.retain(|vote| vote.weight > 0.0);
}

/// The speed that each vote stands for: the middle of its class where that is known. Of a mixture of classes who lies a little moves the middle by a share of all
/// their differences, of one class only by a share of its own.
fn centres(votes: &[Vote<'_>]) -> Vec<(f64, f64)> {
    let mut classes = BTreeMap::<&str, Vec<(f64, f64)>>::new();
    for vote in votes {
        classes.entry(&vote.class).or_default().push((vote.speed, vote.weight));
    }
    let centre = |vote: &Vote<'_>| classes.get(vote.class.as_str()).and_then(|class| robust::centre(class));
    votes.iter().map(|vote| (centre(vote).unwrap_or(vote.speed), vote.weight)).collect()
}

/// The votes whose speed is like those of their class; where a class has too few to tell, like those of all. Two classes of which many say each their own differ, and none
/// of them lies.
fn believed(votes: Vec<Vote<'_>>) -> Vec<Vote<'_>> {
    let mut classes = BTreeMap::<String, Vec<Vote<'_>>>::new();
    for vote in votes {
        classes.entry(vote.class.clone()).or_default().push(vote);
    }
    let known = classes
        .values()
        .filter(|votes| robust::are_enough(votes.len()))
        .filter_map(|votes| Some(votes.first()?.class.clone()));
    let known: BTreeSet<String> = known.collect();
    let alike: Vec<Vote<'_>> = classes.into_values().flat_map(like_the_others).collect();
    let speeds: Vec<(f64, f64)> = alike.iter().map(|vote| (vote.speed, vote.weight)).collect();
    let like_all = robust::alike(&speeds);
    let kept = alike.into_iter().zip(like_all).filter(|(vote, is_alike)| *is_alike || known.contains(&vote.class));
    kept.map(|(vote, _)| vote).collect()
}

fn like_the_others(votes: Vec<Vote<'_>>) -> Vec<Vote<'_>> {
    let speeds: Vec<(f64, f64)> = votes.iter().map(|vote| (vote.speed, vote.weight)).collect();
    let alike = robust::alike(&speeds);
    votes.into_iter().zip(alike).filter_map(|(vote, is_alike)| is_alike.then_some(vote)).collect()
}

/// Where the speed of one more machine may lie: how much those that were measured differ, how few they are, and how far they are.
fn prediction(middle: f64, speeds: &[(f64, f64)], distance: f64) -> Estimate {
    let total: f64 = speeds.iter().map(|(_, weight)| weight).sum();
    let squares: f64 = speeds.iter().map(|(_, weight)| weight * weight).sum();
    // Kish (1965): as many votes of equal weight would say as much.
    let votes = total * total / squares;
    let seen = robust::spread(speeds, middle);
    let variance = (votes * seen.powi(2) + PRIOR_VOTES * USUAL_SPREAD.powi(2)) / (votes + PRIOR_VOTES);
    let deviation = (variance * (1.0 + 1.0 / votes) + (BY_DISTANCE * distance).powi(2)).sqrt();
    let at = |sigmas: f64| digits((middle + sigmas * deviation).exp(), 3);
    Estimate { value: at(0.0), interval: ConfidenceInterval { level: LEVEL, low: at(-TWO_SIGMA), high: at(TWO_SIGMA) } }
}

fn neighbours(votes: &[Vote<'_>]) -> Vec<Neighbour> {
    let mut classes = BTreeMap::<&str, Vec<&Vote<'_>>>::new();
    for vote in votes {
        classes.entry(&vote.class).or_default().push(vote);
    }
    let mut neighbours: Vec<Neighbour> = classes
        .into_values()
        .filter_map(|votes| {
            let nearest = votes.iter().min_by(|one, other| one.distance.total_cmp(&other.distance))?;
            let speeds: Vec<(f64, f64)> = votes.iter().map(|vote| (vote.speed, vote.weight)).collect();
            Some(Neighbour {
                hardware: nearest.pack.hardware.clone(),
                model: nearest.pack.model.clone(),
                workload: nearest.pack.workload.clone(),
                distance: digits(nearest.distance, 3),
                differs: nearest.differs.clone(),
                notes_per_minute: digits(robust::median(&speeds)?.exp(), 3),
                packs: votes.len(),
                keys: votes.iter().map(|vote| vote.key).collect::<BTreeSet<_>>().len(),
            })
        })
        .collect();
    neighbours.sort_by(|one, other| one.distance.total_cmp(&other.distance));
    neighbours.truncate(MOST_NEIGHBOURS);
    neighbours
}

/// What is asked and was not measured.
fn extrapolated(asked: &Asked, votes: &[Vote<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    let any = |holds: &dyn Fn(&Pack) -> bool| votes.iter().any(|vote| holds(vote.pack));
    let same_model = |pack: &Pack| {
        let (ours, theirs) = (&asked.model, &pack.model);
        (ours.digest.is_some() && ours.digest == theirs.digest) || (ours.name.is_some() && ours.name == theirs.name)
    };
    if !any(&same_model) {
        found
            .push("the model: nobody measured this one, so the speed is brought over from others by their size".into());
    }
    if !any(&|pack| pack.hardware == asked.hardware) {
        found.push("the machine: nobody measured one of its class".into());
    }
    let mean = asked.workload.mean_chars;
    let (least, most) = votes.iter().fold((u64::MAX, 0), |(least, most), vote| {
        (least.min(vote.pack.workload.mean_chars), most.max(vote.pack.workload.mean_chars))
    });
    // Two digits are told, and batches of one project differ by more.
    if 5 * mean < 4 * least || 4 * mean > 5 * most {
        let side = if mean < least { "smaller" } else { "larger" };
        found.push(format!("the files: they are {side} than any that were measured"));
    }
    if !any(&|pack| pack.workload.own_prompt == asked.workload.own_prompt) {
        found.push("the prompt: all measured another one".into());
    }
    if asked.server_version.is_some() && !any(&|pack| pack.server_version == asked.server_version) {
        found.push("the server: all measured another version".into());
    }
    found
}
