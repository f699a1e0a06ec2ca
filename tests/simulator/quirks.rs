//! Quirks of servers, models and containers: each breaks the rule that it is there to break, and only that one.

use std::sync::Arc;

use futures_util::future::join_all;
use ralf_tune::{
    model::candidate::Candidate,
    simulate::{Scenario, SimulatedServer},
};
use serde_json::{Value, json};

use super::{
    batch,
    client::{generate, loaded},
};

fn scenario(name: &str) -> Scenario {
    name.parse::<Scenario>().unwrap_or_else(|error| panic!("{name}: {error}")).noise_free()
}

fn server(name: &str) -> Arc<SimulatedServer> {
    SimulatedServer::new(scenario(name), 5)
}

fn candidate(num_ctx: u32, parallel: u32) -> Candidate {
    Candidate { num_ctx, max_concurrent_requests: parallel, request_timeout_seconds: 36_000, ..Candidate::default() }
}

/// Notes a minute of the batch.
async fn speed(name: &str, candidate: &Candidate) -> f64 {
    batch::run(&scenario(name), candidate).await.notes_per_minute
}

fn options(num_ctx: u32, num_predict: u32) -> Value {
    json!({ "num_ctx": num_ctx, "num_predict": num_predict, "temperature": 0 })
}

#[tokio::test(start_paused = true)]
async fn two_at_once_are_a_dip_and_four_are_not() {
    let at_once = async |name: &str, parallel| speed(name, &candidate(4096, parallel)).await;
    let (name, plain) = ("mid-range:slots=4,dip", "mid-range:slots=4");
    let (one, two, four) = (at_once(name, 1).await, at_once(name, 2).await, at_once(name, 4).await);
    assert!(two < 0.95 * one && four > 1.2 * one, "{one}, {two}, {four}");
    assert!((one / at_once(plain, 1).await - 1.0).abs() < 1e-9, "alone, there is no dip");
    assert!(at_once(plain, 2).await > 1.2 * one, "without the dip two at once pay");
}

#[tokio::test(start_paused = true)]
async fn fewer_threads_let_more_requests_work_at_once() {
    let name = "mid-range:slots=4,contention=0.6";
    let at_once =
        async |threads, parallel| speed(name, &Candidate { num_thread: threads, ..candidate(4096, parallel) }).await;
    let (all_one, all_four) = (at_once(8, 1).await, at_once(8, 4).await);
    let (half_one, half_four) = (at_once(4, 1).await, at_once(4, 4).await);
    assert!(all_four < all_one, "{all_one}, then {all_four} with all threads");
    assert!(
        half_one < all_one && half_four > 1.2 * half_one && half_four > all_one,
        "{half_one}, then {half_four} with half of them"
    );
}

#[tokio::test(start_paused = true)]
async fn a_quota_makes_the_servers_own_threads_hopeless() {
    let with = async |name: &str, threads| {
        let server = server(name);
        let mut options = options(4096, 24);
        options["num_thread"] = json!(threads);
        generate(&server, "warm up", options.clone()).await;
        generate(&server, "Continue.", options).await.ms("eval_duration")
    };
    for name in ["one-slot:quota=3", "one-slot:hidden-quota=3"] {
        let (own, three, four) = (with(name, 0).await, with(name, 3).await, with(name, 4).await);
        assert!(own > 20.0 * three && four > 20.0 * three, "{name}: {own} ms, {three} ms, {four} ms");
        let plain = with("one-slot", 3).await;
        assert!((three / plain - 1.0).abs() < 1e-6, "{three} ms, {plain} ms without the quota");
    }
    let seen = |name| scenario(name).machine_profile().usable_threads.value;
    assert_eq!((seen("one-slot:quota=3"), seen("one-slot:hidden-quota=3")), (Some(3), Some(16)));
}

