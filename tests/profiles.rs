//! Settings under names: made by every study, used with the difference shown, and never silently stale.

use std::fs;

use ralf_tune::{
    model::profile::{Profile, Standing},
    store::ProfileStore,
};

use crate::program::{World, server};

const GAIN: [&str; 6] = ["run", "--simulate", "mid-range", "--seed", "1", "--no-report"];

/// A world with the profiles of a study.
fn studied() -> World {
    let world = World::new();
    let ran = world.run(&GAIN).succeeded();
    assert!(ran.stderr.contains("fast, balanced, quality"), "{ran}");
    world
}

fn listed(world: &World) -> Vec<Profile> {
    serde_json::from_str(&world.run(&["profile", "list", "--format", "json"]).succeeded().stdout).unwrap()
}

fn store(world: &World) -> ProfileStore {
    ProfileStore::new(&world.home().join(".local/share/ralf-tune"))
}

#[test]
fn every_study_makes_three() {
    let world = World::new();
    let none = world.run(&["profile", "list"]).succeeded();
    assert!(none.stdout.contains("None is kept yet"), "{none}");
    let world = studied();
    let all = listed(&world);
    assert_eq!(all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["balanced", "fast", "quality"]);
    let balanced = &all[0];
    assert_eq!(balanced.standing, Standing::Proven);
    let study: serde_json::Value =
        serde_json::from_str(&world.run(&["report", "--format", "json"]).succeeded().stdout).unwrap();
    assert_eq!(serde_json::to_value(&balanced.tuned).unwrap(), study["tuned"], "the pick of the study");
    let speed = |index: usize| all[index].notes_per_minute.unwrap().value;
    assert!(speed(1) >= speed(0) - 1e-9, "fast is no slower than balanced");
    let page = world.run(&["profile", "list"]).succeeded().stdout;
    assert!(
        page.contains("proven faster (simulated)") && page.lines().all(|line| line.chars().count() <= 80),
        "{page}"
    );
    let shown = world.run(&["profile", "show", "balanced"]).succeeded().stdout;
    assert!(shown.contains("num_ctx") && shown.contains("confidence"), "{shown}");
    // The next study of the model takes their place.
    world.run(&GAIN).succeeded();
    assert_eq!(listed(&world).len(), 3);
}

#[test]
fn one_is_used_with_its_difference_shown_and_taken_back() {
    let world = studied();
    let refused = world.fails(2, &["profile", "use", "fast", "--yes"]);
    assert!(refused.stderr.contains("simulated"), "{refused}");
    let config = "{\n  \"num_ctx\": 10000,\n  \"mine\": [1,  2]\n}\n";
    world.write("config.json", config);
    let asked = world.run(&["profile", "use", "fast", "--config", "config.json"]).succeeded();
    assert!(asked.stderr.contains("num_ctx") && asked.stderr.contains("not saved"), "{asked}");
    world.run(&["profile", "use", "fast", "--config", "config.json", "--yes"]).succeeded();
    let diff = world.run(&["profile", "diff", "fast", "--config", "config.json"]).succeeded();
    assert!(diff.stdout.contains("They are the same"), "{diff}");
    let again = world.run(&["profile", "use", "fast", "--config", "config.json"]).succeeded();
    assert!(again.stderr.contains("says that already"), "{again}");
    world.run(&["apply", "--undo", "--config", "config.json", "--yes"]).succeeded();
    assert_eq!(world.read("config.json"), config.as_bytes());
    let diff = world.run(&["profile", "diff", "fast", "--config", "config.json"]).succeeded();
    assert!(diff.stdout.contains("num_ctx") && diff.stdout.contains("10000"), "{diff}");
}

#[test]
fn own_ones_are_saved_sent_and_never_replaced_unasked() {
    let world = studied();
    let taken = world.fails(2, &["profile", "save", "fast"]);
    assert!(taken.stderr.contains("made by studies"), "{taken}");
    world.fails(2, &["profile", "save", "../night"]);
    world.run(&["profile", "save", "night", "--selector", "quality"]).succeeded();
    world.write("config.json", "{\"model_name\": \"llama3.1:8b\", \"num_ctx\": 5000}");
    let present = ["profile", "save", "night", "--present", "--config", "config.json"];
    let kept = world.run(&present).succeeded();
    assert!(kept.stderr.contains("not kept"), "{kept}");
    world.run(&[&present[..], &["--yes"]].concat()).succeeded();
    let shown = world.run(&["profile", "show", "night", "--format", "json"]).succeeded();
    let night: Profile = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!((night.tuned.candidate.num_ctx, night.standing), (5000, Standing::OwnWord));

    world.run(&["profile", "export", "night", "--output", "night.json"]).succeeded();
    let sent = String::from_utf8(world.read("night.json")).unwrap();
    assert!(!sent.contains("home") && !sent.contains(&*world.work().to_string_lossy()), "{sent}");
    world.run(&["profile", "remove", "night"]).succeeded();
    world.fails(2, &["profile", "show", "night"]);
    world.run(&["profile", "import", "night.json", "--name", "theirs"]).succeeded();
    assert_eq!(listed(&world).iter().filter(|one| one.name.as_str() == "theirs").count(), 1);
}

