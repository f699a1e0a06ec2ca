//! Every setting as it counts now, with who said it.

use std::{path::Path, time::Duration};

use serde_json::{Value as Json, json};

use super::{Format, Origin, ScorerChoice, Setting, Settings, key};
use crate::model::value::Value;

/// One setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// As in a settings file; parameters and limits with their plugin's name: `params.context.sizes`.
    pub name: String,
    /// As in a settings file; null where nobody says anything and there is no default that can be said.
    pub value: Json,
    pub origin: Origin,
}

impl Settings {
    /// Every setting, in the order of the help text. Where the intensity decides, it is what the chosen one says.
    #[must_use]
    pub fn listed(&self) -> Vec<Listed> {
        let strategies = self.strategies_of(&self.intensity.value);
        let budget = self.budget();
        let budget = Setting::new(Duration::from_secs_f64(budget.value.total_seconds), budget.origin);
        let mut all = vec![
            listed(key::INTENSITY.file, &self.intensity, |name| json!(name)),
            listed(key::BUDGET.file, &budget, |budget| json!(span(*budget))),
            listed(key::MODEL.file, &self.model, |model| json!(model)),
            listed(key::HOST.file, &self.host, |host| {
                with_mates(json!(without_password(host)), self.mates.value.iter().map(|host| without_password(host)))
            }),
            listed(key::SAMPLES.file, &self.samples, |path| json!(path.as_deref().map(shown))),
            listed(key::WORKLOAD.file, &self.workload, |workload| json!(workload.word())),
            listed(key::FILES.file, &self.files, |files| json!(files)),
            listed(key::PLUGINS.file, &self.plugins, |files| files.iter().map(|file| shown(file)).collect()),
            listed(key::STRATEGIES.file, &strategies, |names| json!(names)),
            listed(key::SCORERS.file, &self.scorers, |scorers| scorers.iter().map(scorer).collect()),
            listed(key::SELECTOR.file, &self.selector, |name| json!(name)),
        ];
        all.extend(self.params.iter().map(|set| {
            let name = format!("{}.{}.{}", key::PARAMS.file, set.value.plugin, set.value.param);
            listed(&name, set, |set| parameter(&set.value))
        }));
        all.extend(self.limits.iter().map(|set| {
            let name = format!("{}.{}.{}", key::LIMITS.file, set.value.plugin, set.value.limit.name());
            listed(&name, set, |set| json!(set.limit.show(set.value)))
        }));
        all.extend([
            listed(key::ALLOW.file, &self.allow, |grants| grants.iter().map(|grant| grant.name()).collect()),
            listed(key::SAVE.file, &self.save, |yes| json!(yes)),
            listed(key::REPORT.file, &self.report, |yes| json!(yes)),
            listed(key::YES.file, &self.yes, |yes| json!(yes)),
            listed(key::CONFIG.file, &self.config, |path| json!(path.as_deref().map(shown))),
            listed(key::SEED.file, &self.seed, |seed| json!(seed)),
            listed(key::QUALITY_FLOOR.file, &self.quality_floor, |share| json!(share)),
            listed(key::PROMPT.file, &self.prompt, |path| json!(path.as_deref().map(shown))),
            listed(key::FORMAT.file, &self.format, |format| {
                json!(match format {
                    Format::Text => "text",
                    Format::Json => "json",
                })
            }),
            listed(key::OUTPUT.file, &self.output, |path| json!(path.as_deref().map(shown))),
            listed(key::HUB.file, &self.hub, |hub| json!(hub.as_deref().map(without_password))),
            listed(key::STORE.file, &self.store, |store| json!(store.as_deref().map(without_password))),
            listed(key::SIMULATE.file, &self.simulate, |scenario| {
                with_mates(json!(scenario), self.simulated_mates.value.iter().cloned())
            }),
        ]);
        all
    }
}

fn listed<T>(name: &str, setting: &Setting<T>, say: impl Fn(&T) -> Json) -> Listed {
    Listed { name: name.to_owned(), value: say(&setting.value), origin: setting.origin.clone() }
}

fn shown(path: &Path) -> Json {
    json!(path.display().to_string())
}

fn scorer(choice: &ScorerChoice) -> Json {
    json!(choice.weight.map_or_else(|| choice.name.clone(), |weight| format!("{}={weight}", choice.name)))
}

