//! The report fits its width, says every outcome in plain words, and prints nothing that steers a terminal.

pub mod sample;

use ralf_tune::{
    model::{
        budget::Budget,
        limit::Limit,
        machine::{Gpu, GpuVendor, Locality},
        plugin::{Manifest, PluginKind, PluginParameter},
        study::Study,
        value::Value,
    },
    report::{
        json, machine, plan,
        plugins::{self, ListedLimit, ListedOrigin, PluginListing},
        terminal,
        wrap::width,
    },
};

pub fn every_study() -> [(&'static str, Study); 5] {
    [
        ("gain", sample::gain()),
        ("keep", sample::keep()),
        ("nothing_feasible", sample::nothing_feasible()),
        ("interrupted", sample::interrupted()),
        ("interrupted_with_result", sample::interrupted_with_result()),
    ]
}

fn listing() -> PluginListing {
    let parameter = |name: &str, default, low, high, choices: &[&str]| PluginParameter {
        name: name.to_owned(),
        help: format!("what {name} is good for, in a sentence"),
        default,
        low,
        high,
        choices: choices.iter().map(ToString::to_string).collect(),
    };
    PluginListing {
        kind: PluginKind::Strategy,
        manifest: Manifest {
            name: "context".to_owned(),
            version: "0.1.0".to_owned(),
            summary: "finds the smallest context that holds every prompt and its answer".to_owned(),
            parameters: vec![
                parameter("sizes", Value::Numbers(vec![4096.0, 8192.0]), Some(256.0), None, &[]),
                parameter("order", Value::Text("up".to_owned()), None, None, &["up", "down"]),
            ],
            decides: vec!["num_ctx".to_owned()],
            needs: Vec::new(),
            intensities: vec!["quick".to_owned(), "normal".to_owned(), "full".to_owned()],
            extra: Vec::new(),
        },
        origin: ListedOrigin::Bundled,
        sha256: None,
        size_bytes: 81_204,
        wants: Vec::new(),
        imports: vec!["ralf:tune/logging@0.1.0".to_owned()],
        limits: vec![
            ListedLimit { limit: Limit::Memory, value: 64 << 20, set_by: "default".to_owned() },
            ListedLimit { limit: Limit::Call, value: 5000, set_by: "--limit".to_owned() },
        ],
        asks: vec![(Limit::Memory, 128 << 20), (Limit::Call, 5000)],
        api: "0.1.0".to_owned(),
    }
}

/// Every page there is, of every study.
fn every_page(study: &Study, listing: &PluginListing, width: usize, colour: bool) -> Vec<String> {
    vec![
        terminal::render(study, width, colour),
        machine::render(&study.machine, Some(&study.server), Some(&study.model), width, colour),
        plan::render(&study.plan, &study.intensity, study.budget, width, colour),
        plugins::list(std::slice::from_ref(listing), width, colour),
        plugins::info(listing, width, colour),
    ]
}

#[test]
fn says_every_outcome() {
    for (name, study) in every_study() {
        insta::assert_snapshot!(name, terminal::render(&study, 80, false));
    }
}

#[test]
fn says_what_is_known_of_machine_server_and_model() {
    let mut server = sample::server();
    insta::assert_snapshot!(
        "machine",
        machine::render(&sample::machine(), Some(&server), Some(&sample::model()), 80, false)
    );
    server.locality = Locality::Remote;
    let remote = machine::render(&sample::machine(), Some(&server), None, 80, false);
    assert!(remote.contains("The server runs on another machine"), "{remote}");
    let alone = machine::render(&sample::machine(), None, None, 80, false);
    assert!(alone.contains("No Ollama server answered."), "{alone}");
    assert!(alone.contains("none found"), "{alone}");
}

#[test]
fn says_the_plan_and_the_plugins() {
    insta::assert_snapshot!("plan", plan::render(&sample::plan(), "normal", Budget::from_seconds(480.0), 80, false));
    let scorer = PluginListing {
        kind: PluginKind::Scorer,
        origin: ListedOrigin::File("./my-scorer.wasm".to_owned()),
        ..listing()
    };
    insta::assert_snapshot!("plugin_list", plugins::list(&[scorer, listing()], 80, false));
    insta::assert_snapshot!("plugin_info", plugins::info(&listing(), 80, false));
}

#[test]
fn no_line_is_wider_than_asked() {
    for (name, mut study) in every_study() {
        study.model.name = "hf.co/somebody/a-very-long-model-name-without-any-space-模型模型-".repeat(3);
        study.workload.origin = "/a/deep/folder".repeat(12);
        study.not_found.push("x".repeat(5_000));
        for columns in [60, 80, 120] {
            for page in every_page(&study, &listing(), columns, false) {
                for line in page.lines() {
                    assert!(width(line) <= columns, "{name} at {columns}: {line:?}");
                    assert_eq!(line, line.trim_end(), "{name} at {columns}");
                }
            }
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    for (name, study) in every_study() {
        let plain = every_page(&study, &listing(), 80, false);
        let coloured = every_page(&study, &listing(), 80, true);
        assert!(coloured.iter().all(|page| page.contains("\u{1b}[")), "{name}");
        let stripped: Vec<String> = coloured.iter().map(|page| strip(page)).collect();
        assert_eq!(stripped, plain, "{name}");
    }
}

/// Takes away the only sequences that a page may hold: Select Graphic Rendition.
fn strip(page: &str) -> String {
    let mut parts = page.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or(part, |(_, rest)| rest))
}

#[test]
fn text_of_others_cannot_steer_the_terminal() -> Result<(), serde_json::Error> {
    const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}\r\n\u{8}";
    let mut study = sample::gain();
    let evil = |text: &mut String| text.insert_str(text.len() / 2, EVIL);
    // Every string of the study, wherever it stands: through its JSON.
    let mut data = serde_json::to_value(&study)?;
    poison(&mut data, EVIL);
    study.machine.gpus.push(Gpu {
        name: format!("GPU{EVIL}"),
        vendor: GpuVendor::Nvidia,
        memory_total_bytes: Some(1 << 33),
        memory_free_bytes: None,
        unified: true,
        source: EVIL.to_owned(),
    });
    let poisoned: Study = serde_json::from_value(data)?;
    let mut listing = listing();
    for text in [&mut listing.manifest.name, &mut listing.manifest.summary, &mut listing.api] {
        evil(text);
    }
    listing.imports.push(EVIL.to_owned());
    listing.origin = ListedOrigin::Installed { source: EVIL.to_owned(), added: EVIL.to_owned() };
    listing.sha256 = Some(EVIL.to_owned());
    listing.limits.push(ListedLimit { limit: Limit::Output, value: 1, set_by: EVIL.to_owned() });
    for study in [study, poisoned] {
        for page in every_page(&study, &listing, 80, false) {
            let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!page.contains(steers), "{page:?}");
            assert!(!page.contains("owned"), "{page}");
        }
    }
    Ok(())
}

