//! Between the model's types and the interface's. Texts of guests are cleaned here, once.

use super::{bindings::types as wit, parameters::Arguments};
use crate::model::{
    candidate::Candidate,
    clean::clean_within,
    experiment::Experiment,
    machine::{Locality, MachineProfile, ModelProfile, ServerProfile},
    plugin::{LONGEST_PLUGIN_NAME, Manifest, PluginParameter, is_plugin_name},
    selection::Constraints,
    space::{Parameter, SearchSpace},
    trial::{Trial, TrialState},
    value::Value,
};

/// Longest text of a guest that is kept, in characters; a reason is a sentence.
const LONGEST_TEXT: usize = 500;

/// Most texts of one list that are kept: nobody reads more reasons.
const MOST_TEXTS: usize = 50;

/// A guest's text without control characters and not without end.
pub fn clean(text: &str) -> String {
    clean_within(text, LONGEST_TEXT)
}

/// Reasons and the like.
pub fn texts(list: &[String]) -> Vec<String> {
    list.iter().take(MOST_TEXTS).map(|text| clean(text)).collect()
}

/// Converts what `describe` said; with everything that is wrong with it.
pub fn manifest(from: wit::Manifest) -> (Manifest, Vec<String>) {
    let mut problems = Vec::new();
    if !is_plugin_name(&from.name) {
        let name = clean(&from.name);
        problems.push(format!("the name `{name}` is not made of lower case letters, digits and hyphens"));
    }
    if from.version.len() > LONGEST_PLUGIN_NAME || semver::Version::parse(&from.version).is_err() {
        problems.push(format!("`{}` is not a semantic version", clean(&from.version)));
    }
    let unknown = from.decides.iter().chain(&from.needs).filter(|name| Parameter::from_name(name).is_none());
    problems.extend(unknown.map(|name| format!("`{}` is not a setting that can be tuned", clean(name))));
    let parameters: Vec<PluginParameter> = from.parameters.into_iter().map(parameter).collect();
    for (index, parameter) in parameters.iter().enumerate() {
        if !is_default_allowed(parameter) {
            problems.push(format!("the default of parameter `{}` is out of its own bounds", parameter.name));
        }
        if parameters.iter().take(index).any(|other| other.name == parameter.name) {
            problems.push(format!("two parameters are called `{}`", parameter.name));
        }
    }
    problems.truncate(MOST_TEXTS);
    let manifest = Manifest {
        name: from.name,
        version: from.version,
        summary: clean(&from.summary),
        parameters,
        decides: from.decides,
        needs: from.needs,
        intensities: from.intensities.iter().map(|name| clean(name)).collect(),
        extra: from.extra.iter().take(MOST_TEXTS).map(|(name, value)| (clean(name), clean(value))).collect(),
    };
    (manifest, problems)
}

fn parameter(from: wit::Parameter) -> PluginParameter {
    PluginParameter {
        name: clean(&from.name),
        help: clean(&from.help),
        default: match from.default {
            wit::Value::Boolean(value) => Value::Boolean(value),
            wit::Value::Integer(value) => Value::Integer(value),
            wit::Value::Number(value) => Value::Number(value),
            // As it is: it goes back to the guest. Pages clean what they show.
            wit::Value::Text(value) => Value::Text(value),
            wit::Value::Numbers(values) => Value::Numbers(values),
        },
        low: from.low,
        high: from.high,
        choices: from.choices,
    }
}

/// A plugin that rejects its own default would fail in every study.
fn is_default_allowed(parameter: &PluginParameter) -> bool {
    let manifest = Manifest { parameters: vec![parameter.clone()], ..Manifest::default() };
    super::parameters::resolve(&manifest, &[(parameter.name.clone(), parameter.default.clone())]).is_ok()
}

pub fn arguments(arguments: &Arguments) -> Vec<wit::Argument> {
    arguments
        .0
        .iter()
        .map(|(name, value)| wit::Argument {
            name: name.clone(),
            value: match value {
                Value::Boolean(value) => wit::Value::Boolean(*value),
                Value::Integer(value) => wit::Value::Integer(*value),
                Value::Number(value) => wit::Value::Number(*value),
                Value::Text(value) => wit::Value::Text(value.clone()),
                Value::Numbers(values) => wit::Value::Numbers(values.clone()),
            },
        })
        .collect()
}

pub fn named(pairs: &[(String, f64)]) -> Vec<wit::Setting> {
    pairs.iter().map(|(name, value)| wit::Setting { name: name.clone(), value: *value }).collect()
}

pub fn facts(pairs: &[(String, f64)]) -> Vec<wit::Fact> {
    pairs.iter().map(|(name, value)| wit::Fact { name: name.clone(), value: *value }).collect()
}

pub fn pairs(settings: Vec<wit::Setting>) -> Vec<(String, f64)> {
    settings.into_iter().map(|setting| (clean(&setting.name), setting.value)).collect()
}

