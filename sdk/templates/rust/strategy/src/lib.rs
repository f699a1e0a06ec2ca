//! A strategy: what to measure next, and what follows from it? This one makes the same notes with one, two and four
//! requests at once, and keeps the fastest. It takes the place of the bundled stage that decides the same setting.

use ralf_tune_sdk::{strategy::prelude::*, study::metric};

pub struct __Pascal__;

/// Our trials stand in the history under this name.
const NAME: &str = "__name__";
/// What we decide.
const SETTING: &str = "max_concurrent_requests";

impl Strategy for __Pascal__ {
    fn manifest() -> Manifest {
        Manifest::new(NAME, "0.1.0", "Tries some numbers of requests at once")
            .parameter(Parameter::numbers("levels", &[1.0, 2.0, 4.0], "requests at once").bounds(1.0, 16.0))
            .parameter(Parameter::integer("files", 4, "files made into notes at each level").bounds(1.0, 50.0))
            .decides(&[SETTING])
            .intensities(&["quick", "normal", "full"])
    }

    /// Called until it is done. Nothing is remembered between calls but the history.
    fn ask(study: &Study, arguments: &Arguments) -> Result<Answer, String> {
        let most = arguments.number("files") as usize;
        let files: Vec<u32> = (0..).take(study.workload.file_chars.len().min(most)).collect();
        let proposals: Vec<Proposal> = levels(study, arguments)
            .into_iter()
            .filter(|level| measured(study, *level).is_none())
            .map(|level| {
                Proposal::new(Experiment::Notes(files.clone()), format!("{level} at once")).set(SETTING, level)
            })
            .collect();
        if proposals.is_empty() || files.is_empty() {
            return Self::conclude(study, arguments).map(Answer::Done);
        }
        Ok(Answer::Measure(proposals))
    }

    /// The best decision from what there is; also called when the time is over.
    fn conclude(study: &Study, arguments: &Arguments) -> Result<Decision, String> {
        let speed = |level: f64| measured(study, level)?.mean(metric::NOTES_PER_MINUTE);
        let known = levels(study, arguments).into_iter().filter_map(|level| Some((level, speed(level)?)));
        let Some((level, speed)) = known.max_by(|left, right| left.1.total_cmp(&right.1)) else {
            return Ok(Decision::new().not_found("no level made a note"));
        };
        Ok(Decision::new().set(SETTING, level).reason(format!("{speed:.1} notes a minute with {level} at once")))
    }
}

/// The levels that may be asked for.
fn levels(study: &Study, arguments: &Arguments) -> Vec<f64> {
    let mut levels: Vec<f64> =
        arguments.numbers("levels").into_iter().map(|level| study.allowed(SETTING, level)).collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    levels
}

/// Our own trial at that level, however it ended.
fn measured(study: &Study, level: f64) -> Option<&Trial> {
    study.trials_of(NAME).find(|trial| trial.candidate.value(SETTING) == level)
}

ralf_tune_sdk::export!(strategy: __Pascal__);

#[cfg(test)]
mod tests {
    use ralf_tune_sdk::testing::{Host, Server};

    use super::*;

    const FILES: [u32; 4] = [2_000, 4_000, 4_000, 6_000];

    #[test]
    fn a_server_with_four_slots_gets_four_requests() {
        let server = Server { slots: 4.0, ..Server::default() };
        let outcome = Host::new(server, &FILES).run::<__Pascal__>(600.0).unwrap();
        assert_eq!((outcome.value(SETTING), outcome.trials), (4.0, 3));
    }

    #[test]
    fn without_time_nothing_is_decided() {
        let outcome = Host::new(Server::default(), &FILES).run::<__Pascal__>(1.0).unwrap();
        assert!(outcome.concluded && outcome.decision.settings.is_empty(), "{outcome:?}");
    }
}