/// Puts a text into the middle of every string, except those that name a variant of an enumeration.
pub fn poison(data: &mut serde_json::Value, evil: &str) {
    const VARIANTS: [&str; 16] = [
        "outcome",
        "locality",
        "era",
        "power",
        "state",
        "metric",
        "kind",
        "repetition",
        "finish",
        "verdict",
        "vendor",
        "failure",
        "standing",
        "disturbed",
        "to_version",
        "to_restore",
    ];
    match data {
        serde_json::Value::String(text) => {
            let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(byte, _)| byte);
            text.insert_str(middle, evil);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| poison(item, evil)),
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                if !VARIANTS.contains(&name.as_str()) {
                    poison(field, evil);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn json_comes_back_as_the_same_study() -> Result<(), serde_json::Error> {
    for (name, study) in every_study() {
        let text = json::render(&study, true)?;
        assert!(text.starts_with("{\n  \"schema_version\": 1,"), "{text}");
        assert_eq!(serde_json::from_str::<Study>(&text)?, study, "{name}");

        let bare: Study = serde_json::from_str(&json::render(&study, false)?)?;
        assert!(bare.trials.iter().all(|trial| trial.observations.is_empty()), "{name}");
        assert_eq!(bare.candidates, study.candidates, "{name}");
    }
    let text = json::render(&sample::nothing_feasible(), false)?;
    assert!(text.contains("\"selection\": null"), "what is not there is null");
    Ok(())
}
