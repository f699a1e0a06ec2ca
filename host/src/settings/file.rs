//! What a settings file says.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::ValueEnum;
use toml::{Table, Value as Toml};

use super::{
    duration::parse_duration,
    error::SettingsError,
    intensity::{IntensityTable, Params},
    key::{self, KEYS},
    origin::{Origin, Setting},
    overrides::{Format, Overrides, PluginParam, WorkloadChoice},
    value::{parse_files, parse_grant, parse_scorer, parse_share, plugin_name},
};
use crate::model::limit::{Limit, PluginLimit};
use crate::model::nearest::nearest;
use crate::model::value::Value;

/// The table of all intensities.
const INTENSITIES: &str = "intensity";

/// What one file says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FileSettings {
    pub values: Overrides,
    pub intensities: BTreeMap<String, IntensityTable>,
}

/// Reads the text of a settings file. Paths in it are relative to its folder; `~/` is the home directory.
pub fn parse_file(path: &Path, text: &str, origin: &Origin, home: Option<&str>) -> Result<FileSettings, SettingsError> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        SettingsError::Syntax {
            path: path.to_owned(),
            line: text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1,
            message: error.message().to_owned(),
        }
    })?;
    let file = File { path, origin, home };
    let mut found = FileSettings::default();
    for (name, value) in &table {
        file.entry(&mut found, name, value)?;
    }
    Ok(found)
}

struct File<'a> {
    path: &'a Path,
    origin: &'a Origin,
    home: Option<&'a str>,
}

