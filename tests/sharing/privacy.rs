//! A study full of secrets: a pack of it has none of them.

use std::collections::BTreeMap;

use ralf_tune::{
    model::{machine::Locality, pack::Pack, study::Study},
    share::{Key, check},
};
use serde_json::Value;

use crate::program::World;

/// What stands in every secret.
const MARK: &str = "S3CRET";

/// Every kind of place in a value that holds a text: its path without numbers of lists.
fn places(value: &Value, path: &str, found: &mut BTreeMap<String, usize>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| places(value, &format!("{path}/{name}"), found));
        }
        Value::Array(values) => values.iter().for_each(|value| places(value, &format!("{path}/*"), found)),
        Value::String(_) => *found.entry(path.to_owned()).or_default() += 1,
        _ => {}
    }
}

/// Puts a text at every place of that kind.
fn put(value: &mut Value, path: &str, secret: &str) {
    let Some(rest) = path.strip_prefix('/') else {
        *value = Value::String(secret.to_owned());
        return;
    };
    let (step, rest) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    match value {
        Value::Array(values) if step == "*" => {
            values.iter_mut().filter(|one| leads(one, rest)).for_each(|one| put(one, rest, secret));
        }
        Value::Object(members) => {
            if let Some(value) = members.get_mut(step).filter(|value| leads(value, rest)) {
                put(value, rest, secret);
            }
        }
        _ => {}
    }
}

/// Whether a text is what stands there, where the path ends.
fn leads(value: &Value, rest: &str) -> bool {
    !rest.is_empty() || value.is_string()
}

/// A study of a real machine, or one that seems to be: some trials of it, so that it can be read a few hundred times.
fn study() -> Value {
    let world = World::new();
    let ran =
        world.run(&["run", "--simulate", "vram-cliff", "--quick", "--seed", "1", "--no-save", "--format", "json"]);
    let mut study: Value = serde_json::from_str(&ran.succeeded().stdout).unwrap();
    for trial in study["trials"].as_array_mut().unwrap() {
        trial["observations"].as_array_mut().unwrap().truncate(3);
    }
    study["server"]["locality"] = serde_json::to_value(Locality::Local).unwrap();
    study["server"]["host"] = "http://alice-laptop.corp.example:11434".into();
    study["machine"]["operating_system"]["value"] = "Debian GNU/Linux 13, host alice-laptop".into();
    study["machine"]["cpu_model"]["value"] = "AMD Ryzen 9 serial 0042-7731-9981".into();
    study["workload"]["origin"] = "/home/alice/clients/acme".into();
    study["workload"]["prompt_origin"] = "/home/alice/prompts/acme.txt".into();
    study["tool_version"] = "0.1.0".into();
    study["seed"] = 918_273_645_u64.into();
    study["started_at"] = "2026-11-27T15:04:05Z".into();
    study
}

