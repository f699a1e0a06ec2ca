//! Killed or stopped anywhere, a batch goes on: no note is lost, made twice, or changed.

use std::{collections::BTreeMap, fs, path::Path, process::Stdio, sync::atomic::Ordering, time::Duration};

use ralf_tune::{
    emit::{
        notebook::JOURNAL,
        notes::{INDEX, IndexedNote},
    },
    model::{candidate::Candidate, production::ProductionEnd},
    simulate::SimulatedServer,
    tune::produce::ProductionEvent,
};
use tokio::sync::watch;

use super::{Batch, Before, missing, notes, opened, write_files};
use crate::{
    program::World,
    support::studies::{Simulation, runtime},
};

const FILES: usize = 30;
const WORKERS: u32 = 3;

fn settings() -> Candidate {
    Candidate { num_ctx: 8192, max_concurrent_requests: WORKERS, batch_size: 7, ..Candidate::default() }
}

/// A number that looks random, the same for each run of the test.
fn scattered(number: u64) -> u64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 33
}

#[test]
fn killed_at_any_moment_it_makes_each_note_once() {
    let (mut kills, mut again) = (0, 0);
    for seed in 0..6 {
        runtime().block_on(async {
            let simulation = Simulation::new(&"mid-range".parse().unwrap(), seed).await.unwrap();
            let folder = tempfile::tempdir().unwrap();
            let sources = write_files(folder.path(), &simulation, FILES);
            let notes_in = folder.path().join("notes");
            let server = SimulatedServer::new(simulation.scenario.clone(), seed);
            let (transport, prompts) = Before::new(server, |_| None);
            let batch =
                Batch { simulation: &simulation, transport, settings: settings(), prediction: None, patience: HOUR };
            let mut known: BTreeMap<String, String> = BTreeMap::new();
            let mut here = 0;
            loop {
                let mut notebook = opened(&notes_in);
                let left = missing(&sources, &notebook);
                assert_eq!(left.len() + known.len(), FILES, "what is there counts");
                // From the load to some notes later.
                let after = Duration::from_millis(500 + scattered(97 * seed + here) % 120_000);
                let ended = tokio::select! {
                    biased;
                    produced = batch.quietly(&left, &mut notebook) => Some(produced),
                    () = tokio::time::sleep(after) => None,
                };
                let now = notes(&notes_in);
                assert!(known.iter().all(|(name, text)| now.get(name) == Some(text)), "a note was lost or changed");
                known = now;
                if let Some(produced) = ended {
                    assert_eq!((produced.end, produced.made.lost.len()), (ProductionEnd::Complete, 0));
                    notebook.close().unwrap();
                    break;
                }
                // As a kill leaves it: nothing is closed.
                drop(notebook);
                here += 1;
            }
            assert_eq!(known.len(), FILES);
            assert_eq!(sources_in(&notes_in).len(), FILES, "the index has each once");
            // Only what was under way at a kill is asked again.
            let asked = prompts.load(Ordering::Relaxed);
            let most = FILES + usize::try_from(here).unwrap() * WORKERS as usize;
            assert!((FILES..=most).contains(&asked), "{asked} prompts, {here} kills");
            kills += here;
            again += asked - FILES;
        });
    }
    println!("{kills} kills, {again} requests asked again, no note lost or made twice");
    assert!(kills >= 12, "only {kills} kills");
}

const HOUR: Duration = Duration::from_hours(1);

fn sources_in(folder: &Path) -> Vec<String> {
    let index: Vec<IndexedNote> = serde_json::from_slice(&fs::read(folder.join(INDEX)).unwrap()).unwrap();
    let mut sources: Vec<String> = index.into_iter().map(|note| note.source).collect();
    sources.dedup();
    sources
}

#[test]
fn stopped_it_finishes_what_is_under_way_and_goes_on_later() {
    runtime().block_on(async {
        let simulation = Simulation::new(&"mid-range".parse().unwrap(), 1).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let sources = write_files(folder.path(), &simulation, FILES);
        let notes_in = folder.path().join("notes");
        let server = SimulatedServer::new(simulation.scenario.clone(), 1);
        let (transport, prompts) = Before::new(server, |_| None);
        let batch =
            Batch { simulation: &simulation, transport, settings: settings(), prediction: None, patience: HOUR };
        let (stop, stopped) = watch::channel(false);
        let mut notebook = opened(&notes_in);
        let mut emit = |event: ProductionEvent| {
            if matches!(event, ProductionEvent::Progress { done: 10, .. }) {
                stop.send(true).unwrap();
            }
        };
        let produced = batch.run(&sources, &mut notebook, stopped, &mut emit).await;
        assert_eq!(produced.end, ProductionEnd::Interrupted);
        let made = produced.made;
        assert!((10..10 + WORKERS as usize).contains(&made.notes), "{made:?}");
        assert_eq!((made.notes + made.left, made.lost.len()), (FILES, 0));
        assert_eq!(prompts.load(Ordering::Relaxed), made.notes, "every request that was made is a note");
        notebook.close().unwrap();

        let mut notebook = opened(&notes_in);
        let left = missing(&sources, &notebook);
        let rest = batch.quietly(&left, &mut notebook).await;
        assert_eq!((rest.end, rest.made.notes), (ProductionEnd::Complete, made.left));
        assert_eq!(prompts.load(Ordering::Relaxed), FILES);
    });
}

#[test]
fn the_program_is_killed_and_goes_on() {
    let world = World::new();
    for number in 0..40 {
        world.write(&format!("src/part/f{number}.py"), format!("def f{number}(x):\n    return x\n\n").repeat(60));
    }
    let run = ["batch", "src", "--out", "notes", "--present", "--simulate", "--seed", "3"];
    let mut killed = 0;
    for lines in [1, 9] {
        let mut child = world.process(&run).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let journal = world.path("notes").join(JOURNAL);
        let written = || fs::read(&journal).unwrap_or_default().into_iter().filter(|byte| *byte == b'\n').count();
        while written() < lines && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        killed += usize::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        child.wait().unwrap();
    }
    assert!(killed > 0, "it was never killed under way");
    let ran = world.run(&run).succeeded();
    assert!(ran.stdout.contains("were made before"), "{ran}");
    let notes_in = world.path("notes");
    assert_eq!(sources_in(&notes_in).len(), 40);
    assert_eq!(notes(&notes_in.join("part")).len(), 40);
    assert!(!notes_in.join(JOURNAL).exists());
    let again = world.run(&run).succeeded();
    assert!(again.stdout.contains("Nothing to make"), "{again}");
}
