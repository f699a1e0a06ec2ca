//! Settings that show in how fast the server reads and writes.

use super::{Witness, no_evidence};
use crate::{
    model::{
        candidate::Candidate,
        experiment::Experiment,
        machine::Locality,
        metric::{Estimate, Metric},
        obedience::{Obedience, Obeyed},
        observation::{Observation, Repetition},
        space::Parameter,
        study::Warning,
        trial::Trial,
    },
    ollama::rates::{decode_tokens_per_second, prefill_tokens_per_second},
    stats::{summary::median, two_samples::ratio_of_means},
};

/// A few rates may agree by chance; no machine repeats itself better than this.
const LEAST_DEVIATION: f64 = 0.01;

/// Where the interval of the difference stays within this, a setting that must make one was ignored.
const NO_DIFFERENCE: f64 = 0.10;

/// Threads that are so many times as many must show.
const THREADS_APART: f64 = 1.5;
/// Batches that are so many times as large must show in prompts that fill them.
const BATCHES_APART: f64 = 4.0;

/// A comparison of the rates under two values of a setting.
struct Compared {
    what: &'static str,
    values: (f64, f64),
    /// Medians, in tokens a second.
    rates: (f64, f64),
    ratio: Estimate,
    prompt_tokens: f64,
}

/// Whether more threads make a difference.
pub(super) fn threads(witness: &Witness<'_>) -> Obedience {
    let usable = witness.machine.usable_threads.value.map_or(f64::INFINITY, f64::from);
    // Where all of the model is in the GPU's memory, threads hardly matter; more threads than there are make everything slow.
    let on_cpu = is_on_cpu(witness);
    let matters = |compared: &Compared| {
        let (few, many) = compared.values;
        few > 0.0 && many <= usable && many >= few * THREADS_APART && on_cpu
    };
    let both = [decode(witness, Parameter::NumThread), prefill(witness, Parameter::NumThread)];
    judge(Parameter::NumThread, &both.into_iter().flatten().collect::<Vec<_>>(), matters)
}

/// Whether the processor computes some of the model: by the server's word, else where it has nothing but a processor.
fn is_on_cpu(witness: &Witness<'_>) -> bool {
    let mut shares = witness.trials.iter().filter_map(|trial| trial.mean(Metric::GpuShare)).peekable();
    if shares.peek().is_none() {
        return witness.server.locality == Locality::Local && witness.machine.gpus.is_empty();
    }
    shares.any(|share| share < 0.99)
}

/// Whether a larger batch makes a difference to reading.
pub(super) fn batch(witness: &Witness<'_>) -> Obedience {
    let matters = |compared: &Compared| {
        let (small, large) = compared.values;
        small > 0.0 && large >= small * BATCHES_APART && compared.prompt_tokens >= 2.0 * small
    };
    judge(Parameter::NumBatch, prefill(witness, Parameter::NumBatch).as_slice(), matters)
}

fn judge(parameter: Parameter, compared: &[Compared], matters: impl Fn(&Compared) -> bool) -> Obedience {
    let setting = parameter.name();
    let widest =
        |compared: &Compared| (1.0 - compared.ratio.interval.low).abs().max(compared.ratio.interval.high - 1.0);
    let differs = |compared: &&Compared| compared.ratio.interval.low > 1.0 || compared.ratio.interval.high < 1.0;
    let figures = compared.iter().flat_map(|compared| {
        let name = |value: f64| format!("{}_tokens_per_second_at_{value}", compared.what);
        [(name(compared.values.0), compared.rates.0), (name(compared.values.1), compared.rates.1)]
    });
    let figures: Vec<(String, f64)> = figures.collect();
    if let Some(shown) = compared.iter().find(differs) {
        let Compared { what, values, rates, .. } = shown;
        let evidence =
            format!("{what} {:.1} tokens/s with {}, {:.1} with {}", rates.0, named(values.0), rates.1, named(values.1));
        return Obedience { state: Obeyed::Obeyed, figures, ..no_evidence(setting, evidence) };
    }
    let Some(first) = compared.first() else {
        return no_evidence(setting, "not varied, or not measured alike");
    };
    let (few, many) = first.values;
    let widest = compared.iter().map(widest).fold(0.0, f64::max);
    let whats: Vec<&str> = compared.iter().map(|compared| compared.what).collect();
    let whats = whats.join(" and ");
    if widest > NO_DIFFERENCE {
        let evidence = format!(
            "{} and {}: too few measurements to tell {whats} apart (known to {:.0} %)",
            named(few),
            named(many),
            widest * 100.0
        );
        return Obedience { figures, ..no_evidence(setting, evidence) };
    }
    let evidence = format!(
        "{} or {}: no difference in {whats} larger than {:.0} %",
        named(few),
        named(many),
        (widest * 100.0).ceil()
    );
    if !compared.iter().any(matters) {
        return Obedience { figures, notable: true, ..no_evidence(setting, evidence) };
    }
    Obedience {
        state: Obeyed::Ignored,
        figures,
        warning: Some(Warning {
            what: format!("{setting} makes no difference: the server seems to ignore it"),
            advice: Some(format!(
                "leave {setting} out of your configuration; a proxy, or a server that was started with its own value, may be the reason"
            )),
        }),
        ..no_evidence(setting, evidence)
    }
}

