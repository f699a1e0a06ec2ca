//! Putting the sources together.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    DEFAULT_HOST, DEFAULT_INTENSITY, DEFAULT_QUALITY_FLOOR, Format, Origin, Overrides, PluginParam, ScorerChoice,
    Setting, Settings, SettingsError, WorkloadChoice,
    environment::{self, OLLAMA_HOST},
    file::parse_file,
    intensity,
    key::{self, Key},
};
use crate::model::limit::{Limit, PluginLimit};

/// One source and what it says.
struct Layer {
    source: Source,
    values: Overrides,
}

enum Source {
    CommandLine,
    Environment,
    OllamaEnvironment,
    Project(PathBuf),
    User(PathBuf),
}

impl Layer {
    fn origin(&self, key: &Key) -> Origin {
        match &self.source {
            Source::CommandLine => Origin::Flag(self.flag(key)),
            Source::Environment => Origin::Environment(key.variable),
            Source::OllamaEnvironment => Origin::Environment(OLLAMA_HOST),
            Source::Project(path) => Origin::ProjectFile(path.clone()),
            Source::User(path) => Origin::UserFile(path.clone()),
        }
    }

    /// The flag that was typed, where one setting has several.
    fn flag(&self, key: &Key) -> &'static str {
        let values = &self.values;
        if *key == key::INTENSITY {
            return values.intensity_flag.unwrap_or(key.flag);
        }
        if *key == key::SAVE && values.save == Some(false) {
            return "--no-save";
        }
        if *key == key::REPORT && values.report == Some(false) {
            return "--no-report";
        }
        key.flag
    }
}

/// The sources, the strongest first.
struct Layers(Vec<Layer>);

impl Layers {
    fn find<T: Clone>(&self, key: &Key, get: impl Fn(&Overrides) -> Option<&T>) -> Option<Setting<T>> {
        self.0.iter().find_map(|layer| get(&layer.values).map(|value| Setting::new(value.clone(), layer.origin(key))))
    }

    fn optional<T: Clone>(&self, key: &Key, get: impl Fn(&Overrides) -> Option<&T>) -> Setting<Option<T>> {
        match self.find(key, get) {
            Some(setting) => Setting::new(Some(setting.value), setting.origin),
            None => Setting::new(None, Origin::Default),
        }
    }

    fn or<T: Clone>(&self, default: T, key: &Key, get: impl Fn(&Overrides) -> Option<&T>) -> Setting<T> {
        self.find(key, get).unwrap_or(Setting::new(default, Origin::Default))
    }

    /// One value a plugin and parameter: the strongest source, and in it the last one said.
    fn params(&self) -> Vec<Setting<PluginParam>> {
        let mut merged = BTreeMap::new();
        for layer in self.0.iter().rev() {
            for param in &layer.values.params {
                let setting = Setting::new(param.clone(), layer.origin(&key::PARAMS));
                merged.insert((param.plugin.clone(), param.param.clone()), setting);
            }
        }
        merged.into_values().collect()
    }

    /// One value a plugin and limit: the strongest source, and in it the last one said. Behind that of a project stands its user's own,
    /// which it can only lower.
    fn limits(&self) -> Result<Vec<Setting<PluginLimit>>, SettingsError> {
        let mut merged: BTreeMap<(String, Limit), Setting<PluginLimit>> = BTreeMap::new();
        for layer in self.0.iter().rev() {
            for limit in &layer.values.limits {
                let setting = Setting::new(limit.clone(), layer.origin(&key::LIMITS));
                merged.insert((limit.plugin.clone(), limit.limit), setting);
            }
        }
        // Whoever hands over a project could otherwise let a plugin of theirs take what its user never granted.
        let mut limits = Vec::new();
        for setting in merged.into_values() {
            let Origin::ProjectFile(path) = &setting.origin else {
                limits.push(setting);
                continue;
            };
            let PluginLimit { plugin, limit, value } = setting.value.clone();
            let own = self.0.iter().filter(|layer| matches!(layer.source, Source::User(_))).find_map(|layer| {
                let mut said = layer.values.limits.iter();
                let own = said.rfind(|own| own.plugin == plugin && own.limit == limit)?;
                Some(Setting::new(own.clone(), layer.origin(&key::LIMITS)))
            });
            let most = own.as_ref().map_or(limit.default_value(), |own| own.value.value);
            if value > most {
                return Err(SettingsError::ForeignGrant { path: path.clone(), plugin, limit, most, wanted: value });
            }
            limits.push(setting);
            limits.extend(own);
        }
        Ok(limits)
    }
}