impl File<'_> {
    fn entry(&self, found: &mut FileSettings, name: &str, value: &Toml) -> Result<(), SettingsError> {
        let values = &mut found.values;
        match name {
            _ if name == key::INTENSITY.file => values.intensity = Some(self.text(name, value)?),
            _ if name == key::BUDGET.file => values.budget = Some(self.duration(name, value)?),
            _ if name == key::MODEL.file => values.model = Some(self.text(name, value)?),
            _ if name == key::HOST.file => (values.host, values.mates) = self.text_or_texts(name, value)?,
            _ if name == key::SAMPLES.file => values.samples = Some(self.file_path(name, value)?),
            _ if name == key::PLUGINS.file => {
                let paths = self.texts(name, value, |text| Ok(text.to_owned()))?;
                values.plugins = Some(paths.iter().map(|text| self.locate(text)).collect());
            }
            _ if name == key::STRATEGIES.file => values.strategies = Some(self.texts(name, value, plugin_name)?),
            _ if name == key::SCORERS.file => values.scorers = Some(self.texts(name, value, parse_scorer)?),
            _ if name == key::SELECTOR.file => {
                let text = self.text(name, value)?;
                values.selector = Some(plugin_name(&text).map_err(|reason| self.bad(name, &text, reason))?);
            }
            _ if name == key::PARAMS.file => {
                for (plugin, params) in self.params(name, value)? {
                    values.params.extend(params.into_iter().map(|(param, value)| PluginParam {
                        plugin: plugin.clone(),
                        param,
                        value: (value.value),
                    }));
                }
            }
            _ if name == key::LIMITS.file => values.limits = self.limits(name, value)?,
            _ if name == key::SAVE.file => values.save = Some(self.boolean(name, value)?),
            _ if name == key::REPORT.file => values.report = Some(self.boolean(name, value)?),
            // Whoever hands over a project could otherwise write to its user's files unasked.
            _ if name == key::YES.file && matches!(self.origin, Origin::ProjectFile(_)) => {
                return Err(SettingsError::ForeignConsent { path: self.path.to_owned(), key: &key::YES });
            }
            // Nor could it have its user's measurements sent somewhere.
            _ if name == key::HUB.file && matches!(self.origin, Origin::ProjectFile(_)) => {
                return Err(SettingsError::ForeignConsent { path: self.path.to_owned(), key: &key::HUB });
            }
            _ if name == key::HUB.file => values.hub = Some(self.text(name, value)?),
            // Nor could it let its plugins do what its user did not allow.
            _ if name == key::ALLOW.file && matches!(self.origin, Origin::ProjectFile(_)) => {
                return Err(SettingsError::ForeignConsent { path: self.path.to_owned(), key: &key::ALLOW });
            }
            _ if name == key::ALLOW.file => values.allow = Some(self.texts(name, value, parse_grant)?),
            _ if name == key::YES.file => values.yes = Some(self.boolean(name, value)?),
            _ if name == key::CONFIG.file => values.config = Some(self.file_path(name, value)?),
            _ if name == key::FILES.file => {
                let files = value.as_integer().and_then(|files| parse_files(&files.to_string()).ok());
                values.files = Some(files.ok_or_else(|| self.wrong(name, value, "a whole number above 0"))?);
            }
            _ if name == key::SEED.file => {
                let seed = value.as_integer().and_then(|seed| u64::try_from(seed).ok());
                values.seed = Some(seed.ok_or_else(|| self.wrong(name, value, "a whole number of 0 or more"))?);
            }
            _ if name == key::QUALITY_FLOOR.file => values.quality_floor = Some(self.share(name, value)?),
            _ if name == key::PROMPT.file => values.prompt = Some(self.file_path(name, value)?),
            _ if name == key::WORKLOAD.file => {
                let workload = value.as_str().and_then(|text| WorkloadChoice::from_str(text, true).ok());
                values.workload = Some(workload.ok_or_else(|| self.wrong(name, value, "\"samples\" or \"learned\""))?);
            }
            _ if name == key::FORMAT.file => {
                let format = value.as_str().and_then(|text| Format::from_str(text, true).ok());
                values.format = Some(format.ok_or_else(|| self.wrong(name, value, "\"text\" or \"json\""))?);
            }
            _ if name == key::OUTPUT.file => values.output = Some(self.file_path(name, value)?),
            // Nor could it have what is measured of its user's files sent away.
            _ if name == key::STORE.file && matches!(self.origin, Origin::ProjectFile(_)) => {
                return Err(SettingsError::ForeignConsent { path: self.path.to_owned(), key: &key::STORE });
            }
            _ if name == key::STORE.file => values.store = Some(self.text(name, value)?),
            _ if name == key::SIMULATE.file => {
                (values.simulate, values.simulated_mates) = self.text_or_texts(name, value)?;
            }
            INTENSITIES => {
                for (intensity, table) in self.table(name, value)? {
                    let name = format!("{name}.{intensity}");
                    found.intensities.insert(intensity.clone(), self.intensity(&name, table)?);
                }
            }
            unknown => {
                let flag = KEYS.iter().find(|key| key.flag.strip_prefix("--") == Some(unknown));
                let known: Vec<_> = KEYS.iter().map(|key| key.file).chain([INTENSITIES]).collect();
                let meant = flag.map(|key| key.file.to_owned()).or_else(|| nearest(unknown, known.iter().copied()));
                return Err(self.unknown(unknown.to_owned(), meant, known));
            }
        }
        Ok(())
    }

    fn intensity(&self, name: &str, value: &Toml) -> Result<IntensityTable, SettingsError> {
        let mut found = IntensityTable::default();
        for (key, value) in self.table(name, value)? {
            let place = format!("{name}.{key}");
            match key.as_str() {
                "budget" => found.budget = Some(self.duration(&place, value)?),
                "strategies" => {
                    let names = self.texts(&place, value, plugin_name)?;
                    found.strategies = Some(Setting::new(names, self.origin.clone()));
                }
                "params" => found.params = self.params(&place, value)?,
                _ => {
                    let known = vec!["budget", "strategies", "params"];
                    return Err(self.unknown(place, nearest(key, known.iter().copied()), known));
                }
            }
        }
        Ok(found)
    }

    /// One text, or the first of a list and the others.
    fn text_or_texts(&self, name: &str, value: &Toml) -> Result<(Option<String>, Vec<String>), SettingsError> {
        if !value.is_array() {
            return Ok((Some(self.text(name, value)?), Vec::new()));
        }
        let mut texts = self.texts(name, value, |text| Ok(text.to_owned()))?.into_iter();
        let first = texts.next().ok_or_else(|| self.wrong(name, value, "a text, or a list of at least one"))?;
        Ok((Some(first), texts.collect()))
    }

    fn params(&self, name: &str, value: &Toml) -> Result<Params, SettingsError> {
        let mut found = Params::new();
        for (plugin, params) in self.table(name, value)? {
            let place = format!("{name}.{plugin}");
            for (param, value) in self.table(&place, params)? {
                let expected = "a boolean, a number, a text or a list of numbers";
                let typed = typed(value).ok_or_else(|| self.wrong(&format!("{place}.{param}"), value, expected))?;
                let setting = Setting::new(typed, self.origin.clone());
                found.entry(plugin.clone()).or_default().insert(param.clone(), setting);
            }
        }
        Ok(found)
    }

    fn limits(&self, name: &str, value: &Toml) -> Result<Vec<PluginLimit>, SettingsError> {
        let mut found = Vec::new();
        for (plugin, limits) in self.table(name, value)? {
            let place = format!("{name}.{plugin}");
            for (key, value) in self.table(&place, limits)? {
                let place = format!("{place}.{key}");
                let known = || Limit::ALL.map(Limit::name);
                let limit = Limit::from_name(key)
                    .map_err(|_| self.unknown(place.clone(), nearest(key, known()), known().to_vec()))?;
                let text = match value {
                    Toml::String(text) => text.clone(),
                    Toml::Integer(number) if limit == Limit::LogLines => number.to_string(),
                    other => return Err(self.wrong(&place, other, "a text such as \"128MiB\" or \"5s\"")),
                };
                let value = limit.parse(&text).map_err(|reason| self.bad(&place, &text, reason.to_string()))?;
                found.push(PluginLimit { plugin: plugin.clone(), limit, value });
            }
        }
        Ok(found)
    }

    fn table<'t>(&self, name: &str, value: &'t Toml) -> Result<&'t Table, SettingsError> {
        value.as_table().ok_or_else(|| self.wrong(name, value, "a table"))
    }

    fn text(&self, name: &str, value: &Toml) -> Result<String, SettingsError> {
        match value.as_str() {
            Some(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
            Some(text) => Err(self.bad(name, text, "it is empty".to_owned())),
            None => Err(self.wrong(name, value, "a text")),
        }
    }

    fn boolean(&self, name: &str, value: &Toml) -> Result<bool, SettingsError> {
        value.as_bool().ok_or_else(|| self.wrong(name, value, "true or false"))
    }

    fn share(&self, name: &str, value: &Toml) -> Result<f64, SettingsError> {
        #[expect(clippy::cast_precision_loss, reason = "only 0 and 1 are accepted below")]
        let number = value.as_float().or_else(|| value.as_integer().map(|integer| integer as f64));
        let written = number.ok_or_else(|| self.wrong(name, value, "a number between 0 and 1"))?.to_string();
        parse_share(&written).map_err(|reason| self.bad(name, &written, reason))
    }

    fn duration(&self, name: &str, value: &Toml) -> Result<Duration, SettingsError> {
        let text = value.as_str().ok_or_else(|| self.wrong(name, value, "a text such as \"4m\""))?;
        parse_duration(text).map_err(|reason| self.bad(name, text, reason.to_string()))
    }

    fn texts<T>(
        &self,
        name: &str,
        value: &Toml,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, SettingsError> {
        let expected = "a list of texts";
        let items = value.as_array().ok_or_else(|| self.wrong(name, value, expected))?;
        let read = |item: &Toml| {
            let text = item.as_str().ok_or_else(|| self.wrong(name, item, expected))?;
            parse(text).map_err(|reason| self.bad(name, text, reason))
        };
        items.iter().map(read).collect()
    }

    fn file_path(&self, name: &str, value: &Toml) -> Result<PathBuf, SettingsError> {
        self.text(name, value).map(|text| self.locate(&text))
    }

    fn locate(&self, text: &str) -> PathBuf {
        if let (Some(rest), Some(home)) = (text.strip_prefix("~/"), self.home) {
            return Path::new(home).join(rest);
        }
        match self.path.parent() {
            Some(folder) => folder.join(text),
            None => PathBuf::from(text),
        }
    }

    fn unknown(&self, key: String, nearest: Option<String>, known: Vec<&'static str>) -> SettingsError {
        SettingsError::UnknownKey { path: self.path.to_owned(), key, nearest, known }
    }

    fn wrong(&self, key: &str, value: &Toml, expected: &'static str) -> SettingsError {
        let found = match value {
            Toml::String(text) => format!("the text {text:?}"),
            Toml::Array(_) => format!("the list {value}"),
            Toml::Table(_) => "a table".to_owned(),
            other => other.to_string(),
        };
        SettingsError::WrongType { path: self.path.to_owned(), key: key.to_owned(), expected, found }
    }

    fn bad(&self, key: &str, value: &str, reason: String) -> SettingsError {
        let place = format!("`{key}` in {}", self.path.display());
        SettingsError::BadValue { place, value: value.to_owned(), reason }
    }
}

fn typed(value: &Toml) -> Option<Value> {
    Some(match value {
        Toml::Boolean(value) => Value::Boolean(*value),
        Toml::Integer(value) => Value::Integer(*value),
        Toml::Float(value) if value.is_finite() => Value::Number(*value),
        Toml::String(value) => Value::Text(value.clone()),
        Toml::Array(items) => {
            let numbers: Option<Vec<f64>> =
                items.iter().map(|item| typed(item).and_then(|item| item.as_f64())).collect();
            Value::Numbers(numbers?)
        }
        Toml::Float(_) | Toml::Datetime(_) | Toml::Table(_) => return None,
    })
}
