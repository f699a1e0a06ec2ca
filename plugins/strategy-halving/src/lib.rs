//! Strategy `halving`: tries many drawn settings with few files, keeps the better third, tries those with three times as many files, and so on.
//!
//! Successive halving (Jamieson and Talwalkar 2016) with a factor of three. It is there to be compared with.

use blind_search::{DECIDES, Way, Ways, decide, dice, files, found, number};
use ralf_tune_sdk::strategy::prelude::*;

/// See the crate.
pub struct Halving;

const NAME: &str = "halving";

/// Survivors of a round, as one of so many; files grow by the same factor.
const FACTOR: usize = 3;

impl Strategy for Halving {
    fn manifest() -> Manifest {
        Manifest::new(
            NAME,
            "0.1.0",
            "Tries many drawn settings a little, and the better ones longer; to compare others with",
        )
        .decides(&DECIDES)
        .parameter(Parameter::integer("settings", 9, "settings of the first round").bounds(3.0, 81.0))
        .parameter(Parameter::integer("files", 1, "files of the first round").bounds(1.0, 8.0))
    }

    fn ask(study: &Study, arguments: &Arguments) -> Result<Answer, String> {
        let (mut most, mut size) = (number(arguments, "settings"), number(arguments, "files"));
        let ways = Ways::of(study);
        let mut round: Vec<Way> = (0..most as u64).map(|index| ways.drawn(dice(study.seed, index))).collect();
        let mut trials = study.trials_of(NAME);
        loop {
            let files = files(study, size);
            let done: Vec<&Trial> = trials.by_ref().take(round.len()).collect();
            if let Some(next) = round.get(done.len()).filter(|_| !files.is_empty()) {
                return Ok(Answer::Measure(vec![next.measure(study, files)]));
            }
            if round.len() == 1 || files.is_empty() {
                return Self::conclude(study, arguments).map(Answer::Done);
            }
            most = (most / FACTOR).max(1);
            let mut ranked: Vec<(f64, Way)> = done
                .into_iter()
                .filter_map(|trial| found(trial).map(|(speed, quality)| (speed * quality, Way::of(trial))))
                .collect();
            ranked.sort_by(|left, right| right.0.total_cmp(&left.0));
            round = ranked.into_iter().take(most).map(|(_, way)| way).collect();
            size *= FACTOR;
            if round.is_empty() {
                return Self::conclude(study, arguments).map(Answer::Done);
            }
        }
    }

    fn conclude(study: &Study, _: &Arguments) -> Result<Decision, String> {
        Ok(decide(study, NAME))
    }
}

ralf_tune_sdk::export!(strategy: Halving);

#[cfg(test)]
mod tests {
    use ralf_tune_sdk::testing::{Host, Server};

    use super::*;

    #[test]
    fn nine_become_three_become_one() {
        let server = Server { slots: 4.0, crowding: 0.1, ..Server::default() };
        let files: Vec<u32> = (1..=12).map(|size| size * 700).collect();
        let outcome = Host::new(server, &files).run::<Halving>(1e6).unwrap();
        assert_eq!(outcome.trials, 9 + 3 + 1, "{}", outcome.text());
        assert!(outcome.value("max_concurrent_requests") >= 2.0, "{}", outcome.text());
    }
}
