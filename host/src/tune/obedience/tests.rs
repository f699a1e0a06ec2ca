use super::*;
use crate::{
    model::{
        experiment::Experiment,
        machine::{Era, Fact, Gpu, Locality},
        metric::Metric,
        observation::{FinishReason, Observation, Repetition, ServerTimings},
        trial::TrialState,
    },
    stats::summary::sample,
};

/// One request: when it began, how long it waited, and its rates in tokens a second.
fn observation(started_ms: f64, wait_ms: f64, (prefill, decode): (f64, f64)) -> Observation {
    let (prompt_tokens, answer_tokens) = (1024, 49);
    let (prefill_ms, decode_ms) = (1000.0 * f64::from(prompt_tokens) / prefill, 48_000.0 / decode);
    let total_ms = wait_ms + prefill_ms + decode_ms;
    Observation {
        repetition: Repetition::Measured,
        file: None,
        piece: 0,
        attempt: 1,
        started_ms,
        latency_ms: total_ms,
        time_to_first_token_ms: None,
        server: Some(ServerTimings { total_ms, load_ms: 1.0, prefill_ms, decode_ms }),
        prompt_tokens,
        answer_tokens,
        expected_prompt_tokens: None,
        finish: FinishReason::Length,
        failure: None,
        message: None,
        disturbed: None,
        host: None,
    }
}

fn trial(candidate: Candidate, parallel: u32, observations: Vec<Observation>) -> Trial {
    Trial {
        number: 0,
        stage: "threads".into(),
        why: String::new(),
        facts: vec![(LOADED_CONTEXT.into(), f64::from(candidate.num_ctx)), ("workers".into(), f64::from(parallel))],
        candidate,
        experiment: Experiment::Probe { prompt_tokens: 1024, output_tokens: 49, parallel, requests: 8 },
        state: TrialState::Complete,
        seconds: 1.0,
        reloads: 0,
        samples: [sample(Metric::GpuShare, vec![0.0]), sample(Metric::PeakMemoryBytes, vec![5e9])]
            .into_iter()
            .flatten()
            .collect(),
        scores: Vec::new(),
        observations,
        notices: Vec::new(),
    }
}

/// Rates of four requests one after the other, around a mean, with deviations of some hundredths.
fn rates(prefill: f64, decode: f64) -> Vec<Observation> {
    [0.985, 1.01, 0.995, 1.02, 1.005, 0.99]
        .into_iter()
        .enumerate()
        .map(|(index, noise)| {
            observation(20_000.0 * f64::from(u32::try_from(index).unwrap()), 0.0, (prefill * noise, decode * noise))
        })
        .collect()
}

fn machine(system: &str, available_memory: u64) -> MachineProfile {
    MachineProfile {
        cpu_model: Fact::unknown("test"),
        physical_cores: Fact::found(8, "test"),
        logical_threads: Fact::found(8, "test"),
        usable_threads: Fact::found(8, "test"),
        total_memory_bytes: Fact::unknown("test"),
        available_memory_bytes: Fact::found(available_memory, "test"),
        swap_total_bytes: Fact::unknown("test"),
        swap_used_bytes: Fact::unknown("test"),
        gpus: Vec::<Gpu>::new(),
        gpu_source: "test".into(),
        power: Fact::unknown("test"),
        operating_system: Fact::found(system.into(), "test"),
    }
}

fn examined(trials: &[Trial], machine: &MachineProfile) -> Vec<Obedience> {
    let server = ServerProfile {
        host: "http://127.0.0.1:11434".into(),
        locality: Locality::Local,
        locality_source: "test".into(),
        version: Fact::found("0.32.15".into(), "test"),
        era: Fact::found(Era::C, "test"),
        loaded_models: Vec::new(),
    };
    let model = ModelProfile {
        name: "m".into(),
        digest: Fact::unknown("test"),
        size_bytes: Fact::unknown("test"),
        quantization: Fact::unknown("test"),
        family: Fact::unknown("test"),
        parameter_count: Fact::unknown("test"),
        trained_context: Fact::found(8192, "test"),
        layers: Fact::unknown("test"),
        heads: Fact::unknown("test"),
        kv_heads: Fact::unknown("test"),
        kv_bytes_per_token: Fact::found(131_072, "test"),
        thinking: false,
        vision: false,
        modelfile_num_ctx: None,
    };
    let chosen = Candidate { num_ctx: 8192, ..Candidate::default() };
    examine(&Witness { trials, machine, server: &server, model: &model, chosen: &chosen })
}

