use ralf_tune_sdk::types::{Constraints, Machine, Model, Probe, Workload};

use super::*;

const GB: u64 = 1 << 30;

fn sample(metric: &str, values: &[f64]) -> Sample {
    let mean = values.iter().sum::<f64>() / measured::count(values.len().max(1));
    Sample { metric: metric.to_owned(), values: values.to_vec(), mean, median: mean, standard_deviation: 0.0 }
}

/// One request at a time: these latencies in ms, and so many more that failed.
fn trial(context: u32, latencies: &[f64], failed: u32, memory_gb: f64) -> Trial {
    let well = measured::count(latencies.len());
    Trial {
        number: 0,
        stage: "context".to_owned(),
        candidate: vec![setting("num_ctx", f64::from(context)), setting("max_concurrent_requests", 1.0)],
        experiment: Experiment::Probe(Probe { prompt_tokens: 500, output_tokens: 100, parallel: 1, requests: 3 }),
        state: TrialState::Complete,
        seconds: 1.0,
        reloads: 1,
        samples: vec![
            sample("request_latency_ms", latencies),
            sample("success_rate", &[well / (well + f64::from(failed))]),
            sample("peak_memory_bytes", &[memory_gb * BYTES_PER_GB]),
        ],
        scores: Vec::new(),
        facts: Vec::new(),
    }
}

fn candidate(id: u32, context: u32, parallel: f64, notes_per_minute: f64) -> Candidate {
    let estimate = Estimate { value: notes_per_minute, low: notes_per_minute, high: notes_per_minute };
    Candidate {
        id,
        settings: vec![
            setting("num_ctx", f64::from(context)),
            setting("max_concurrent_requests", parallel),
            setting("chunk_size", 100_000.0),
        ],
        is_baseline: id == 0,
        notes_per_minute: Some(estimate),
        quality: None,
        source_share: 1.0,
        lost_share: 0.0,
        peak_memory_bytes: None,
        spilled: false,
        violations: Vec::new(),
        facts: Vec::new(),
    }
}

fn input(candidates: Vec<Candidate>, history: Vec<Trial>, available_gb: u64) -> SelectionInput {
    SelectionInput {
        candidates,
        constraints: Constraints { quality_floor: 0.9, max_lost_share: 0.02 },
        machine: Machine {
            physical_cores: 4,
            logical_threads: 8,
            usable_threads: 8,
            total_memory_bytes: 2 * available_gb * GB,
            available_memory_bytes: available_gb * GB,
            gpu_memory_bytes: 0,
            facts: Vec::new(),
        },
        model: Model {
            name: "m".to_owned(),
            size_bytes: 0,
            parameter_count: 0,
            trained_context: 0,
            layers: 0,
            kv_bytes_per_token: 0,
            thinking: false,
            facts: Vec::new(),
        },
        workload: Workload {
            file_chars: Vec::new(),
            batch_chars: Vec::new(),
            chars_per_token: 3.0,
            overhead_tokens: 0,
            facts: Vec::new(),
        },
        history,
        arguments: Vec::new(),
    }
}

/// One candidate a context, in order, ids from 0.
fn one_each(history: Vec<Trial>, available_gb: u64) -> SelectionInput {
    let mut contexts: Vec<f64> = history.iter().map(|trial| trial.candidate.value("num_ctx")).collect();
    contexts.dedup();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "contexts of the tests")]
    let candidates = (0..).zip(contexts).map(|(id, context)| candidate(id, context as u32, 1.0, 1.0)).collect();
    input(candidates, history, available_gb)
}

fn select(input: &SelectionInput) -> Selection {
    let nothing = Selection { winner: u32::MAX, runners_up: Vec::new(), reasons: Vec::new(), settings: Vec::new() };
    Threshold::select(input, &Arguments::defaults(&Threshold::manifest())).unwrap_or(nothing)
}

fn context_of(input: &SelectionInput) -> f64 {
    let winner = select(input).winner;
    input
        .candidates
        .iter()
        .find(|candidate| candidate.id == winner)
        .map_or(0.0, |winner| winner.settings.value("num_ctx"))
}

fn is(left: f64, right: f64) {
    assert!((left - right).abs() < 1e-9, "{left} is not {right}");
}

