//! What a kept study found is applied later, and taken back byte for byte.

use std::fs;
#[cfg(unix)]
use std::process::Command;

use serde_json::{Map, Value};

use crate::program::{World, server::Ollama};

/// As RALF Note writes it, with what is not ours and in its own order.
const CONFIG: &str = "{\n  \"source_paths\": [\"/home/u/caf\\u00e9\"],\n  \"num_ctx\": 10000,\n  \"max_files\": 1.50e2,\n  \"temperature\": 0.10,\n  \
                      \"max_concurrent_requests\": 1\n}\n";

const GAIN: [&str; 6] = ["run", "--simulate", "mid-range", "--seed", "1", "--no-report"];

#[test]
fn a_result_is_applied_later_and_taken_back_byte_for_byte() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    world.write("config.json", CONFIG);
    // Without a terminal and without a yes nothing is written.
    let asked = world.run(&["apply", "--config", "config.json"]).succeeded();
    assert!(asked.stderr.contains("num_ctx") && asked.stderr.contains("not saved"), "{asked}");
    assert_eq!(world.read("config.json"), CONFIG.as_bytes());

    let applied = world.run(&["apply", "last", "--config", "config.json", "--yes"]).succeeded();
    assert!(applied.stderr.contains("ralf-tune apply --undo"), "{applied}");
    let tuned = String::from_utf8(world.read("config.json")).unwrap();
    assert!(
        tuned.contains("caf\\u00e9") && tuned.contains("1.50e2") && !tuned.contains("\"num_ctx\": 10000"),
        "{tuned}"
    );
    let again = world.run(&["apply", "--config", "config.json", "--yes"]).succeeded();
    assert!(again.stderr.contains("says that already"), "{again}");

    let undone = world.run(&["apply", "--undo", "--config", "config.json", "--yes"]).succeeded();
    assert!(undone.stderr.contains("num_ctx"), "{undone}");
    assert_eq!(world.read("config.json"), CONFIG.as_bytes());
    // Twice is as before.
    world.run(&["apply", "--undo", "--config", "config.json", "--yes"]).succeeded();
    assert_eq!(world.read("config.json"), tuned.as_bytes());
}

#[test]
fn a_damaged_file_gets_the_good_one_back_and_nothing_is_lost() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    world.write("config.json", CONFIG);
    world.run(&["apply", "--config", "config.json", "--yes"]).succeeded();
    world.write("config.json", "{ damaged");
    world.fails(2, &["apply", "--config", "config.json", "--yes"]);
    world.run(&["apply", "--undo", "--config", "config.json", "--yes"]).succeeded();
    assert_eq!(world.read("config.json"), CONFIG.as_bytes());
    let kept = world.names(".").into_iter().any(|name| world.read(&name) == b"{ damaged");
    assert!(kept, "{:?}", world.names("."));
}

#[test]
fn what_cannot_be_applied_is_said_and_changes_nothing() {
    let world = World::new();
    let empty = world.fails(2, &["apply"]);
    assert!(empty.stderr.contains("no study is kept yet"), "{empty}");
    world.run(&GAIN).succeeded();
    // A simulated machine is nobody's.
    fs::create_dir(world.home().join(".ralf-notes")).unwrap();
    let own = world.home().join(".ralf-notes/config.json");
    fs::write(&own, CONFIG).unwrap();
    let simulated = world.fails(2, &["apply", "--yes"]);
    assert!(simulated.stderr.contains("simulated") && simulated.stderr.contains("--config"), "{simulated}");
    assert_eq!(fs::read_to_string(&own).unwrap(), CONFIG);
    let never = world.fails(5, &["apply", "--undo", "--yes"]);
    assert!(never.stderr.contains("never changed by ralf-tune"), "{never}");
    let both = world.fails(2, &["apply", "last", "--undo"]);
    assert!(both.stderr.contains("cannot be used with"), "{both}");
    // Kept settings are no result.
    world.run(&["run", "--simulate", "one-slot", "--quick", "--seed", "1", "--no-report"]).succeeded();
    let kept = world.run(&["apply", "--config", "other.json", "--yes"]).succeeded();
    assert!(kept.stderr.contains("nothing to apply") && world.names(".").is_empty(), "{kept}");
}

/// The object that `--to json` prints.
fn tuned(world: &World) -> Map<String, Value> {
    let printed = world.run(&["apply", "--to", "json"]).succeeded();
    assert!(printed.stderr.contains("simulated machine"), "{printed}");
    serde_json::from_str(&printed.stdout).unwrap()
}

