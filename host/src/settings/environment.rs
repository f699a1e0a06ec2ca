//! What the environment says.

use std::{collections::BTreeMap, path::PathBuf};

use clap::ValueEnum;

use super::{
    duration::parse_duration,
    error::SettingsError,
    key::{self, KEYS, Key, OTHER_VARIABLES},
    overrides::{Format, Overrides, WorkloadChoice},
    value::{
        parse_bool, parse_files, parse_grant, parse_limit, parse_param, parse_scorer, parse_seed, parse_share,
        plugin_name,
    },
};
use crate::model::nearest::nearest;
use crate::model::study::Warning;

/// The variable of Ollama itself that names the server.
pub const OLLAMA_HOST: &str = "OLLAMA_HOST";

type Environment = BTreeMap<String, String>;

/// Reads the `RALF_TUNE_*` variables. An empty one counts as not set; one that cannot be read is an error.
///
/// Lists are separated by commas; plugin files like `PATH`; parameters by semicolons, for their values hold commas.
pub fn overrides(env: &Environment) -> Result<Overrides, SettingsError> {
    let mut hosts = list(env, &key::HOST, ',', |host| Ok(host.trim().to_owned()))?.unwrap_or_default().into_iter();
    Ok(Overrides {
        intensity: text(env, &key::INTENSITY),
        intensity_flag: None,
        budget: read(env, &key::BUDGET, parse_duration)?,
        model: text(env, &key::MODEL),
        host: hosts.next(),
        mates: hosts.collect(),
        samples: path(env, &key::SAMPLES),
        workload: read(env, &key::WORKLOAD, |text| {
            WorkloadChoice::from_str(text, true).map_err(|_| "samples or learned is needed")
        })?,
        files: read(env, &key::FILES, parse_files)?,
        plugins: text(env, &key::PLUGINS).map(|list| std::env::split_paths(&list).collect()),
        strategies: list(env, &key::STRATEGIES, ',', plugin_name)?,
        scorers: list(env, &key::SCORERS, ',', parse_scorer)?,
        selector: read(env, &key::SELECTOR, plugin_name)?,
        params: list(env, &key::PARAMS, ';', parse_param)?.unwrap_or_default(),
        limits: list(env, &key::LIMITS, ',', parse_limit)?.unwrap_or_default(),
        allow: list(env, &key::ALLOW, ',', parse_grant)?,
        save: read(env, &key::SAVE, parse_bool)?,
        report: read(env, &key::REPORT, parse_bool)?,
        yes: read(env, &key::YES, parse_bool)?,
        config: path(env, &key::CONFIG),
        seed: read(env, &key::SEED, parse_seed)?,
        quality_floor: read(env, &key::QUALITY_FLOOR, parse_share)?,
        prompt: path(env, &key::PROMPT),
        format: read(env, &key::FORMAT, |text| Format::from_str(text, true).map_err(|_| "text or json is needed"))?,
        output: path(env, &key::OUTPUT),
        store: text(env, &key::STORE),
        hub: text(env, &key::HUB),
        simulate: text(env, &key::SIMULATE),
        simulated_mates: Vec::new(),
    })
}

/// The host that `OLLAMA_HOST` names.
pub fn ollama_host(env: &Environment) -> Option<String> {
    env.get(OLLAMA_HOST).map(|value| value.trim()).filter(|value| !value.is_empty()).map(str::to_owned)
}

/// Variables that look like ours and are not: most probably slips.
pub fn unknown_variables(env: &Environment) -> Vec<Warning> {
    let known = || KEYS.iter().map(|key| key.variable).chain(OTHER_VARIABLES);
    env.keys()
        .filter(|name| name.starts_with("RALF_TUNE_") && known().all(|known| known != name.as_str()))
        .map(|name| Warning {
            what: format!("the environment variable {name} is not known and has no effect"),
            advice: nearest(name, known()).map(|nearest| format!("did you mean {nearest}?")),
        })
        .collect()
}

fn text(env: &Environment, key: &Key) -> Option<String> {
    env.get(key.variable).map(|value| value.trim()).filter(|value| !value.is_empty()).map(str::to_owned)
}

fn path(env: &Environment, key: &Key) -> Option<PathBuf> {
    env.get(key.variable).filter(|value| !value.trim().is_empty()).map(PathBuf::from)
}

fn read<T, E: ToString>(
    env: &Environment,
    key: &Key,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, SettingsError> {
    let Some(value) = text(env, key) else { return Ok(None) };
    parse(&value).map(Some).map_err(|reason| SettingsError::BadValue {
        place: key.variable.to_owned(),
        value,
        reason: reason.to_string(),
    })
}

fn list<T>(
    env: &Environment,
    key: &Key,
    separator: char,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<Vec<T>>, SettingsError> {
    read(env, key, |text| text.split(separator).filter(|part| !part.trim().is_empty()).map(&parse).collect())
}