fn found(trials: &[Trial], setting: &str) -> Obedience {
    examined(trials, &machine("Linux 24.04 Ubuntu", 16 << 30)).into_iter().find(|one| one.setting == setting).unwrap()
}

fn with(parameter: Parameter, value: f64) -> Candidate {
    Candidate { num_ctx: 8192, ..Candidate::default() }.with(parameter, value)
}

#[test]
fn a_context_that_is_clamped_is_named() {
    let good = trial(with(Parameter::NumCtx, 4096.0), 1, Vec::new());
    assert_eq!(found(std::slice::from_ref(&good), "num_ctx").state, Obeyed::Obeyed);
    let mut clamped = trial(with(Parameter::NumCtx, 16_384.0), 1, Vec::new());
    clamped.facts = vec![(LOADED_CONTEXT.into(), 8192.0)];
    let ignored = found(&[good.clone(), clamped], "num_ctx");
    assert_eq!(ignored.state, Obeyed::Ignored);
    let warning = ignored.warning.unwrap();
    assert_eq!(
        warning.what,
        "the server loaded a context of 8192 tokens where 16384 were asked for, which is all that the model was trained on"
    );
    assert!(warning.advice.unwrap().contains("num_ctx to 8192 or less"));
    let silent = Trial { facts: Vec::new(), ..good };
    assert_eq!(found(&[silent], "num_ctx").state, Obeyed::NoEvidence);
}

#[test]
fn threads_and_batches_show_in_rates_or_are_ignored() {
    let pair = |parameter, low: (f64, (f64, f64)), high: (f64, (f64, f64))| {
        [low, high].map(|(value, (prefill, decode))| trial(with(parameter, value), 1, rates(prefill, decode)))
    };
    let threads = Parameter::NumThread;
    let obeyed = found(&pair(threads, (2.0, (200.0, 10.0)), (8.0, (600.0, 12.0))), "num_thread");
    assert_eq!(obeyed.state, Obeyed::Obeyed, "{obeyed:?}");
    let ignored = found(&pair(threads, (2.0, (200.0, 10.0)), (8.0, (202.0, 9.95))), "num_thread");
    assert_eq!(ignored.state, Obeyed::Ignored, "{ignored:?}");
    let mut sizeless = pair(threads, (2.0, (200.0, 10.0)), (8.0, (202.0, 9.95)));
    for trial in &mut sizeless {
        trial.samples.clear();
    }
    assert_eq!(found(&sizeless, "num_thread").state, Obeyed::Ignored, "there is nothing but a processor");
    assert!(
        ignored.evidence.starts_with("2 or 8: no difference in decode and prefill larger than"),
        "{}",
        ignored.evidence
    );
    assert!(ignored.warning.unwrap().what.contains("num_thread makes no difference"));
    // Seven and eight threads may be alike, and more than there are prove nothing.
    for (low, high) in [(7.0, 8.0), (4.0, 16.0)] {
        let close = found(&pair(threads, (low, (200.0, 10.0)), (high, (202.0, 9.95))), "num_thread");
        assert_eq!((close.state, close.warning.is_some()), (Obeyed::NoEvidence, false), "{close:?}");
    }
    let batch = Parameter::NumBatch;
    let obeyed = found(&pair(batch, (64.0, (200.0, 10.0)), (512.0, (260.0, 10.0))), "num_batch");
    assert_eq!(obeyed.state, Obeyed::Obeyed);
    assert!(obeyed.evidence.contains("200.0 tokens/s with 64, 260.0 with 512"), "{}", obeyed.evidence);
    let ignored = found(&pair(batch, (64.0, (200.0, 10.0)), (512.0, (200.5, 10.0))), "num_batch");
    assert_eq!(ignored.state, Obeyed::Ignored);
    // Two noisy requests a side say nothing, and the report does not claim that they do.
    let mut few = pair(threads, (2.0, (200.0, 10.0)), (8.0, (230.0, 10.0)));
    for (trial, factor) in few.iter_mut().zip([0.7, 1.3]) {
        trial.observations =
            vec![observation(0.0, 0.0, (200.0, 10.0)), observation(1e5, 0.0, (200.0 * factor, 10.0 * factor))];
    }
    let open = found(&few, "num_thread");
    assert_eq!(open.state, Obeyed::NoEvidence);
    assert!(open.evidence.contains("too few measurements"), "{}", open.evidence);
    assert_eq!(found(&[], "num_batch").state, Obeyed::NoEvidence);
}

