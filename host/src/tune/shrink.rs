//! Which questions a slow machine leaves time for: the least valuable are given up first. Pure.

use super::plan::{stage_share, weight};
use crate::model::{plugin::Manifest, space::Parameter};

/// Notes that a question takes at least: one of another candidate, beside those of the present settings.
const LEAST_NOTES: f64 = 1.0;

/// What the machine was seen to need, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    pub note_seconds: f64,
    pub load_seconds: f64,
}

/// The seconds that a stage would need and does not get, for each stage; `None` where it is asked. A stage that measures nothing is
/// always asked, and so is the most valuable one of the `plan`: that the machine is slow may be what it mends. `ahead` is how many stages of the
/// plan, from its end, are still to come.
#[must_use]
pub fn given_up(plan: &[&Manifest], ahead: usize, seconds: f64, pace: Pace) -> Vec<Option<f64>> {
    let stages = plan.get(plan.len().saturating_sub(ahead)..).unwrap_or_default();
    let mut given_up: Vec<Option<f64>> = vec![None; stages.len()];
    let most_valuable = plan.iter().filter_map(|stage| value(stage)).max();
    loop {
        let kept = || stages.iter().zip(&given_up).filter(|(_, gone)| gone.is_none()).map(|(stage, _)| *stage);
        let all: f64 = kept().map(weight).sum();
        let asked = || {
            let valued = stages.iter().enumerate().filter_map(|(index, stage)| Some((index, *stage, value(stage)?)));
            valued.filter(|(index, _, value)| {
                Some(*value) != most_valuable && given_up.get(*index).is_some_and(Option::is_none)
            })
        };
        let share = |stage| stage_share(seconds, weight(stage), std::iter::once(all - weight(stage)));
        if asked().all(|(_, stage, _)| share(stage) >= needs(stage, pace)) {
            return given_up;
        }
        // Its time goes to those that matter more.
        let Some((index, stage, _)) = asked().min_by_key(|(_, _, value)| *value) else { return given_up };
        let needs = needs(stage, pace);
        if let Some(slot) = given_up.get_mut(index) {
            *slot = Some(needs);
        }
    }
}

fn needs(stage: &Manifest, pace: Pace) -> f64 {
    let loads = stage.decides.iter().filter_map(|name| Parameter::from_name(name)).any(Parameter::is_load_time);
    LEAST_NOTES * pace.note_seconds + if loads { pace.load_seconds } else { 0.0 }
}

/// How much the answer may change, by what is decided; `None` where nothing is measured. The order is that of what simulated studies lose
/// when a question is left out.
fn value(stage: &Manifest) -> Option<u8> {
    let worth = |parameter: Parameter| match parameter {
        Parameter::NumCtx => 5,
        Parameter::MaxConcurrentRequests => 4,
        Parameter::NumThread | Parameter::NumBatch => 3,
        Parameter::ChunkSize | Parameter::MaxContentLength | Parameter::NumPredict => 2,
        _ => 1,
    };
    let decides = stage.decides.iter().filter_map(|name| Parameter::from_name(name));
    decides.filter(|parameter| !parameter.is_policy()).map(worth).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(name: &str, decides: &[&str]) -> Manifest {
        Manifest {
            name: name.into(),
            version: "0.1.0".into(),
            summary: String::new(),
            parameters: Vec::new(),
            decides: decides.iter().map(|name| (*name).to_owned()).collect(),
            needs: Vec::new(),
            intensities: Vec::new(),
            extra: Vec::new(),
        }
    }

    fn left(seconds: f64, note_seconds: f64) -> Vec<&'static str> {
        const NAMES: [&str; 5] = ["context", "throughput", "chunk", "temperature", "latency"];
        let decides = [
            &["num_ctx"][..],
            &["max_concurrent_requests"],
            &["max_content_length", "chunk_size"],
            &["temperature"],
            &["request_timeout_seconds"],
        ];
        let stages: Vec<Manifest> = NAMES.iter().zip(decides).map(|(name, decides)| stage(name, decides)).collect();
        let plan: Vec<&Manifest> = stages.iter().collect();
        let given_up = given_up(&plan, plan.len(), seconds, Pace { note_seconds, load_seconds: 5.0 });
        NAMES.into_iter().zip(given_up).filter(|(_, gone)| gone.is_none()).map(|(name, _)| name).collect()
    }

    #[test]
    fn a_fast_machine_is_asked_everything() {
        assert_eq!(left(300.0, 2.0), ["context", "throughput", "chunk", "temperature", "latency"]);
    }

    #[test]
    fn the_least_valuable_goes_first_and_what_matters_most_stays() {
        assert_eq!(left(300.0, 40.0), ["context", "throughput", "chunk", "latency"]);
        assert_eq!(left(300.0, 80.0), ["context", "throughput", "latency"]);
        assert_eq!(left(300.0, 600.0), ["context", "latency"]);
    }

    #[test]
    fn what_was_given_up_is_given_up_when_its_turn_comes() {
        let stages =
            [stage("context", &["num_ctx"]), stage("chunk", &["max_content_length"]), stage("heat", &["temperature"])];
        let plan: Vec<&Manifest> = stages.iter().collect();
        let slow = Pace { note_seconds: 200.0, load_seconds: 5.0 };
        for ahead in [3, 2, 1] {
            let given_up = given_up(&plan, ahead, 150.0, slow);
            let asked = given_up.iter().filter(|gone| gone.is_none()).count();
            assert_eq!((given_up.len(), asked), (ahead, usize::from(ahead == 3)), "{given_up:?}");
        }
    }

    #[test]
    fn the_slower_the_fewer() {
        let counts: Vec<usize> = (1..200).map(|note| left(300.0, f64::from(note)).len()).collect();
        assert!(counts.is_sorted_by(|a, b| a >= b), "{counts:?}");
        assert_eq!((counts.first(), counts.last()), (Some(&5), Some(&2)));
    }
}
