//! Limits are changed for one plugin, by its user, within bounds; what a plugin wants is said and not given.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use ralf_tune::{
    model::{
        limit::{Limit, PluginLimit},
        value::Value,
    },
    plugin::{
        PluginError,
        PluginErrorKind::{OutOfMemory, TimedOut, TooMuchOutput},
        limits::LimitChanges,
        parameters::Arguments,
        registry::{Plugin, load_limited},
        scorer::Scorer,
    },
};

use super::{run, world_with};
use crate::{
    program::{World, check},
    support::{guests, studies::engine},
};

/// The scorer of a guest under changed limits.
fn scorer(name: &str, changes: &[(&str, Limit, u64)]) -> Scorer {
    let change = |(plugin, limit, value): &(&str, Limit, u64)| PluginLimit {
        plugin: (*plugin).to_owned(),
        limit: *limit,
        value: *value,
    };
    let changes = LimitChanges::new(changes.iter().map(change).collect());
    match load_limited(engine(), &guests::bytes(name), name, "guest.wasm", &changes).unwrap() {
        Plugin::Scorer(scorer) => Arc::into_inner(scorer).unwrap(),
        _ => panic!("no scorer"),
    }
}

fn evaluate(scorer: &Scorer, mode: &str) -> Result<f64, PluginError> {
    let note = ralf_tune_testing::note("a.py", "python", "def a(): pass", "### SUMMARY\nnothing");
    let arguments = Arguments(vec![("mode".into(), Value::Text(mode.into()))]);
    scorer.evaluate(&note, &arguments).map(|score| score.value)
}

#[test]
fn each_limit_holds_where_it_was_set() {
    let memory = scorer("scorer", &[("bad-scorer", Limit::Memory, 8 << 20)]);
    assert_eq!(evaluate(&memory, "allocate").unwrap_err().kind, OutOfMemory { limit_mib: 8 });
    let call = scorer("scorer", &[("bad-scorer", Limit::Call, 50)]);
    assert_eq!(evaluate(&call, "loop").unwrap_err().kind, TimedOut { milliseconds: 50 });
    let output = scorer("scorer", &[("bad-scorer", Limit::Output, 4096)]);
    assert_eq!(evaluate(&output, "long-reason").unwrap_err().kind, TooMuchOutput { limit_kib: 4 });
    for limited in [memory, call, output] {
        // After each failure the next call has a fresh instance.
        assert!((evaluate(&limited, "fine").unwrap() - 0.5).abs() < 1e-9);
    }
    // Raised: what failed under the usual limits succeeds.
    let raised = [
        ("bad-scorer", Limit::Memory, 128 << 20),
        ("bad-scorer", Limit::Output, 64 << 20),
        ("bad-scorer", Limit::Call, 60_000),
    ];
    assert!(evaluate(&scorer("scorer", &raised), "long-reason").is_ok());
    let usual = scorer("scorer", &[("another", Limit::Memory, 128 << 20)]);
    assert_eq!(evaluate(&usual, "long-reason").unwrap_err().kind, TooMuchOutput { limit_kib: 1024 });
}

#[test]
fn the_files_name_counts_and_the_manifests_name_counts_more() {
    let stem = [("scorer", Limit::Call, 10_000), ("scorer", Limit::Memory, 8 << 20)];
    assert_eq!(scorer("scorer", &stem).limits.call, Duration::from_secs(10));
    let both = [&stem[..], &[("bad-scorer", Limit::Call, 20_000)]].concat();
    let both = scorer("scorer", &both).limits;
    assert_eq!((both.call, both.memory_bytes), (Duration::from_secs(20), 8 << 20));
    // `describe` runs under the limits of the file's name, the only one that is known by then.
    let changes = LimitChanges::new(vec![PluginLimit { plugin: "loops".into(), limit: Limit::Call, value: 30 }]);
    let error = load_limited(engine(), &guests::bytes("manifest_loop"), "loops", "loops.wasm", &changes);
    let Err(error) = error else { panic!("it ended") };
    assert_eq!(error.kind, TimedOut { milliseconds: 30 });
    assert!(error.hint().contains("--limit loops.call=60ms"), "{}", error.hint());
}

