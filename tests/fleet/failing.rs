//! What fails while several make one study: a machine that is not like theirs joins, whoever helps is killed, the store fails in the middle. Each process is a
//! thread with a clock of its own; between it and the store stands a wall that says what is asked, and can make it fail.

use std::{
    fs,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use ralf_tune::{
    model::{
        candidate::Candidate,
        fleet::{Hosts, Likeness},
        study::{Outcome, Study, Warning},
    },
    simulate::Scenario,
    store::shared::{LEASE_SECONDS, Role, SharedError, SharedStore, Standing, Terms},
    tune::{
        self, Sharing,
        fleet::{Board, unmeasured},
    },
};

use super::{store::Postgres, support::Mortal};
use crate::support::studies::{Simulation, bundled, intensity, runtime};

const STUDY: &str = "a study";
const SEED: u64 = 3;

type Hook = Box<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// The store behind a wall that hears each question first, and may refuse it.
struct Wall {
    store: SharedStore,
    hook: Hook,
}

fn said<T>(outcome: Result<T, SharedError>) -> Result<T, String> {
    outcome.map_err(|error| error.to_string())
}

impl Wall {
    fn pass<T>(&self, what: &str, ask: impl FnOnce(&SharedStore) -> Result<T, SharedError>) -> Result<T, String> {
        (self.hook)(what)?;
        said(ask(&self.store))
    }
}

impl Board for Wall {
    fn real_clock(&self) -> bool {
        false
    }

    fn offer(&self, piece: &str, number: u32, work: &str) -> Result<(), String> {
        self.pass("offer", |store| store.offer(piece, number, work))
    }

    fn claim(&self) -> Result<Option<(String, String)>, String> {
        Ok(self.pass("claim", SharedStore::claim)?.map(|held| (held.piece, held.work)))
    }

    fn renew(&self, piece: &str) -> Result<bool, String> {
        self.pass("renew", |store| store.renew(piece, LEASE_SECONDS))
    }

    fn give_back(&self, piece: &str) -> Result<(), String> {
        self.pass("give back", |store| store.renew(piece, 0.0).map(drop))
    }

    fn finish(&self, piece: &str, result: &str) -> Result<bool, String> {
        self.pass("finish", |store| store.finish(piece, result))
    }

    fn result(&self, piece: &str) -> Result<Option<String>, String> {
        self.pass("result", |store| store.result(piece))
    }

    fn beat(&self) -> Result<(), String> {
        self.pass("beat", SharedStore::beat)
    }

    fn reference(&self) -> Result<Option<String>, String> {
        self.pass("reference", SharedStore::reference)
    }

    fn publish_reference(&self, reference: &str) -> Result<(), String> {
        self.pass("publish", |store| store.publish_reference(reference))
    }

    fn hosts(&self) -> Result<Vec<(u32, String, bool)>, String> {
        self.pass("hosts", SharedStore::hosts)
    }

    fn report(&self, place: u32, report: &str, is_there: bool) -> Result<(), String> {
        self.pass("report", |store| store.report(place, report, is_there))
    }

    fn is_over(&self) -> Result<Option<bool>, String> {
        Ok(match self.pass("standing", SharedStore::standing)? {
            Standing::Running => None,
            Standing::Over(_) => Some(true),
            Standing::Orphaned => Some(false),
        })
    }

    fn pause(&self, duration: Duration) -> Result<(), String> {
        self.pass("pause", |store| store.pause(duration))
    }
}

/// What a process came to: a study, or what it was to whoever it helped.
enum End {
    Led(Box<Study>),
    Helped(Result<Option<bool>, String>, Vec<Warning>),
}

/// One process: it begins the study or joins it, with one simulated machine.
fn process(address: &str, me: &str, machine: &str, hook: Hook) -> End {
    let store = SharedStore::open(address, STUDY, me).unwrap();
    let role = store.begin(&Terms { seed: SEED, salt: SEED, age_seconds: 0.0 }).unwrap();
    let leads = matches!(role, Role::Lead(_));
    let place = store.join(0, &serde_json::to_string(&unmeasured(me, None)).unwrap()).unwrap();
    let hosts = store.hosts().unwrap();
    let hosts = hosts.iter().map(|(_, report, _)| serde_json::from_str(report).unwrap()).collect();
    let board = Arc::new(Wall { store, hook });
    let sharing = Sharing { board, places: vec![place], hosts, age_seconds: 0.0 };
    runtime().block_on(async {
        let scenario: Scenario = machine.parse().unwrap();
        let server = Mortal::new(&scenario, SEED + u64::from(place), u64::MAX);
        let simulation = Simulation::over(&scenario, SEED, server).await.unwrap();
        let intensity = intensity("quick");
        let prepared = tune::plan(&intensity, &bundled(), &tune::plan::Choices::default()).unwrap();
        let mut setup = simulation.setup(Candidate::default(), &intensity, prepared);
        setup.begun.hosts = Some(Hosts { first: me.to_owned(), mates: Vec::new() });
        setup.shared = Some(sharing);
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        if leads {
            return End::Led(Box::new(tune::run(setup, stopped, &mut |_| {}).await));
        }
        let (helped, warnings) = tune::help(setup, stopped, &mut |_| {}).await;
        End::Helped(helped, warnings)
    })
}

fn led(end: End) -> Study {
    let End::Led(study) = end else { panic!("it was to lead") };
    for (number, trial) in (0..).zip(&study.trials) {
        assert_eq!(trial.number, number, "each trial once, in its order");
    }
    *study
}

/// Whether anything is in the study that this host measured.
fn is_of(study: &Study, host: u32) -> bool {
    study.trials.iter().flat_map(|trial| &trial.observations).any(|request| request.host == Some(host))
}

/// Says the first time that this is asked.
fn first(what: &'static str, act: impl FnMut() -> Result<(), String> + Send + 'static) -> Hook {
    let act = Mutex::new(act);
    let asked = AtomicU32::new(0);
    Box::new(move |question| {
        if question == what && asked.fetch_add(1, Ordering::Relaxed) == 0 { (act.lock().unwrap())() } else { Ok(()) }
    })
}

/// A process on a thread of its own that leads the study, begun when this returns: with its first piece of work it waits for what `act` does.
fn leading(address: &str, mut act: impl FnMut() -> Result<(), String> + Send + 'static) -> thread::JoinHandle<End> {
    let (published, is_published) = mpsc::channel::<()>();
    let own = address.to_owned();
    let hook = first("offer", move || {
        published.send(()).unwrap();
        act()
    });
    let lead = thread::spawn(move || process(&own, "one", "high-end", hook));
    is_published.recv().unwrap();
    lead
}

fn with_each(test: impl Fn(&str)) {
    let folder = tempfile::tempdir().unwrap();
    test(&sqlite(&folder.path().join("shared.db")));
    if let Some(server) = Postgres::start() {
        test(&server.address());
    }
}

fn sqlite(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

#[test]
fn a_machine_that_is_not_like_theirs_does_not_help() {
    with_each(|address: &str| {
        let (ended, has_ended) = mpsc::channel::<()>();
        // The first waits with its first piece of work until the other one has come, was compared, and has gone.
        let lead = leading(address, move || has_ended.recv().map_err(|error| error.to_string()));
        let End::Helped(helped, warnings) = process(address, "two", "high-end:slower=0.3", Box::new(|_| Ok(()))) else {
            panic!("the second helps")
        };
        ended.send(()).unwrap();
        assert_eq!(helped, Ok(None), "{warnings:?}");
        let told = warnings.iter().find(|warning| warning.what.contains("two is not like")).expect("it is told why");
        assert!(told.what.contains("times as long as on one"), "{told:?}");
        let study = led(lead.join().unwrap());
        assert_eq!(study.outcome, Outcome::Improved);
        let hosts = &study.fleet.as_ref().unwrap().hosts;
        assert_eq!((hosts[1].name.as_str(), hosts[1].likeness, hosts[1].requests), ("two", Likeness::Unlike, 0));
        assert!(!is_of(&study, 1), "nothing of it is in the study");
    });
}

#[test]
fn what_a_killed_process_held_is_taken_when_its_lease_is_over() {
    with_each(|address: &str| {
        let (published, is_published) = mpsc::channel::<()>();
        let (joined, has_joined) = mpsc::channel::<()>();
        let (killed, was_killed) = mpsc::channel::<()>();
        let own = address.to_owned();
        let lead = thread::spawn(move || {
            let store = own.clone();
            let waits = (Mutex::new(has_joined), Mutex::new(was_killed));
            let (offers, claims, pauses) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
            let hook = move |question: &str| {
                let is_first = |asked: &AtomicU32| asked.fetch_add(1, Ordering::Relaxed) == 0;
                match question {
                    "offer" if is_first(&offers) => {
                        published.send(()).unwrap();
                        waits.0.lock().unwrap().recv().map_err(|error| error.to_string())
                    }
                    "claim" if is_first(&claims) => waits.1.lock().unwrap().recv().map_err(|error| error.to_string()),
                    // It looks again and again: what is held is nobody else's, until the lease is over.
                    "pause" if pauses.fetch_add(1, Ordering::Relaxed) == 2 => {
                        let held = sql(
                            &store,
                            "UPDATE fleet_pieces SET held_until = 0 WHERE result IS NULL AND held_until > 0",
                        );
                        assert_eq!(held, 1, "one piece was held by whoever was killed");
                        Ok(())
                    }
                    _ => Ok(()),
                }
            };
            process(&own, "one", "high-end", Box::new(hook))
        });
        is_published.recv().unwrap();
        // It takes a piece, works on it, and is gone before it can say what came of it.
        let dying = move |question: &str| match question {
            "claim" => {
                let _ = joined.send(());
                Ok(())
            }
            "finish" => Err("killed".to_owned()),
            _ => Ok(()),
        };
        let End::Helped(helped, _) = process(address, "two", "high-end", Box::new(dying)) else {
            panic!("the second helps")
        };
        assert_eq!(helped, Err("killed".to_owned()));
        killed.send(()).unwrap();
        let study = led(lead.join().unwrap());
        assert_eq!(study.outcome, Outcome::Improved);
        assert!(!is_of(&study, 1), "what it did not say is in no figure");
        assert!(study.comparison.is_some());
    });
}

/// Does something to the database, from outside. How many rows.
fn sql(address: &str, statement: &'static str) -> u64 {
    let address = address.to_owned();
    let asks = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            sqlx::any::install_default_drivers();
            let pool = sqlx::AnyPool::connect(&address).await.unwrap();
            let done = sqlx::query(statement).execute(&pool).await.unwrap().rows_affected();
            pool.close().await;
            done
        })
    });
    asks.join().unwrap()
}

