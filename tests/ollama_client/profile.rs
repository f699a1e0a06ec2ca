//! The server and the model, described from recorded answers.

use ralf_tune::{
    model::machine::{Era, Locality},
    ollama::{address::ServerAddress, error::OllamaError, transport::TransportError},
    profile::{
        model::{ModelError, model},
        server::server,
    },
};
use serde_json::json;

use super::scripted::{Reply, Scripted, client, replay};

fn address(text: &str) -> ServerAddress {
    ServerAddress::parse(text).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_server_is_described_with_the_source_of_every_fact() {
    let client = Scripted::new([replay("version"), replay("smollm2-135m-ps-loaded")]).client();
    let profile = server(&client, &address(""), None).await.unwrap();
    assert_eq!(profile.host, "http://127.0.0.1:11434");
    assert_eq!((profile.version.value.as_deref(), profile.era.value), (Some("0.32.15"), Some(Era::C)));
    assert_eq!((profile.locality, profile.loaded_models.len()), (Locality::Local, 2));
    assert!(profile.locality_source.contains("loopback") && profile.locality_source.contains("tunnel"));
}

#[tokio::test(start_paused = true)]
async fn a_server_elsewhere_is_remote_unless_somebody_knows_better() {
    // An address reserved for documentation: no machine's own.
    let elsewhere = address("192.0.2.1");
    for (given, expected) in [(None, Locality::Remote), (Some(Locality::Simulated), Locality::Simulated)] {
        let client = Scripted::new([replay("version"), replay("ps-empty")]).client();
        assert_eq!(server(&client, &elsewhere, given).await.unwrap().locality, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_without_a_version_is_a_server_all_the_same() {
    let none = Reply::new(404, "404 page not found");
    let client = Scripted::new([none.clone(), replay("ps-empty")]).client();
    let profile = server(&client, &address(""), None).await.unwrap();
    assert_eq!((profile.version.value, profile.era.value), (None, None));
    assert!(profile.version.source.contains("/api/version"));
    // Without either it is not Ollama; and one that is not there is not asked twice.
    let neither = Scripted::new([none.clone(), none]).client();
    assert!(matches!(server(&neither, &address(""), None).await, Err(OllamaError::Protocol { .. })));
    let refused = TransportError::Connect("refused".to_owned());
    let gone = super::scripted::client(Reply { refused: Some(refused), ..Reply::new(200, "") });
    assert!(matches!(server(&gone, &address(""), None).await, Err(OllamaError::Unreachable { .. })));
}

#[tokio::test(start_paused = true)]
async fn recorded_models_are_described() {
    let gemma =
        model(&Scripted::new([replay("tags"), replay("gemma3-270m-show")]).client(), "gemma3:270m").await.unwrap();
    assert_eq!(gemma.name, "gemma3:270m");
    assert_eq!(gemma.size_bytes.value, Some(253_113_688));
    assert_eq!((gemma.quantization.value.as_deref(), gemma.family.value.as_deref()), (Some("Q4_K_M"), Some("gemma3")));
    assert_eq!((gemma.parameter_count.value, gemma.trained_context.value), (Some(268_098_176), Some(32_768)));
    assert_eq!((gemma.layers.value, gemma.heads.value, gemma.kv_heads.value), (Some(18), Some(4), Some(1)));
    assert_eq!(gemma.kv_bytes_per_token.value, Some(18 * (256 + 256) * 2));
    assert!(gemma.kv_bytes_per_token.source.contains("512"), "{}", gemma.kv_bytes_per_token.source);
    assert_eq!((gemma.thinking, gemma.vision, gemma.modelfile_num_ctx), (false, false, None));

    let smollm =
        model(&Scripted::new([replay("tags"), replay("smollm2-135m-show")]).client(), "SmolLM2:135M").await.unwrap();
    assert_eq!(smollm.name, "smollm2:135m");
    assert_eq!((smollm.trained_context.value, smollm.layers.value), (Some(8192), Some(30)));
    assert_eq!(smollm.kv_bytes_per_token.value, Some(30 * 3 * (64 + 64) * 2));
    assert!(smollm.digest.value.is_some_and(|digest| digest.starts_with("d835623f")));
}

#[tokio::test(start_paused = true)]
async fn numbers_of_each_layer_are_asked_for_when_they_were_left_out() {
    let tags = json!({ "models": [{ "name": "hybrid:latest", "size": 7 }] }).to_string();
    let show = |kv_heads: serde_json::Value| {
        let info = json!({
            "general.architecture": "h", "h.block_count": 4, "h.embedding_length": 512, "h.attention.head_count": 8,
            "h.attention.head_count_kv": kv_heads, "h.context_length": 4096,
        });
        let parameters = "num_ctx                        16384\nstop  \"x\"";
        json!({ "model_info": info, "parameters": parameters, "capabilities": ["completion", "thinking", "vision"] })
            .to_string()
    };
    let scripted = Scripted::new([
        Reply::new(200, tags),
        Reply::new(200, show(json!(null))),
        Reply::new(200, show(json!([0, 2, 0, 4]))),
    ]);
    let profile = model(&scripted.client(), "hybrid").await.unwrap();
    assert_eq!(scripted.asked()[2].1, json!({ "model": "hybrid:latest", "verbose": true }));
    assert_eq!((profile.kv_heads.value, profile.kv_bytes_per_token.value), (Some(4), Some(6 * 128 * 2)));
    assert_eq!((profile.thinking, profile.vision, profile.modelfile_num_ctx), (true, true, Some(16_384)));
    assert_eq!(profile.quantization.value, None);
}

#[tokio::test(start_paused = true)]
async fn a_model_that_cannot_be_tuned_is_refused_with_the_next_step() {
    let unknown = model(&client(replay("tags")), "smolm2:135m").await.unwrap_err();
    let expected = ModelError::Unknown { name: "smolm2:135m".to_owned(), nearest: Some("smollm2:135m".to_owned()) };
    assert_eq!(unknown, expected);
    assert!(
        unknown.hint().is_some_and(|hint| hint.contains("`smollm2:135m`") && hint.contains("ollama pull smolm2:135m"))
    );

    let far = model(&client(replay("tags")), "zzz").await.unwrap_err();
    assert!(far.hint().is_some_and(|hint| hint.contains("ollama pull zzz")));

    let none = model(&client(Reply::new(200, r#"{"models":[]}"#)), "x").await.unwrap_err();
    assert_eq!(none, ModelError::NoModels { asked: "x".to_owned() });

    let one = |entry: serde_json::Value, show: serde_json::Value| {
        Scripted::new([Reply::new(200, json!({ "models": [entry] }).to_string()), Reply::new(200, show.to_string())])
            .client()
    };
    let embedding = one(json!({ "name": "e:latest" }), json!({ "capabilities": ["embedding"] }));
    assert_eq!(model(&embedding, "e").await, Err(ModelError::EmbeddingOnly { name: "e:latest".to_owned() }));
    let old = json!({ "model_info": { "general.architecture": "bert", "bert.pooling_type": 1 } });
    let old = one(json!({ "name": "e:latest" }), old);
    assert_eq!(model(&old, "e").await, Err(ModelError::EmbeddingOnly { name: "e:latest".to_owned() }));
    let cloud = one(json!({ "name": "big:cloud", "remote_host": "https://ollama.com" }), json!({}));
    assert_eq!(model(&cloud, "big:cloud").await, Err(ModelError::Remote { name: "big:cloud".to_owned() }));
    let named = one(json!({ "name": "big:120b-cloud" }), json!({}));
    assert_eq!(model(&named, "big:120b-cloud").await, Err(ModelError::Remote { name: "big:120b-cloud".to_owned() }));
}