#[test]
fn files_that_are_no_profiles_are_refused() {
    let world = studied();
    world.run(&["profile", "export", "fast", "--output", "fast.json"]).succeeded();
    let good: serde_json::Value = serde_json::from_slice(&world.read("fast.json")).unwrap();
    let changed = |path: &[&str], value: serde_json::Value| {
        let mut profile = good.clone();
        let place = path.iter().fold(&mut profile, |value, key| &mut value[*key]);
        *place = value;
        profile.to_string()
    };
    let cases = [
        ("{".to_owned(), "no profile"),
        ("[]".to_owned(), "no profile"),
        (changed(&["schema_version"], 99.into()), "newer release"),
        (changed(&["name"], "../../evil".into()), "no profile"),
        (changed(&["tuned", "candidate", "temperature"], 1e9.into()), "temperature"),
        (changed(&["tuned", "candidate", "num_ctx"], 0.into()), "num_ctx"),
    ];
    for (text, named) in cases {
        world.write("bad.json", &text);
        let ran = world.run(&["profile", "import", "bad.json", "--name", "bad"]);
        assert!(ran.code != Some(0) && ran.stderr.contains(named), "{text}: {ran}");
    }
    fs::write(world.home().join(".local/share/ralf-tune/profiles/x.00000000.profile.json"), "{").unwrap();
    let list = world.run(&["profile", "list"]).succeeded();
    assert!(list.stderr.contains("no profile") && list.stdout.contains("fast"), "{list}");
}

#[test]
fn a_profile_of_another_place_is_said_to_be_stale() {
    let world = studied();
    let server = server::Ollama::serving(&["llama3.1:8b"]);
    let real = |change: &dyn Fn(&mut Profile)| {
        let mut profile = listed(&world).into_iter().find(|one| one.name.as_str() == "balanced").unwrap();
        profile.place.simulated = false;
        change(&mut profile);
        store(&world).save(&profile).unwrap();
        world.write("config.json", "{}");
        let host = server.address.as_str();
        world
            .run(&["profile", "use", "balanced", "--config", "config.json", "--yes", "--host", host])
            .succeeded()
            .stderr
    };
    // The machine of the test is another one than the simulated one; the model is the same.
    let same = real(&|_| {});
    assert!(!same.contains("digest") && !same.contains("was version"), "{same}");
    let other = real(&|profile| profile.place.model_digest = Some("0123".into()));
    assert!(
        other.contains("may be stale: the model is another one") && other.contains("ralf-tune run --model"),
        "{other}"
    );
    let older = real(&|profile| profile.place.server_version = Some("0.1.0".into()));
    assert!(older.contains("the server was version"), "{older}");
    drop(server);
    let nobody = server::nobody();
    world.write("config.json", "{}");
    let lost =
        world.run(&["profile", "use", "balanced", "--config", "config.json", "--yes", "--host", &nobody]).succeeded();
    assert!(lost.stderr.contains("cannot be told") && world.read("config.json") != b"{}", "{lost}");
}