/// A study whose store is damaged at its third piece of work.
fn damaged(address: &str, damage: impl FnMut() + Send + 'static) -> Study {
    let offers = AtomicU32::new(0);
    let damage = Mutex::new(damage);
    let hook = move |question: &str| {
        if question == "offer" && offers.fetch_add(1, Ordering::Relaxed) == 2 {
            (damage.lock().unwrap())();
        }
        Ok(())
    };
    led(process(address, "one", "high-end", Box::new(hook)))
}

/// The study is made to its end by whoever began it, who is told.
fn alone(study: &Study) {
    assert_eq!(study.outcome, Outcome::Improved);
    assert!(study.comparison.is_some());
    let told = study.warnings.iter().filter(|warning| warning.what.contains("the shared store failed")).count();
    assert_eq!(told, 1, "{:?}", study.warnings);
}

#[test]
fn a_file_that_is_damaged_leaves_the_study_to_whoever_began_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shared.db");
    let damage = {
        let file = file.clone();
        move || fs::write(&file, "this is no database, and it is long enough to be seen as none at all").unwrap()
    };
    alone(&damaged(&sqlite(&file), damage));
}

#[test]
fn a_file_that_is_locked_for_good_leaves_the_study_to_whoever_began_it() {
    let folder = tempfile::tempdir().unwrap();
    let address = sqlite(&folder.path().join("shared.db"));
    let own = address.clone();
    // Held until the study is over.
    let mut locks = Vec::new();
    let damage = move || {
        let own = own.clone();
        let (locked, is_locked) = mpsc::channel();
        let (end, ends) = mpsc::channel::<()>();
        let holds = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                sqlx::any::install_default_drivers();
                let pool = sqlx::AnyPool::connect(&own).await.unwrap();
                let mut connection = pool.acquire().await.unwrap();
                sqlx::query("BEGIN EXCLUSIVE").execute(&mut *connection).await.unwrap();
                locked.send(()).unwrap();
                let _ = ends.recv();
            });
        });
        is_locked.recv().unwrap();
        locks.push((end, holds));
    };
    alone(&damaged(&address, damage));
}

