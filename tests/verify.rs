//! `ralf-tune verify`: what two configurations are worth beside each other, and nothing claimed that is not so.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::future::BoxFuture;
use ralf_tune::{
    model::{budget::Budget, candidate::Candidate, proof::ProofVerdict, verification::Verification},
    ollama::transport::{Request, Response, Transport, TransportError},
    simulate::{Scenario, SimulatedServer},
    tune::{
        Panel,
        plan::{Choices, plan},
        verify::{self, Verify},
    },
};

use crate::{
    program::{World, check},
    support::studies::{Simulation, bundled, intensity, runtime},
};

const SLOW: &str = r#"{"num_ctx": 10000, "max_content_length": 6000}"#;
const FAST: &str = r#"{"num_ctx": 8192, "max_content_length": 6000, "max_concurrent_requests": 2}"#;

fn world() -> World {
    let world = World::new();
    world.write("slow.json", SLOW);
    world.write("fast.json", FAST);
    world
}

#[test]
fn says_which_is_faster_and_what_differs() {
    let world = world();
    let compare = |old, new| {
        world.run(&["verify", "--simulate", "--config", old, "--against", new, "--budget", "8m"]).succeeded()
    };
    let (faster, slower) = (compare("slow.json", "fast.json"), compare("fast.json", "slow.json"));
    check("verify", &[faster, slower]);
}

#[test]
fn alone_it_compares_with_what_was_before_the_last_change() {
    let world = world();
    let backup = world.write("used.json.ralf-tune-backup", SLOW);
    world.write("used.json", FAST);
    let command = ["verify", "--simulate", "--config", "used.json", "--budget", "8m", "--format", "json"];
    let found: Verification = serde_json::from_str(&world.run(&command).succeeded().stdout).unwrap();
    assert!(found.old.place.ends_with("used.json.ralf-tune-backup"), "{}", found.old.place);
    assert_eq!((found.old.settings.num_ctx, found.new.settings.num_ctx), (10_000, 8192));
    assert_eq!(found.comparison.unwrap().proof.verdict, ProofVerdict::Faster);
    std::fs::remove_file(backup).unwrap();
    check(
        "verify_bad_input",
        &[
            world.fails(2, &command),
            world.fails(2, &["verify", "--simulate"]),
            world.fails(2, &["verify", "--simulate", "--against", "missing.json"]),
            world.fails(2, &["verify", "--simulate", "--against", "fast.json", "--output", "fast.json"]),
        ],
    );
}

/// Runs a comparison on a machine with that noise.
fn compared(scenario: &str, sigma: f64, seed: u64, old: &Candidate, new: &Candidate, seconds: f64) -> Verification {
    let mut scenario = Scenario::named(scenario).unwrap();
    scenario.noise.request_sigma = sigma;
    let panel = plan(&intensity("quick"), &bundled(), &Choices::default()).unwrap().panel;
    runtime().block_on(async {
        let simulation = Simulation::new(&scenario, seed).await.unwrap();
        verify_with(&simulation, &panel, seed, (old, new), seconds).await
    })
}

async fn verify_with(
    simulation: &Simulation,
    panel: &Panel,
    seed: u64,
    (old, new): (&Candidate, &Candidate),
    seconds: f64,
) -> Verification {
    let setup = Verify {
        client: simulation.client(),
        server: &simulation.server,
        model: &simulation.model,
        workload: &simulation.workload,
        panel,
        old: (old.clone(), "old".into()),
        new: (new.clone(), "new".into()),
        budget: Budget::from_seconds(seconds),
        seed,
        salt: 0,
        started_at: String::new(),
    };
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    verify::run(setup, stopped, &mut |_| {}).await
}

#[test]
fn settings_that_are_equal_are_seldom_told_apart() {
    let old = Candidate { num_ctx: 8192, ..Candidate::default() };
    // A batch of the server's own choice, by name.
    let same_by_name = Candidate { num_batch: 1024, ..old.clone() };
    let mut claims = 0;
    for seed in 0..20 {
        let new = if seed % 2 == 0 { &old } else { &same_by_name };
        let found = compared("one-slot", 0.08, seed, &old, new, 240.0);
        let comparison = found.comparison.unwrap();
        assert!(comparison.pairs >= 2 && found.elapsed_seconds <= 245.0, "{}", found.elapsed_seconds);
        claims += u32::from(comparison.proof.verdict != ProofVerdict::Undecided);
    }
    // A test of 5 % a side claims four or more of 20 once in a thousand times at most.
    assert!(claims <= 3, "{claims} of 20");
}

#[test]
fn notes_that_are_made_beside_each_other_share_their_luck() {
    let old = Candidate { num_ctx: 8192, max_concurrent_requests: 4, ..Candidate::default() };
    let told_apart: Vec<String> = (0..40)
        .filter_map(|seed| compared("high-end", 0.08, seed, &old, &old, 600.0).comparison)
        .filter(|found| found.proof.verdict != ProofVerdict::Undecided)
        .map(|found| format!("{:.3} after {} pairs", found.speed_ratio.value, found.pairs))
        .collect();
    // 5 % a side. Where four at once were taken for as independent as two it was 8.
    assert!(told_apart.len() <= 4, "{} of 40: {told_apart:?}", told_apart.len());
}

#[test]
fn it_goes_on_where_a_study_would_give_up() {
    // Settings that are equal, on a fast machine: a study gives such a comparison up at the twelfth pair.
    let old = Candidate { num_ctx: 8192, max_concurrent_requests: 4, ..Candidate::default() };
    let ends: Vec<(usize, String)> = (0..6)
        .filter_map(|seed| compared("high-end", 0.08, seed, &old, &old, 600.0).comparison)
        .map(|found| (found.pairs, found.proof.ended))
        .collect();
    assert!(ends.iter().all(|(_, ended)| !ended.contains("would not have been proven")), "{ends:?}");
    assert!(ends.iter().any(|(pairs, _)| *pairs > 16), "{ends:?}");
}

/// A server that answers so many requests, and then none.
struct Fleeting {
    server: Arc<SimulatedServer>,
    left: AtomicUsize,
}

impl Transport for Fleeting {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            return self.server.send(request);
        }
        Box::pin(std::future::ready(Err(TransportError::Connect("no one listens".into()))))
    }
}

#[test]
fn a_server_that_goes_away_is_not_the_fault_of_the_settings() {
    let scenario = Scenario::named("mid-range").unwrap();
    let panel = plan(&intensity("quick"), &bundled(), &Choices::default()).unwrap().panel;
    let found = runtime().block_on(async {
        let server = SimulatedServer::new(scenario.clone(), 1);
        // Six to look at it, one to load and one to warm up; the first note finds nobody.
        let transport = Arc::new(Fleeting { server, left: AtomicUsize::new(9) });
        let simulation = Simulation::over(&scenario, 1, transport).await.unwrap();
        let new = Candidate { num_ctx: 8192, ..Candidate::default() };
        verify_with(&simulation, &panel, 1, (&Candidate::default(), &new), 240.0).await
    });
    assert!(
        found.old.faults.is_empty() && found.new.faults.is_empty(),
        "{:?} {:?}",
        found.old.faults,
        found.new.faults
    );
    assert!(found.lost_its_server().is_some() && found.comparison.is_none());
    let page = ralf_tune::report::verification::render(&found, 80, false);
    assert!(page.contains("No verdict: the server failed before anything could be compared."), "{page}");
}
