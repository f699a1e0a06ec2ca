//! The values of a plugin's own parameters, checked against its manifest.

use crate::model::{
    plugin::{Manifest, PluginParameter},
    value::Value,
};

/// Name and value of every parameter that the manifest declares.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arguments(pub Vec<(String, Value)>);

impl Arguments {
    /// Every parameter at its default.
    #[must_use]
    pub fn defaults(manifest: &Manifest) -> Self {
        let default = |parameter: &PluginParameter| (parameter.name.clone(), parameter.default.clone());
        Self(manifest.parameters.iter().map(default).collect())
    }
}

/// A value that does not fit the manifest.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ParameterError {
    #[error("`{plugin}` has no parameter `{name}`")]
    Unknown { plugin: String, name: String, nearest: Option<String>, known: Vec<String> },
    #[error("`{plugin}.{name}` must be {expected}, not {found}")]
    WrongValue { plugin: String, name: String, expected: String, found: String },
}

impl ParameterError {
    /// What to type instead.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::Unknown { plugin, known, .. } if known.is_empty() => format!("`{plugin}` has no parameters"),
            Self::Unknown { known, .. } => format!("its parameters are {}", known.join(", ")),
            Self::WrongValue { plugin, .. } => format!("`ralf-tune plugin info {plugin}` lists its parameters"),
        }
    }
}

/// The arguments of a plugin: defaults, overridden by `given` in order.
///
/// # Errors
/// When a name is not declared, or a value is of the wrong type or out of bounds.
pub fn resolve(manifest: &Manifest, given: &[(String, Value)]) -> Result<Arguments, ParameterError> {
    let Arguments(mut values) = Arguments::defaults(manifest);
    for (name, value) in given {
        let Some(parameter) = manifest.parameters.iter().find(|parameter| parameter.name == *name) else {
            let known: Vec<String> = manifest.parameters.iter().map(|parameter| parameter.name.clone()).collect();
            return Err(ParameterError::Unknown {
                plugin: manifest.name.clone(),
                name: name.clone(),
                nearest: crate::model::nearest::nearest(name, known.iter().map(String::as_str)),
                known,
            });
        };
        let fitted = fit(parameter, value).ok_or_else(|| ParameterError::WrongValue {
            plugin: manifest.name.clone(),
            name: name.clone(),
            expected: expectation(parameter),
            found: found(value),
        })?;
        if let Some(slot) = values.iter_mut().find(|(known, _)| known == name) {
            slot.1 = fitted;
        }
    }
    Ok(Arguments(values))
}

/// A value that does not fit, as messages show it.
fn found(value: &Value) -> String {
    match value.to_string() {
        text if text.trim().is_empty() => "empty".to_owned(),
        text => format!("`{text}`"),
    }
}

/// The value as the parameter's type, when it is within bounds.
fn fit(parameter: &PluginParameter, value: &Value) -> Option<Value> {
    let inside = |number: f64| {
        number.is_finite()
            && parameter.low.is_none_or(|low| number >= low)
            && parameter.high.is_none_or(|high| number <= high)
    };
    match (&parameter.default, value) {
        (Value::Boolean(_), Value::Boolean(_)) => Some(value.clone()),
        (Value::Boolean(_), Value::Text(text)) => text.parse().ok().map(Value::Boolean),
        (Value::Integer(_), Value::Integer(number)) => inside(Value::Integer(*number).as_f64()?).then(|| value.clone()),
        (Value::Integer(_), Value::Text(text)) => {
            let number: i64 = text.trim().parse().ok()?;
            inside(Value::Integer(number).as_f64()?).then_some(Value::Integer(number))
        }
        (Value::Number(_), Value::Integer(_) | Value::Number(_)) => {
            let number = value.as_f64()?;
            inside(number).then_some(Value::Number(number))
        }
        (Value::Number(_), Value::Text(text)) => {
            let number: f64 = text.trim().parse().ok()?;
            inside(number).then_some(Value::Number(number))
        }
        (Value::Numbers(_), Value::Numbers(numbers)) => {
            (!numbers.is_empty() && numbers.iter().all(|number| inside(*number))).then(|| value.clone())
        }
        (Value::Numbers(_), Value::Integer(_) | Value::Number(_)) => {
            let number = value.as_f64()?;
            inside(number).then(|| Value::Numbers(vec![number]))
        }
        (Value::Numbers(_), Value::Text(text)) => {
            let numbers: Vec<f64> = text.split(',').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
            numbers.iter().all(|number| inside(*number)).then_some(Value::Numbers(numbers))
        }
        (Value::Text(_), Value::Text(text)) => {
            (parameter.choices.is_empty() || parameter.choices.contains(text)).then(|| value.clone())
        }
        _ => None,
    }
}

