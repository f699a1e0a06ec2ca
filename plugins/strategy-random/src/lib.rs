//! Strategy `random`: tries ways of running the batch that are drawn, until the time is over, and takes the fastest.
//!
//! It is there to be compared with. Random search is hard to beat where trials are cheap (Bergstra and Bengio 2012); here each costs a load.

use blind_search::{DECIDES, Ways, decide, dice, files, number};
use ralf_tune_sdk::strategy::prelude::*;

/// See the crate.
pub struct Random;

const NAME: &str = "random";

impl Strategy for Random {
    fn manifest() -> Manifest {
        Manifest::new(NAME, "0.1.0", "Tries settings that are drawn, until the time is over; to compare others with")
            .decides(&DECIDES)
            .parameter(Parameter::integer("files", 4, "files made into notes with each").bounds(1.0, 50.0))
            .parameter(Parameter::integer("most", 100, "settings that are tried at most").bounds(1.0, 1000.0))
    }

    fn ask(study: &Study, arguments: &Arguments) -> Result<Answer, String> {
        let done = study.trials_of(NAME).count();
        let files = files(study, number(arguments, "files"));
        if done >= number(arguments, "most") || files.is_empty() {
            return Self::conclude(study, arguments).map(Answer::Done);
        }
        let way = Ways::of(study).drawn(dice(study.seed, done as u64));
        Ok(Answer::Measure(vec![way.measure(study, files)]))
    }

    fn conclude(study: &Study, _: &Arguments) -> Result<Decision, String> {
        Ok(decide(study, NAME))
    }
}

ralf_tune_sdk::export!(strategy: Random);

#[cfg(test)]
mod tests {
    use ralf_tune_sdk::testing::{Host, Server};

    use super::*;

    #[test]
    fn the_more_it_may_try_the_better_it_gets() {
        let speed = |most: i64| {
            let server = Server { slots: 4.0, crowding: 0.1, ..Server::default() };
            let mut host = Host::new(server, &[1_000, 2_000, 4_000, 8_000]);
            let outcome = host
                .run_with::<Random>(1e6, &[("most", Value::Integer(most))])
                .unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(outcome.trials, usize::try_from(most).unwrap());
            outcome.value("max_concurrent_requests")
        };
        assert!(speed(40) >= 3.0);
        assert!(speed(1) >= 1.0);
    }
}
