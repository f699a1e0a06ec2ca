//! Each built-in machine rewards what it is meant to reward.

use ralf_tune::{model::candidate::Candidate, simulate::Scenario};

use super::batch::{self, Outcome};

fn candidate(num_ctx: u32, parallel: u32) -> Candidate {
    Candidate { num_ctx, max_concurrent_requests: parallel, request_timeout_seconds: 3_600, ..Candidate::default() }
}

async fn run(name: &str, candidate: &Candidate) -> Outcome {
    batch::run(&Scenario::named(name).unwrap(), candidate).await
}

/// Notes a minute.
async fn speed(name: &str, num_ctx: u32, parallel: u32) -> f64 {
    run(name, &candidate(num_ctx, parallel)).await.notes_per_minute
}

#[tokio::test(start_paused = true)]
async fn low_end_wants_4096_tokens_and_one_request() {
    let best = speed("low-end", 4096, 1).await;
    assert!((2.0..3.0).contains(&best), "{best}");
    let present = speed("low-end", 10_000, 1).await;
    assert!(best > 3.0 * present && best > 3.0 * speed("low-end", 8192, 1).await);
    assert!(speed("low-end", 4096, 2).await < 1.02 * best);
    let fewer_threads = Candidate { num_thread: 2, ..candidate(4096, 1) };
    assert!(run("low-end", &fewer_threads).await.notes_per_minute < 0.85 * best);
}

#[tokio::test(start_paused = true)]
async fn mid_range_wants_8192_tokens_and_two_requests() {
    let best = speed("mid-range", 8192, 2).await;
    assert!((4.0..6.0).contains(&best), "{best}");
    let gain = best / speed("mid-range", 8192, 1).await;
    assert!((1.3..1.6).contains(&gain), "{gain}");
    assert!(speed("mid-range", 8192, 4).await < 1.02 * best);
    assert!(best > 3.0 * speed("mid-range", 10_000, 2).await);
}

#[tokio::test(start_paused = true)]
async fn high_end_wants_four_requests_and_holds_16384_tokens() {
    let best = speed("high-end", 16_384, 4).await;
    assert!((8.0..12.0).contains(&best), "{best}");
    let gain = best / speed("high-end", 16_384, 1).await;
    assert!((1.9..2.8).contains(&gain), "{gain}");
    assert!(best > 2.0 * speed("high-end", 32_768, 4).await);
}

#[tokio::test(start_paused = true)]
async fn one_slot_gains_nothing_from_parallel_requests() {
    let alone = speed("one-slot", 10_000, 1).await;
    for parallel in [2, 4] {
        let gain = speed("one-slot", 10_000, parallel).await / alone;
        assert!((0.98..1.02).contains(&gain), "{parallel}: {gain}");
    }
}

#[tokio::test(start_paused = true)]
async fn vram_cliff_punishes_the_present_context() {
    assert!(speed("vram-cliff", 8192, 1).await > 3.0 * speed("vram-cliff", 10_000, 1).await);
}

#[tokio::test(start_paused = true)]
async fn flaky_loses_requests_and_not_files() {
    let steady = run("mid-range", &candidate(8192, 2)).await;
    let flaky = run("flaky", &candidate(8192, 2)).await;
    assert_eq!((steady.lost, flaky.lost), (0, 0));
    assert!(flaky.notes_per_minute < steady.notes_per_minute);
    let once = run("flaky", &Candidate { retry_attempts: 1, ..candidate(8192, 2) }).await;
    assert!((1..8).contains(&once.lost), "{}", once.lost);
}

#[tokio::test(start_paused = true)]
async fn slow_gives_about_one_token_a_second() {
    let outcome = run("slow", &candidate(4096, 1)).await;
    let last = outcome.answers[30].last();
    let rate = |count: &str, duration: &str| 1e9 * last[count].as_f64().unwrap() / last[duration].as_f64().unwrap();
    assert!((0.8..1.2).contains(&rate("eval_count", "eval_duration")));
    assert!((15.0..25.0).contains(&rate("prompt_eval_count", "prompt_eval_duration")));
}

#[tokio::test(start_paused = true)]
async fn notes_are_as_long_and_as_true_as_a_scorer_expects() {
    let outcome = run("mid-range", &candidate(8192, 2)).await;
    let mut lengths: Vec<u64> =
        outcome.answers.iter().map(|answer| answer.last()["eval_count"].as_u64().unwrap()).collect();
    lengths.sort_unstable();
    assert!((200..=300).contains(&lengths[30]), "median {}", lengths[30]);
    let sources: String = batch::files().into_iter().map(|file| file.text).collect();
    for answer in &outcome.answers {
        let note = answer.text();
        assert_eq!(note.matches("### ").count(), 9, "{note}");
        for name in note.split('`').skip(1).step_by(2) {
            assert!(sources.contains(name), "{name} is invented");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_prompt_loses_the_format() {
    // Silently truncated, the instructions at the start are gone.
    let server = ralf_tune::simulate::SimulatedServer::new(Scenario::named("one-slot").unwrap(), 1);
    let file = batch::files().into_iter().max_by_key(|file| file.chars).unwrap();
    let prompt = batch::prompt(0, &file.path, &file.text);
    let options = serde_json::json!({ "num_ctx": 2048, "num_predict": 300 });
    let fields = serde_json::json!({ "truncate": true });
    let request = super::client::generate_request(&server, &prompt, fields, options);
    let answer = super::client::send(&server, request).await.unwrap();
    assert_eq!((answer.status, answer.text().contains("### ")), (200, false));
}
