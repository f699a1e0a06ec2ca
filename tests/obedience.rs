//! The report says what the server did not do: contexts that it clamps, requests that it never works on together. Eight short requests suffice.

use std::sync::Arc;

use ralf_tune::{
    model::{
        candidate::Candidate,
        experiment::{Experiment, Proposal},
        metric::Metric,
        obedience::{Obedience, Obeyed},
        study::Study,
    },
    ollama::{client::Client, request::Timeouts},
    report::terminal,
    simulate::{Scenario, SimulatedServer},
    tune::{self, Panel, drill::Drill, plan::Choices},
};

use crate::support::studies::{Simulation, bundled, intensity, runtime};

#[test]
fn eight_short_requests_show_the_slots_in_noise_of_15_percent() {
    let (mut right, mut wrong) = (0, Vec::new());
    for slots in 1..=4 {
        let mut scenario = Scenario::named("one-slot").unwrap();
        scenario.server.num_parallel = slots;
        scenario.noise.request_sigma = 0.15;
        for seed in 0..25 {
            let seen = runtime().block_on(async {
                let simulation = Simulation::new(&scenario, seed).await.unwrap();
                let client = Client::new(Arc::new(SimulatedServer::new(scenario.clone(), seed)), Timeouts::default());
                let drill = Drill {
                    client: &client,
                    server: &simulation.server,
                    model: &simulation.model,
                    workload: &simulation.workload,
                    panel: &Panel::default(),
                    seed,
                };
                // What the strategy `throughput` asks.
                let experiment = Experiment::Probe { prompt_tokens: 64, output_tokens: 24, parallel: 8, requests: 8 };
                let candidate = Candidate { num_ctx: 2048, ..Candidate::default() };
                let (trials, _) = drill.run(&[Proposal { candidate, experiment, why: String::new() }], &[]).await;
                trials[0].mean(Metric::EffectiveSlots).unwrap()
            });
            if (seen - f64::from(slots)).abs() < 0.5 {
                right += 1;
            } else {
                wrong.push(format!("{slots} slots, seed {seed}: {seen}"));
            }
        }
    }
    println!("slots found in {right} of {} probes of 8 requests; {wrong:?}", right + wrong.len());
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn study(scenario: &Scenario) -> Study {
    runtime().block_on(async {
        let simulation = Simulation::new(scenario, 1).await.unwrap();
        let intensity = intensity("quick");
        let prepared = tune::plan(&intensity, &bundled(), &Choices::default()).unwrap();
        simulation.study(&intensity, prepared).await
    })
}

fn of<'a>(study: &'a Study, setting: &str) -> &'a Obedience {
    study.obedience.iter().find(|one| one.setting == setting).unwrap()
}

#[test]
fn a_server_of_one_slot_is_named_with_what_changes_it() {
    let study = study(&Scenario::named("one-slot").unwrap());
    assert_eq!(of(&study, "max_concurrent_requests").state, Obeyed::Ignored);
    assert_eq!(of(&study, "num_ctx").state, Obeyed::Obeyed);
    // The slots are known after eight requests.
    let short = study.trials.iter().filter_map(|trial| match trial.experiment {
        Experiment::Probe { parallel, requests, .. } if parallel > 1 => Some(requests),
        _ => None,
    });
    assert_eq!(short.sum::<u32>(), 8);
    let page = terminal::render(&study, 80, false);
    for text in ["What the server obeyed", "OLLAMA_NUM_PARALLEL is 1", "OLLAMA_NUM_PARALLEL=2"] {
        assert!(page.contains(text), "{text} is not in\n{page}");
    }
    let json = serde_json::to_value(&study).unwrap();
    assert!(json["obedience"].as_array().is_some_and(|all| all.iter().any(|one| one["state"] == "ignored")));
}

#[test]
fn a_clamped_context_is_named_and_counts_in_the_forecast() {
    let mut scenario = Scenario::named("mid-range").unwrap();
    scenario.models[0].trained_context = 8192;
    let study = study(&scenario);
    // The present 10000 tokens are more than the model was trained on.
    assert_eq!(study.baseline.num_ctx, 10_000);
    assert_eq!(of(&study, "num_ctx").state, Obeyed::Ignored, "{:?}", study.obedience);
    assert!(study.warnings.iter().any(|warning| warning.what.contains("a context of 8192 tokens where 10000")));
    assert_eq!(study.forecasts.unwrap().present.context_tokens, 8192);
}
