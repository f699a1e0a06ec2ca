//! A plugin's parameters at every value that its manifest promises to accept.

use crate::{
    model::{
        plugin::{Manifest, PluginParameter},
        value::Value,
    },
    plugin::parameters::{Arguments, resolve},
};

/// Most variations of one plugin: a suite has an end.
const MOST: usize = 100;

/// Values that a user set: parameter and value, checked against the manifest before.
pub type Given<'a> = &'a [(String, Value)];

/// The defaults, and what was set.
pub fn arguments(manifest: &Manifest, given: Given<'_>) -> Arguments {
    // Every default was checked against its own bounds when the manifest was read.
    resolve(manifest, given).unwrap_or_default()
}

/// One parameter at a bound or a choice, the others as usual: what was changed, and the arguments.
pub fn variations(manifest: &Manifest, given: Given<'_>) -> Vec<(String, Arguments)> {
    manifest
        .parameters
        .iter()
        .flat_map(|parameter| values(parameter).into_iter().map(|value| (parameter.name.clone(), value)))
        .filter_map(|(name, value)| {
            let label = format!("{name} = {value}");
            let all: Vec<_> = given.iter().cloned().chain([(name, value)]).collect();
            resolve(manifest, &all).ok().map(|arguments| (label, arguments))
        })
        .take(MOST)
        .collect()
}

fn values(parameter: &PluginParameter) -> Vec<Value> {
    let bounds = || parameter.low.into_iter().chain(parameter.high);
    match &parameter.default {
        Value::Boolean(_) => vec![Value::Boolean(false), Value::Boolean(true)],
        #[expect(clippy::cast_possible_truncation, reason = "bounds of whole numbers; the cast saturates")]
        Value::Integer(_) => bounds().map(|bound| Value::Integer(bound as i64)).collect(),
        Value::Number(_) => bounds().map(Value::Number).collect(),
        Value::Numbers(_) => {
            let both: Vec<f64> = bounds().collect();
            let mut lists: Vec<Value> = both.iter().map(|bound| Value::Numbers(vec![*bound])).collect();
            if both.len() == 2 {
                lists.push(Value::Numbers(both));
            }
            lists
        }
        Value::Text(_) => parameter.choices.iter().cloned().map(Value::Text).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_and_choices_are_tried_and_nothing_beyond() {
        let parameter = |name: &str, default, low, high, choices: &[&str]| PluginParameter {
            name: name.into(),
            help: String::new(),
            default,
            low,
            high,
            choices: choices.iter().map(|text| (*text).to_owned()).collect(),
        };
        let manifest = Manifest {
            parameters: vec![
                parameter("share", Value::Number(0.5), Some(0.0), Some(1.0), &[]),
                parameter("order", Value::Text("up".into()), None, None, &["up", "down"]),
                parameter("sizes", Value::Numbers(vec![4.0]), Some(2.0), Some(8.0), &[]),
                parameter("free", Value::Integer(3), None, None, &[]),
            ],
            ..Manifest::default()
        };
        let labels: Vec<String> = variations(&manifest, &[]).into_iter().map(|(label, _)| label).collect();
        let expected =
            ["share = 0", "share = 1", "order = up", "order = down", "sizes = 2", "sizes = 8", "sizes = 2,8"];
        assert_eq!(labels, expected);
    }
}
