//! Settings that show in the requests themselves: overlap, length of answers, loads in between.

use super::{Witness, advice, no_evidence};
use crate::{
    model::{
        experiment::Experiment,
        obedience::{Obedience, Obeyed},
        observation::{FinishReason, Observation, Repetition},
        space::Parameter,
        study::Warning,
        trial::Trial,
    },
    tune::{disturbance::LOAD_MS, summarise::effective_slots},
};

/// The server unloads an idle model after so long, unless it is told otherwise.
const DEFAULT_KEEP_ALIVE_MS: f64 = 300_000.0;

/// Whether requests that were sent at once were worked on at once.
pub(super) fn overlap(witness: &Witness<'_>) -> Obedience {
    let setting = Parameter::MaxConcurrentRequests.name();
    let seen = witness.trials.iter().filter_map(|trial| {
        let sent = at_once(trial).filter(|sent| *sent > 1.0)?;
        Some((effective_slots(&well(trial))?, sent))
    });
    let Some((slots, sent)) = seen.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))) else {
        return no_evidence(setting, "never more than one request at once");
    };
    let figures = vec![("requests_at_once".to_owned(), sent), ("effective_slots".to_owned(), slots)];
    if slots > 1.0 {
        let more = if slots < sent { "; the others waited" } else { "" };
        return Obedience {
            state: Obeyed::Obeyed,
            figures,
            notable: slots < sent && slots < f64::from(witness.chosen.max_concurrent_requests),
            ..no_evidence(setting, format!("of {sent} sent at once, {slots} were worked on at once{more}"))
        };
    }
    Obedience {
        state: Obeyed::Ignored,
        figures,
        warning: Some(Warning {
            what: "OLLAMA_NUM_PARALLEL is 1: requests never overlapped".to_owned(),
            advice: Some(advice::more_slots(witness)),
        }),
        ..no_evidence(setting, format!("{sent} sent at once, worked on one after the other"))
    }
}

/// Requests that were under way together.
pub(in crate::tune) fn at_once(trial: &Trial) -> Option<f64> {
    match trial.experiment {
        Experiment::Probe { parallel, requests, .. } => Some(f64::from(parallel.min(requests))),
        Experiment::Notes { .. } => trial.fact("workers").map(|workers| workers.min(count(well(trial).len()))),
        _ => None,
    }
}

/// Those that count and ended well.
pub(in crate::tune) fn well(trial: &Trial) -> Vec<Observation> {
    let good =
        |observation: &&Observation| observation.repetition == Repetition::Measured && observation.failure.is_none();
    trial.observations.iter().filter(good).cloned().collect()
}

#[expect(clippy::cast_precision_loss, reason = "a handful of requests")]
const fn count(requests: usize) -> f64 {
    requests as f64
}

/// Whether no answer is longer than it may be.
pub(super) fn answer_length(witness: &Witness<'_>) -> Obedience {
    let setting = Parameter::NumPredict.name();
    let (mut reached, mut longest_over) = (0_u32, None::<(u32, u32)>);
    for trial in witness.trials {
        let limit = match &trial.experiment {
            Experiment::Probe { output_tokens, .. } => (*output_tokens).max(1),
            Experiment::Notes { .. } => trial.candidate.num_predict.max(1),
            _ => continue,
        };
        for observation in well(trial) {
            if observation.answer_tokens > limit.saturating_add(1) {
                longest_over = longest_over.max(Some((observation.answer_tokens, limit)));
            } else if observation.answer_tokens >= limit && observation.finish == FinishReason::Length {
                reached += 1;
            }
        }
    }
    if let Some((tokens, limit)) = longest_over {
        return Obedience {
            state: Obeyed::Ignored,
            figures: vec![
                ("answer_tokens".to_owned(), f64::from(tokens)),
                ("num_predict".to_owned(), f64::from(limit)),
            ],
            warning: Some(Warning {
                what: format!("an answer had {tokens} tokens where num_predict allows {limit}"),
                advice: Some(
                    "look for a proxy that drops options; without a bound one answer can take minutes".to_owned(),
                ),
            }),
            ..no_evidence(setting, format!("an answer of {tokens} tokens where {limit} are allowed"))
        };
    }
    if reached == 0 {
        return no_evidence(setting, "no answer reached it");
    }
    Obedience {
        state: Obeyed::Obeyed,
        figures: vec![("answers_ended_by_it".to_owned(), f64::from(reached))],
        ..no_evidence(setting, format!("{reached} answers ended exactly there"))
    }
}

/// Answers are not compared with each other: this says only whether it was varied.
pub(super) fn temperature(witness: &Witness<'_>) -> Obedience {
    let mut values: Vec<f64> = witness.trials.iter().map(|trial| trial.candidate.temperature).collect();
    values.sort_by(f64::total_cmp);
    values.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
    let evidence = if values.len() > 1 { "varied, but not judged: answers differ anyway" } else { "not varied" };
    no_evidence(Parameter::Temperature.name(), evidence)
}

/// Whether the model stayed loaded while nothing was asked.
pub(super) fn keep_alive(witness: &Witness<'_>) -> Obedience {
    let setting = "keep_alive";
    let mut requests: Vec<&Observation> = witness.trials.iter().flat_map(|trial| &trial.observations).collect();
    requests.sort_by(|a, b| a.host.cmp(&b.host).then(a.started_ms.total_cmp(&b.started_ms)));
    let mut longest: f64 = 0.0;
    let mut lost: Option<f64> = None;
    for pair in requests.windows(2) {
        let [before, after] = pair else { continue };
        if before.host != after.host {
            continue;
        }
        let pause = after.started_ms - before.started_ms - before.latency_ms;
        let loaded = after.server.map_or(0.0, |server| server.load_ms) > LOAD_MS;
        // A warm-up follows a load of ours.
        if after.repetition == Repetition::Measured && pause > 0.0 {
            if loaded && pause >= DEFAULT_KEEP_ALIVE_MS {
                lost = Some(pause);
            } else if !loaded {
                longest = longest.max(pause);
            }
        }
    }
    if let Some(pause) = lost {
        return Obedience {
            state: Obeyed::Ignored,
            figures: vec![("pause_seconds".to_owned(), pause / 1000.0)],
            warning: Some(Warning {
                what: format!("the model was unloaded during a pause of {:.0} s, against keep_alive", pause / 1000.0),
                advice: Some("see whether another program uses the server, or set OLLAMA_KEEP_ALIVE=1h".to_owned()),
            }),
            ..no_evidence(setting, format!("loaded again after a pause of {:.0} s", pause / 1000.0))
        };
    }
    if longest < DEFAULT_KEEP_ALIVE_MS {
        return no_evidence(setting, "no pause was longer than the server's own 5 minutes");
    }
    Obedience {
        state: Obeyed::Obeyed,
        figures: vec![("pause_seconds".to_owned(), longest / 1000.0)],
        ..no_evidence(setting, format!("still loaded after a pause of {:.0} s", longest / 1000.0))
    }
}