#[tokio::test(start_paused = true)]
async fn a_batch_may_be_too_small_and_too_large() {
    let reading = async |batch: u32| {
        let server = server("one-slot:best-batch=128");
        let mut options = options(8192, 4);
        options["num_batch"] = json!(batch);
        generate(&server, "warm up", options.clone()).await;
        generate(&server, &"Continue. ".repeat(1_500), options).await.ms("prompt_eval_duration")
    };
    let times = [reading(16).await, reading(64).await, reading(128).await, reading(256).await, reading(1024).await];
    assert!(times[0] > times[1] && times[1] > times[2] && times[2] < times[3] && times[3] < times[4], "{times:?}");
    assert!(times[4] > 3.0 * times[2], "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_model_gives_no_more_context_than_it_was_trained_for() {
    let server = server("high-end:trained=8192");
    generate(&server, "", options(32_768, 4)).await;
    assert_eq!(loaded(&server).await[0]["context_length"], 8192);
    let refused = generate(&server, &"Continue. ".repeat(6_000), options(32_768, 4)).await;
    assert!(
        refused.status == 400 && refused.error().contains("exceeds the available context size (8192"),
        "{refused:?}"
    );
}

/// Functions of a file of 200 that a note names, the middle third and all of them, over some notes.
async fn named(name: &str, temperature: f64) -> (usize, usize, Vec<String>) {
    let server = server(name);
    let tasks = (100..300).map(|number| format!("def task_{number}(row):\n    return row\n\n\n"));
    let source = tasks.collect::<Vec<_>>().concat();
    let answers = join_all((0..12).map(|nonce| {
        let (server, prompt) = (&server, batch::prompt(nonce, "src/tasks.py", &source));
        async move {
            let options = json!({ "num_ctx": 8192, "num_predict": 1024, "temperature": temperature });
            generate(server, &prompt, options).await.text()
        }
    }));
    let texts = answers.await;
    let names = |from: usize, to: usize| {
        let counted = |text: &String| (from..to).filter(|number| text.contains(&format!("task_{number}`"))).count();
        texts.iter().map(counted).sum()
    };
    (names(167, 233), names(100, 300), texts)
}

#[tokio::test(start_paused = true)]
async fn the_middle_of_long_prompts_gets_lost() {
    let (middle, all, _) = named("one-slot", 0.1).await;
    let (lost, seen, _) = named("one-slot:lost-middle=600", 0.1).await;
    let share = |part: usize, of: usize| part as f64 / of as f64;
    assert!(share(lost, seen) < 0.6 * share(middle, all), "{lost} of {seen}, {middle} of {all}");
}

#[tokio::test(start_paused = true)]
async fn a_low_temperature_repeats_and_a_high_one_breaks_the_format() {
    let repeated = |texts: &[String]| {
        let pairs = texts.iter().flat_map(|text| text.lines().zip(text.lines().skip(1)));
        pairs.filter(|(line, next)| line == next && line.len() > 4).count()
    };
    let broken = |texts: &[String]| texts.iter().map(|text| text.matches("**").count() / 2).sum::<usize>();
    let of = async |temperature| {
        let texts = named("one-slot:temperature-trap=0.4", temperature).await.2;
        (repeated(&texts), broken(&texts))
    };
    let (low, right, high) = (of(0.1).await, of(0.5).await, of(1.2).await);
    assert!(low.0 > 20 && low.1 == 0, "{low:?}");
    assert_eq!(right, (0, 0));
    assert!(high.1 > 10, "{high:?}");
    let plain = named("one-slot", 0.1).await.2;
    assert_eq!((repeated(&plain), broken(&plain)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_keeps_no_format_writes_prose_and_still_obeys_bounds() {
    let (_, named, texts) = named("one-slot:no-format", 0.1).await;
    assert_eq!(named, 0);
    assert!(texts.iter().all(|text| !text.contains("###") && text.len() > 800), "{}", texts[0]);
    let server = server("one-slot:no-format");
    let prompt = batch::prompt(1, "src/tasks.py", "def task():\n    pass\n");
    let short = generate(&server, &prompt, options(4096, 20)).await;
    assert_eq!((&short.last()["eval_count"], &short.last()["done_reason"]), (&json!(20), &json!("length")));
}

#[tokio::test(start_paused = true)]
async fn a_lottery_has_no_order_and_the_same_winner_every_day() {
    let speeds = async |name: &str| {
        let mut speeds = Vec::new();
        for num_ctx in [2048, 4096, 8192] {
            let server = server(name);
            generate(&server, "warm up", options(num_ctx, 8)).await;
            speeds.push(generate(&server, "Continue.", options(num_ctx, 64)).await.ms("eval_duration"));
        }
        speeds
    };
    let plain = speeds("one-slot").await;
    assert!(plain.windows(2).all(|pair| pair[1] < 1.01 * pair[0]), "{plain:?}");
    let mut orders = Vec::new();
    for table in 1..=8 {
        let name = format!("one-slot:lottery={table}");
        let drawn = speeds(&name).await;
        assert_eq!(drawn, speeds(&name).await);
        let slower: Vec<f64> = drawn.iter().zip(&plain).map(|(drawn, plain)| drawn / plain).collect();
        assert!(slower.iter().all(|factor| (0.99..4.01).contains(factor)), "{slower:?}");
        orders.push((slower[0] < slower[1], slower[1] < slower[2]));
    }
    orders.sort_unstable();
    orders.dedup();
    assert!(orders.len() >= 3, "{orders:?}");
}
