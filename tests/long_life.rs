//! A process that lives long: study after study leaves nothing behind, and a study of a day ends in its day.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
};

use ralf_tune::{
    model::{
        budget::{Budget, Intensity},
        candidate::Candidate,
        kept::StudyId,
        study::{Outcome, Study},
    },
    plugin::{Registry, registry::ComponentFile},
    report,
    simulate::Scenario,
    store::{Journal, Journals, StudyStore},
    tune::{
        self, Ledger, Recording, Remembered,
        plan::{Choices, plan},
    },
};

use crate::support::studies::{Simulation, bundled, intensity, runtime};

/// Studies of the test; `RALF_TUNE_TEST_LIVES` asks for more.
const LIVES: usize = 12;

/// Studies after which nothing is new any more: what is made once is made, and the allocator has its pages.
const WARM_UP: usize = 5;

/// KiB by which memory may grow after the warm-up, in all studies together: fragments. One study that stays is some hundred.
const SLACK_KIB: u64 = 1 << 10;

/// Where the child is told that it is one.
const CHILD: &str = "RALF_TUNE_TEST_LIFE_OF_A_CHILD";

/// What a process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    resident_kib: u64,
    handles: usize,
    threads: usize,
}

impl Held {
    /// None where there is no `/proc`.
    fn now() -> Option<Self> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))?;
        let entries = |folder| fs::read_dir(folder).map(Iterator::count).ok();
        // The folder itself is open while it is read.
        let handles = entries("/proc/self/fd")? - 1;
        Some(Self { resident_kib: resident.parse().ok()?, handles, threads: entries("/proc/self/task")? })
    }
}

/// In a process of its own: other tests run in this one.
#[test]
fn study_after_study_leaves_nothing_behind() {
    if Held::now().is_none() {
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "long_life::lives_of_a_child", "--ignored", "--nocapture", "--test-threads=1"])
        .env(CHILD, "yes")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    println!("{said}");
    assert!(child.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&child.stderr));
}

#[test]
#[ignore = "a part of study_after_study_leaves_nothing_behind"]
fn lives_of_a_child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let lives = std::env::var("RALF_TUNE_TEST_LIVES").map_or(LIVES, |lives| lives.parse().unwrap());
    assert!(lives > WARM_UP, "nothing is compared");
    let data = tempfile::tempdir().unwrap();
    // Loaded once, as in the program, one of them from a file.
    let file = data.path().join("own.wasm");
    fs::write(&file, ComponentFile::bundled("repetition").unwrap().bytes).unwrap();
    let mut registry = bundled();
    registry.add_file(&file).unwrap();

    let mut warm: Option<(Held, u64)> = None;
    for life in 1..=lives {
        live(data.path(), life as u64, &registry);
        let held = Held::now().unwrap();
        println!("{life}: {} KiB, {} handles, {} threads", held.resident_kib, held.handles, held.threads);
        let most = warm.map_or(0, |(_, most)| most);
        if life <= WARM_UP {
            warm = Some((held, most.max(held.resident_kib)));
            continue;
        }
        let (first, _) = warm.unwrap();
        assert_eq!((held.handles, held.threads), (first.handles, first.threads), "study {life}");
        assert!(
            held.resident_kib <= most + SLACK_KIB,
            "study {life}: {held:?}, the most of the warm-up was {most} KiB"
        );
    }
}

/// All that one study does in the program: journal, study, the store, pages; another machine each time.
fn live(data: &Path, seed: u64, registry: &Registry) {
    let names = ["mid-range", "one-slot:noise=0.05", "flaky", "vram-cliff"];
    let scenario: Scenario = names[usize::try_from(seed).unwrap() % names.len()].parse().unwrap();
    let id = StudyId::new("2026-01-01T00:00:00Z", seed);
    let journal = Arc::new(OnDisk(Mutex::new(Journals::new(data).begin(&id, &seed, false).unwrap())));
    let recording = Recording::new(Arc::clone(&journal) as Arc<dyn Ledger>, Vec::new(), false);
    let study = runtime().block_on(run(&scenario, seed, registry, &intensity("quick"), Some(&recording)));
    assert!(study.outcome != Outcome::Interrupted && !study.trials.is_empty());
    drop(recording);
    Arc::into_inner(journal).unwrap().0.into_inner().unwrap().remove().unwrap();

    let store = StudyStore::new(data);
    let kept = store.save(&study).unwrap();
    let study = store.load(&kept.id).unwrap();
    assert!(store.list().unwrap().unreadable.is_empty());
    for page in
        [report::html::render(&study), report::markdown::render(&study), report::terminal::render(&study, 80, true)]
    {
        assert!(page.len() > 1000);
    }
    // A list of hundreds would itself be more from study to study.
    store.remove(&kept.id).unwrap();
}

struct OnDisk(Mutex<Journal>);

impl Ledger for OnDisk {
    fn keep(&self, exchange: &Remembered) -> Result<(), String> {
        self.0.lock().unwrap().append(exchange).map_err(|error| error.to_string())
    }
}

async fn run(
    scenario: &Scenario,
    seed: u64,
    registry: &Registry,
    intensity: &Intensity,
    recording: Option<&Recording>,
) -> Study {
    let simulation = Simulation::new(scenario, seed).await.unwrap();
    let prepared = plan(intensity, registry, &Choices::default()).unwrap();
    let mut setup = simulation.setup(Candidate::default(), intensity, prepared);
    setup.recording = recording;
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    tune::run(setup, stopped, &mut |_| {}).await
}

#[test]
fn a_study_of_a_day_ends_in_its_day() {
    let day = Intensity { budget: Budget::from_seconds(24.0 * 3600.0), ..intensity("full") };
    for (name, is_compared) in [("mid-range:noise=0.1", true), ("slow:noise=0.1", false)] {
        let scenario: Scenario = name.parse().unwrap();
        let study = runtime().block_on(run(&scenario, 1, &bundled(), &day, None));
        println!("{name}: {} s, {} trials, {:?}", study.elapsed_seconds, study.trials.len(), study.outcome);
        assert!(study.elapsed_seconds <= study.budget.total_seconds + 5.0, "{name}: {}", study.elapsed_seconds);
        assert!(study.outcome != Outcome::Interrupted && study.stages.iter().all(|stage| !stage.cut_short), "{name}");
        assert!(study.comparison.is_some() || !is_compared, "{name}");
    }
}
