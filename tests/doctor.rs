//! `ralf-tune doctor` says what stands in the way, with what was seen and the command that mends it.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use ralf_tune::store::ProfileStore;
use serde_json::Value;

use crate::{
    program::{
        World,
        server::{Ollama, nobody},
    },
    proxying::Standing,
};

#[test]
fn a_server_that_is_not_there_is_bad_and_said_with_what_to_do() {
    let world = World::new();
    let ran = world.run(&["doctor", "--host", &nobody()]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stdout.contains("bad  server") && ran.stdout.contains("ollama serve"), "{ran}");
}

#[test]
fn what_the_present_settings_ask_for_is_held_against_what_is_there() {
    let world = World::new();
    let ollama = Ollama::serving(&["llama3.1:8b"]);
    let looked = |config: &str| {
        world.write("config.json", config);
        let ran = world.run(&["doctor", "--host", &ollama.address, "--format", "json"]);
        let ran = if ran.code == Some(2) { ran } else { ran.succeeded() };
        serde_json::from_str::<Value>(&ran.stdout).unwrap()["found"].clone()
    };
    world.write("ralf-tune.toml", "config = 'config.json'\n");
    let found = |found: &Value, subject: &str| -> Option<Value> {
        found.as_array().unwrap().iter().find(|one| one["subject"] == subject).cloned()
    };

    let healthy = looked(r#"{"num_ctx": 8192}"#);
    assert_eq!(found(&healthy, "server").unwrap()["gravity"], "good", "{healthy}");
    assert_eq!(found(&healthy, "context").unwrap()["gravity"], "good", "{healthy}");
    let tuning = found(&healthy, "tuning").unwrap();
    assert!(
        tuning["evidence"].as_str().unwrap().contains("not tuned") && tuning["mend"] == "ralf-tune run",
        "{tuning}"
    );

    let asking = looked(r#"{"num_ctx": 1000000, "batch_delay_seconds": 600}"#);
    let context = found(&asking, "context").unwrap();
    assert_eq!(context["gravity"], "warning", "{context}");
    assert!(context["evidence"].as_str().unwrap().contains("131072"), "{context}");
    assert!(found(&asking, "pauses").unwrap()["evidence"].as_str().unwrap().contains("600 s"), "{asking}");
}

#[test]
fn another_configuration_is_looked_at_where_it_is_named() {
    let world = World::new();
    world.write("mine.json", r#"{"batch_delay_seconds": 600}"#);
    let asked = |file: &str| world.run(&["doctor", "--simulate", "one-slot", "--config", file]).succeeded().stdout;
    assert!(asked("mine.json").contains("600 s"), "{}", asked("mine.json"));
    let missing = asked("nowhere.json");
    assert!(missing.contains("there is no nowhere.json") && missing.contains("--config"), "{missing}");
}

#[test]
fn what_was_tuned_is_known_and_slots_are_those_that_were_seen() {
    let world = World::new();
    world.write("config.json", r#"{"num_ctx": 10000, "max_concurrent_requests": 4}"#);
    let simulated = ["--simulate", "one-slot"];
    let run = [&["run"], &simulated[..], &["--quick", "--seed", "1", "--no-save", "--config", "config.json"]].concat();
    world.run(&run).succeeded();
    world.write("ralf-tune.toml", "config = 'config.json'\n");
    let ran = world.run(&[&["doctor"], &simulated[..]].concat()).succeeded();
    let page = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("the server was seen to work on 1"), "{ran}");
    assert!(page.contains("OLLAMA_NUM_PARALLEL=4") && page.contains("tuning"), "{ran}");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{ran}");
}

/// What doctor found of a subject.
fn found(world: &World, variables: &[(&str, &str)], arguments: &[&str], subject: &str) -> Vec<Value> {
    let arguments = [&["doctor", "--format", "json"], arguments].concat();
    let ran = world.run_with(variables, &arguments);
    let all: Value = serde_json::from_str(&ran.stdout).unwrap();
    all["found"].as_array().unwrap().iter().filter(|one| one["subject"] == subject).cloned().collect()
}

#[test]
fn what_is_ours_is_mended_after_a_yes_and_nothing_else() {
    let world = World::new();
    let data = world.home().join(".local/share/ralf-tune");
    world.run(&["run", "--simulate", "one-slot", "--quick", "--seed", "1", "--no-save", "--no-report"]).succeeded();
    let broken = [
        data.join("studies/20200101-000000-0000.study"),
        data.join("profiles/mine.00000000.profile.json"),
        data.join("journals/20200101-000000-0000.journal"),
    ];
    fs::create_dir_all(data.join("journals")).unwrap();
    for path in &broken {
        fs::write(path, "{ damaged").unwrap();
    }
    let unfinished = data.join("studies/.tmpAbCdEf");
    let file = fs::File::create(&unfinished).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_hours(5)).unwrap();
    fs::write(data.join("studies/.tmpNew"), "somebody writes it now").unwrap();
    let newer = data.join("profiles/later.00000000.profile.json");
    fs::write(&newer, "{\"schema_version\": 99}").unwrap();
    let ours = |one: &Value| one.get("repair").is_some();
    let seen: usize = ["studies", "profiles", "folders"]
        .map(|subject| found(&world, &[], &["--simulate", "one-slot"], subject).iter().filter(|one| ours(one)).count())
        .iter()
        .sum();
    assert_eq!(seen, 4, "two kinds of damaged files, a journal, and an unfinished one");

    let asked = world.run(&["doctor", "--simulate", "one-slot", "--fix"]).succeeded();
    assert!(asked.stderr.contains("to do: remove ") && asked.stderr.contains("nothing was changed"), "{asked}");
    assert!(broken.iter().all(|path| path.exists()));
    let mended = world.run(&["doctor", "--simulate", "one-slot", "--fix", "--yes"]).succeeded();
    assert!(mended.stderr.contains("done"), "{mended}");
    for path in broken.iter().chain([&unfinished]) {
        assert!(!path.exists(), "{}", path.display());
    }
    assert!(newer.exists() && data.join("studies/.tmpNew").exists(), "what is another's stays");
    let list = world.run(&["study", "list", "--format", "json"]).succeeded().stdout;
    assert_eq!(serde_json::from_str::<Value>(&list).unwrap().as_array().unwrap().len(), 1, "the good study is there");
    let again = world.run(&["doctor", "--simulate", "one-slot", "--fix"]).succeeded();
    assert!(again.stderr.contains("nothing that was found is the program's own to mend"), "{again}");
    let alone = world.fails(2, &["doctor", "--yes"]);
    assert!(alone.stderr.contains("--fix"), "{alone}");
}

#[test]
fn stale_profiles_of_studies_are_removed_and_own_ones_are_only_named() {
    let world = World::new();
    let simulated = ["--simulate", "one-slot"];
    world
        .run(&[&["run"], &simulated[..], &["--quick", "--seed", "1", "--no-save", "--no-report"]].concat())
        .succeeded();
    world.run(&["profile", "save", "night"]).succeeded();
    let good = found(&world, &[], &simulated, "profiles");
    assert!(good.len() == 1 && good[0]["gravity"] == "good", "{good:?}");
    let store = ProfileStore::new(&world.home().join(".local/share/ralf-tune"));
    for mut profile in store.list().unwrap().all {
        profile.place.server_version = Some("0.0.9".into());
        store.save(&profile).unwrap();
    }
    let stale = found(&world, &[], &simulated, "profiles");
    assert!(stale.len() == 2 && stale.iter().all(|one| one["gravity"] == "warning"), "{stale:?}");
    assert!(stale.iter().any(|one| one["evidence"].as_str().unwrap().contains("the server was version 0.0.9")));
    world.run(&[&["doctor"], &simulated[..], &["--fix", "--yes"]].concat()).succeeded();
    let left: Vec<String> = store.list().unwrap().all.iter().map(|one| one.name.to_string()).collect();
    assert_eq!(left, ["night"]);
}

#[test]
fn compiled_plugins_of_earlier_releases_are_thrown_away() {
    let world = World::new();
    let cache = world.path("cache");
    for (version, hours) in [("wasmtime-1.0.0", 9), ("wasmtime-48.0.0", 1)] {
        fs::create_dir_all(cache.join("modules").join(version)).unwrap();
        fs::write(cache.join("modules").join(version).join("AbC"), "compiled").unwrap();
        let folder = fs::File::open(cache.join("modules").join(version)).unwrap();
        folder.set_modified(SystemTime::now() - Duration::from_hours(hours)).unwrap();
    }
    let cache_text = cache.display().to_string();
    let variables = [("RALF_TUNE_CACHE_DIR", cache_text.as_str())];
    let old = found(&world, &variables, &["--simulate"], "cache");
    assert!(old[0]["evidence"].as_str().unwrap().contains("earlier releases"), "{old:?}");
    world.run_with(&variables, &["doctor", "--simulate", "--fix", "--yes"]).succeeded();
    assert!(!cache.join("modules/wasmtime-1.0.0").exists() && cache.join("modules/wasmtime-48.0.0").exists());
    let new = found(&world, &variables, &["--simulate"], "cache");
    assert!(new[0]["gravity"] == "good" && new[0]["evidence"].as_str().unwrap().contains("1 compiled"), "{new:?}");
}

#[cfg(unix)]
#[test]
fn a_folder_that_others_may_write_to_is_made_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let data = world.path("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o777)).unwrap();
    let text = data.display().to_string();
    let fixed =
        world.run_with(&[("RALF_TUNE_DATA_DIR", &text)], &["doctor", "--simulate", "--fix", "--yes"]).succeeded();
    assert!(fixed.stderr.contains("to do: chmod go-w"), "{fixed}");
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o755);
}

#[test]
fn proxies_on_the_way_are_named_without_their_passwords() {
    let world = World::new();
    let ollama = Ollama::serving(&["llama3.1:8b"]);
    let host = ["--host", ollama.address.as_str()];
    assert!(found(&world, &[], &host, "proxy").is_empty());
    let variables = [("HTTP_PROXY", "http://user:secret@proxy.example:3128")];
    let named = found(&world, &variables, &host, "proxy");
    let said = named[0].to_string();
    assert!(
        said.contains("proxy.example") && said.contains("NO_PROXY=127.0.0.1") && !said.contains("secret"),
        "{said}"
    );
    let spared = [("HTTP_PROXY", "http://proxy.example:3128"), ("NO_PROXY", "localhost,127.0.0.1")];
    assert!(found(&world, &spared, &host, "proxy").is_empty());
    let own = Standing::before(&ollama.address);
    let named = found(&world, &[], &["--host", &own.address], "proxy");
    let said = named[0].to_string();
    assert!(
        said.contains("is ralf-tune proxy") && said.contains(&format!("--host http://{}", ollama.address)),
        "{said}"
    );
}

#[test]
fn pauses_are_held_against_what_the_server_keeps_and_space_is_said() {
    let world = World::new();
    let ollama = Ollama::serving(&["llama3.1:8b"]);
    world.write("config.json", r#"{"num_ctx": 8192, "batch_delay_seconds": 600}"#);
    world.write("ralf-tune.toml", "config = 'config.json'\n");
    let pauses =
        |variables: &[(&str, &str)]| found(&world, variables, &["--host", &ollama.address], "pauses").remove(0);
    let usual = pauses(&[]);
    assert!(
        usual["gravity"] == "warning" && usual["mend"].as_str().unwrap().contains("OLLAMA_KEEP_ALIVE=660s"),
        "{usual}"
    );
    assert_eq!(pauses(&[("OLLAMA_KEEP_ALIVE", "24h")])["gravity"], "good");
    assert_eq!(pauses(&[("OLLAMA_KEEP_ALIVE", "-1")])["gravity"], "good");
    assert_eq!(pauses(&[("OLLAMA_KEEP_ALIVE", "9m")])["gravity"], "warning");
    // Where the system says how much is free, it is said of both folders.
    let free = found(&world, &[], &["--host", &ollama.address], "disk");
    assert!(free.iter().all(|one| one["evidence"].as_str().unwrap().contains("are free at ")), "{free:?}");
    #[cfg(target_os = "linux")]
    assert_eq!(free.len(), 2, "{free:?}");
}
