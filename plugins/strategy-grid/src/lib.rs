//! Strategy `grid`: tries contexts and numbers of requests at once in their order, all with all, and takes the fastest.
//!
//! It is there to be compared with: what a patient person would do by hand.

use blind_search::{DECIDES, Way, Ways, decide, files, number};
use ralf_tune_sdk::strategy::prelude::*;

/// See the crate.
pub struct Grid;

const NAME: &str = "grid";

/// Numbers of requests at once of the grid.
const PARALLEL: [f64; 3] = [1.0, 2.0, 4.0];

/// All of the grid: contexts one after the other, so that each is loaded once.
fn grid(study: &Study) -> Vec<Way> {
    let ways = Ways::of(study);
    let (threads, content) = (study.incumbent("num_thread"), study.incumbent("max_content_length"));
    let mut parallel = PARALLEL.map(|number| study.allowed("max_concurrent_requests", number)).to_vec();
    parallel.dedup();
    let with =
        |context: f64| parallel.clone().into_iter().map(move |parallel| Way { context, threads, content, parallel });
    ways.contexts.into_iter().rev().flat_map(with).collect()
}

impl Strategy for Grid {
    fn manifest() -> Manifest {
        Manifest::new(NAME, "0.1.0", "Tries contexts and requests at once, all with all; to compare others with")
            .decides(&DECIDES)
            .parameter(Parameter::integer("files", 4, "files made into notes with each").bounds(1.0, 50.0))
    }

    fn ask(study: &Study, arguments: &Arguments) -> Result<Answer, String> {
        let files = files(study, number(arguments, "files"));
        match grid(study).get(study.trials_of(NAME).count()).filter(|_| !files.is_empty()) {
            Some(way) => Ok(Answer::Measure(vec![way.measure(study, files)])),
            None => Self::conclude(study, arguments).map(Answer::Done),
        }
    }

    fn conclude(study: &Study, _: &Arguments) -> Result<Decision, String> {
        Ok(decide(study, NAME))
    }
}

ralf_tune_sdk::export!(strategy: Grid);

#[cfg(test)]
mod tests {
    use ralf_tune_sdk::testing::{Host, Server};

    use super::*;

    #[test]
    fn each_context_is_loaded_once_and_the_fastest_is_taken() {
        let server = Server { slots: 2.0, crowding: 0.1, spills_above: 5_000.0, ..Server::default() };
        let outcome = Host::new(server, &[1_000, 2_000, 4_000, 8_000]).run::<Grid>(1e6).unwrap();
        assert!(
            outcome.value("num_ctx") <= 5_000.0 && outcome.value("max_concurrent_requests") >= 2.0,
            "{}",
            outcome.text()
        );
        assert!(outcome.reloads <= 8 && outcome.trials >= 18, "{} {}", outcome.reloads, outcome.trials);
    }
}
