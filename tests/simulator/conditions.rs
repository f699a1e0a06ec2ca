//! Conditions behind a scenario's name do what they say, each alone; without them, nothing of that happens.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use ralf_tune::{
    ollama::transport::TransportError,
    simulate::{Scenario, SimulatedServer},
};
use serde_json::{Value, json};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};

use super::client::{Answer, generate, generate_request, loaded, post, send};

fn server(name: &str) -> Arc<SimulatedServer> {
    SimulatedServer::new(Scenario::named(name).unwrap_or_else(|| panic!("{name}")), 5)
}

/// The plain machine, to compare with.
fn quiet(name: &str) -> Arc<SimulatedServer> {
    SimulatedServer::new(Scenario::named(name).unwrap().noise_free(), 5)
}

fn options(num_ctx: u32, num_predict: u32) -> Value {
    json!({ "num_ctx": num_ctx, "num_predict": num_predict, "temperature": 0 })
}

/// A prompt that no cache knows, of one of some dozen lengths.
fn prompt(number: usize) -> String {
    format!("{number:05} {}", "Continue. ".repeat(number % 24))
}

/// The decode time of request after request, each divided by that of the quiet machine.
async fn factors(name: &str, requests: usize) -> Vec<f64> {
    let (noisy, plain) = (server(name), quiet(name));
    let mut factors = Vec::new();
    for number in 0..=requests {
        let decode = async |server| generate(server, &prompt(number), options(4096, 24)).await.ms("eval_duration");
        factors.push(decode(&noisy).await / decode(&plain).await);
    }
    factors
}

fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.into_iter().collect();
    values.iter().sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f64]) -> f64 {
    let logs = || values.iter().map(|value| value.ln());
    let mid = mean(logs());
    mean(logs().map(|log| (log - mid).powi(2))).sqrt()
}

#[tokio::test(start_paused = true)]
async fn noise_has_the_stated_deviation_and_is_larger_for_some_prompts() {
    for sigma in [0.03, 0.15] {
        let factors = factors(&format!("mid-range:noise={sigma},drift=0"), 720).await;
        assert!((mean(factors.iter().copied()) - 1.0).abs() < 0.2 * sigma, "{sigma}: {}", mean(factors));
        let found = deviation(&factors) / sigma;
        assert!((0.85..1.15).contains(&found), "{found} of {sigma}");
        let of_length = |length: usize| {
            let alike: Vec<f64> = factors.iter().skip(length).step_by(24).copied().collect();
            deviation(&alike) / sigma
        };
        let mut each: Vec<f64> = (0..24).map(of_length).collect();
        each.sort_by(f64::total_cmp);
        // Of thirty requests each: chance alone would make this 1.4.
        let ratio = mean(each[18..].iter().copied()) / mean(each[..6].iter().copied());
        assert!(ratio > 1.7, "{each:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn heavy_tails_are_rare_and_large_and_leave_the_mean() {
    let factors = factors("one-slot:noise=0,drift=0,heavy-tails=0.1", 400).await;
    let slow = factors.iter().filter(|factor| **factor > 1.5).count();
    assert!((25..60).contains(&slow), "{slow} of 400");
    assert!(factors.iter().any(|factor| *factor > 3.0));
    assert!((mean(factors.iter().copied()) - 1.0).abs() < 0.1, "{}", mean(factors));
}

#[tokio::test(start_paused = true)]
async fn a_hot_machine_is_slower_until_it_has_rested() {
    let server = server("mid-range:noise=0,drift=0,throttle=0.4");
    let decode = async |number| generate(&server, &prompt(24 * number), options(4096, 100)).await.ms("eval_duration");
    let began = Instant::now();
    let fresh = decode(1).await;
    let mut number = 2_usize;
    while began.elapsed() < Duration::from_mins(6) {
        decode(number).await;
        number += 1;
    }
    let hot = decode(number).await;
    assert!((0.58..0.64).contains(&(fresh / hot)), "{fresh} ms, then {hot} ms");
    sleep(Duration::from_mins(2)).await;
    let rested = decode(number + 1).await;
    assert!((0.85..0.96).contains(&(fresh / rested)), "{fresh} ms, then {rested} ms");
}

/// Requests one after the other for half an hour, with some seconds between them.
async fn half_an_hour(server: &Arc<SimulatedServer>) -> Vec<Answer> {
    let began = Instant::now();
    let mut answers = Vec::new();
    while began.elapsed() < Duration::from_mins(30) {
        answers.push(generate(server, &prompt(answers.len()), options(4096, 32)).await);
        sleep(Duration::from_secs(3)).await;
    }
    answers
}

#[tokio::test(start_paused = true)]
async fn a_competitor_makes_us_wait_and_goes_with_the_server() {
    let before = Handle::current().metrics().num_alive_tasks();
    let long_waits = async |name: &str| {
        let server = server(name);
        let answers = half_an_hour(&server).await;
        assert!(answers[1..].iter().all(|answer| answer.ms("load_duration") < 10.0), "nothing was loaded again");
        answers.iter().filter(|answer| answer.queue_wait_ms() > 500.0).count()
    };
    assert_eq!(long_waits("one-slot").await, 0);
    let often = long_waits("one-slot:competitor=20").await;
    assert!((15..90).contains(&often), "{often}");
    assert!((5..often).contains(&long_waits("one-slot:competitor=60").await));
    sleep(Duration::from_mins(2)).await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), before);

    // Where slots are free it shares the machine's speed instead.
    let slower = |answers: Vec<Answer>| answers.iter().map(|answer| answer.ms("eval_duration")).fold(0.0, f64::max);
    let alone = slower(half_an_hour(&quiet("mid-range")).await);
    let beside = slower(half_an_hour(&server("mid-range:noise=0,drift=0,competitor")).await);
    assert!(beside > 1.15 * alone, "{alone} ms alone, {beside} ms beside another");
}

