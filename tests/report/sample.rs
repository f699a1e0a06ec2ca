//! Studies made by hand: one of each outcome.

use ralf_tune::model::{
    budget::Budget,
    candidate::Candidate,
    disturbance::Disturbances,
    experiment::Experiment,
    machine::{Era, Fact, LoadedModel, Locality, MachineProfile, ModelProfile, PowerState, ServerProfile},
    metric::{ConfidenceInterval, Estimate, Metric, Sample, Summary},
    observation::{FailureCause, FinishReason, Observation, Repetition, ServerTimings},
    outlook::BatchOutlook,
    profile::{Standing, StudyProfile},
    proof::Proof,
    score::{NoteScore, Score, ScorePart, ScorerScore},
    selection::{Confidence, ConfidencePart, MeasuredCandidate, Selection, TunedConfig},
    steps::{Change, GainStep},
    study::{
        Comparison, Outcome, Plan, PlannedScorer, PlannedStage, SCHEMA_VERSION, StageOutcome, Study, Warning,
        WorkloadSummary,
    },
    trial::{Trial, TrialState},
};

const GIB: u64 = 1 << 30;

pub fn estimate(value: f64, low: f64, high: f64) -> Estimate {
    Estimate { value, interval: ConfidenceInterval { level: 0.95, low, high } }
}

fn text(text: &str) -> String {
    text.to_owned()
}

pub fn machine() -> MachineProfile {
    MachineProfile {
        cpu_model: Fact::found(text("AMD Ryzen 7 5800X"), "/proc/cpuinfo"),
        physical_cores: Fact::found(8, "/proc/cpuinfo"),
        logical_threads: Fact::found(16, "/proc/cpuinfo"),
        usable_threads: Fact::found(6, "cgroup v2 quota: cpu.max 600000 100000"),
        total_memory_bytes: Fact::found(31 * GIB + GIB / 4, "/proc/meminfo"),
        available_memory_bytes: Fact::found(22 * GIB, "/proc/meminfo, cgroup without a limit"),
        swap_total_bytes: Fact::found(8 * GIB, "/proc/meminfo"),
        swap_used_bytes: Fact::found(0, "/proc/meminfo"),
        gpus: Vec::new(),
        gpu_source: text("no NVML library; no amdgpu in /sys/class/drm"),
        power: Fact::found(PowerState::Mains, "/sys/class/power_supply"),
        operating_system: Fact::unknown("no /etc/os-release"),
    }
}

pub fn server() -> ServerProfile {
    ServerProfile {
        host: text("http://127.0.0.1:11434"),
        locality: Locality::Local,
        locality_source: text("loopback address"),
        version: Fact::found(text("0.11.4"), "/api/version"),
        era: Fact::found(Era::B, "version"),
        loaded_models: vec![LoadedModel {
            name: text("qwen2.5-coder:7b"),
            digest: text("dae161e27b0e"),
            size_bytes: 6 * GIB,
            size_vram_bytes: 0,
            context_length: Some(10_000),
            expires_at: Some(text("2026-01-12T10:20:30Z")),
        }],
    }
}

pub fn model() -> ModelProfile {
    ModelProfile {
        name: text("qwen2.5-coder:7b"),
        digest: Fact::found(text("dae161e27b0e"), "/api/tags"),
        size_bytes: Fact::found(4_683_087_332, "/api/tags"),
        quantization: Fact::found(text("Q4_K_M"), "/api/tags"),
        family: Fact::found(text("qwen2"), "/api/tags"),
        parameter_count: Fact::found(7_615_616_512, "/api/show general.parameter_count"),
        trained_context: Fact::found(32_768, "/api/show qwen2.context_length"),
        layers: Fact::found(28, "/api/show"),
        heads: Fact::found(28, "/api/show"),
        kv_heads: Fact::found(4, "/api/show"),
        kv_bytes_per_token: Fact::found(57_344, "layers, heads and sizes of /api/show"),
        thinking: false,
        vision: false,
        modelfile_num_ctx: None,
    }
}