#[test]
fn context_is_the_largest_within_a_fifth_of_the_smallest() {
    let history = |largest: f64| {
        vec![
            trial(2048, &[1000.0; 3], 0, 1.0),
            trial(4096, &[1300.0; 3], 0, 1.0),
            trial(8192, &[1199.0; 3], 0, 1.5),
            trial(16_384, &[largest; 3], 0, 2.0),
        ]
    };
    is(context_of(&one_each(history(1200.0), 16)), 16_384.0);
    is(context_of(&one_each(history(1201.0), 16)), 8192.0);
}

#[test]
fn context_needs_nine_tenths_success() {
    let history = |failed| vec![trial(4096, &[1000.0; 9], 0, 1.0), trial(8192, &[1000.0; 9], failed, 1.0)];
    is(context_of(&one_each(history(1), 16)), 8192.0);
    is(context_of(&one_each(history(2), 16)), 4096.0);
}

#[test]
fn context_keeps_under_half_of_available_memory() {
    let history = |smaller, larger| vec![trial(4096, &[1000.0; 3], 0, smaller), trial(8192, &[1000.0; 3], 0, larger)];
    is(context_of(&one_each(history(1.0, 3.9), 8)), 8192.0);
    is(context_of(&one_each(history(1.0, 4.0), 8)), 4096.0);
    is(context_of(&one_each(history(5.0, 6.0), 8)), 4096.0); // None fits: the smallest that worked.
    is(context_of(&one_each(history(6.5, 6.0), 8)), 8192.0); // Above 80 % is not even tried.
    is(context_of(&one_each(history(50.0, 60.0), 0)), 8192.0); // Unknown memory passes.
}

#[test]
fn context_falls_back_to_8192_when_none_is_good() {
    let bad = vec![trial(4096, &[1000.0], 2, 1.0), trial(16_384, &[1000.0], 2, 1.0)];
    let mut some = one_each(bad.clone(), 16);
    some.candidates.push(candidate(7, 8192, 1.0, 0.5));
    assert_eq!(select(&some).winner, 7);
    is(context_of(&one_each(bad, 16)), 4096.0); // Nobody has it: the nearest below.
    assert_eq!(select(&input(vec![candidate(3, 32_768, 1.0, 1.0)], Vec::new(), 16)).winner, 3);
}

#[test]
fn throughput_decides_with_that_context_and_quality_does_not() {
    let mut candidates = vec![candidate(0, 4096, 1.0, 9.0), candidate(1, 8192, 1.0, 2.0), candidate(2, 8192, 4.0, 3.0)];
    if let Some(fast) = candidates.last_mut() {
        fast.quality = Some(Estimate { value: 0.0, low: 0.0, high: 0.0 });
    }
    candidates.push(candidate(3, 8192, 2.0, 3.0));
    let history = vec![trial(4096, &[1000.0; 3], 0, 1.0), trial(8192, &[1000.0; 3], 0, 1.0)];
    let selection = select(&input(candidates.clone(), history.clone(), 16));
    assert_eq!((selection.winner, selection.runners_up), (3, vec![2, 1, 0]), "fewer at a time first");
    candidates.reverse();
    assert_eq!(select(&input(candidates.clone(), history.clone(), 16)).winner, 3);
    candidates
        .iter_mut()
        .filter(|candidate| candidate.id > 1)
        .for_each(|bad| bad.violations.push("truncated".to_owned()));
    assert_eq!(select(&input(candidates.clone(), history.clone(), 16)).winner, 1);
    for bad in &mut candidates {
        bad.violations.push("truncated".to_owned());
    }
    let error = Threshold::select(&input(candidates, history, 16), &Arguments::defaults(&Threshold::manifest()));
    assert!(error.is_err_and(|error| error.contains("all 4 have a violation")));
}