#[test]
fn every_form_for_other_programs_says_what_the_study_found() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    world.write("config.json", "{}");
    world.run(&["apply", "--config", "config.json", "--yes"]).succeeded();
    let configuration: Map<String, Value> = serde_json::from_slice(&world.read("config.json")).unwrap();
    let json = tuned(&world);
    for (key, value) in &configuration {
        // Derived for RALF Note alone.
        assert!(key == "max_chunk_summary_length" || json.get(key) == Some(value), "{key}: {json:?}");
    }
    assert!(json["num_predict"].is_u64() && !json.values().any(Value::is_null), "{json:?}");

    let toml: toml::Table = world.run(&["apply", "--to", "toml"]).succeeded().stdout.parse().unwrap();
    let env = world.run(&["apply", "--to", "env"]).succeeded().stdout;
    let modelfile = world.run(&["apply", "--to", "modelfile"]).succeeded().stdout;
    assert_eq!(toml.len(), json.len());
    for (key, value) in &json {
        let said = value.as_str().map_or(value.to_string(), str::to_owned);
        assert!(env.contains(&format!("\nRALF_TUNED_{}={said}\n", key.to_uppercase())), "{key}: {env}");
        assert_eq!(value.is_u64(), toml[key].is_integer(), "{key}: {toml}");
        let kept = ["num_ctx", "num_batch", "num_thread", "temperature", "num_predict"].contains(&key.as_str());
        assert_eq!(modelfile.contains(&format!("\nPARAMETER {key} {said}\n")), kept, "{key}: {modelfile}");
    }
    assert!(modelfile.contains("\nFROM llama3.1:8b\n"), "{modelfile}");
}

/// What a POSIX shell makes of the lines.
#[test]
#[cfg(unix)]
fn the_lines_for_a_shell_are_read_by_one() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    let num_ctx = tuned(&world)["num_ctx"].to_string();
    world.run(&["apply", "--to", "env", "--output", "tuned.env", "--yes"]).succeeded();
    let script = "set -a; . ./tuned.env; env";
    let ran = Command::new("sh").args(["-c", script]).current_dir(world.work()).output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(said.lines().any(|line| line == format!("RALF_TUNED_NUM_CTX={num_ctx}")), "{said}");
    assert!(said.lines().any(|line| line == "RALF_TUNED_MODEL_NAME=llama3.1:8b"), "{said}");
    // Our own program does not take them for slips.
    let mut process = world.process(&["study", "list"]);
    process.env("RALF_TUNED_NUM_CTX", &num_ctx);
    let listed = world.finish(process, "ralf-tune study list".to_owned()).succeeded();
    assert_eq!(listed.stderr, "");
}

#[test]
fn a_file_of_any_form_is_shown_first_and_taken_back_byte_for_byte() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    for target in ["json", "toml", "env", "modelfile"] {
        let before = format!("# mine \u{e9}\r\nnum_ctx = 1 # {target}\n\n");
        world.write(target, &before);
        let arguments = ["apply", "--to", target, "--output", target];
        let asked = world.run(&arguments).succeeded();
        assert!(asked.stderr.contains("- num_ctx = 1") && asked.stderr.contains("not saved"), "{asked}");
        assert_eq!((asked.stdout.as_str(), world.read(target)), ("", before.clone().into_bytes()));
        let yes = [&arguments[..], &["--yes"]].concat();
        let saved = world.run(&yes).succeeded();
        assert!(saved.stderr.contains(&format!("ralf-tune apply --undo --output {target}")), "{saved}");
        let printed = world.run(&arguments[..3]).succeeded().stdout.replace("[VERSION]", env!("CARGO_PKG_VERSION"));
        assert_eq!(String::from_utf8(world.read(target)).unwrap(), printed);
        assert!(world.run(&yes).succeeded().stderr.contains("says that already"));
        world.run(&["apply", "--undo", "--output", target, "--yes"]).succeeded();
        assert_eq!(world.read(target), before.into_bytes());
    }
    let never = world.fails(5, &["apply", "--undo", "--output", "never", "--yes"]);
    assert!(never.stderr.contains("hint: nothing was there before"), "{never}");
}

#[test]
fn flags_that_say_nothing_to_a_target_are_refused() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    for (arguments, part) in [
        (&["apply", "--output", "x"][..], "--output says nothing to the target ralf-notes"),
        (&["apply", "--to", "json", "--config", "x"], "--config says nothing to the target json"),
        (&["apply", "--to", "json", "--undo"], "hint: name the file that was written"),
        (&["apply", "--to", "toml", "--name", "x"], "--name says nothing to the target toml"),
        (&["apply", "--to", "server", "--host", "x"], "--host says nothing to the target server"),
        (&["apply", "--platform", "launchd"], "--platform says nothing to the target ralf-notes"),
        (&["apply", "--to", "jsno"], "tip: a similar value exists: 'json'"),
    ] {
        let refused = world.fails(2, arguments);
        assert!(refused.stderr.contains(part), "{refused}");
    }
    assert!(world.names(".").is_empty());
}