pub fn plan() -> Plan {
    let stage = |name: &str, summary: &str, decides: &[&str], seconds, why: &str| PlannedStage {
        name: text(name),
        summary: text(summary),
        decides: decides.iter().map(|name| text(name)).collect(),
        seconds,
        why_here: text(why),
    };
    Plan {
        stages: vec![
            stage("baseline", "your present settings", &[], 70.0, "first: everything else is compared with it"),
            stage("context", "how much context the prompts need", &["num_ctx"], 120.0, "the rest depends on num_ctx"),
            stage(
                "throughput",
                "how many requests the server works on at the same time",
                &["max_concurrent_requests", "request_delay_seconds"],
                140.0,
                "needs num_ctx",
            ),
            stage("confirm", "the winner against your present settings", &[], 90.0, "last: it needs a winner"),
        ],
        scorers: vec![
            PlannedScorer { name: text("completeness"), weight: 2.0 },
            PlannedScorer { name: text("repetition"), weight: 1.0 },
        ],
        selector: text("throughput"),
        left_out: vec![text("temperature: takes part in full only")],
    }
}

fn measured(id: u32, candidate: Candidate, notes_per_minute: Estimate, quality: Option<f64>) -> MeasuredCandidate {
    MeasuredCandidate {
        id,
        candidate,
        is_baseline: id == 0,
        notes_per_minute: Some(notes_per_minute),
        quality: quality.map(|value| estimate(value, value - 0.03, value + 0.03)),
        scored_notes: 3,
        source_share: 0.83,
        lost_share: 0.0,
        peak_memory_bytes: Some(5.7 * 1024.0 * 1024.0 * 1024.0),
        spilled: false,
        violations: Vec::new(),
        trials: vec![id],
    }
}

fn outlook() -> BatchOutlook {
    BatchOutlook {
        files: 812,
        expected_lost_files: 0.1,
        lost_interval: ConfidenceInterval { level: 0.95, low: 0.0, high: 1.0 },
        unattended_probability: 0.9549,
        expected_minutes: 190.0,
        interval: ConfidenceInterval { level: 0.95, low: 178.0, high: 203.0 },
        requests: 96,
        failed_requests: 2,
        stalled_requests: 1,
    }
}

fn trial() -> Trial {
    let summary =
        Summary { count: 1, mean: 14_634.1, median: 14_634.1, min: 14_634.1, max: 14_634.1, standard_deviation: 0.0 };
    Trial {
        number: 0,
        stage: text("baseline"),
        why: text("your present settings"),
        candidate: Candidate::default(),
        experiment: Experiment::Notes { files: vec![0] },
        state: TrialState::Complete,
        seconds: 18.4,
        reloads: 1,
        samples: vec![Sample { metric: Metric::FileBusyMs, values: vec![14_634.1], summary }],
        facts: vec![(text("loaded_context_tokens"), 10_000.0)],
        scores: vec![NoteScore {
            file: 0,
            value: 0.91,
            by_scorer: vec![ScorerScore {
                scorer: text("completeness"),
                weight: 2.0,
                score: Score {
                    value: 0.91,
                    parts: vec![ScorePart { name: text("sections"), value: 1.0 }],
                    reasons: vec![text("all nine sections")],
                },
            }],
        }],
        observations: vec![Observation {
            repetition: Repetition::Measured,
            file: Some(0),
            piece: 0,
            attempt: 1,
            started_ms: 3_700.0,
            latency_ms: 14_634.1,
            time_to_first_token_ms: Some(2_011.7),
            server: Some(ServerTimings { total_ms: 14_630.0, load_ms: 20.0, prefill_ms: 1_990.0, decode_ms: 12_600.0 }),
            prompt_tokens: 1_870,
            answer_tokens: 402,
            expected_prompt_tokens: Some(1_868.3),
            finish: FinishReason::Stop,
            failure: None,
            message: None,
            disturbed: None,
            host: None,
        }],
        notices: Vec::new(),
    }
}

fn stage(name: &str, trials: u32, seconds: f64, settings: &[(&str, f64)], reasons: &[&str]) -> StageOutcome {
    StageOutcome {
        name: text(name),
        trials,
        seconds,
        seconds_given: None,
        settings: settings.iter().map(|(name, value)| (text(name), *value)).collect(),
        reasons: reasons.iter().map(|reason| text(reason)).collect(),
        failure: None,
        cut_short: false,
        first_turn: None,
    }
}

/// The winner of [`gain`].
pub fn winner() -> Candidate {
    Candidate {
        num_ctx: 4096,
        max_concurrent_requests: 4,
        request_timeout_seconds: 95,
        batch_size: 25,
        ..Candidate::default()
    }
}

