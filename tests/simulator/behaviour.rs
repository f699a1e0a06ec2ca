//! What a client can observe of loading, queueing, caching, truncation, expiry, cancellation and chance.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, future::join_all};
use ralf_tune::{
    ollama::transport::{Transport, TransportError},
    simulate::{Faults, Scenario, SimulatedServer},
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::client::{Answer, generate, generate_request, loaded, post, send};

fn server_of(name: &str, change: impl FnOnce(&mut Scenario)) -> Arc<SimulatedServer> {
    let mut scenario = Scenario::named(name).unwrap();
    change(&mut scenario);
    SimulatedServer::new(scenario, 11)
}

fn quiet(name: &str) -> Arc<SimulatedServer> {
    server_of(name, |scenario| *scenario = scenario.noise_free())
}

fn text(nonce: &str, lines: usize) -> String {
    format!("{nonce}\n{}", "def handler(request): return request.value\n".repeat(lines))
}

fn short_answer() -> Value {
    json!({ "num_ctx": 4096, "num_predict": 32 })
}

#[tokio::test(start_paused = true)]
async fn only_load_time_settings_reload() {
    let server = quiet("one-slot");
    let base = json!({ "num_ctx": 4096, "num_predict": 4 });
    generate(&server, "first", base.clone()).await;
    for (name, value, reloads) in [
        ("temperature", json!(0.7), false),
        ("top_k", json!(10), false),
        ("num_ctx", json!(4096.5), false),
        ("num_batch", json!(512), false),
        ("nonsense", json!("ignored"), false),
        ("num_ctx", json!(2048), true),
        ("num_thread", json!(4), true),
        ("num_batch", json!(256), true),
    ] {
        generate(&server, "back to the base", base.clone()).await;
        let mut options = base.clone();
        options[name] = value;
        let took = generate(&server, &format!("try {name}"), options).await.ms("load_duration");
        assert_eq!(took > 500.0, reloads, "{name}: {took} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_slot_shows_only_in_the_total() {
    for (name, slots) in [("one-slot", 1), ("mid-range", 2), ("high-end", 4)] {
        let server = quiet(name);
        generate(&server, "warm up", short_answer()).await;
        let prompts: Vec<String> = (0..8).map(|number| text(&format!("{number} q"), 2)).collect();
        let answers = join_all(prompts.iter().map(|prompt| generate(&server, prompt, short_answer()))).await;
        let service = answers[0].ms("prompt_eval_duration") + answers[0].ms("eval_duration");
        let immediate = answers.iter().filter(|answer| answer.queue_wait_ms() < 0.3 * service).count();
        assert_eq!(immediate, slots, "{name}");
        assert!(answers.iter().all(|answer| answer.ms("load_duration") < 10.0));
        let last = answers[7].queue_wait_ms();
        assert!(
            (last / service - (8 / slots - 1) as f64).abs() < 0.5 * (8 / slots) as f64,
            "{name}: {last} of {service}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn cached_prompts_count_whole_and_cost_nothing() {
    let server = quiet("one-slot");
    let run = async |prompt: &str| {
        let answer = generate(&server, prompt, short_answer()).await;
        (answer.last()["prompt_eval_count"].as_u64().unwrap(), answer.ms("prompt_eval_duration"))
    };
    run("warm up").await;
    let (a, b) = (text("a1", 60), text("b2", 60));
    let cold = run(&a).await;
    run(&b).await;
    // Displaced from the only slot, and back.
    let warm = run(&a).await;
    assert_eq!(warm.0, cold.0);
    assert!(warm.1 < cold.1 / 50.0, "{cold:?} then {warm:?}");
    let longer = run(&format!("{a}and some more words")).await;
    assert!(longer.0 > cold.0 && longer.1 < cold.1 / 20.0, "{longer:?}");
    let changed = run(&text("c3", 60)).await;
    assert!(changed.1 > 0.9 * cold.1);
}

#[tokio::test(start_paused = true)]
async fn each_era_truncates_in_its_own_way() {
    let prompt = text("long", 400);
    let options = json!({ "num_ctx": 2048, "num_predict": 8 });
    for (version, kept, refusal) in [
        ("0.24.0", 2048, "the input length exceeds the context length"),
        ("0.32.15", 1027, "exceed_context_size_error"),
    ] {
        let server = server_of("mid-range", |scenario| scenario.server.version = version.into());
        let silent = generate_request(&server, &prompt, json!({ "truncate": true }), options.clone());
        let silent = send(&server, silent).await.unwrap();
        assert_eq!((silent.status, silent.last()["prompt_eval_count"].as_u64()), (200, Some(kept)), "{version}");
        let refused = generate(&server, &prompt, options.clone()).await;
        assert_eq!(refused.status, 400);
        assert!(refused.error().contains(refusal), "{version}: {}", refused.error());
    }
}

#[tokio::test(start_paused = true)]
async fn the_spill_shows_in_ps_and_in_speed() {
    let server = quiet("vram-cliff");
    let measure = async |num_ctx: u32| {
        let options = json!({ "num_ctx": num_ctx, "num_predict": 32 });
        let answer = generate(&server, &format!("write {num_ctx}"), options).await;
        let model = loaded(&server).await.remove(0);
        assert_eq!(model["context_length"], num_ctx);
        (answer.ms("eval_duration"), model["size_vram"] == model["size"], model["size_vram"].as_u64().unwrap())
    };
    let (fast, whole, _) = measure(8192).await;
    let (slow, still_whole, in_vram) = measure(10_000).await;
    assert!(whole && !still_whole && in_vram > 0);
    assert!((4.0..7.0).contains(&(slow / fast)), "{}", slow / fast);
}

#[tokio::test(start_paused = true)]
async fn models_leave_when_their_time_is_over() {
    let server = quiet("one-slot");
    let request = generate_request(&server, "hello", json!({ "keep_alive": "10s" }), short_answer());
    send(&server, request).await.unwrap();
    sleep(Duration::from_secs(9)).await;
    assert_eq!(loaded(&server).await.len(), 1);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(loaded(&server).await.len(), 0);

    send(&server, generate_request(&server, "", json!({ "keep_alive": -1 }), short_answer())).await.unwrap();
    sleep(Duration::from_secs(100_000)).await;
    assert_eq!(loaded(&server).await.len(), 1);
    let unload = post("/api/generate", &json!({ "model": server.scenario().models[0].name, "keep_alive": 0 }));
    assert_eq!(send(&server, unload).await.unwrap().last()["done_reason"], "unload");
    sleep(Duration::from_secs(1)).await;
    assert_eq!(loaded(&server).await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_gives_its_slot_back() {
    let server = quiet("one-slot");
    generate(&server, "warm up", short_answer()).await;
    let options = json!({ "num_ctx": 4096, "num_predict": 3_000 });
    let request = generate_request(&server, "endless", json!({ "stream": true }), options);
    let mut endless = server.send(request.clone()).await.unwrap();
    for _ in 0..5 {
        endless.body.next().await.unwrap().unwrap();
    }
    // One more in the queue, given up while it waits.
    assert!(timeout(Duration::from_secs(2), server.send(request)).await.is_err());
    drop(endless);
    let answer = generate(&server, "next", short_answer()).await;
    assert!(answer.queue_wait_ms() < 200.0, "{} ms", answer.queue_wait_ms());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_aborts_the_load() {
    let server = quiet("one-slot");
    assert!(timeout(Duration::from_secs(1), generate(&server, "impatient", short_answer())).await.is_err());
    sleep(Duration::from_secs(30)).await;
    assert_eq!(loaded(&server).await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_full_only_while_something_loads() {
    let server = server_of("one-slot", |scenario| scenario.server.max_queue = 2);
    let prompts: Vec<String> = (0..12).map(|number| format!("{number} busy")).collect();
    let at_once = async || join_all(prompts.iter().map(|prompt| generate(&server, prompt, short_answer()))).await;
    let refused = |answers: &[Answer]| answers.iter().filter(|answer| answer.status == 503).count();
    let cold = at_once().await;
    assert_eq!(refused(&cold), 9);
    let busy = cold.iter().find(|answer| answer.status == 503).unwrap();
    assert_eq!(busy.error(), "server busy, please try again.  maximum pending requests exceeded");
    assert_eq!(refused(&at_once().await), 0);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_answers_and_times() {
    async fn study(seed: u64) -> Vec<Result<Answer, TransportError>> {
        let server = SimulatedServer::new(Scenario::named("flaky").unwrap(), seed);
        let requests = (0..40).map(|number| {
            let prompt = text(&format!("{number} s\n### TAGS\n### KEY_FUNCTIONS\n"), 10);
            send(&server, generate_request(&server, &prompt, json!({ "stream": number % 2 == 0 }), json!({})))
        });
        join_all(requests).await
    }
    let (one, again, other) = (study(1).await, study(1).await, study(2).await);
    assert_eq!(one, again);
    assert_ne!(one, other);
}

#[tokio::test(start_paused = true)]
async fn cold_answers_depend_on_the_prompt_alone() {
    let ask = async |seed| {
        let server = SimulatedServer::new(Scenario::named("one-slot").unwrap(), seed);
        let mut answers = Vec::new();
        for temperature in [0.0, 0.0, 0.7] {
            let options = json!({ "temperature": temperature, "num_predict": 40 });
            answers.push(generate(&server, "say something", options).await.text());
        }
        answers
    };
    let (one, other) = (ask(1).await, ask(2).await);
    assert_eq!(one[0], one[1]);
    assert_eq!(one[0], other[0]);
    assert_ne!(one[2], other[2]);
}

#[tokio::test(start_paused = true)]
async fn faults_look_as_on_a_real_server() {
    let never = Faults::default();
    let ask = async |faults, stream: bool| {
        let server = server_of("one-slot", |scenario| scenario.faults = faults);
        let began = Instant::now();
        let options = json!({ "num_predict": 60 });
        let answer = send(&server, generate_request(&server, "hello", json!({ "stream": stream }), options)).await;
        (answer, began.elapsed())
    };
    let crash = ask(Faults { crash: 1.0, ..never }, true).await.0.unwrap();
    assert!(crash.status == 500 && crash.error().starts_with("model runner has unexpectedly stopped"));
    let reset = ask(Faults { reset: 1.0, ..never }, true).await.0;
    assert!(matches!(reset, Err(TransportError::Broken(_))));
    for stream in [true, false] {
        let aborted = ask(Faults { token_repeat: 1.0, ..never }, stream).await.0.unwrap();
        assert_eq!((aborted.status, &aborted.last()["done"]), (200, &json!(false)));
        assert!(aborted.text().ends_with(&" no".repeat(31)) && aborted.last().get("eval_count").is_none());
    }
    let usual = ask(never, true).await.1;
    let stalled = ask(Faults { stall: 1.0, stall_seconds: (20.0, 20.0), ..never }, true).await.1;
    assert!(stalled.abs_diff(usual + Duration::from_secs(20)) < Duration::from_millis(5));
}

#[tokio::test(start_paused = true)]
async fn models_that_think_do_so_unless_told_not_to() {
    let server = server_of("one-slot", |scenario| scenario.models[0].capabilities.push("thinking".into()));
    let ask = async |fields| {
        let request = generate_request(&server, "hello", fields, json!({ "num_predict": 30 }));
        send(&server, request).await.unwrap().last()
    };
    let thought = ask(json!({})).await;
    assert_eq!((thought["response"].as_str(), thought["thinking"].is_string()), (Some(""), true));
    let plain = ask(json!({ "think": false })).await;
    assert!(plain["thinking"].is_null() && plain["response"].as_str().unwrap().len() > 60);
}

#[tokio::test(start_paused = true)]
async fn an_embedding_model_does_not_generate() {
    let server = quiet("mid-range");
    let body = json!({ "model": "nomic-embed-text", "prompt": "x" });
    let refused = send(&server, post("/api/generate", &body)).await.unwrap();
    assert_eq!((refused.status, refused.error().as_str()), (400, "\"nomic-embed-text\" does not support generate"));
}
