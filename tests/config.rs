//! Every setting can be asked for its value and for who said it.

use serde_json::{Value, json};

use crate::program::{Ran, World, check};

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn who_said_what_is_shown_with_the_path_of_the_file() {
    let world = World::new();
    world.write("mine/config.toml", "model = \"of-the-user\"\nselector = \"fast\"\nsamples = \"notes\"\n");
    world.write("ralf-tune.toml", "model = \"of-the-project\"\n[params.context]\nsizes = [4096, 8192]\n");
    let env =
        [("RALF_TUNE_CONFIG_DIR", "mine"), ("RALF_TUNE_BUDGET", "90m"), ("OLLAMA_HOST", "http://me:secret@server:1")];
    let ran = world.run_with(&env, &["config", "show", "--format", "json", "--", "--quick", "--no-save"]).succeeded();
    let all = document(&ran);
    let said = |name: &str| {
        let one = &all["settings"][name];
        (one["value"].clone(), one["origin"].as_str().unwrap().to_owned(), one["said_by"].clone())
    };
    let expect = |name: &str, value: Value, origin: &str, by: Value| {
        assert_eq!(said(name), (value, origin.to_owned(), by), "{name}");
    };
    expect("model", json!("of-the-project"), "project-file", json!("[WORK]/ralf-tune.toml"));
    expect("selector", json!("fast"), "user-file", json!("mine/config.toml"));
    expect("samples", json!("mine/notes"), "user-file", json!("mine/config.toml"));
    expect("params.context.sizes", json!([4096.0, 8192.0]), "project-file", json!("[WORK]/ralf-tune.toml"));
    expect("budget", json!("1h30m"), "environment", json!("RALF_TUNE_BUDGET"));
    expect("host", json!("http://***@server:1"), "environment", json!("OLLAMA_HOST"));
    expect("default_intensity", json!("quick"), "command-line", json!("--quick"));
    expect("save", json!(false), "command-line", json!("--no-save"));
    expect("report", json!(true), "default", Value::Null);
    assert_eq!(all["files"]["project"], json!({ "path": "[WORK]/ralf-tune.toml", "found": true }));
    assert!(!(ran.stdout + &ran.stderr).contains("secret"));
}

#[test]
fn the_page_is_the_same_for_people() {
    let world = World::new();
    world.write("ralf-tune.toml", "model = \"llama3.2:3b\"\nscorers = [\"repetition=2\"]\n");
    let env = [("OLLAMA_HOST", ""), ("RALF_TUNE_CONFIG_DIR", "/nowhere")];
    let show = |more: &[&str]| world.run_with(&env, &[&["config", "show"], more].concat());
    check("config_show", &[show(&[]).succeeded(), show(&["--", "--quick", "--seed", "7"]).succeeded()]);
}

#[test]
fn the_configuration_that_would_be_used_is_named() {
    let world = World::new();
    let none = document(&world.run(&["config", "show", "--format", "json"]).succeeded());
    assert_eq!(none["settings"]["config"]["value"], Value::Null);
    std::fs::create_dir(world.home().join(".ralf-notes")).unwrap();
    std::fs::write(world.home().join(".ralf-notes/config.json"), "{}").unwrap();
    let there = document(&world.run(&["config", "show", "--format", "json"]).succeeded());
    assert_eq!(there["settings"]["config"]["value"], "[HOME]/.ralf-notes/config.json");
}

#[test]
fn what_cannot_be_used_is_an_error_here_as_elsewhere() {
    let world = World::new();
    let slip = world.run(&["config", "show", "--", "--quikc"]).failed(2);
    assert!(slip.stderr.contains("a similar argument exists: '--quick'"), "{slip}");
    world.write("ralf-tune.toml", "modle = \"x\"");
    let wrong = world.fails(2, &["config", "show"]);
    assert!(wrong.stderr.contains("modle") && wrong.stderr.contains("did you mean"), "{wrong}");
}
