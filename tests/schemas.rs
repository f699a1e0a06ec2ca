//! The JSON Schemas say what the program writes and reads, and the files under docs/schemas are what it prints.

use std::{collections::BTreeMap, fs, path::Path};

use boon::{Compiler, SchemaIndex, Schemas};
use ralf_tune::settings::{KEYS, Overrides, resolve};
use serde_json::{Value, json};

use crate::{
    architecture::{files, root},
    program::World,
    support::guests,
};

const NAMES: [&str; 6] = ["settings", "study", "profile", "traffic", "watch", "plugin-lock"];

/// A schema of docs/schemas, ready to be held against documents.
struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn named(name: &str) -> Self {
        let text = fs::read_to_string(root().join(format!("docs/schemas/{name}.schema.json"))).unwrap();
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("schema.json", serde_json::from_str(&text).unwrap()).unwrap();
        let index = compiler.compile("schema.json", &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn complaint(&self, document: &Value) -> Option<String> {
        self.schemas.validate(document, self.index).err().map(|error| error.to_string())
    }
}

#[test]
fn the_files_are_what_the_program_prints() {
    let world = World::new();
    for name in NAMES {
        let printed = world.run(&["schema", name]).succeeded().stdout;
        let written = fs::read_to_string(root().join(format!("docs/schemas/{name}.schema.json"))).unwrap();
        assert!(printed == written, "write it anew: ralf-tune schema {name} > docs/schemas/{name}.schema.json");
    }
}

/// Every line of a day on which something happened, and where the schema would notice another one.
#[test]
fn every_line_of_watching_is_what_its_schema_says() {
    let schema = Schema::named("watch");
    let world = World::new();
    world.run(&["run", "--simulate", "mid-range", "--quick", "--seed", "1", "--no-save"]).succeeded();
    let ran = world.run(&["watch", "--json", "--simulate", "mid-range:slowdown=0.3", "--seed", "3", "--probes", "70"]);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(["begun", "probe", "alert"].iter().all(|event| lines.iter().any(|line| line["event"] == *event)), "{ran}");
    for line in &lines {
        assert_eq!(schema.complaint(line), None, "{line}");
    }
    let mut alert = lines.iter().find(|line| line["event"] == "alert").unwrap().clone();
    alert["times"]["value"] = json!("1.3");
    assert!(schema.complaint(&alert).is_some());
}

/// What makes a document another one.
type Damage = fn(&mut Value);

/// What a study says in JSON, and where the schema would notice that it no longer does.
#[test]
fn every_study_is_what_its_schema_says() {
    let schema = Schema::named("study");
    let world = World::new();
    for scenario in ["mid-range", "flaky", "one-slot", "vram-cliff", "slow", "mid-range:competitor=20,heavy-tails"] {
        let run = ["run", "--simulate", scenario, "--quick", "--seed", "1", "--no-save", "--format", "json"];
        let study: Value = serde_json::from_str(&world.run(&run).stdout).unwrap();
        assert_eq!(schema.complaint(&study), None, "{scenario}");
    }
    let shown = world.run(&["study", "show", "last", "--format", "json"]).succeeded();
    let study: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(schema.complaint(&study), None);
    let ways: [Damage; 5] = [
        |study| study["seed"] = json!("1"),
        |study| study["trials"][0]["candidate"]["num_ctx"] = json!(4096.5),
        |study| study["outcome"] = json!("better"),
        |study| study["machine"]["cpu_model"] = json!(null),
        |study| drop(study.as_object_mut().unwrap().remove("trials")),
    ];
    for damage in ways {
        let mut damaged = study.clone();
        damage(&mut damaged);
        assert!(schema.complaint(&damaged).is_some());
    }
    // What later releases add is no mistake.
    let mut newer = study;
    newer["something_new"] = json!(1);
    assert_eq!(schema.complaint(&newer), None);
}

#[test]
fn a_profile_is_what_its_schema_says() {
    let schema = Schema::named("profile");
    let world = World::new();
    world.run(&["run", "--simulate", "--quick", "--seed", "1", "--no-save", "--no-report"]).succeeded();
    world.write("config.json", "{\"model_name\": \"llama3.1:8b\"}");
    world.run(&["profile", "save", "mine", "--present", "--config", "config.json"]).succeeded();
    for name in ["fast", "balanced", "quality", "mine"] {
        let profile: Value = serde_json::from_str(&world.run(&["profile", "export", name]).succeeded().stdout).unwrap();
        assert_eq!(schema.complaint(&profile), None, "{name}");
        let ways: [Damage; 4] = [
            |profile| profile["name"] = json!(7),
            |profile| profile["standing"] = json!("certain"),
            |profile| profile["tuned"]["candidate"]["num_ctx"] = json!(4096.5),
            |profile| drop(profile.as_object_mut().unwrap().remove("place")),
        ];
        for damage in ways {
            let mut damaged = profile.clone();
            damage(&mut damaged);
            assert!(schema.complaint(&damaged).is_some());
        }
    }
}

/// A TOML document as the JSON that editors hold against a schema.
fn as_json(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

#[test]
fn the_lock_file_is_what_its_schema_says() {
    let schema = Schema::named("plugin-lock");
    let world = World::new();
    world.write("plugin.wasm", guests::bytes("scorer"));
    let data = world.path("data").display().to_string();
    world.run_with(&[("RALF_TUNE_DATA_DIR", &data)], &["plugin", "add", "plugin.wasm", "--yes"]).succeeded();
    let locks = files(&world.path("data"), "lock");
    let text =
        locks.iter().map(|path| fs::read_to_string(path).unwrap()).find(|text| text.contains("[[plugin]]")).unwrap();
    let lock = as_json(&text);
    assert_eq!(schema.complaint(&lock), None, "{text}");
    let mut damaged = lock;
    damaged["plugin"][0]["kind"] = json!("judge");
    assert!(schema.complaint(&damaged).is_some());
}

#[test]
fn examples_of_settings_are_what_their_schema_says() {
    let schema = Schema::named("settings");
    let mut examples: Vec<String> = files(&root().join("examples/configuration"), "toml")
        .into_iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let guide = fs::read_to_string(root().join("docs/settings.md")).unwrap();
    examples.extend(guide.split("\n```toml\n").skip(1).map(|block| block.split_once("\n```").unwrap().0.to_owned()));
    assert!(examples.len() > 4);
    for text in examples {
        assert_eq!(schema.complaint(&as_json(&text)), None, "{text}");
    }
    let text = fs::read_to_string(root().join("docs/schemas/settings.schema.json")).unwrap();
    let written: Value = serde_json::from_str(&text).unwrap();
    for key in KEYS {
        let described = written["properties"][key.file]["description"].as_str();
        assert!(described.is_some_and(|text| !text.is_empty() && !text.contains("[env")), "{}", key.file);
    }
}

/// The schema and the reader of the files agree on what can be said.
#[test]
fn the_schema_refuses_what_the_program_refuses() {
    let schema = Schema::named("settings");
    let reads = |text: &str| {
        let env = BTreeMap::new();
        resolve(&Overrides::default(), &env, None, Some((Path::new("config.toml"), text))).is_ok()
    };
    for (text, good) in [
        ("model = \"m\"\nfiles = 800\nseed = 0\nquality_floor = 1\nsave = false\nformat = \"json\"", true),
        ("budget = \"1h30m\"\nstrategies = [\"a\"]\nscorers = [\"b=2.5\", \"c\"]\nallow = [\"judge\"]", true),
        ("[params.x]\na = 1\nb = 1.5\nc = true\nd = \"t\"\ne = [1, 2.5]", true),
        ("[limits.x]\nmemory = \"128MiB\"\ncall = \"5s\"\nlog_lines = 7", true),
        (
            "[intensity.mine]\nbudget = \"2h\"\nstrategies = [\"context\"]\n[intensity.mine.params.context]\nsizes = [4096]",
            true,
        ),
        ("modle = \"m\"", false),
        ("model = 1", false),
        ("model = \" \"", false),
        ("files = 0", false),
        ("files = 1.5", false),
        ("seed = -1", false),
        ("quality_floor = 95", false),
        ("save = \"yes\"", false),
        ("format = \"html\"", false),
        ("budget = 240", false),
        ("budget = \"240\"", false),
        ("budget = \"4x\"", false),
        ("budget = \"4m1h\"", false),
        ("scorers = \"b\"", false),
        ("scorers = [\"b=x\"]", false),
        ("strategies = [\"a b\"]", false),
        ("selector = \"\"", false),
        ("allow = [\"network\"]", false),
        ("[params]\nx = 1", false),
        ("[params.x]\na = [\"t\"]", false),
        ("[limits.x]\nmemroy = \"1MiB\"", false),
        ("[limits.x]\nmemory = 128", false),
        ("[intensity.mine]\nbudget = \"2h\"\nstrategies = [\"context\"]\nspeed = 1", false),
    ] {
        assert_eq!((reads(text), schema.complaint(&as_json(text)).is_none()), (good, good), "{text}");
    }
}
