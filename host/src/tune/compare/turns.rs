//! A file that two candidates made into a note in turn, as a strategy asks for it. Pure.

use crate::model::{candidate::Candidate, observation::Observation, score::NoteScore};

/// Speed ratio and quality difference of one file, the first against the second; the difference is not finite where one of them was not
/// scored.
#[must_use]
pub fn in_turn(file: usize, sides: [(&Candidate, &[Observation], &[NoteScore]); 2]) -> Option<(f64, f64)> {
    let [ours, theirs] = sides.map(|(candidate, observations, scores)| {
        let own: Vec<&Observation> = observations.iter().filter(|observation| observation.file == Some(file)).collect();
        let well = own.iter().any(|observation| observation.failure.is_none());
        let busy: f64 = own.iter().map(|observation| observation.latency_ms).sum();
        let cost = well.then(|| busy / f64::from(candidate.max_concurrent_requests.max(1)));
        let quality = scores.iter().find(|score| score.file == file).map_or(f64::NAN, |score| score.value);
        (cost, quality)
    });
    Some((theirs.0? / ours.0?, ours.1 - theirs.1))
}