#[test]
fn a_file_that_is_removed_is_gone_for_whoever_comes_later() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shared.db");
    let damage = {
        let file = file.clone();
        move || fs::remove_file(&file).unwrap()
    };
    let study = damaged(&sqlite(&file), damage);
    assert_eq!(study.outcome, Outcome::Improved, "{:?}", study.warnings);
    assert!(study.comparison.is_some());
    let later = SharedStore::open(&sqlite(&file), STUDY, "later").unwrap();
    let role = later.begin(&Terms { seed: 9, salt: 9, age_seconds: 0.0 }).unwrap();
    assert!(matches!(role, Role::Lead(_)), "another study: {role:?}");
}

#[test]
fn a_server_that_is_stopped_leaves_the_study_to_whoever_began_it_and_sends_who_helps_away() {
    let Some(server) = Postgres::start() else { return };
    let address = server.address();
    let (joined, has_joined) = mpsc::channel::<()>();
    let mut running = Some(server);
    let lead = leading(&address, move || {
        has_joined.recv().unwrap();
        drop(running.take());
        Ok(())
    });
    let tells = move |question: &str| {
        if question == "claim" {
            let _ = joined.send(());
        }
        Ok(())
    };
    let End::Helped(helped, _) = process(&address, "two", "high-end", Box::new(tells)) else {
        panic!("the second helps")
    };
    assert!(helped.is_err(), "{helped:?}");
    alone(&led(lead.join().unwrap()));
}