#[tokio::test(start_paused = true)]
async fn thrash_loads_another_context_under_us() {
    let server = server("one-slot:thrash=60");
    let (mut reloads, mut contexts) = (0, Vec::new());
    for number in 0..200 {
        let answer = generate(&server, &prompt(number), options(4096, 16)).await;
        reloads += usize::from(answer.ms("load_duration") > 500.0);
        sleep(Duration::from_secs(5)).await;
        contexts.extend(loaded(&server).await.iter().map(|model| model["context_length"].as_u64().unwrap()));
    }
    contexts.sort_unstable();
    contexts.dedup();
    assert_eq!(contexts, [2048, 4096]);
    assert!((8..40).contains(&reloads), "{reloads}");
}

#[tokio::test(start_paused = true)]
async fn only_the_first_load_reads_from_the_disk() {
    let loads = async |name: &str| {
        let server = server(name);
        let mut seconds = Vec::new();
        for num_ctx in [2048, 4096, 2048] {
            let began = Instant::now();
            generate(&server, "", options(num_ctx, 1)).await;
            seconds.push(began.elapsed().as_secs_f64());
            let unload = post("/api/generate", &json!({ "model": server.scenario().models[0].name, "keep_alive": 0 }));
            send(&server, unload).await.unwrap();
            sleep(Duration::from_secs(5)).await;
        }
        seconds
    };
    let (cold, warm) = (loads("one-slot:cold-files").await, loads("one-slot").await);
    assert!(cold[0] > 3.0 * warm[0], "{cold:?}, {warm:?}");
    assert_eq!(cold[1..], warm[1..]);
}

#[tokio::test(start_paused = true)]
async fn ignored_options_change_nothing() {
    let server = server("one-slot:noise=0,drift=0,ignores=num_thread+num_batch+num_ctx");
    generate(&server, "0000", options(4096, 4)).await;
    let ask = async |number: usize, options: Value| {
        let text = format!("{number:05} {}", "Continue. ".repeat(300));
        let answer = generate(&server, &text, options).await;
        (answer.ms("load_duration"), answer.ms("prompt_eval_duration"), answer.ms("eval_duration"))
    };
    let mut answers = Vec::new();
    for (number, (name, value)) in
        [("num_thread", 8), ("num_thread", 1), ("num_batch", 16), ("num_ctx", 16_384)].into_iter().enumerate()
    {
        let mut options = options(4096, 40);
        options[name] = json!(value);
        answers.push(ask(number, options).await);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]) && answers[0].0 < 10.0, "{answers:?}");
    assert_eq!(loaded(&server).await[0]["context_length"], 4096);

    // A prompt that the context asked for would hold is too long for the real one.
    let long = generate(&server, &"Continue. ".repeat(3_000), options(16_384, 8)).await;
    assert!(long.status == 400 && long.error().contains("exceeds the available context size (4096"), "{long:?}");

    // Alone, each: the others are heeded.
    let server = self::server("one-slot:ignores=num_batch");
    generate(&server, "warm up", options(4096, 4)).await;
    let reloads = async |options| generate(&server, "again", options).await.ms("load_duration") > 500.0;
    assert!(!reloads(json!({ "num_ctx": 4096, "num_batch": 16 })).await);
    assert!(reloads(json!({ "num_ctx": 2048 })).await);
}

#[tokio::test(start_paused = true)]
async fn slots_are_as_many_as_named() {
    for slots in [1, 3] {
        let server = server(&format!("mid-range:slots={slots},noise=0"));
        generate(&server, "warm up", options(2048, 4)).await;
        let answers = join_all((0..6).map(|number| {
            let server = &server;
            async move { generate(server, &prompt(24 * number), options(2048, 32)).await }
        }));
        let immediate = answers.await.iter().filter(|answer| answer.queue_wait_ms() < 300.0).count();
        assert_eq!(immediate, slots);
    }
}

/// Everything that can happen, as the names of conditions: both runs of it are the same to the byte.
const HARDEST: &str = "mid-range:noise=0.15,heavy-tails,throttle,drift=0.1,competitor=15,thrash=50,cold-files,\
                       ignores=num_thread,slots=2,faults=0.2,stalls=0.1";

#[tokio::test(start_paused = true)]
async fn faults_and_stalls_come_at_their_rates_and_all_repeats_with_the_seed() {
    async fn study(name: &str, seed: u64) -> (Vec<Result<Answer, TransportError>>, Vec<Duration>) {
        let server = SimulatedServer::new(Scenario::named(name).unwrap(), seed);
        let (mut answers, mut times) = (Vec::new(), Vec::new());
        for number in 0..300 {
            let began = Instant::now();
            answers.push(send(&server, generate_request(&server, &prompt(number), json!({}), options(4096, 16))).await);
            times.push(began.elapsed());
        }
        (answers, times)
    }
    let (answers, times) = study("mid-range:faults=0.2,stalls=0.1", 1).await;
    let failed = answers.iter().filter(|answer| !answer.as_ref().is_ok_and(|answer| answer.status == 200)).count();
    let stalled = times[1..].iter().filter(|took| **took > Duration::from_secs(5)).count();
    assert!((40..80).contains(&failed) && (16..46).contains(&stalled), "{failed} failed, {stalled} stalled");

    assert_eq!(study(HARDEST, 1).await, study(HARDEST, 1).await);
    assert_ne!(study(HARDEST, 1).await, study(HARDEST, 2).await);
}