/// A study that kept the settings has nothing for RALF Note, and something for others.
#[test]
fn settings_that_were_kept_are_a_result_for_others() {
    let world = World::new();
    world.run(&["run", "--simulate", "one-slot", "--quick", "--seed", "1", "--no-report"]).succeeded();
    assert_eq!(tuned(&world)["num_ctx"], 10_000);
}

#[test]
fn a_model_is_made_on_the_server_and_shows_what_it_keeps() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    let ollama = Ollama::serving(&["llama3.1:8b", "codellama:7b"]);
    let with = |more: &[&str]| {
        let first = ["apply", "--to", "ollama-model", "--host", ollama.address.as_str()];
        world.run(&[&first[..], more].concat())
    };
    // Shown, and not done without a yes.
    let asked = with(&["--name", "tuned"]).succeeded();
    for part in
        ["/api/create\n", "\"from\": \"llama3.1:8b\"", "\"num_ctx\": ", "not made", "warning: the study measured"]
    {
        assert!(asked.stderr.contains(part), "{part}: {asked}");
    }
    let made = with(&["--name", "tuned", "--yes"]).succeeded();
    let undo = format!("made tuned; to undo it: OLLAMA_HOST=http://{} ollama rm tuned\n", ollama.address);
    assert!(made.stderr.ends_with(&undo), "{made}");
    assert!(with(&["--name", "tuned:latest", "--yes"]).succeeded().stderr.contains("says that already"));

    let machine = ["machine", "--format", "json", "--model", "tuned", "--host", ollama.address.as_str()];
    let seen: Value = serde_json::from_str(&world.run(&machine).succeeded().stdout).unwrap();
    assert_eq!(seen["model"]["modelfile_num_ctx"], tuned(&world)["num_ctx"]);

    // What is there stays, unless somebody says so.
    let there = with(&["--name", "codellama:7b", "--yes"]).failed(2);
    assert!(
        there.stderr.contains("codellama:7b is on the server already") && there.stderr.contains("--replace"),
        "{there}"
    );
    let itself = with(&["--name", "llama3.1:8b", "--replace", "--yes"]).failed(2);
    assert!(itself.stderr.contains("is the model that was tuned"), "{itself}");
    let replaced = with(&["--name", "codellama:7b", "--replace", "--yes"]).succeeded();
    assert!(replaced.stderr.contains("warning: the model codellama:7b that is there now is lost"), "{replaced}");
    let bad = with(&["--name", "no name", "--yes"]).failed(3);
    assert!(bad.stderr.contains("invalid model name") && bad.stderr.contains("--to modelfile"), "{bad}");
}

#[test]
fn a_model_is_made_only_where_its_base_is() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    let make = ["apply", "--to", "ollama-model", "--name", "tuned", "--yes"];
    let simulated = world.fails(2, &make);
    assert!(simulated.stderr.contains("simulated") && simulated.stderr.contains("--host"), "{simulated}");
    let other = Ollama::serving(&["codellama:7b"]);
    // The server would download it.
    let missing = world.fails(3, &[&make[..], &["--host", &other.address]].concat());
    assert!(missing.stderr.contains("model `llama3.1:8b` is not on the server"), "{missing}");
    let unnamed = world.fails(2, &["apply", "--to", "ollama-model"]);
    assert!(unnamed.stderr.contains("--name <NAME>"), "{unnamed}");
    let undo = world.fails(2, &["apply", "--undo", "--to", "ollama-model", "--name", "tuned"]);
    assert!(undo.stderr.contains("hint: ollama rm tuned"), "{undo}");
}

#[test]
fn what_is_known_of_the_server_is_said_for_every_platform_with_the_way_back() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    for (platform, set, undo) in [
        (
            "systemd",
            "\n[Service]\nEnvironment=\"OLLAMA_NUM_PARALLEL=2\"\n",
            "sudo rm /etc/systemd/system/ollama.service.d/",
        ),
        ("launchd", "\nlaunchctl setenv OLLAMA_NUM_PARALLEL 2\n", "launchctl unsetenv OLLAMA_NUM_PARALLEL"),
        ("windows", "\nsetx OLLAMA_NUM_PARALLEL 2\n", "reg delete HKCU\\Environment /v OLLAMA_NUM_PARALLEL /f"),
        (
            "compose",
            "\n    environment:\n      OLLAMA_NUM_PARALLEL: \"2\"\n",
            "docker compose -f compose.yaml up -d ollama",
        ),
    ] {
        let text = world.run(&["apply", "--to", "server", "--platform", platform]).succeeded().stdout;
        assert!(text.contains(set), "{platform}: {text}");
        assert!(text.contains(&format!("To undo it:\n{} ", if platform == "windows" { "rem" } else { "#" })), "{text}");
        assert!(text.contains(undo), "{platform}: {text}");
        // No evidence, no setting.
        assert!(
            text.contains("OLLAMA_FLASH_ATTENTION left out") && text.contains("OLLAMA_KV_CACHE_TYPE left out"),
            "{text}"
        );
    }
    let file = world.run(&["apply", "--to", "server", "--output", "ollama.conf", "--yes"]).succeeded();
    assert!(file.stderr.contains("saved to ollama.conf"), "{file}");
    let at_hand = world.run(&["apply", "--to", "server"]).succeeded().stdout;
    assert_eq!(at_hand.replace("[VERSION]", env!("CARGO_PKG_VERSION")).into_bytes(), world.read("ollama.conf"));

    world.run(&["run", "--simulate", "one-slot", "--quick", "--seed", "1", "--no-report"]).succeeded();
    let nothing = world.run(&["apply", "--to", "server"]).succeeded();
    assert_eq!(nothing.stdout, "");
    assert!(nothing.stderr.contains("no evidence") && nothing.stderr.contains("OLLAMA_NUM_PARALLEL: "), "{nothing}");
}