/// 0 leaves the choice to the server.
fn named(value: f64) -> String {
    if value > 0.0 { value.to_string() } else { "the server's choice".to_owned() }
}

fn decode(witness: &Witness<'_>, parameter: Parameter) -> Option<Compared> {
    compare(witness, parameter, "decode", |observation| {
        observation.server.and_then(|server| decode_tokens_per_second(observation.answer_tokens, &server))
    })
}

fn prefill(witness: &Witness<'_>, parameter: Parameter) -> Option<Compared> {
    compare(witness, parameter, "prefill", |observation| {
        observation.server.and_then(|server| prefill_tokens_per_second(observation.prompt_tokens, &server))
    })
}

/// The two values of a setting that are farthest apart among trials that are alike in all else that matters to a rate.
fn compare(
    witness: &Witness<'_>,
    parameter: Parameter,
    what: &'static str,
    rate: impl Fn(&Observation) -> Option<f64>,
) -> Option<Compared> {
    let trials: Vec<&Trial> = witness.trials.iter().filter(|trial| is_alone(trial)).collect();
    let mut best: Option<Compared> = None;
    for one in &trials {
        let alike: Vec<&Trial> = trials.iter().copied().filter(|trial| are_alike(trial, one, parameter)).collect();
        let value = |trial: &Trial| trial.candidate.get(parameter);
        // The server's own choice is some value in between: it is compared only when there is nothing else.
        let set: Vec<&Trial> = alike.iter().copied().filter(|trial| value(trial) > 0.0).collect();
        let varied = |trials: &[&Trial]| {
            let values = || trials.iter().map(|trial| value(trial));
            let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
            (high - low > 0.5).then_some((low, high))
        };
        let Some((low, high)) = varied(&set).or_else(|| varied(&alike)) else { continue };
        let observations = |wanted: f64| {
            let own = alike.iter().filter(move |trial| (value(trial) - wanted).abs() < 0.5);
            own.flat_map(|trial| &trial.observations)
                .filter(|observation| observation.repetition == Repetition::Measured && observation.failure.is_none())
        };
        let rates = |wanted: f64| observations(wanted).filter_map(&rate).collect::<Vec<f64>>();
        let (slow, fast) = (rates(low), rates(high));
        let Some(ratio) = ratio_of_means(&fast, &slow, LEAST_DEVIATION) else { continue };
        let prompts: Vec<f64> = observations(low).map(|observation| f64::from(observation.prompt_tokens)).collect();
        let width = |ratio: &Estimate| ratio.interval.high / ratio.interval.low;
        let compared = Compared {
            what,
            values: (low, high),
            rates: (median(&slow), median(&fast)),
            ratio,
            prompt_tokens: median(&prompts),
        };
        if best.as_ref().is_none_or(|best| width(&compared.ratio) < width(&best.ratio)) {
            best = Some(compared);
        }
    }
    best
}

/// Whether its requests had the server to themselves: rates of requests at once say something else.
fn is_alone(trial: &Trial) -> bool {
    match trial.experiment {
        Experiment::Probe { parallel, .. } => parallel <= 1,
        Experiment::Notes { .. } => trial.fact("workers").is_some_and(|workers| workers <= 1.0),
        _ => false,
    }
}

/// Whether two trials differ in nothing that makes a rate but one setting.
fn are_alike(one: &Trial, other: &Trial, parameter: Parameter) -> bool {
    let rest = |candidate: &Candidate| candidate.clone().with(parameter, 0.0).load_key();
    let asked = |candidate: &Candidate| (candidate.max_content_length, candidate.chunk_size, candidate.num_predict);
    rest(&one.candidate) == rest(&other.candidate)
        && match (&one.experiment, &other.experiment) {
            (
                Experiment::Probe { prompt_tokens: a, output_tokens: b, .. },
                Experiment::Probe { prompt_tokens: c, output_tokens: d, .. },
            ) => a == c && b == d,
            (Experiment::Notes { files: a }, Experiment::Notes { files: b }) => {
                a == b && asked(&one.candidate) == asked(&other.candidate)
            }
            _ => false,
        }
}