#[test]
fn who_asks_for_more_gets_it_from_the_user_alone() {
    let poor = scorer("hungry", &[]);
    let error = evaluate(&poor, "fine").unwrap_err();
    assert_eq!(error.kind, OutOfMemory { limit_mib: 64 });
    assert!(error.hint().ends_with("--limit hungry.memory=128MiB"), "{}", error.hint());
    assert!((evaluate(&scorer("hungry", &[("hungry", Limit::Memory, 128 << 20)]), "fine").unwrap() - 1.0).abs() < 1e-9);

    let world = world_with(&guests::bytes("hungry"));
    let bytes = guests::bytes("hungry");
    let info = run(&world, &["plugin", "info", "plugin.wasm", "--limit", "hungry.call=8s"]).succeeded();
    check("installing_hungry", &[super::stable(info, &bytes)]);
    run(&world, &["plugin", "add", "plugin.wasm", "--yes"]).succeeded();
    world.write("config/config.toml", "[limits.hungry]\nmemory = \"128MiB\"");
    let settings = [("RALF_TUNE_DATA_DIR", "data"), ("RALF_TUNE_CONFIG_DIR", "config")];
    let info = world.run_with(&settings, &["plugin", "info", "hungry"]).succeeded();
    let line = info.stdout.lines().find(|line| line.trim_start().starts_with("memory")).unwrap();
    assert!(line.contains("128 MiB") && line.contains("config/config.toml"), "{info}");
    let study = world.run_with(&settings, &["run", "--simulate", "--quick", "--no-save", "--scorer", "hungry"]);
    assert!(
        !study.stdout.contains("hungry` 1.0.0 (installed) asked") && study.stdout.contains("scorers: hungry"),
        "{study}"
    );
}

#[test]
fn nonsense_is_refused_by_name() {
    let world = World::new();
    let list = |text: &str| world.fails(2, &["plugin", "list", "--limit", text]);
    let mut pages: Vec<_> = [
        "context",
        "context.memory",
        "context.memroy=1MiB",
        "context.memory=2GiB",
        "context.call=5",
        "contxt.call=5s",
        "nobody-at-all.call=5s",
    ]
    .map(list)
    .into_iter()
    .collect();
    pages.push(world.run_with(&[("RALF_TUNE_LIMIT", "context.call=2h")], &["plugin", "list"]).failed(2));
    for text in [
        "limits = 1",
        "[limits.context]\nmemroy = \"1MiB\"",
        "[limits.context]\nmemory = 5",
        "[limits.context]\nmemory = \"a lot\"",
        "[limits.context]\nmemory = \"128MiB\"\n",
    ] {
        world.write("ralf-tune.toml", text);
        pages.push(world.fails(2, &["plugin", "list"]).with("$ ralf-tune plugin list", &format!("$ {text}")));
    }
    // A project may lower; what its user raised, it may use.
    world.write("ralf-tune.toml", "[limits.context]\nmemory = \"32MiB\"\n[limits.contxt]\ncall = \"1s\"");
    let lowered = world.run(&["plugin", "info", "context"]).succeeded();
    assert!(lowered.stdout.contains("32 MiB") && lowered.stdout.contains("ralf-tune.toml"), "{lowered}");
    pages.push(lowered.messages());
    check("installing_limits", &pages);
    world.write("ralf-tune.toml", "[limits.context]\nmemory = \"128MiB\"");
    world.write("config/config.toml", "[limits.context]\nmemory = \"256MiB\"");
    let settings = [("RALF_TUNE_CONFIG_DIR", "config")];
    let lowered = world.run_with(&settings, &["plugin", "info", "context"]).succeeded();
    assert!(lowered.stdout.contains("128 MiB"), "{lowered}");
    world.write("config/config.toml", "[limits.context]\nmemory = \"16MiB\"");
    world.run_with(&settings, &["plugin", "info", "context"]).failed(2);
    // Nor by the plugin's other name.
    world.write("other-name.wasm", guests::bytes("scorer"));
    world.write("config/config.toml", "[limits.other-name]\nmemory = \"16MiB\"");
    world.write("ralf-tune.toml", "[limits.bad-scorer]\nmemory = \"64MiB\"");
    let lowered = world.run_with(&settings, &["plugin", "info", "other-name.wasm"]).succeeded();
    assert!(lowered.stdout.contains("16 MiB") && !lowered.stdout.contains("64 MiB"), "{lowered}");
}

/// What was written to the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_guests_log_is_bounded_and_says_whose_it_is() {
    let lines = |most: u64| {
        let scorer = scorer("scorer", &[("bad-scorer", Limit::LogLines, most)]);
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || evaluate(&scorer, "log-flood").unwrap());
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains("plugin=\"bad-scorer\"")).map(str::to_owned).collect::<Vec<_>>()
    };
    let said = lines(7);
    assert_eq!(said.len(), 8, "{said:#?}");
    assert!(said[0].contains("line 0") && !said[0].contains('\u{1b}'), "{}", said[0]);
    assert!(said[0].contains("version=\"1.2.3\"") && said[0].contains("kind=\"scorer\""), "{}", said[0]);
    assert!(said[7].contains("beyond 7 lines is dropped"), "{}", said[7]);
    assert_eq!(lines(0).len(), 1);
    assert_eq!(lines(1000).len(), 1000);
}
