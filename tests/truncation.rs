//! No prompt is cut unseen: by servers of any era that cut without a word, from the first request on; and what is forecast of a batch comes true.

use std::sync::Arc;

use ralf_tune::{
    arena::calibration::cutting::{CuttingServer, PromptTruth},
    model::{
        candidate::Candidate,
        experiment::{Experiment, Proposal},
        observation::{FailureCause, Observation},
        workload::{PromptTemplate, SourceFile, Workload},
    },
    ollama::transport::Transport,
    simulate::{Scenario, SimulatedServer},
    tune::{Panel, drill::Drill},
    workload::generate::{Language, generated_workload, sample},
};

use crate::support::studies::{Simulation, runtime};

/// One server of each way to cut.
const VERSIONS: [&str; 3] = ["0.3.14", "0.11.0", "0.32.15"];

fn scenario(version: &str) -> Scenario {
    let mut scenario = Scenario::named("one-slot").unwrap();
    scenario.server.version = version.into();
    scenario
}

/// Requests of a drill with what really happened to them, in the order in which they were sent.
fn drill(version: &str, seed: u64, workload: &Workload, proposals: &[Proposal]) -> Vec<(Observation, PromptTruth)> {
    let scenario = scenario(version);
    let (observations, truths) = runtime().block_on(async {
        let cutting = Arc::new(CuttingServer::new(&scenario, seed));
        let transport: Arc<dyn Transport> = Arc::clone(&cutting) as Arc<dyn Transport>;
        let simulation = Simulation::over(&scenario, seed, Arc::clone(&transport)).await.unwrap();
        let client = ralf_tune::ollama::client::Client::new(transport, ralf_tune::ollama::request::Timeouts::default());
        let drill = Drill {
            client: &client,
            server: &simulation.server,
            model: &simulation.model,
            workload,
            panel: &Panel::default(),
            seed,
        };
        let (trials, _) = drill.run(proposals, &[]).await;
        // Nothing is expected of feelers, whose answers do not tell what the server read either.
        let all = trials.into_iter().flat_map(|trial| trial.observations);
        let observations: Vec<Observation> = all.filter(|one| one.expected_prompt_tokens.is_some()).collect();
        (observations, cutting.truths())
    });
    assert_eq!(observations.len(), truths.len());
    observations.into_iter().zip(truths).collect()
}

fn settings(num_ctx: u32) -> Candidate {
    Candidate {
        num_ctx,
        num_predict: 24,
        max_content_length: 60_000,
        request_timeout_seconds: 100_000,
        ..Candidate::default()
    }
}

fn proposal(num_ctx: u32, experiment: Experiment) -> Proposal {
    Proposal { candidate: settings(num_ctx), experiment, why: String::new() }
}

#[derive(Debug, Default)]
struct Tally {
    cut: usize,
    seen: usize,
    /// Seen, but named otherwise: the answer had no room.
    as_overrun: usize,
    /// Whole prompts whose answers had no room, and how many were not noticed.
    tight: usize,
    tight_missed: usize,
    clean: usize,
    false_alarms: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, version: &str, requests: &[(Observation, PromptTruth)]) {
        for (index, (observation, truth)) in requests.iter().enumerate() {
            let cut = observation.failure == Some(FailureCause::Truncated);
            let overrun = observation.failure == Some(FailureCause::AnswerCut);
            let said = cut || overrun;
            if truth.cut {
                self.cut += 1;
                self.seen += usize::from(said);
                self.as_overrun += usize::from(overrun);
            } else if truth.fits {
                self.clean += 1;
                self.false_alarms += usize::from(said);
            } else {
                self.tight += 1;
                self.tight_missed += usize::from(!said);
            }
            if (truth.cut && !said) || (truth.fits && said) {
                self.wrong.push(format!(
                    "{version}, request {index}: {truth:?}, read {}, expected {:?}, {:?}",
                    observation.prompt_tokens, observation.expected_prompt_tokens, observation.message
                ));
            }
        }
    }
}