/// Requests sent at once to a server of so many slots.
fn queued(slots: u32) -> Vec<Observation> {
    let service = observation(0.0, 0.0, (1000.0, 48.0)).latency_ms;
    (0..8).map(|index| observation(0.0, service * f64::from(index / slots), (1000.0, 48.0))).collect()
}

#[test]
fn requests_that_never_overlap_come_with_the_command_that_changes_it() {
    let one = [trial(with(Parameter::NumCtx, 8192.0), 8, queued(1))];
    let advice = |system: &str, memory: u64| {
        let overlap =
            examined(&one, &machine(system, memory)).into_iter().find(|one| one.setting == "max_concurrent_requests");
        let overlap = overlap.unwrap();
        assert_eq!(overlap.state, Obeyed::Ignored);
        let warning = overlap.warning.unwrap();
        assert_eq!(warning.what, "OLLAMA_NUM_PARALLEL is 1: requests never overlapped");
        warning.advice.unwrap()
    };
    let linux = advice("Linux 24.04 Ubuntu", 16 << 30);
    assert!(linux.contains("systemctl edit ollama") && linux.contains("Environment=OLLAMA_NUM_PARALLEL=2"), "{linux}");
    assert!(linux.contains("OLLAMA_NUM_PARALLEL=2 ollama serve") && linux.contains("fits the memory"), "{linux}");
    assert!(advice("macOS 15 Sequoia", 16 << 30).contains("launchctl setenv OLLAMA_NUM_PARALLEL 2"));
    assert!(advice("Windows 11 Pro", 16 << 30).contains("setx OLLAMA_NUM_PARALLEL 2"));
    let full = advice("Linux 24.04 Ubuntu", 6_000_000_000);
    assert!(full.starts_with("a second slot needs about 1.0 GiB more and may not fit the memory"), "{full}");

    for slots in 2..=4 {
        let overlap = found(&[trial(with(Parameter::NumCtx, 8192.0), 8, queued(slots))], "max_concurrent_requests");
        assert_eq!(overlap.state, Obeyed::Obeyed);
        assert!(overlap.evidence.contains(&format!("{slots} were worked on at once")), "{}", overlap.evidence);
    }
    let alone = found(&[trial(with(Parameter::NumCtx, 8192.0), 1, rates(1000.0, 48.0))], "max_concurrent_requests");
    assert_eq!(alone.state, Obeyed::NoEvidence);
}

#[test]
fn long_answers_and_lost_models_are_noticed() {
    let good = trial(Candidate::default(), 1, rates(1000.0, 48.0));
    assert_eq!(found(std::slice::from_ref(&good), "num_predict").state, Obeyed::Obeyed);
    let mut long = good.clone();
    long.observations[2].answer_tokens = 400;
    assert_eq!(found(&[long], "num_predict").state, Obeyed::Ignored);

    assert_eq!(found(std::slice::from_ref(&good), "keep_alive").state, Obeyed::NoEvidence);
    let paused = |load_ms: f64| {
        let mut late = good.clone();
        late.observations.push(observation(2_000_000.0, 0.0, (1000.0, 48.0)));
        if let Some(server) = late.observations.last_mut().and_then(|last| last.server.as_mut()) {
            server.load_ms = load_ms;
        }
        found(&[late], "keep_alive").state
    };
    assert_eq!((paused(2.0), paused(2500.0)), (Obeyed::Obeyed, Obeyed::Ignored));
}