#[test]
fn apply_takes_a_profile_as_it_takes_a_study() {
    let world = studied();
    let json = |meant: &[&str]| -> serde_json::Value {
        serde_json::from_str(&world.run(&[&["apply"], meant, &["--to", "json"]].concat()).succeeded().stdout).unwrap()
    };
    let fast = listed(&world).into_iter().find(|one| one.name.as_str() == "fast").unwrap();
    let said = json(&["fast"]);
    assert_eq!(said["num_ctx"], fast.tuned.candidate.num_ctx);
    assert_eq!(said["max_content_length"], fast.tuned.candidate.max_content_length);
    assert_eq!(said, json(&["profile:fast"]));
    assert_eq!(said, json(&["fast", "--model", "llama3.1:8b"]));
    // Into the configuration, with the care of every change of it.
    let config = "{\n  \"num_ctx\": 10000,\n  \"mine\": [1,  2]\n}\n";
    world.write("config.json", config);
    let asked = world.run(&["apply", "fast", "--config", "config.json"]).succeeded();
    assert!(asked.stderr.contains("num_ctx") && asked.stderr.contains("not saved"), "{asked}");
    world.run(&["apply", "fast", "--config", "config.json", "--yes"]).succeeded();
    let diff = world.run(&["profile", "diff", "fast", "--config", "config.json"]).succeeded();
    assert!(diff.stdout.contains("They are the same"), "{diff}");
    world.run(&["apply", "--undo", "--config", "config.json", "--yes"]).succeeded();
    assert_eq!(world.read("config.json"), config.as_bytes());
    let simulated = world.fails(2, &["apply", "fast", "--yes"]);
    assert!(simulated.stderr.contains("simulated") && simulated.stderr.contains("--config"), "{simulated}");
    // What is known of the server is in the study that made it.
    let server = world.run(&["apply", "fast", "--to", "server", "--platform", "compose"]).succeeded();
    assert!(server.stdout.contains("OLLAMA_NUM_PARALLEL"), "{server}");
    let ollama = server::Ollama::serving(&["llama3.1:8b"]);
    let make = ["apply", "fast", "--to", "ollama-model", "--name", "swift", "--host", ollama.address.as_str(), "--yes"];
    let on_server = world.run(&make).succeeded();
    assert!(on_server.stderr.contains("made swift; to undo it"), "{on_server}");
    world.run(&["study", "remove", "last"]).succeeded();
    assert_eq!(said, json(&["fast"]), "a profile needs no study");
    let lost = world.fails(2, &["apply", "fast", "--to", "server"]);
    assert!(lost.stderr.contains("the study that made a profile"), "{lost}");
}

#[test]
fn a_name_of_both_is_asked_back_and_one_of_neither_is_refused() {
    let world = studied();
    let listed = world.run(&["study", "list", "--format", "json"]).succeeded().stdout;
    let studies: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let id = studies[0]["id"].as_str().unwrap();
    let mark = id.rsplit('-').next().unwrap();
    world.run(&["profile", "save", mark, "--selector", "quality"]).succeeded();
    let both = world.fails(2, &["apply", mark, "--to", "json"]);
    assert!(both.stderr.contains(&format!("profile:{mark} or study:{mark}")), "{both}");
    world.run(&["apply", &format!("profile:{mark}"), "--to", "json"]).succeeded();
    let study = world.run(&["apply", &format!("study:{mark}"), "--to", "json"]).succeeded();
    assert_eq!(study.stdout, world.run(&["apply", id, "--to", "json"]).succeeded().stdout);
    let neither = world.fails(2, &["apply", "qualty", "--to", "json"]);
    assert!(
        neither.stderr.contains("no study and no profile `qualty`") && neither.stderr.contains("`quality`?"),
        "{neither}"
    );
    let other = world.fails(2, &["apply", "fast", "--model", "gemma3:1b"]);
    assert!(other.stderr.contains("no study and no profile `fast` of gemma3:1b"), "{other}");
    let idle = world.fails(2, &["apply", "last", "--model", "gemma3:1b"]);
    assert!(idle.stderr.contains("says nothing to a study"), "{idle}");
    let bad = world.fails(2, &["apply", "profile:../x"]);
    assert!(bad.stderr.contains("cannot be called"), "{bad}");
    // The same name of another model is another profile.
    let mut second = store(&world).find(&"fast".parse().unwrap(), None).unwrap();
    second.tuned.model_name = "gemma3:1b".into();
    store(&world).save(&second).unwrap();
    let several = world.fails(2, &["apply", "fast", "--to", "json"]);
    assert!(
        several.stderr.contains("2 models have a profile `fast`") && several.stderr.contains("--model"),
        "{several}"
    );
    let named = world.run(&["apply", "fast", "--model", "gemma3:1b", "--to", "json"]).succeeded();
    assert!(named.stdout.contains("gemma3:1b"), "{named}");
}

#[test]
fn whoever_applies_a_stale_profile_is_told() {
    let world = studied();
    let server = server::Ollama::serving(&["llama3.1:8b"]);
    let mut profile = store(&world).find(&"fast".parse().unwrap(), None).unwrap();
    profile.place.simulated = false;
    profile.place.model_digest = Some("0123".into());
    store(&world).save(&profile).unwrap();
    for target in ["json", "env", "toml", "modelfile"] {
        let ran = world.run_with(&[("OLLAMA_HOST", &server.address)], &["apply", "fast", "--to", target]).succeeded();
        assert!(
            ran.stderr.contains("may be stale: the model is another one") && !ran.stdout.contains("stale"),
            "{ran}"
        );
    }
}