fn workload() -> WorkloadSummary {
    WorkloadSummary {
        around_chars: None,
        learned: None,
        origin: text("/home/me/src/shop"),
        files_in_batch: 812,
        files_picked: 12,
        total_chars: 4_716_096,
        median_chars: 3_870,
        largest_chars: 61_204,
        chars_per_token: Some(3.41),
        prompt_origin: text("built in"),
        truncation: Some(text("0 of 812 files would be truncated (largest 3871 of 4096 tokens)")),
        file_chars: Vec::new(),
        batch_chars: Vec::new(),
    }
}

fn stages() -> Vec<StageOutcome> {
    vec![
        stage("baseline", 3, 68.2, &[], &[]),
        stage(
            "context",
            6,
            121.0,
            &[("num_ctx", 4096.0)],
            &["the smallest context that holds every prompt and its answer"],
        ),
        StageOutcome {
            cut_short: true,
            ..stage(
                "throughput",
                9,
                140.9,
                &[("max_concurrent_requests", 4.0), ("request_delay_seconds", 0.0)],
                &["four at once make 1.71 times the requests of one, five no more", "a delay never helped"],
            )
        },
        StageOutcome {
            failure: Some(text("strategy `latency` 0.1.0 (bundled) timed out in `ask` after 2 s")),
            ..stage("latency", 0, 2.1, &[], &[])
        },
        stage("confirm", 1, 96.3, &[], &["12 files with both settings in turn"]),
    ]
}

fn steps() -> Vec<GainStep> {
    let change = |setting: &str, from, to| Change { setting: text(setting), from, to };
    vec![
        GainStep {
            changes: vec![change("num_ctx", 10_000.0, 4096.0), change("max_concurrent_requests", 1.0, 2.0)],
            ratio: 1.509,
            interval: Some(estimate(1.509, 1.381, 1.649).interval),
            notes_per_minute: 6.2,
            requests: 11,
        },
        GainStep {
            changes: vec![change("max_concurrent_requests", 2.0, 4.0)],
            ratio: 1.132,
            interval: None,
            notes_per_minute: 7.02,
            requests: 9,
        },
    ]
}

/// What the selectors of the profiles pick of [`gain`].
fn profiles() -> Vec<StudyProfile> {
    let of = |name: &str, winner: u32, candidate: Candidate, standing| StudyProfile {
        name: text(name),
        winner,
        tuned: TunedConfig {
            model_name: text("qwen2.5-coder:7b"),
            candidate,
            benchmark_date: text("2026-01-12"),
            confidence: Confidence { percent: 60.0, meaning: text("likely"), parts: Vec::new() },
        },
        standing,
    };
    vec![
        of("fast", 3, winner(), Standing::Proven),
        of("balanced", 3, winner(), Standing::Proven),
        of("quality", 2, Candidate { max_concurrent_requests: 2, ..winner() }, Standing::Estimated),
    ]
}

