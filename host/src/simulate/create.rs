//! `/api/create`: a model that is another one with parameters of its own. Nothing is pulled, converted or quantised here.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{
    SimulatedServer, clock, json,
    model_facts::ModelFacts,
    prepare,
    request::{self, Refusal},
    seed::{Dice, hash},
};

/// What is told while a model is made, one line each; the last one is that it is there.
pub(super) struct Created {
    pub lines: Vec<Value>,
    pub streamed: bool,
}

/// Makes the model, in the place of one of that name if there is one.
///
/// # Errors
/// What the server refuses.
pub(super) fn create(server: &SimulatedServer, body: &[u8]) -> Result<Created, Refusal> {
    let fields = request::object(body)?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let name = Some(text("model")).filter(|name| !name.is_empty()).unwrap_or(text("name"));
    let invalid = || Refusal::new(400, "invalid model name");
    let name = full_name(name).ok_or_else(invalid)?;
    let from = text("from");
    if from.is_empty() {
        return Err(Refusal::new(400, "neither 'from' or 'files' was specified"));
    }
    let wanted = full_name(from).ok_or_else(invalid)?;
    // The real server would look for it in its registry first, and say this when it is not there either.
    let base = prepare::find(server, &wanted).ok().and_then(|index| server.model(index));
    let base = base.ok_or_else(|| Refusal::new(500, "pull model manifest: file does not exist"))?;
    let given = fields.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default();
    let model = derived(&base, &name, &given, clock::date(server.born, Instant::now()));
    let status = |status: String| json!({ "status": status });
    let mut lines = vec![status(format!("using existing layer sha256:{}", base.digest))];
    if !model.parameters.is_empty() {
        lines.push(status(format!("creating new layer sha256:{}", model.digest)));
    }
    lines.extend([status("writing manifest".to_owned()), status("success".to_owned())]);
    server.keep_model(model);
    Ok(Created { lines, streamed: fields.get("stream").and_then(Value::as_bool).unwrap_or(true) })
}

/// The base with the given parameters over its own.
fn derived(base: &ModelFacts, name: &str, given: &Map<String, Value>, now: String) -> ModelFacts {
    let mut parameters: Vec<(String, String)> =
        base.parameters.iter().filter(|(name, _)| !given.contains_key(name)).cloned().collect();
    for (parameter, value) in given {
        match value {
            Value::Array(items) => parameters.extend(items.iter().map(|item| (parameter.clone(), printed(item)))),
            value => parameters.push((parameter.clone(), printed(value))),
        }
    }
    let mut dice = Dice::new(&[hash(name), hash(&base.digest), hash(&format!("{parameters:?}"))]);
    ModelFacts {
        name: name.to_owned(),
        digest: format!("{:016x}{:016x}{:016x}{:016x}", dice.next(), dice.next(), dice.next(), dice.next()),
        modified_at: now,
        parent_model: base.name.clone(),
        basename: base.basename().to_owned(),
        parameters,
        ..base.clone()
    }
}

/// A value as the server prints it: numbers are floats of its language, which writes 1e+06 from there on.
fn printed(value: &Value) -> String {
    let Some(number) = value.as_f64() else { return json::text(value) };
    let size = number.abs();
    if (1e-4..1e6).contains(&size) || size == 0.0 {
        return number.to_string();
    }
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// A name with its tag; `None` when it is none. `host/namespace/model:tag`, all but the model may be left out.
fn full_name(name: &str) -> Option<String> {
    let is_part = |part: &str| {
        let first = part.chars().next().is_some_and(|first| first.is_ascii_alphanumeric() || first == '_');
        let rest = part.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter));
        first && rest && part.len() <= 80
    };
    let (path, tag) = match name.rsplit_once(':') {
        // Behind the last colon of a host with a port, there is a path.
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (name, "latest"),
    };
    let parts: Vec<&str> = path.split('/').collect();
    let is_host = |part: &str| is_part(&part.replacen(':', ".", 1));
    let valid = match parts[..] {
        [model] => is_part(model),
        [namespace, model] => is_part(namespace) && is_part(model),
        [host, namespace, model] => is_host(host) && is_part(namespace) && is_part(model),
        _ => false,
    };
    (valid && is_part(tag)).then(|| format!("{path}:{tag}"))
}

impl SimulatedServer {
    /// Takes a new model into what is installed, in the place of one with its name.
    fn keep_model(&self, model: ModelFacts) {
        let mut models = self.models_mut();
        let model = Arc::new(model);
        match models.iter_mut().find(|known| known.is_named(&model.name)) {
            Some(known) => *known = model,
            None => models.push(model),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_tag_and_no_other_letters() {
        for (name, full) in [
            ("m", Some("m:latest")),
            ("m:8b-tuned", Some("m:8b-tuned")),
            ("me/m", Some("me/m:latest")),
            ("host:5000/me/m:1", Some("host:5000/me/m:1")),
            ("", None),
            ("a b", None),
            ("m:", None),
            ("-m", None),
            ("a/b/c/d", None),
        ] {
            assert_eq!(full_name(name).as_deref(), full, "{name}");
        }
    }

    #[test]
    fn numbers_look_like_the_servers() {
        for (value, text) in [
            (json!(4096), "4096"),
            (json!(131_072), "131072"),
            (json!(1_000_000), "1e+06"),
            (json!(1_048_576), "1.048576e+06"),
            (json!(0.125), "0.125"),
            (json!(0.000_05), "5e-05"),
            (json!("<|end|>"), "\"\\u003c|end|\\u003e\""),
        ] {
            assert_eq!(printed(&value), text);
        }
    }
}