/// A study of a server that is there needs nobody to name it.
#[test]
fn the_server_that_was_measured_gets_the_model() {
    let world = World::new();
    world.run(&GAIN).succeeded();
    let ollama = Ollama::serving(&["llama3.1:8b"]);
    let studies = world.home().join(".local/share/ralf-tune/studies");
    let kept = fs::read_dir(studies).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&kept).unwrap();
    let real = text
        .replace("\"simulated\":true", "\"simulated\":false")
        .replace("\"locality\":\"simulated\"", "\"locality\":\"local\"")
        .replace("http://127.0.0.1:11434", &format!("http://{}", ollama.address));
    assert!(real.matches(&ollama.address).count() > 1, "{text}");
    fs::write(&kept, real).unwrap();
    let make = ["apply", "--to", "ollama-model", "--name", "tuned", "--yes"];
    let ran = world.run_with(&[("OLLAMA_HOST", "")], &make).succeeded();
    assert!(ran.stderr.contains("made tuned") && !ran.stderr.contains("warning: the study measured"), "{ran}");
}

/// RALF Note's own types: it takes no float for what is counted.
#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "what is read is what matters")]
struct RalfNote {
    model_name: String,
    num_ctx: u32,
    temperature: f64,
    chunk_size: u32,
    max_content_length: u32,
    max_chunk_summary_length: u32,
    request_delay_seconds: f64,
    max_concurrent_requests: u32,
    retry_attempts: u32,
    initial_backoff_seconds: f64,
    backoff_multiplier: f64,
    request_timeout_seconds: u32,
    batch_size: u32,
    batch_delay_seconds: f64,
    benchmark_date: Option<String>,
    confidence_score: Option<f64>,
    source_paths: Vec<String>,
    output_dir: String,
}

/// A configuration as somebody has it: tabs and line ends of Windows, numbers in odd spellings, nested keys that are called like ours.
#[test]
fn a_realistic_configuration_is_read_by_its_owner_and_comes_back_byte_for_byte() {
    let before = include_bytes!("ralf_notes/config.json");
    assert!(before.windows(2).any(|pair| pair == b"\r\n") && before.contains(&b'\t'), "the file kept its line ends");
    let world = World::new();
    world.run(&GAIN).succeeded();
    for applied in [&["apply"][..], &["apply", "fast"], &["profile", "use", "quality"]] {
        world.write("config.json", before);
        let with = ["--config", "config.json", "--yes"];
        world.run(&[applied, &with].concat()).succeeded();
        let after = world.read("config.json");
        assert_ne!(after, before);
        let read: RalfNote = serde_json::from_slice(&after).unwrap();
        assert!(read.num_ctx != 10_000 && read.benchmark_date.is_some() && read.source_paths.len() == 3);
        // A float would not have been read.
        let spoilt = String::from_utf8(after.clone())
            .unwrap()
            .replace(&format!("\"num_ctx\": {}", read.num_ctx), &format!("\"num_ctx\": {}.0", read.num_ctx));
        assert!(serde_json::from_str::<RalfNote>(&spoilt).is_err());
        // What is not ours stands as it stood, to the byte.
        let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        for line in lines(before) {
            let text = String::from_utf8_lossy(&line).into_owned();
            let is_other = ["source_paths", "output_dir", "exclude", "\"ui\"", "\"tags\"", "log_level", "ollama_host"];
            if is_other.iter().any(|key| text.contains(key)) {
                assert!(lines(&after).contains(&line), "{text}");
            }
        }
        world.run(&["apply", "--undo", "--config", "config.json", "--yes"]).succeeded();
        assert_eq!(world.read("config.json"), before, "{applied:?}");
    }
}
