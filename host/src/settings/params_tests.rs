#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::Path;

use super::*;
use crate::settings::{Overrides, parse_param, resolve};

fn manifest() -> Manifest {
    let parameter = |name: &str, default: Value| PluginParameter {
        name: name.into(),
        help: String::new(),
        default,
        low: None,
        high: None,
        choices: Vec::new(),
    };
    Manifest {
        name: "context".into(),
        version: "0.1.0".into(),
        summary: String::new(),
        parameters: vec![
            PluginParameter { low: Some(256.0), ..parameter("sizes", Value::Numbers(vec![4096.0])) },
            PluginParameter { high: Some(9.0), ..parameter("repeats", Value::Integer(3)) },
            PluginParameter {
                choices: vec!["fast".into(), "slow".into()],
                ..parameter("mode", Value::Text("fast".into()))
            },
            parameter("label", Value::Text(String::new())),
            parameter("share", Value::Number(0.5)),
            parameter("strict", Value::Boolean(false)),
        ],
        decides: Vec::new(),
        needs: Vec::new(),
        intensities: Vec::new(),
    }
}

fn settings(typed: &[&str], project: &str) -> Settings {
    let cli = Overrides {
        intensity: Some("quick".into()),
        params: typed.iter().map(|text| parse_param(text).unwrap()).collect(),
        ..Overrides::default()
    };
    resolve(&cli, &BTreeMap::new(), Some((Path::new("ralf-tune.toml"), project)), None).unwrap()
}

#[test]
fn text_takes_the_type_that_the_plugin_declares() {
    let typed = ["context.sizes=2048", "context.label=007", "context.share=1", "context.strict=yes", "other.x=1"];
    let values = settings(&typed, "params.context.repeats = 5").params_for(&manifest()).unwrap();
    let expected = [
        ("label", Value::Text("007".into())),
        ("repeats", Value::Integer(5)),
        ("share", Value::Number(1.0)),
        ("sizes", Value::Numbers(vec![2048.0])),
        ("strict", Value::Boolean(true)),
    ];
    assert_eq!(values, expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn what_does_not_fit_is_named_with_its_place() {
    for (typed, project, message) in [
        ("context.size=1", "", "plugin `context` has no parameter `size` (--set)"),
        ("context.repeats=x", "", "context.repeats cannot be `x` (--set): a whole number is needed"),
        ("context.sizes=a,b", "", "context.sizes cannot be `a,b` (--set): numbers separated by commas are needed"),
        ("context.sizes=4096,8", "", "context.sizes cannot be `4096,8` (--set): the least allowed is 256"),
        ("context.repeats=10", "", "the most allowed is 9"),
        ("context.mode=idle", "", "allowed are fast, slow"),
        ("context.strict=2", "", "true or false is needed"),
        (
            "context.share=1",
            "params.context.label = 7",
            "context.label cannot be `7` (ralf-tune.toml): a text is needed",
        ),
        ("context.share=1", "intensity.quick.params.context.reps = 7", "no parameter `reps` (ralf-tune.toml)"),
    ] {
        let error = settings(&[typed], project).params_for(&manifest()).unwrap_err();
        assert!(error.to_string().contains(message), "{typed}: {error}");
    }
    let error = settings(&["context.size=1"], "").params_for(&manifest()).unwrap_err();
    assert!(error.hint().unwrap().starts_with("did you mean `sizes`? its parameters: sizes, repeats,"));
}

#[test]
fn a_built_in_intensity_does_not_bind_a_strangers_plugin() {
    let stranger = Manifest { parameters: Vec::new(), ..manifest() };
    assert_eq!(settings(&[], "").params_for(&stranger).unwrap(), []);
    assert_eq!(settings(&[], "").params_for(&manifest()).unwrap().len(), 1);
}

#[test]
fn parameters_of_absent_plugins_are_refused() {
    let settings = settings(&["contxt.sizes=1"], "");
    assert!(settings.check_param_plugins(&["contxt", "latency"]).is_ok());
    let error = settings.check_param_plugins(&["context", "latency"]).unwrap_err();
    assert_eq!(error.to_string(), "no plugin `contxt` takes part (--set)");
    assert_eq!(error.hint().as_deref(), Some("did you mean `context`?"));
}
