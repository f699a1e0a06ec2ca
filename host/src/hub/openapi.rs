//! The description of what programs ask, as OpenAPI 3.1, from the types that are read and written.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    api::{CLASSES, NEXT_HEADER, PAGE},
    signed::{KEY_HEADER, SIGNATURE_HEADER, TIME_HEADER},
};
use crate::model::{
    hub::{AskHub, HubHealth, HubProblem, MeasuredClasses, Pushed, Removed},
    pack::PackFile,
    recommendation::Recommendation,
};

/// One thing that can be asked.
struct Operation {
    method: &'static str,
    path: &'static str,
    name: &'static str,
    summary: &'static str,
    parameters: Vec<Value>,
    body: Option<Value>,
    answer: Value,
    headers: Value,
    /// Names of problems, by their statuses.
    problems: &'static [(u16, &'static str)],
}

/// What every request can meet.
const ALWAYS: [(u16, &str); 4] = [(400, "query"), (413, "too-large"), (429, "too-often"), (503, "unavailable")];

/// The document.
#[must_use]
pub fn description() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut schemas = settings.into_generator();
    let problem = of::<HubProblem>(&mut schemas);
    let mut paths = Map::new();
    for operation in operations(&mut schemas) {
        let (method, path) = (operation.method, operation.path);
        let described = described(&operation, &problem);
        if let Some(known) = paths.entry(path).or_insert_with(|| json!({})).as_object_mut() {
            known.insert(method.to_owned(), described);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "ralf-tune hub",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Measurements that many share: classes and numbers, and nobody's name",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": { "schemas": schemas.take_definitions(true) },
    })
}

fn of<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Value {
    schemas.subschema_for::<T>().to_value()
}

fn operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let plain = |method, path, name, summary, answer| Operation {
        method,
        path,
        name,
        summary,
        parameters: Vec::new(),
        body: None,
        answer,
        headers: json!({}),
        problems: &[],
    };
    let model = query("model", "public name of a model, or the digest of one without", &json!({ "type": "string" }));
    let signed = [
        (KEY_HEADER, "the public key: 64 hexadecimal digits"),
        (TIME_HEADER, "when it was signed: seconds since 1970, UTC; five minutes at most from now"),
        (
            SIGNATURE_HEADER,
            "Ed25519, 128 hexadecimal digits, of `ralf-tune hub request`, method, host, path and time, each but the last with a line feed behind it",
        ),
    ]
    .map(|(name, what)| parameter("header", name, what, &json!({ "type": "string" }), true));
    let hexadecimal = json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" });
    let removing = |path, name, summary, what: &'static str, about: &str, answer| Operation {
        parameters: [parameter("path", what, about, &hexadecimal, true)].into_iter().chain(signed.clone()).collect(),
        problems: &[(401, "unsigned, stale"), (403, "not-yours"), (404, "not-found"), (409, "again")],
        ..plain("delete", path, name, summary, answer)
    };
    let number = |(least, usual, most): (i64, i64, i64)| json!({ "type": "integer", "minimum": least, "maximum": most, "default": usual });
    vec![
        plain("get", "/api/v1/health", "health", "How the hub does", of::<HubHealth>(schemas)),
        plain("get", "/api/v1/openapi.json", "openapi", "This description", json!({ "type": "object" })),
        Operation {
            body: Some(of::<PackFile>(schemas)),
            problems: &[(400, "body"), (413, "too-many")],
            ..plain("post", "/api/v1/packs", "push", "Gives packs to the hub", of::<Pushed>(schemas))
        },
        Operation {
            parameters: vec![
                model.clone(),
                query("digest", "digest of a model", &hexadecimal),
                query("since", "packs that count since this number; 0 is all", &number((0, 0, i64::MAX))),
                query("limit", "packs at most", &number(PAGE)),
            ],
            headers: json!({ NEXT_HEADER: {
                "description": "the number to go on from; absent at the end",
                "schema": { "type": "integer" },
            } }),
            ..plain("get", "/api/v1/packs", "pull", "Packs, the longest known first", of::<PackFile>(schemas))
        },
        Operation {
            parameters: vec![model, query("limit", "classes at most", &number(CLASSES))],
            ..plain("get", "/api/v1/classes", "classes", "What was measured", of::<MeasuredClasses>(schemas))
        },
        Operation {
            body: Some(of::<AskHub>(schemas)),
            problems: &[(400, "body"), (404, "unmeasured")],
            ..plain(
                "post",
                "/api/v1/recommend",
                "recommend",
                "What to set, by what others measured",
                of::<Recommendation>(schemas),
            )
        },
        removing(
            "/api/v1/packs/{hash}",
            "remove-pack",
            "Removes a pack of the key that signs",
            "hash",
            "the pack: its SHA-256",
            of::<Removed>(schemas),
        ),
        removing(
            "/api/v1/keys/{key}",
            "remove-key",
            "Removes all packs of the key that signs",
            "key",
            "the key that signs",
            of::<Removed>(schemas),
        ),
    ]
}

fn query(name: &str, what: &str, schema: &Value) -> Value {
    parameter("query", name, what, schema, false)
}

fn parameter(place: &str, name: &str, what: &str, schema: &Value, required: bool) -> Value {
    json!({ "in": place, "name": name, "description": what, "schema": schema, "required": required })
}

fn described(operation: &Operation, problem: &Value) -> Value {
    let content = |schema: &Value| json!({ "application/json": { "schema": schema } });
    let mut answers = Map::new();
    answers.insert(
        "200".to_owned(),
        json!({ "description": "done", "headers": operation.headers, "content": content(&operation.answer) }),
    );
    for (status, name) in ALWAYS.iter().chain(operation.problems) {
        let known = answers
            .entry(status.to_string())
            .or_insert_with(|| json!({ "description": "", "content": content(problem) }));
        let so_far = known["description"].as_str().unwrap_or_default();
        known["description"] = if so_far.is_empty() { json!(name) } else { json!(format!("{so_far}, {name}")) };
    }
    let mut described = json!({
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": operation.parameters,
        "responses": answers,
    });
    if let Some(body) = &operation.body {
        described["requestBody"] = json!({ "required": true, "content": content(body) });
    }
    described
}