pub fn settings(candidate: &Candidate) -> Vec<wit::Setting> {
    Parameter::ALL
        .into_iter()
        .map(|parameter| wit::Setting { name: parameter.name().into(), value: candidate.get(parameter) })
        .collect()
}

pub fn space(space: &SearchSpace) -> Vec<wit::SettingRange> {
    space
        .ranges
        .iter()
        .map(|range| wit::SettingRange {
            name: range.parameter.name().into(),
            low: range.low,
            high: range.high,
            step: range.step,
            load_time: range.parameter.is_load_time(),
            affects_quality: range.parameter.affects_quality(),
        })
        .collect()
}

pub fn constraints(constraints: &Constraints) -> wit::Constraints {
    wit::Constraints { quality_floor: constraints.quality_floor, max_lost_share: constraints.max_lost_share }
}

/// The server's machine. Where the server is elsewhere, this machine's hardware says nothing of it: all zeros.
pub fn machine(machine: &MachineProfile, server: &ServerProfile) -> wit::Machine {
    let known = server.locality != Locality::Remote;
    let small = |fact: Option<u32>| if known { fact.unwrap_or(0) } else { 0 };
    let large = |fact: Option<u64>| if known { fact.unwrap_or(0) } else { 0 };
    let gpu_total: u64 = machine.gpus.iter().filter_map(|gpu| gpu.memory_total_bytes).sum();
    wit::Machine {
        physical_cores: small(machine.physical_cores.value),
        logical_threads: small(machine.logical_threads.value),
        usable_threads: small(machine.usable_threads.value),
        total_memory_bytes: large(machine.total_memory_bytes.value),
        available_memory_bytes: large(machine.available_memory_bytes.value),
        gpu_memory_bytes: large(Some(gpu_total)),
        facts: facts(&[("local".into(), if known { 1.0 } else { 0.0 })]),
    }
}

pub fn model(model: &ModelProfile) -> wit::Model {
    wit::Model {
        name: model.name.clone(),
        size_bytes: model.size_bytes.value.unwrap_or(0),
        parameter_count: model.parameter_count.value.unwrap_or(0),
        trained_context: model.trained_context.value.unwrap_or(0),
        layers: model.layers.value.unwrap_or(0),
        kv_bytes_per_token: model.kv_bytes_per_token.value.unwrap_or(0),
        thinking: model.thinking,
        facts: Vec::new(),
    }
}

fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn counts(values: &[usize]) -> Vec<u32> {
    values.iter().map(|value| count(*value)).collect()
}

/// What a strategy and a selector know of the workload.
pub fn workload(view: &super::strategy::WorkloadView) -> wit::Workload {
    wit::Workload {
        file_chars: counts(&view.file_chars),
        batch_chars: counts(&view.batch_chars),
        chars_per_token: view.chars_per_token,
        overhead_tokens: view.overhead_tokens,
        facts: Vec::new(),
    }
}

pub fn experiment(experiment: &Experiment) -> wit::Experiment {
    match experiment {
        Experiment::Load => wit::Experiment::Load,
        Experiment::Probe { prompt_tokens, output_tokens, parallel, requests } => wit::Experiment::Probe(wit::Probe {
            prompt_tokens: *prompt_tokens,
            output_tokens: *output_tokens,
            parallel: *parallel,
            requests: *requests,
        }),
        Experiment::Notes { files } => wit::Experiment::Notes(counts(files)),
        Experiment::Needle { content_chars, depths } => {
            wit::Experiment::Needle(wit::Needle { content_chars: *content_chars, depths: depths.clone() })
        }
        Experiment::Compare { other, files } => {
            wit::Experiment::Compare(wit::Compare { other: settings(other), files: counts(files) })
        }
    }
}

pub fn trial(trial: &Trial) -> wit::Trial {
    wit::Trial {
        number: trial.number,
        stage: trial.stage.clone(),
        candidate: settings(&trial.candidate),
        experiment: experiment(&trial.experiment),
        state: match trial.state {
            TrialState::Complete => wit::TrialState::Complete,
            TrialState::Pruned => wit::TrialState::Pruned,
            TrialState::Failed(cause) => wit::TrialState::Failed(cause.name().into()),
        },
        seconds: trial.seconds,
        reloads: trial.reloads,
        samples: trial
            .samples
            .iter()
            .map(|sample| wit::Sample {
                metric: sample.metric.name().into(),
                values: sample.values.clone(),
                mean: sample.summary.mean,
                median: sample.summary.median,
                standard_deviation: sample.summary.standard_deviation,
            })
            .collect(),
        scores: trial
            .scores
            .iter()
            .map(|score| wit::NoteScore {
                file: count(score.file),
                value: score.value,
                parts: score
                    .by_scorer
                    .iter()
                    .map(|part| wit::Fact { name: part.scorer.clone(), value: part.score.value })
                    .collect(),
            })
            .collect(),
        facts: facts(&trial.facts),
    }
}