#[test]
fn every_cut_prompt_is_seen_and_no_whole_one_suspected() {
    let mut notes = Tally::default();
    let mut synthetic = Tally::default();
    for version in VERSIONS {
        for seed in 0..7 {
            // Some begin with prompts that fit, others with prompts that are cut.
            let mut contexts = [16_384, 4096, 2048, 8192, 1024];
            contexts.rotate_left(usize::try_from(seed).unwrap() % 5);
            let files: Vec<usize> = (0..24).collect();
            let asked: Vec<Proposal> = contexts
                .into_iter()
                .map(|num_ctx| proposal(num_ctx, Experiment::Notes { files: files.iter().rev().copied().collect() }))
                .collect();
            notes.add(version, &drill(version, seed, &generated_workload(seed), &asked));
            let probe = |num_ctx, prompt_tokens| {
                proposal(num_ctx, Experiment::Probe { prompt_tokens, output_tokens: 8, parallel: 1, requests: 2 })
            };
            let needle = |num_ctx, content_chars| {
                proposal(num_ctx, Experiment::Needle { content_chars, depths: vec![0.1, 0.5] })
            };
            let mut asked = vec![
                probe(2048, 2600),
                needle(2048, 9_000),
                probe(2048, 900),
                needle(4096, 9_000),
                probe(4096, 5_000),
                needle(4096, 30_000),
            ];
            asked.rotate_left(usize::try_from(seed).unwrap() % 6);
            synthetic.add(version, &drill(version, seed, &generated_workload(seed), &asked));
        }
    }
    for (what, tally) in [("notes", &notes), ("probes and needles", &synthetic)] {
        println!(
            "{what}: {} of {} cut prompts seen ({} as an answer without room), {} false alarms in {} whole ones; {} of {} prompts \
             that fill the context missed",
            tally.seen, tally.cut, tally.as_overrun, tally.false_alarms, tally.clean, tally.tight_missed, tally.tight
        );
        assert!(tally.wrong.is_empty(), "{what}:\n{}", tally.wrong.join("\n"));
    }
    assert!(notes.cut >= 500 && notes.clean >= 1000, "too few: {} cut, {} whole", notes.cut, notes.clean);
    assert!(notes.as_overrun * 20 <= notes.cut, "{notes:?}");
    assert!(synthetic.cut >= 40 && synthetic.clean >= 150, "{synthetic:?}");
}

/// Sixty files of four languages, of which every other one is picked for trials.
fn all_and_picked(seed: u64) -> (Workload, Workload) {
    let sizes = generated_workload(seed).batch_chars;
    let files: Vec<SourceFile> = sizes
        .iter()
        .zip(Language::ALL.into_iter().cycle())
        .enumerate()
        .map(|(index, (chars, language))| {
            let text = sample(language, *chars, seed * 1000 + index as u64);
            SourceFile::new(format!("src/part_{index}.{}", language.extension()), language.name(), text)
        })
        .collect();
    let all = Workload {
        origin: "all".into(),
        files: files.clone(),
        batch_chars: sizes,
        prompt: PromptTemplate::built_in(),
        learned: None,
        notices: Vec::new(),
    };
    let picked = Workload { files: files.into_iter().skip(1).step_by(3).collect(), ..all.clone() };
    (all, picked)
}

#[test]
fn what_is_forecast_of_the_batch_comes_true() {
    let mut off: Vec<f64> = Vec::new();
    for (version, seed) in VERSIONS.into_iter().zip(1_u64..).chain([("0.32.15", 4), ("0.32.15", 5)]) {
        let (all, picked) = all_and_picked(seed);
        // A handful of requests is all that the forecast is made from.
        let asked = [proposal(16_384, Experiment::Notes { files: vec![4, 9, 12, 15, 17, 18] })];
        let candidates = [
            settings(4096),
            settings(16_384),
            Candidate { chunk_size: 6_000, ..settings(2560) },
            Candidate { max_content_length: 8_000, ..settings(3072) },
        ];
        let scenario = scenario(version);
        let forecasts = runtime().block_on(async {
            let simulation = Simulation::new(&scenario, seed).await.unwrap();
            let transport = Arc::new(SimulatedServer::new(scenario.clone(), seed));
            let drill = Drill {
                client: &ralf_tune::ollama::client::Client::new(
                    transport,
                    ralf_tune::ollama::request::Timeouts::default(),
                ),
                server: &simulation.server,
                model: &simulation.model,
                workload: &picked,
                panel: &Panel::default(),
                seed,
            };
            drill.run(&asked, &candidates).await.1
        });
        for (candidate, forecast) in candidates.iter().zip(forecasts) {
            let made = Proposal {
                candidate: candidate.clone(),
                experiment: Experiment::Notes { files: (0..all.files.len()).collect() },
                why: String::new(),
            };
            let requests = drill(version, seed, &all, &[made]);
            let mut cut: Vec<usize> =
                requests.iter().filter(|(_, truth)| truth.cut).filter_map(|(request, _)| request.file).collect();
            cut.dedup();
            let largest = requests.iter().map(|(_, truth)| truth.whole).max().unwrap();
            println!("{version}, seed {seed}: {} | truly {} cut, largest {largest}", forecast.sentence(), cut.len());
            assert_eq!(forecast.files, 60);
            assert!(
                forecast.files_cut <= cut.len() + 2 && cut.len() <= forecast.files_cut_at_most,
                "{forecast:?}, truly {} cut",
                cut.len()
            );
            assert!(largest <= u64::from(forecast.largest_prompt_tokens_at_most), "{forecast:?}, truly {largest}");
            off.push(f64::from(forecast.largest_prompt_tokens) / f64::from(u32::try_from(largest).unwrap()) - 1.0);
        }
    }
    let worst = off.iter().map(|off| off.abs()).fold(0.0, f64::max);
    println!("the largest prompt was forecast within {:.1} %", worst * 100.0);
    assert!(worst < 0.1, "{off:?}");
}