#[test]
fn only_sequential_probes_and_notes_count() {
    let mut parallel = trial(4096, &[9000.0; 3], 3, 1.0);
    parallel.experiment = Experiment::Probe(Probe { prompt_tokens: 1, output_tokens: 1, parallel: 4, requests: 6 });
    let mut needle = trial(4096, &[90_000.0], 0, 1.0);
    needle.experiment = Experiment::Load;
    let late = Trial {
        state: TrialState::Failed("out-of-time".to_owned()),
        samples: Vec::new(),
        ..trial(4096, &[1.0], 0, 1.0)
    };
    let mut crashed = late.clone();
    let mut history = vec![trial(4096, &[1000.0; 10], 0, 1.0), parallel.clone(), needle, late];
    let tested = one_each(history.clone(), 16);
    let found = measured(&tested, &tested.candidates.iter().collect::<Vec<_>>());
    assert_eq!(found.iter().map(|test| (test.latencies_ms.len(), test.requests)).collect::<Vec<_>>(), [(10, 10.0)]);
    crashed.state = TrialState::Failed("server-error".to_owned());
    history.push(crashed);
    let tested = one_each(history, 16);
    let found = measured(&tested, &tested.candidates.iter().collect::<Vec<_>>());
    is(found.first().map_or(0.0, |test| test.requests), 13.0);
    let tested = one_each(vec![parallel], 16);
    let found = measured(&tested, &tested.candidates.iter().collect::<Vec<_>>());
    is(found.first().map_or(0.0, Measured::success_rate), 0.5);
}

#[test]
fn timeout_is_three_p99_within_a_minute_and_five() {
    let timeout = |latencies: &[f64]| Latency::new(latencies.to_vec(), 10.0).timeout_seconds();
    is(timeout(&[1000.0; 10]), 60.0);
    is(timeout(&[25_500.0; 10]), 76.0);
    is(timeout(&[200_000.0; 10]), 300.0);
    is(timeout(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 40_000.0]), 120.0); // p99 of ten is the greatest.
    is(timeout(&[]), 180.0);
}

#[test]
fn retries_follow_the_error_rate() {
    let retries = |well: usize, all: f64| Latency::new(vec![1.0; well], all).retries();
    for (well, all, expected) in [
        (10, 10.0, 2.0),
        (19, 20.0, 3.0),
        (9, 10.0, 5.0),
        (8, 10.0, 5.0),
        (7, 10.0, 7.0),
        (0, 10.0, 5.0),
        (0, 0.0, 3.0),
    ] {
        is(retries(well, all), expected);
    }
}

#[test]
fn backoff_is_a_tenth_of_the_mean_within_half_and_five_seconds() {
    let backoff = |latency: f64| Latency::new(vec![latency; 3], 3.0).backoff_seconds();
    is(backoff(1000.0), 0.5);
    is(backoff(20_000.0), 2.0);
    is(backoff(90_000.0), 5.0);
    is(Latency::new(Vec::new(), 10.0).backoff_seconds(), 2.0);
    is(Latency::default().backoff_seconds(), 1.0);
}

#[test]
fn batch_size_follows_parallelism_and_memory() {
    for (parallel, gb, expected) in [
        (false, 8.0, 10.0),
        (true, 8.0, 50.0),
        (true, 64.0, 100.0),
        (false, 64.0, 20.0),
        (true, 4.0, 25.0),
        (false, 0.5, 1.0),
        (true, 0.0, 50.0),
    ] {
        is(rules::batch_size(parallel, gb), expected);
    }
}

#[test]
fn confidence_is_the_formula() {
    let ten = |slowest: f64, failed: f64| Latency::new([vec![1000.0; 9], vec![slowest]].concat(), 10.0 + failed);
    is(ten(1000.0, 0.0).confidence(4096.0), 100.0);
    is(ten(3001.0, 0.0).confidence(4096.0), 90.0);
    is(ten(3001.0, 0.0).confidence(32_768.0), 85.0);
    is(ten(1000.0, 10.0).confidence(4096.0), 85.0);
    is(Latency::new(Vec::new(), 10.0).confidence(4096.0), 60.0); // p99 120 s against p50 30 s.
}

#[test]
fn settings_and_reasons_carry_the_rules() {
    let mut latencies = vec![20_000.0; 9];
    latencies.push(30_000.0);
    let selection = select(&input(vec![candidate(0, 4096, 4.0, 2.0)], vec![trial(4096, &latencies, 1, 1.0)], 16));
    for (name, value) in [
        ("request_timeout_seconds", 90.0),
        ("retry_attempts", 3.0),
        ("initial_backoff_seconds", 2.1),
        ("backoff_multiplier", 2.0),
        ("batch_size", 100.0),
    ] {
        is(selection.settings.value(name), value);
    }
    assert_eq!(selection.settings.len(), 5);
    for text in ["document_confidence: 97.3", "4000 characters", "3 x p99"] {
        assert!(selection.reasons.iter().any(|reason| reason.contains(text)), "{text}: {:?}", selection.reasons);
    }
}