/// What a parameter accepts, in words.
#[must_use]
pub fn expectation(parameter: &PluginParameter) -> String {
    let kind = match &parameter.default {
        Value::Boolean(_) => "true or false",
        Value::Integer(_) => "a whole number",
        Value::Number(_) => "a number",
        Value::Numbers(_) => "numbers with commas between",
        Value::Text(_) if !parameter.choices.is_empty() => return format!("one of {}", parameter.choices.join(", ")),
        Value::Text(_) => "a text",
    };
    match (parameter.low, parameter.high) {
        (Some(low), Some(high)) => format!("{kind} from {low} to {high}"),
        (Some(low), None) => format!("{kind} of at least {low}"),
        (None, Some(high)) => format!("{kind} of at most {high}"),
        (None, None) => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let parameter = |name: &str, default, low, high| PluginParameter {
            name: name.into(),
            help: String::new(),
            default,
            low,
            high,
            choices: Vec::new(),
        };
        Manifest {
            name: "context".into(),
            version: "0.1.0".into(),
            summary: String::new(),
            parameters: vec![
                parameter("sizes", Value::Numbers(vec![2048.0]), Some(256.0), Some(1e6)),
                parameter("share", Value::Number(0.8), Some(0.0), Some(1.0)),
                parameter("requests", Value::Integer(3), Some(1.0), None),
                parameter("eager", Value::Boolean(false), None, None),
            ],
            decides: Vec::new(),
            needs: Vec::new(),
            intensities: Vec::new(),
            extra: Vec::new(),
        }
    }

    fn given(name: &str, text: &str) -> Vec<(String, Value)> {
        vec![(name.into(), Value::Text(text.into()))]
    }

    #[test]
    fn texts_of_the_command_line_become_typed_values() {
        let resolved = resolve(&manifest(), &given("sizes", "4096, 8192")).unwrap();
        assert_eq!(resolved.0[0].1, Value::Numbers(vec![4096.0, 8192.0]));
        assert_eq!(resolve(&manifest(), &given("requests", "7")).unwrap().0[2].1, Value::Integer(7));
        assert_eq!(resolve(&manifest(), &given("eager", "true")).unwrap().0[3].1, Value::Boolean(true));
        assert_eq!(resolve(&manifest(), &[]).unwrap().0[1].1, Value::Number(0.8));
    }

    #[test]
    fn nonsense_is_refused_with_a_way_out() {
        for (name, text) in [
            ("sizes", "4096,many"),
            ("sizes", "1"),
            ("share", "1.5"),
            ("share", "NaN"),
            ("requests", "0"),
            ("requests", "2.5"),
            ("eager", "perhaps"),
        ] {
            let error = resolve(&manifest(), &given(name, text)).unwrap_err();
            assert!(matches!(error, ParameterError::WrongValue { .. }), "{name}={text}: {error}");
        }
        let error = resolve(&manifest(), &given("size", "4096")).unwrap_err();
        assert_eq!(error.to_string(), "`context` has no parameter `size`");
        assert_eq!(error.hint(), "did you mean `sizes`?");
    }
}