fn parameter(value: &Value) -> Json {
    match value {
        Value::Boolean(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Number(value) => json!(value),
        Value::Text(value) => json!(value),
        Value::Numbers(values) => json!(values),
    }
}

/// One value, or a list where others share its place.
fn with_mates(first: Json, mates: impl Iterator<Item = String>) -> Json {
    let mut all: Vec<Json> = mates.map(|mate| json!(mate)).collect();
    all.insert(0, first);
    if all.len() > 1 { Json::Array(all) } else { all.remove(0) }
}

/// An address that can be shown to somebody who looks over a shoulder.
fn without_password(host: &str) -> String {
    let scheme = host.find("://").map_or(0, |at| at + 3);
    let authority = host.get(scheme..).unwrap_or_default().split('/').next().unwrap_or_default();
    match authority.rfind('@') {
        Some(at) => {
            format!("{}***{}", host.get(..scheme).unwrap_or_default(), host.get(scheme + at..).unwrap_or_default())
        }
        None => host.to_owned(),
    }
}

/// A length of time as it is typed: `1h30m`.
fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let text = parts.fold(String::new(), |text, (count, unit)| format!("{text}{count}{unit}"));
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::settings::{KEYS, Overrides, parse_duration, resolve};

    fn of(typed: &Overrides, variables: &[(&str, &str)], project: &str, user: &str) -> Vec<Listed> {
        let env: BTreeMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (project, user) = ((Path::new("ralf-tune.toml"), project), (Path::new("/u/config.toml"), user));
        resolve(typed, &env, Some(project), Some(user)).unwrap().listed()
    }

    #[test]
    fn every_setting_is_there_once_in_the_order_of_the_help() {
        let listed = of(&Overrides::default(), &[], "", "");
        let names: Vec<&str> = listed.iter().map(|one| one.name.as_str()).collect();
        let single = KEYS.into_iter().filter(|key| *key != key::PARAMS && *key != key::LIMITS);
        assert_eq!(names, single.map(|key| key.file).collect::<Vec<_>>());
        let said =
            |name: &str| listed.iter().find(|one| one.name == name).map(|one| (one.value.clone(), one.origin.clone()));
        assert_eq!(said("budget"), Some((json!("8m"), Origin::Intensity("normal".into()))));
        assert_eq!(said("model"), Some((Json::Null, Origin::Default)));
        assert!(said("strategies").is_some_and(|(names, _)| names.as_array().is_some_and(|names| names.len() > 1)));
    }

    #[test]
    fn each_value_has_who_said_it() {
        let typed = Overrides { model: Some("typed".into()), ..Overrides::default() };
        let user = "model = \"u\"\nselector = \"fast\"\n[params.context]\nsizes = [4096, 8192]\n[limits.mine]\nmemory = \"128MiB\"";
        let listed = of(&typed, &[("RALF_TUNE_BUDGET", "90m"), ("OLLAMA_HOST", "h")], "files = 800", user);
        let said = |name: &str| {
            let one = listed.iter().find(|one| one.name == name).unwrap();
            (one.value.clone(), one.origin.clone())
        };
        let user = || Origin::UserFile("/u/config.toml".into());
        assert_eq!(said("model"), (json!("typed"), Origin::Flag("--model")));
        assert_eq!(said("budget"), (json!("1h30m"), Origin::Environment("RALF_TUNE_BUDGET")));
        assert_eq!(said("host"), (json!("h"), Origin::Environment("OLLAMA_HOST")));
        assert_eq!(said("files"), (json!(800), Origin::ProjectFile("ralf-tune.toml".into())));
        assert_eq!(said("selector"), (json!("fast"), user()));
        assert_eq!(said("params.context.sizes"), (json!([4096.0, 8192.0]), user()));
        assert_eq!(said("limits.mine.memory"), (json!("128 MiB"), user()));
    }

    #[test]
    fn a_password_is_not_shown() {
        for (given, shown) in [
            ("http://me:secret@h:1/x@y", "http://***@h:1/x@y"),
            ("me:secret@h", "***@h"),
            ("h:1/x@y", "h:1/x@y"),
            ("127.0.0.1:11434", "127.0.0.1:11434"),
        ] {
            assert_eq!(without_password(given), shown);
        }
    }

    #[test]
    fn lengths_of_time_can_be_typed_again() {
        for seconds in [0, 1, 59, 60, 90, 3600, 5400, 3661] {
            let duration = Duration::from_secs(seconds);
            let text = span(duration);
            assert!(seconds == 0 || parse_duration(&text) == Ok(duration), "{text}");
        }
    }
}
