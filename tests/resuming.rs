//! A study that is interrupted or killed goes on where it was: nothing that was measured is measured again, and nothing that is damaged is believed.

use std::{
    fmt::Write as _,
    fs,
    net::TcpListener,
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex},
};

use ralf_tune::{
    model::{
        begun::Begun,
        candidate::Candidate,
        digest::Digest,
        study::{Plan, Study},
    },
    simulate::Scenario,
    store::{Journals, Reopened},
    tune::{self, End, Ledger, Recording, Remembered},
};
use serde_json::Value;

use crate::{
    program::World,
    support::studies::{Simulation, bundled, intensity, runtime},
};

/// How many kills are tried for each machine; `RALF_TUNE_TEST_KILLS` asks for more.
const KILLS: usize = 4;

#[derive(Default)]
struct InMemory(Mutex<Vec<Remembered>>);

impl Ledger for InMemory {
    fn keep(&self, exchange: &Remembered) -> Result<(), String> {
        self.0.lock().unwrap().push(exchange.clone());
        Ok(())
    }
}

/// A study on a new simulated server.
async fn run(scenario: &Scenario, seed: u64, recording: &Recording) -> Study {
    let simulation = Simulation::new(scenario, seed).await.unwrap();
    let (registry, intensity) = (bundled(), intensity("quick"));
    let prepared = tune::plan(&intensity, &registry, &tune::plan::Choices::default()).unwrap();
    let mut setup = simulation.setup(Candidate::default(), &intensity, prepared);
    setup.recording = Some(recording);
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    tune::run(setup, stopped, &mut |_| {}).await
}

/// The same with what is known from before, on a virtual clock; and what it asked the server.
fn study(scenario: &Scenario, seed: u64, known: Vec<Remembered>) -> (Study, Vec<Remembered>) {
    let ledger = Arc::new(InMemory::default());
    let recording = Recording::new(Arc::clone(&ledger) as Arc<dyn Ledger>, known, false);
    let study = runtime().block_on(run(scenario, seed, &recording));
    let asked = ledger.0.lock().unwrap().clone();
    (study, asked)
}

/// A disk that is full after some records.
struct Full(Mutex<usize>);

impl Ledger for Full {
    fn keep(&self, _: &Remembered) -> Result<(), String> {
        let mut left = self.0.lock().unwrap();
        *left = left.saturating_sub(1);
        if *left > 0 { Ok(()) } else { Err("no space left".into()) }
    }
}

#[test]
fn a_full_disk_costs_no_study_and_is_said() {
    let scenario: Scenario = "one-slot".parse().unwrap();
    let recording = Recording::new(Arc::new(Full(Mutex::new(5))), Vec::new(), false);
    let study = runtime().block_on(run(&scenario, 1, &recording));
    assert!(study.trials.len() > 3, "{}", study.trials.len());
    let said = study.warnings.iter().filter(|warning| warning.what.contains("no space left")).count();
    assert_eq!(said, 1, "{:?}", study.warnings);
}

#[test]
fn what_is_known_is_played_on_a_stopped_clock_and_the_clock_goes_on_afterwards() {
    let scenario: Scenario = "one-slot".parse().unwrap();
    let (first, whole) = study(&scenario, 1, Vec::new());
    let asked = Arc::new(InMemory::default());
    let recording = Recording::new(Arc::clone(&asked) as Arc<dyn Ledger>, whole, true);
    // The real clock, as before a real server; the last load is repeated on it, which the simulated server makes short.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let again = runtime.block_on(async {
        let again = run(&scenario, 1, &recording).await;
        // Panics where the clock still stands.
        tokio::time::pause();
        again
    });
    assert!((again.elapsed_seconds - first.elapsed_seconds).abs() < 5.0, "{}", again.elapsed_seconds);
    assert_eq!(pick(&again), pick(&first));
    assert!(asked.0.lock().unwrap().is_empty(), "nothing was asked");
}

fn pick(study: &Study) -> Candidate {
    study.tuned.as_ref().map_or_else(|| study.baseline.clone(), |tuned| tuned.candidate.clone())
}

