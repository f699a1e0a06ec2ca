//! Several `ralf-tune` make one study together.

use std::{
    process::{Child, Command, Stdio},
    thread,
};

use serde_json::Value;

use super::store::Postgres;
use crate::program::World;

fn run(world: &World, store: &str, more: &[&str]) -> Child {
    let mut arguments = vec!["run", "--quick", "--no-report", "--format", "json", "--store", store];
    arguments.extend(more);
    let mut process: Command = world.process(&arguments);
    process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn ended(child: Child) -> (Option<i32>, String, String) {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Tries until both take part: who starts late on a busy machine may only find the result.
const TRIES: usize = 5;

/// Two processes at the same time: the study is one, and both get its result. Whether both took part.
fn share(store: &str) -> bool {
    let (one, two) = (World::new(), World::new());
    let both = [run(&one, store, &["--simulate"]), run(&two, store, &["--simulate"])];
    let waits = both.map(|child| thread::spawn(move || ended(child)));
    let results = waits.map(|wait| wait.join().unwrap());
    let mut studies: Vec<Value> = Vec::new();
    for (code, page, said) in &results {
        assert_eq!(*code, Some(0), "{said}");
        studies.push(serde_json::from_str(page).unwrap());
    }
    let helped = results.iter().filter(|(_, _, said)| said.contains("helping it")).count();
    // Whoever comes when the study is over begins another one.
    assert!(helped <= 1);
    if helped == 1 {
        assert_eq!(studies[0], studies[1], "one study");
    }
    for study in &studies {
        let trials = study["trials"].as_array().unwrap();
        for (place, trial) in (0..).zip(trials) {
            assert_eq!(trial["number"], place, "each trial once, in its order");
        }
    }
    // Whoever comes when the hosts were compared takes no part.
    helped == 1 && studies[0]["fleet"]["hosts"].as_array().is_some_and(|hosts| hosts.len() == 2)
}

#[test]
fn two_processes_make_one_study_in_an_sqlite_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite://{}", folder.path().join("shared.db").display());
    assert!((0..TRIES).any(|_| share(&store)), "never did both take part");
}

#[test]
fn two_processes_make_one_study_on_postgresql() {
    let Some(server) = Postgres::start() else { return };
    let store = server.address();
    assert!((0..TRIES).any(|_| share(&store)), "never did both take part");
}

#[test]
fn a_study_whose_leader_was_killed_is_gone_on_with_and_asks_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite://{}", folder.path().join("shared.db").display());
    let world = World::new();
    let (code, page, said) = ended(run(&world, &store, &["--simulate", "--seed", "5"]));
    assert_eq!(code, Some(0), "{said}");
    // As if it had been killed before its end: it has no result, and gives no word.
    let pool = |statement: &'static str| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            sqlx::any::install_default_drivers();
            let pool = sqlx::AnyPool::connect(&store).await.unwrap();
            sqlx::query(statement).execute(&pool).await.unwrap();
            pool.close().await;
        });
    };
    pool("UPDATE fleet_studies SET result = NULL, leader_until = 0");
    let (code, again, said) = ended(run(&world, &store, &["--simulate", "--seed", "5"]));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("by another ralf-tune"), "what was measured is not measured again: {said}");
    let pick = |page: &str| serde_json::from_str::<Value>(page).unwrap()["tuned"]["candidate"]["num_ctx"].clone();
    assert_eq!(pick(&again), pick(&page));
}

#[test]
fn a_project_cannot_name_the_store_of_its_user() {
    let world = World::new();
    world.write("ralf-tune.toml", "store = \"postgres://elsewhere/db\"\n");
    let ran = world.run(&["run", "--simulate", "--dry-run"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("store"), "{}", ran.stderr);
}