#[test]
fn no_text_of_a_study_gets_into_a_pack() {
    let mut value = study();
    let mut kinds = BTreeMap::new();
    places(&value, "", &mut kinds);
    let (mut secret_places, mut closed) = (0, Vec::new());
    for (number, path) in kinds.keys().enumerate() {
        // The month and the release are told; what else stands beside them in those texts is looked for below.
        let secret = match path.as_str() {
            "/started_at" => "2026-11-27T15:04:05.987654321Z".to_owned(),
            "/tool_version" => format!("0.1.0-{MARK}"),
            _ => format!("{MARK}-{number} /home/alice/acme/plan.md alice@corp.example 192.168.7.31 \u{1b}[31m"),
        };
        let mut tried = value.clone();
        put(&mut tried, path, &secret);
        // A word out of a closed list holds no secret, and nothing else is read there.
        if serde_json::from_value::<Study>(tried.clone()).is_ok() {
            value = tried;
            secret_places += 1;
        } else {
            closed.push(path.clone());
        }
    }
    assert!(secret_places > 60, "{secret_places} places, and not at {closed:?}");
    let study: Study = serde_json::from_value(value.clone()).unwrap();
    assert!(value.to_string().matches(MARK).count() > 300);
    let key = Key::from_bytes(&[7; 32], [9; 32]);
    let signed = key.sign_pack(Pack::of(&study, key.salt()).unwrap());
    assert_eq!(check(&signed), Ok(()));
    let text = ralf_tune::share::file(vec![signed]);
    for secret in [
        MARK,
        "alice",
        "acme",
        "corp",
        "192.168",
        "/home",
        "27T15",
        "-27",
        "987654321",
        "918273645",
        "\u{1b}",
        "0.1.0-",
    ] {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
    only_known_words(&serde_json::from_str(&text).unwrap());
}

/// Every text of a pack is a word that the schema lists, or of a form that holds no name.
fn only_known_words(value: &Value) {
    const WORDS: [&str; 30] = [
        "ralf-tune packs",
        "linux",
        "macos",
        "windows",
        "other",
        "intel",
        "amd",
        "apple",
        "arm",
        "nvidia",
        "decode-by-requests",
        "prefill-by-tokens",
        "slots-by-requests",
        "decode-by-threads",
        "prefill-by-batch",
        "memory-by-context",
        "load-by-context",
        "qwen2",
        "llama",
        "Q4_K_M",
        "Q4_0",
        "0.1.0",
        "2026-11",
        "0.32",
        "qwen2.5-coder:7b",
        "llama3.1:8b",
        "qwen2.5-coder:14b",
        "qwen2.5-coder:32b",
        "qwen2.5-coder:1.5b",
        "codellama:7b",
    ];
    match value {
        Value::Object(members) => members.values().for_each(only_known_words),
        Value::Array(values) => values.iter().for_each(only_known_words),
        Value::String(text) => {
            let is_hex =
                [64, 128].contains(&text.len()) && text.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
            assert!(is_hex || WORDS.contains(&text.as_str()), "{text}");
        }
        _ => {}
    }
}

#[test]
fn a_private_model_is_known_again_by_its_owner_only() {
    let mut value = study();
    let digest = value["model"]["digest"]["value"].as_str().unwrap().to_owned();
    let pack_of = |value: &Value, salt: u8| {
        let study: Study = serde_json::from_value(value.clone()).unwrap();
        Pack::of(&study, &[salt; 32]).unwrap()
    };
    let public = pack_of(&value, 1);
    assert_eq!(public.model.digest.as_deref(), Some(digest.as_str()));
    assert!(public.model.name.is_some());
    for name in ["acme/qwen2.5-coder:7b", "hf.co/acme/qwen:Q4_K_M", "notes-of-acme:latest", "qwen2.5-coder:acme"] {
        value["model"]["name"] = name.into();
        let (one, same, other) = (pack_of(&value, 1), pack_of(&value, 1), pack_of(&value, 2));
        assert_eq!(one.model.name, None, "{name}");
        assert_eq!(one.model.digest, same.model.digest);
        assert_ne!(one.model.digest, other.model.digest, "another key has another salt");
        assert_ne!(one.model.digest.as_deref(), Some(digest.as_str()));
    }
}

#[test]
fn no_number_is_as_exact_as_it_was() {
    let study: Study = serde_json::from_value(study()).unwrap();
    let pack = Pack::of(&study, &[1; 32]).unwrap();
    let text = serde_json::to_string(&pack).unwrap();
    let exact = [
        study.machine.total_memory_bytes.value.unwrap(),
        study.model.size_bytes.value.unwrap(),
        study.model.parameter_count.value.unwrap(),
        study.workload.total_chars as u64,
    ];
    for number in exact {
        assert!(!text.contains(&number.to_string()), "{number}");
    }
    let value: Value = serde_json::from_str(&text).unwrap();
    let mut most = 0;
    digits(&value, &mut most);
    assert!(most <= 4, "a number of {most} digits in {text}");
    assert!(!pack.curves.is_empty() && pack.candidates().any(|one| one.notes_per_minute.is_some()));
}

/// The most significant digits of any number, years and powers of two apart.
fn digits(value: &Value, most: &mut usize) {
    match value {
        Value::Object(members) => {
            // Classes and steps are powers of two, and their own.
            let told = ["trained_context", "num_batch", "num_predict", "memory_gib"];
            members
                .iter()
                .filter(|(name, _)| !told.contains(&name.as_str()))
                .for_each(|(_, value)| digits(value, most));
        }
        Value::Array(values) => values.iter().for_each(|value| digits(value, most)),
        Value::Number(number) => {
            let exact = format!("{:e}", number.as_f64().unwrap());
            let mantissa = exact.split('e').next().unwrap();
            *most = (*most).max(mantissa.chars().filter(char::is_ascii_digit).count());
        }
        _ => {}
    }
}