/// Puts together what the command line, the environment and the two files (path and text) say.
///
/// # Errors
///
/// The first thing that cannot be used, with the place where it was said.
pub fn resolve(
    cli: &Overrides,
    env: &BTreeMap<String, String>,
    project: Option<(&Path, &str)>,
    user: Option<(&Path, &str)>,
) -> Result<Settings, SettingsError> {
    let home = env.get("HOME").or_else(|| env.get("USERPROFILE")).map(String::as_str);
    let mut layers = vec![
        Layer { source: Source::CommandLine, values: cli.clone() },
        Layer { source: Source::Environment, values: environment::overrides(env)? },
        Layer {
            source: Source::OllamaEnvironment,
            values: Overrides { host: environment::ollama_host(env), ..Overrides::default() },
        },
    ];
    let mut tables = Vec::new();
    if let Some((path, text)) = project {
        let file = parse_file(path, text, &Origin::ProjectFile(path.to_owned()), home)?;
        layers.push(Layer { source: Source::Project(path.to_owned()), values: file.values });
        tables.push(file.intensities);
    }
    if let Some((path, text)) = user {
        let file = parse_file(path, text, &Origin::UserFile(path.to_owned()), home)?;
        layers.push(Layer { source: Source::User(path.to_owned()), values: file.values });
        tables.insert(0, file.intensities);
    }
    let intensities = intensity::merged(tables)?;
    let layers = Layers(layers);

    let settings = Settings {
        intensity: layers.or(DEFAULT_INTENSITY.to_owned(), &key::INTENSITY, |v| v.intensity.as_ref()),
        budget: layers.optional(&key::BUDGET, |v| v.budget.as_ref()),
        model: layers.optional(&key::MODEL, |v| v.model.as_ref()),
        host: layers.or(DEFAULT_HOST.to_owned(), &key::HOST, |v| v.host.as_ref()),
        mates: layers.or(Vec::new(), &key::HOST, |v| v.host.as_ref().map(|_| &v.mates)),
        samples: layers.optional(&key::SAMPLES, |v| v.samples.as_ref()),
        workload: layers.or(WorkloadChoice::Samples, &key::WORKLOAD, |v| v.workload.as_ref()),
        files: layers.optional(&key::FILES, |v| v.files.as_ref()),
        plugins: layers.or(Vec::new(), &key::PLUGINS, |v| v.plugins.as_ref()),
        strategies: layers.or(Vec::new(), &key::STRATEGIES, |v| v.strategies.as_ref()),
        scorers: layers.or(Vec::new(), &key::SCORERS, |v| v.scorers.as_ref()),
        selector: layers.optional(&key::SELECTOR, |v| v.selector.as_ref()),
        params: layers.params(),
        limits: layers.limits()?,
        allow: layers.or(Vec::new(), &key::ALLOW, |v| v.allow.as_ref()),
        save: layers.or(true, &key::SAVE, |v| v.save.as_ref()),
        report: layers.or(true, &key::REPORT, |v| v.report.as_ref()),
        yes: layers.or(false, &key::YES, |v| v.yes.as_ref()),
        config: layers.optional(&key::CONFIG, |v| v.config.as_ref()),
        seed: layers.optional(&key::SEED, |v| v.seed.as_ref()),
        quality_floor: layers.or(DEFAULT_QUALITY_FLOOR, &key::QUALITY_FLOOR, |v| v.quality_floor.as_ref()),
        prompt: layers.optional(&key::PROMPT, |v| v.prompt.as_ref()),
        format: layers.or(Format::Text, &key::FORMAT, |v| v.format.as_ref()),
        output: layers.optional(&key::OUTPUT, |v| v.output.as_ref()),
        store: layers.optional(&key::STORE, |v| v.store.as_ref()),
        hub: layers.optional(&key::HUB, |v| v.hub.as_ref()),
        simulate: layers.optional(&key::SIMULATE, |v| v.simulate.as_ref()),
        simulated_mates: layers.or(Vec::new(), &key::SIMULATE, |v| v.simulate.as_ref().map(|_| &v.simulated_mates)),
        warnings: environment::unknown_variables(env),
        intensities,
    };
    intensity::check_name(&settings.intensity, &settings.intensities)?;
    once(&settings.strategies, String::as_str)?;
    once(&settings.scorers, |scorer: &ScorerChoice| &scorer.name)?;
    Ok(settings)
}

/// Refuses a list that names something twice: which weight, which place would count?
fn once<T>(list: &Setting<Vec<T>>, name: impl Fn(&T) -> &str) -> Result<(), SettingsError> {
    let mut named = BTreeSet::new();
    for item in &list.value {
        if !named.insert(name(item)) {
            return Err(SettingsError::BadValue {
                place: list.origin.to_string(),
                value: name(item).to_owned(),
                reason: "it is named twice".to_owned(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
pub(super) mod tests;