#[test]
fn a_study_that_is_killed_anywhere_goes_on_and_ends_with_the_same_pick() {
    let kills = std::env::var("RALF_TUNE_TEST_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut page = String::new();
    let (mut all, mut same, mut again) = (0, 0, 0);
    for name in ["mid-range", "one-slot:noise=0.05", "flaky"] {
        let scenario: Scenario = name.parse().unwrap();
        let (undisturbed, whole) = study(&scenario, 1, Vec::new());
        let last = whole.len() - 1;
        for kill in 0..kills {
            // Everywhere, the first and the last exchange among them.
            let at = if kills > 1 { last * kill / (kills - 1) } else { last / 2 };
            let known = whole[..at].to_vec();
            let (resumed, asked) = study(&scenario, 1, known.clone());
            let repeated = asked
                .iter()
                .filter(|exchange| exchange.request.starts_with("generate"))
                .filter(|exchange| known.iter().any(|before| before.request == exchange.request))
                .count();
            again += repeated;
            all += 1;
            let is_same = pick(&resumed).works_like(&pick(&undisturbed));
            same += usize::from(is_same);
            if !is_same || repeated > 0 {
                let picks = (pick(&resumed), pick(&undisturbed));
                writeln!(page, "{name} at {at} of {last}: {repeated} repeated, {picks:?}").unwrap();
            }
            assert!(
                resumed.elapsed_seconds <= resumed.budget.total_seconds + 5.0,
                "{name}: {}",
                resumed.elapsed_seconds
            );
            // What was measured is still there: each answer that counted then counts now.
            for exchange in &known {
                let End::Generated(generation) = &exchange.end else { continue };
                let counts = |study: &Study| {
                    let mut all = study.trials.iter().flat_map(|trial| &trial.observations);
                    all.any(|observation| observation.server == generation.server)
                };
                assert!(counts(&resumed) || !counts(&undisturbed), "{name} at {at}: {exchange:?}");
            }
        }
    }
    println!("{all} kills: {same} times the same pick, {again} requests asked again\n{page}");
    assert_eq!(again, 0, "{page}");
    assert!(same * 20 >= all * 19, "{same} of {all}\n{page}");
}

/// What is kept of studies that run.
fn journals(world: &World) -> Vec<PathBuf> {
    let folder = world.home().join(".local/share/ralf-tune/journals");
    fs::read_dir(folder).map_or_else(|_| Vec::new(), |entries| entries.map(|entry| entry.unwrap().path()).collect())
}

fn tuned(world: &World, study: &str) -> Value {
    let shown = world.run(&["study", "show", study, "--format", "json"]).succeeded();
    serde_json::from_str::<Value>(&shown.stdout).unwrap()["tuned"]["candidate"].clone()
}

const RUN: [&str; 6] = ["run", "--simulate", "one-slot", "--quick", "--seed", "1"];

/// Runs it, and kills it as soon as its journal has so many lines.
fn killed_after(world: &World, lines: usize) {
    let mut child = world.process(&RUN).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let written = || {
        let bytes = journals(world).first().and_then(|path| fs::read(path).ok()).unwrap_or_default();
        bytes.into_iter().filter(|byte| *byte == b'\n').count()
    };
    while written() < lines {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_program_is_killed_and_goes_on() {
    let world = World::new();
    world.run(&RUN).succeeded();
    assert_eq!(journals(&world), [] as [PathBuf; 0], "a study that ended leaves no journal");
    let undisturbed = tuned(&world, "last");
    let nothing = world.fails(2, &["run", "--resume"]);
    assert!(nothing.stderr.contains("no study was interrupted"), "{nothing}");

    killed_after(&world, 12);
    let [journal] = &journals(&world)[..] else { panic!("one journal is left") };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(journal).unwrap().permissions().mode() & 0o077, 0, "it is the user's alone");
    }
    // Torn in the middle of a line, and garbage behind it.
    let mut bytes = fs::read(journal).unwrap();
    bytes.extend(b"0123 {\"request\":\"gener");
    fs::write(journal, bytes).unwrap();
    let resumed = world.run(&["run", "--resume"]).succeeded();
    assert!(resumed.stderr.contains("answers are known") && resumed.stderr.contains("are damaged"), "{resumed}");
    assert_eq!(tuned(&world, "last"), undisturbed);
    assert_eq!(journals(&world), [] as [PathBuf; 0]);
}

#[test]
fn what_cannot_be_gone_on_with_is_said() {
    let world = World::new();
    killed_after(&world, 3);
    let unknown = world.fails(2, &["run", "--resume", "19990101"]);
    assert!(unknown.stderr.contains("no interrupted study `19990101`"), "{unknown}");
    let alone = world.fails(2, &["run", "--resume", "--quick"]);
    assert!(alone.stderr.contains("--resume"), "{alone}");

    world.write("ralf-tune.toml", "strategies = ['random']\n");
    let other = world.fails(5, &["run", "--resume"]);
    assert!(other.stderr.contains("plugins or the settings") && other.stderr.contains("ralf-tune run"), "{other}");
    fs::remove_file(world.path("ralf-tune.toml")).unwrap();

    let journals_folder = Journals::new(&world.home().join(".local/share/ralf-tune"));
    let id = journals_folder.find("last").unwrap();
    let held: Reopened<Value, Value> = journals_folder.open(&id, false).unwrap();
    let running = world.fails(5, &["run", "--resume"]);
    assert!(running.stderr.contains("still runs"), "{running}");
    drop(held);

    let path = journals(&world).remove(0);
    fs::write(&path, "garbage").unwrap();
    let damaged = world.fails(5, &["run", "--resume"]);
    assert!(damaged.stderr.contains("nothing of it can be used") && damaged.stderr.contains("rm '"), "{damaged}");
}

/// A journal of an interrupted study, in the first form that there was. It must stay readable: a new form has another number, and a file of its own here.
const FIRST_FORM: &str = include_str!("journals/form-1.journal");

/// The name of that study.
const OLD: &str = "20261130-063000-0001";

/// What a journal begins with, as far as it tells studies apart.
#[derive(serde::Deserialize)]
struct Header {
    tool_version: String,
    arguments: Vec<String>,
    plan: Plan,
    begun: Begun,
}

/// The same records, changed, under checksums of their own: each covers its line and the checksum before.
fn rewritten(journal: &str, change: impl Fn(Value) -> Value) -> String {
    let mut sum = String::new();
    let mut text = String::new();
    for line in journal.lines() {
        let record = change(serde_json::from_str(line.split_once(' ').unwrap().1).unwrap()).to_string();
        let next = Digest::of(format!("{sum}{record}").as_bytes());
        next.hex().clone_into(&mut sum);
        writeln!(text, "{sum} {record}").unwrap();
    }
    text
}

/// A home in which that journal lies.
fn with_journal(journal: &str) -> World {
    let world = World::new();
    let folder = world.home().join(".local/share/ralf-tune/journals");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{OLD}.journal")), journal).unwrap();
    world
}

#[test]
fn a_journal_of_an_earlier_release_stays_readable() {
    let world = with_journal(FIRST_FORM);
    let kept = Journals::new(&world.home().join(".local/share/ralf-tune"));
    let found: Reopened<Header, Remembered> = kept.open(&kept.find("last").unwrap(), false).unwrap();
    let (header, records) = (&found.header, &found.records);
    assert_eq!((found.dropped_bytes, records.len() + 2), (0, FIRST_FORM.lines().count()), "each record is understood");
    assert_eq!((header.tool_version.as_str(), header.arguments[0].as_str()), ("0.1.0", "run"));
    assert_eq!((header.begun.model.name.as_str(), header.begun.seed), ("llama3.1:8b", 1));
    assert!(header.begun.workload.files.len() == 4 && !header.plan.stages.is_empty());
    assert!(matches!(&records[0].end, End::Loaded { key, seconds } if key.num_ctx == 10_000 && *seconds > 1.0));
    let count = |is: fn(&End) -> bool| records.iter().filter(|record| is(&record.end)).count();
    assert!(count(|end| matches!(end, End::Listed(models) if models[0].context_length == Some(10_000))) > 0);
    assert!(count(|end| matches!(end, End::Generated(one) if one.prompt_tokens > 0 && one.server.is_some())) > 3);
    assert!(count(|end| matches!(end, End::Failed(error) if error.may_retry())) > 0);
    assert!(count(|end| matches!(end, End::GivenUp)) > 0);
    drop(found);

    // Gone on with, or refused because the program is another one now; never taken for damaged.
    let work = world.work();
    let here = rewritten(FIRST_FORM, |mut record| {
        if record.get("directory").is_some() {
            record["directory"] = work.to_str().unwrap().into();
            record["tool_version"] = env!("CARGO_PKG_VERSION").into();
        }
        record
    });
    for (number, file) in records_of_samples(FIRST_FORM).into_iter().enumerate() {
        world.write(&format!("samples/stack{}.rs", number + 1), file);
    }
    fs::write(journals(&world).remove(0), here).unwrap();
    let resumed = world.run(&["run", "--resume"]);
    assert!(resumed.stderr.contains("20 answers are known") && !resumed.stderr.contains("damaged"), "{resumed}");
    let is_other = resumed.code == Some(5) && resumed.stderr.contains("the study cannot be gone on with: ");
    assert!(resumed.code == Some(0) || is_other, "{resumed}");
    println!("{:?}", resumed.code);
}

/// The texts of the files that such a study is about.
fn records_of_samples(journal: &str) -> Vec<String> {
    let header = journal.lines().nth(1).unwrap().split_once(' ').unwrap().1;
    let header: Value = serde_json::from_str(header).unwrap();
    let files = header["begun"]["workload"]["files"].as_array().unwrap().clone();
    files.into_iter().map(|file| file["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_journal_of_a_form_that_is_not_known_is_refused_and_stays() {
    let newer = rewritten(FIRST_FORM, |record| {
        if record.get("form").is_some() { serde_json::json!({ "form": 2, "compressed": true }) } else { record }
    });
    let world = with_journal(&newer);
    let refused = world.fails(5, &["run", "--resume"]);
    assert!(
        refused.stderr.contains("was written by a newer release of ralf-tune (version 2 of the format)"),
        "{refused}"
    );
    assert!(refused.stderr.contains("hint: use that release"), "{refused}");
    assert_eq!(fs::read_to_string(journals(&world).remove(0)).unwrap(), newer, "nothing of it is touched");
    // Whoever begins anew is not kept from it.
    world.run(&RUN).succeeded();
}

#[test]
fn a_study_goes_on_where_nothing_can_be_kept() {
    let world = World::new();
    let file = world.write("file", "");
    let ran = world.run_with(&[("RALF_TUNE_DATA_DIR", file.to_str().unwrap())], &RUN);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stderr.contains("cannot be gone on with"), "{ran}");
}

#[test]
fn two_studies_at_a_time_on_one_server_are_refused() {
    // It accepts, and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let world = World::new();
    let host = format!("127.0.0.1:{port}");
    let mut first = world.process(&["run", "--quick", "--host", &host]).stderr(Stdio::null()).spawn().unwrap();
    let accepted = listener.accept().unwrap();
    let other_name = format!("http://localhost:{port}");
    for command in
        [&["run", "--quick", "--host", &other_name][..], &["verify", "--against", "new.json", "--host", &host]]
    {
        world.write("new.json", "{}");
        let refused = world.fails(5, command);
        assert!(refused.stderr.contains("another study runs") && refused.stderr.contains("process"), "{refused}");
    }
    // However it ends, it holds nothing any more.
    first.kill().unwrap();
    first.wait().unwrap();
    drop((accepted, listener));
    let free = world.fails(3, &["run", "--quick", "--host", &host]);
    assert!(free.stderr.contains("cannot reach"), "{free}");
}

#[cfg(unix)]
#[test]
fn what_is_typed_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let world = World::new();
    let mut process = world.process(&RUN);
    process.args([
        std::ffi::OsStr::new("--no-save"),
        std::ffi::OsStr::new("--output"),
        std::ffi::OsStr::from_bytes(b"\xffreport"),
    ]);
    let ran = world.finish(process, "with a name that is no text".into());
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stderr.contains("is not UTF-8"), "{ran}");
}