/// A study with a winner that is faster at the same quality.
pub fn gain() -> Study {
    let failed = Trial { number: 1, state: TrialState::Failed(FailureCause::TimedOut), ..trial() };
    Study {
        parting: None,
        fleet: None,
        schema_version: SCHEMA_VERSION,
        tool_version: text("0.1.0"),
        started_at: text("2026-01-12T10:11:12Z"),
        seed: 42,
        intensity: text("normal"),
        budget: Budget::from_seconds(480.0),
        elapsed_seconds: 431.6,
        machine: machine(),
        server: server(),
        model: model(),
        workload: workload(),
        plan: plan(),
        baseline: Candidate::default(),
        trials: vec![trial(), failed],
        stages: stages(),
        candidates: vec![
            measured(0, Candidate::default(), estimate(4.11, 3.86, 4.37), Some(0.91)),
            measured(3, winner(), estimate(7.02, 6.51, 7.55), Some(0.92)),
            measured(2, Candidate { max_concurrent_requests: 2, ..winner() }, estimate(6.2, 5.81, 6.6), Some(0.92)),
            MeasuredCandidate {
                peak_memory_bytes: None,
                ..measured(
                    4,
                    Candidate { num_ctx: 8192, max_content_length: 16_000, ..winner() },
                    estimate(4.8, 4.4, 5.2),
                    None,
                )
            },
        ],
        selection: Some(Selection {
            selector: text("throughput"),
            winner: 3,
            runners_up: vec![2, 4, 0],
            reasons: vec![text("most notes per minute of the 4 candidates that meet every constraint")],
            settings: vec![(text("request_timeout_seconds"), 95.0)],
        }),
        comparison: Some(Comparison {
            challenger: None,
            baseline_notes_per_minute: 4.1,
            tuned_notes_per_minute: 7.05,
            speed_ratio: estimate(1.719, 1.551, 1.908),
            baseline_quality: Some(0.912),
            tuned_quality: Some(0.917),
            pairs: 12,
            baseline_source_share: 0.83,
            tuned_source_share: 0.83,
            proof: Proof::default(),
        }),
        tuned: Some(TunedConfig {
            model_name: text("qwen2.5-coder:7b"),
            candidate: winner(),
            benchmark_date: text("2026-01-12"),
            confidence: Confidence {
                percent: 84.4,
                meaning: text("Were the study repeated, these settings would very likely win again."),
                parts: vec![
                    ConfidencePart {
                        name: text("measured"),
                        points: 96.0,
                        reason: text("by the figures, it is good beside the 4 others that were measured"),
                    },
                    ConfidencePart { name: text("speed"), points: -11.6, reason: text("known to within 9 %") },
                ],
            },
        }),
        outcome: Outcome::Improved,
        not_found: vec![text("num_thread made no measurable difference; left to the server")],
        not_asked: Vec::new(),
        forecasts: None,
        obedience: Vec::new(),
        scorer_failures: Vec::new(),
        clocks: None,
        noise: None,
        disturbances: Disturbances::default(),
        outlook: Some(outlook()),
        steps: steps(),
        profiles: profiles(),
        warnings: vec![Warning {
            what: text("the notes took 3 times as long in one of 12 files: something else used the machine"),
            advice: Some(text("close what you do not need, and run ralf-tune again for a narrower interval")),
        }],
    }
}

/// The same study where nothing was better than what the user has.
pub fn keep() -> Study {
    let mut study = gain();
    study.outcome = Outcome::KeepBaseline;
    study.steps = Vec::new();
    for profile in &mut study.profiles {
        profile.winner = 0;
        profile.tuned.candidate = Candidate::default();
        profile.standing = Standing::Present;
    }
    study.comparison = study.comparison.map(|comparison| Comparison {
        tuned_notes_per_minute: 4.15,
        speed_ratio: estimate(1.012, 0.941, 1.088),
        baseline_quality: None,
        tuned_quality: None,
        ..comparison
    });
    for candidate in &mut study.candidates {
        candidate.quality = None;
    }
    study.selection = Some(Selection {
        selector: text("throughput"),
        winner: 0,
        runners_up: vec![3],
        reasons: vec![text("no candidate is measurably faster than the present settings")],
        settings: Vec::new(),
    });
    study.tuned = study.tuned.map(|tuned| TunedConfig { candidate: Candidate::default(), ..tuned });
    study.warnings.clear();
    study
}

/// The same study where every candidate breaks a constraint.
pub fn nothing_feasible() -> Study {
    let mut study = gain();
    study.steps.clear();
    study.profiles.clear();
    study.outcome = Outcome::NothingFeasible;
    study.selection = None;
    study.comparison = None;
    study.tuned = None;
    study.outlook = None;
    study.workload.truncation = Some(text("31 of 812 files would be truncated (largest 20404 of 4096 tokens)"));
    for candidate in &mut study.candidates {
        candidate.violations = vec![text("4.1 % of the files would be lost, 2 % are allowed")];
    }
    study
}

/// The same study, stopped by the user in the second stage.
pub fn interrupted() -> Study {
    let mut study = gain();
    study.steps.clear();
    study.profiles.clear();
    study.outcome = Outcome::Interrupted;
    study.elapsed_seconds = 97.0;
    study.stages.truncate(2);
    study.candidates.truncate(1);
    study.selection = None;
    study.comparison = None;
    study.tuned = None;
    study.outlook = None;
    study.workload.truncation = None;
    study
}

/// The same study, stopped by the user when a better candidate was known but not confirmed.
pub fn interrupted_with_result() -> Study {
    let mut study = gain();
    study.profiles.clear();
    study.outcome = Outcome::Interrupted;
    study.elapsed_seconds = 341.0;
    study.stages.truncate(3);
    study.comparison = None;
    study
}
