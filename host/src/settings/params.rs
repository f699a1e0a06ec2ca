//! Parameters of a plugin, with the types that its manifest declares.

use std::collections::BTreeMap;

use super::{
    Settings, SettingsError,
    nearest::nearest,
    origin::{Origin, Setting},
    overrides::ParamValue,
    value::{parse_bool, parse_numbers},
};
use crate::model::{
    plugin::{Manifest, PluginParameter},
    value::Value,
};

impl Settings {
    /// The parameters of one plugin that differ from its defaults, by name: those of the intensity, then those given.
    ///
    /// What a built-in intensity says to a bundled plugin does not bind another one of the same name: there, a
    /// parameter that does not fit is left out.
    ///
    /// # Errors
    ///
    /// A parameter that the plugin does not have, or a value of the wrong type or outside its bounds.
    pub fn params_for(&self, manifest: &Manifest) -> Result<Vec<(String, Value)>, SettingsError> {
        let mut values = BTreeMap::new();
        for (param, setting) in self.table().params.get(&manifest.name).into_iter().flatten() {
            match check(manifest, param, &ParamValue::Typed(setting.value.clone()), &setting.origin) {
                Ok(value) => values.insert(param.clone(), value),
                Err(_) if setting.is_default() => None,
                Err(error) => return Err(error),
            };
        }
        for Setting { value: given, origin } in &self.params {
            if given.plugin == manifest.name {
                values.insert(given.param.clone(), check(manifest, &given.param, &given.value, origin)?);
            }
        }
        Ok(values.into_iter().collect())
    }

    /// Refuses a parameter that was given for a plugin which does not take part.
    ///
    /// # Errors
    ///
    /// The first such parameter, with the nearest of the names.
    pub fn check_param_plugins(&self, names: &[&str]) -> Result<(), SettingsError> {
        match self.params.iter().find(|param| !names.contains(&param.value.plugin.as_str())) {
            None => Ok(()),
            Some(Setting { value, origin }) => Err(SettingsError::UnknownPlugin {
                plugin: value.plugin.clone(),
                origin: origin.to_string(),
                nearest: nearest(&value.plugin, names.iter().copied()),
            }),
        }
    }
}

fn check(manifest: &Manifest, param: &str, value: &ParamValue, origin: &Origin) -> Result<Value, SettingsError> {
    let Some(declared) = manifest.parameters.iter().find(|declared| declared.name == param) else {
        let known = || manifest.parameters.iter().map(|declared| declared.name.as_str());
        return Err(SettingsError::UnknownParam {
            plugin: manifest.name.clone(),
            param: param.to_owned(),
            origin: origin.to_string(),
            nearest: nearest(param, known()),
            known: known().map(str::to_owned).collect(),
        });
    };
    coerce(value, &declared.default).and_then(|value| within(value, declared)).map_err(|reason| {
        SettingsError::BadParam {
            plugin: manifest.name.clone(),
            param: param.to_owned(),
            value: value.to_string(),
            origin: origin.to_string(),
            reason,
        }
    })
}

/// The value in the type of `like`.
fn coerce(value: &ParamValue, like: &Value) -> Result<Value, String> {
    let fitting = match (value, like) {
        (ParamValue::Raw(text), Value::Boolean(_)) => parse_bool(text).ok().map(Value::Boolean),
        (ParamValue::Raw(text), Value::Integer(_)) => text.parse().ok().map(Value::Integer),
        (ParamValue::Raw(text), Value::Number(_)) => {
            text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Number)
        }
        (ParamValue::Raw(text), Value::Text(_)) => Some(Value::Text(text.clone())),
        (ParamValue::Raw(text), Value::Numbers(_)) => parse_numbers(text).map(Value::Numbers),
        (ParamValue::Typed(typed), Value::Number(_)) => typed.as_f64().map(Value::Number),
        (ParamValue::Typed(typed), Value::Numbers(_)) => match typed {
            Value::Numbers(numbers) => Some(Value::Numbers(numbers.clone())),
            other => other.as_f64().map(|number| Value::Numbers(vec![number])),
        },
        (ParamValue::Typed(typed), like) => {
            (std::mem::discriminant(typed) == std::mem::discriminant(like)).then(|| typed.clone())
        }
    };
    let expected = match like {
        Value::Boolean(_) => "true or false is needed",
        Value::Integer(_) => "a whole number is needed",
        Value::Number(_) => "a number is needed",
        Value::Text(_) => "a text is needed",
        Value::Numbers(_) => "numbers separated by commas are needed",
    };
    fitting.ok_or_else(|| expected.to_owned())
}

fn within(value: Value, declared: &PluginParameter) -> Result<Value, String> {
    let numbers = match &value {
        Value::Numbers(numbers) => numbers.clone(),
        other => other.as_f64().into_iter().collect(),
    };
    for number in numbers {
        match (declared.low, declared.high) {
            (Some(low), _) if number < low => return Err(format!("the least allowed is {low}")),
            (_, Some(high)) if number > high => return Err(format!("the most allowed is {high}")),
            _ => {}
        }
    }
    match &value {
        Value::Text(text) if !declared.choices.is_empty() && !declared.choices.contains(text) => {
            Err(format!("allowed are {}", declared.choices.join(", ")))
        }
        _ => Ok(value),
    }
}

#[cfg(test)]
#[path = "params_tests.rs"]
mod tests;
