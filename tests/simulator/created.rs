//! Models that clients make of others keep their parameters, and answer with them.

use std::sync::Arc;

use ralf_tune::{
    ollama::{
        client::Client,
        request::{CreateRequest, Timeouts},
    },
    simulate::{Scenario, SimulatedServer},
};
use serde_json::{Value, json};

use super::client::{Answer, generate_request, get, post, send};

fn server() -> Arc<SimulatedServer> {
    SimulatedServer::new(Scenario::named("mid-range").unwrap().noise_free(), 3)
}

async fn create(server: &Arc<SimulatedServer>, body: Value) -> Answer {
    send(server, post("/api/create", &body)).await.unwrap()
}

async fn shown(server: &Arc<SimulatedServer>, model: &str) -> Value {
    send(server, post("/api/show", &json!({ "model": model }))).await.unwrap().last()
}

#[tokio::test(start_paused = true)]
async fn a_model_is_made_and_shows_what_it_keeps() {
    let server = server();
    let parameters = json!({ "num_ctx": 2048, "temperature": 0.125, "stop": ["END"] });
    let told = create(&server, json!({ "model": "tuned", "from": "llama3.1:8b", "parameters": parameters })).await;
    assert_eq!((told.status, told.content_type.as_str()), (200, "application/x-ndjson"));
    let said: Vec<String> = told.lines().iter().map(|line| line["status"].as_str().unwrap().to_owned()).collect();
    assert!(said[0].starts_with("using existing layer sha256:") && said[1].starts_with("creating new layer sha256:"));
    assert_eq!(said[2..], ["writing manifest", "success"]);

    let tuned = shown(&server, "tuned").await;
    let lines: Vec<&str> = tuned["parameters"].as_str().unwrap().lines().collect();
    // A list takes the place of the base's own.
    let expected = [
        "num_ctx                        2048",
        "temperature                    0.125",
        "stop                           \"END\"",
    ];
    assert_eq!(lines, expected);
    assert_eq!(tuned["details"]["parent_model"], "llama3.1:8b");
    assert_eq!(tuned["model_info"], shown(&server, "llama3.1:8b").await["model_info"]);
    let names: Vec<Value> = get(&server, "/api/tags").await.last()["models"].as_array().unwrap().clone();
    assert!(names.iter().any(|model| model["name"] == "tuned:latest"), "{names:?}");

    // What is made of it in turn keeps the rest.
    create(&server, json!({ "model": "again:1", "from": "tuned", "parameters": { "num_ctx": 4096 } })).await;
    let again = shown(&server, "again:1").await["parameters"].as_str().unwrap().to_owned();
    assert!(again.contains("num_ctx                        4096") && again.contains("0.125"), "{again}");
}

#[tokio::test(start_paused = true)]
async fn its_parameters_hold_where_a_request_says_nothing() {
    let server = server();
    let parameters = json!({ "num_ctx": 2048, "num_predict": 7 });
    create(&server, json!({ "model": "tuned", "from": "llama3.1:8b", "parameters": parameters, "stream": false }))
        .await;
    let ask = async |options: Value| {
        let request = generate_request(&server, "Tell me everything.", json!({ "model": "tuned" }), options);
        let answer = send(&server, request).await.unwrap();
        let loaded = get(&server, "/api/ps").await.last()["models"][0].clone();
        assert_eq!(loaded["name"], "tuned:latest");
        (answer.last()["eval_count"].as_u64().unwrap(), loaded["context_length"].as_u64().unwrap())
    };
    assert_eq!(ask(json!({})).await, (7, 2048));
    assert_eq!(ask(json!({ "num_ctx": 4096, "num_predict": 3 })).await, (3, 4096));
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_refused_in_the_servers_words() {
    let server = server();
    for (body, status, message) in [
        (json!({ "model": "a b", "from": "llama3.1:8b" }), 400, "invalid model name"),
        (json!({ "model": "a", "from": "llama 3" }), 400, "invalid model name"),
        (json!({ "model": "a" }), 400, "neither 'from' or 'files' was specified"),
        (json!({ "model": "a", "from": "nothing" }), 500, "pull model manifest: file does not exist"),
    ] {
        let refused = create(&server, body).await;
        assert_eq!((refused.status, refused.error().as_str()), (status, message));
    }
    assert_eq!(get(&server, "/api/create").await.status, 405);
}

/// The client and the simulator share no type: that they agree says something.
#[tokio::test(start_paused = true)]
async fn our_client_makes_one_too() {
    let server = server();
    let client = Client::new(Arc::new(Arc::clone(&server)), Timeouts::default());
    let Value::Object(parameters) = json!({ "num_ctx": 1_048_576, "temperature": 0.1 }) else { unreachable!() };
    let request = CreateRequest { model: "tuned".into(), from: "llama3.1:8b".into(), parameters };
    client.create(&request).await.unwrap();
    let shown = client.show("tuned", false).await.unwrap();
    assert_eq!((shown.number("num_ctx"), shown.number("temperature")), (Some(1_048_576.0), Some(0.1)));
    assert_eq!((shown.number("top_k"), shown.details.parent_model.as_str()), (None, "llama3.1:8b"));
    let missing = CreateRequest { from: "nothing".into(), ..request };
    let error = client.create(&missing).await.unwrap_err().to_string();
    assert_eq!(error, "the server answered 500: pull model manifest: file does not exist");
}
