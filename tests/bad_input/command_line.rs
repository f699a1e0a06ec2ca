//! What is typed.

use crate::program::{World, check};

#[test]
fn nothing_at_all() {
    let world = World::new();
    let short = world.run(&[]);
    assert!(short.code == Some(2) && short.stdout.is_empty() && short.stderr.lines().count() < 30, "{short}");
    let plugin = world.run(&["plugin"]);
    assert_eq!(plugin.code, Some(2), "{plugin}");
    check("bad_input_nothing_typed", &[short, plugin, world.fails(2, &["rum"]), world.fails(2, &["plugin", "info"])]);
}

#[test]
fn values_that_mean_nothing() {
    let world = World::new();
    let cases: [&[&str]; 20] = [
        &["--budget", "soon"],
        &["--budget", "240"],
        &["--budget", "0"],
        &["--budget", "-4m"],
        &["--budget", "4000h"],
        &["--quality-floor", "95"],
        &["--seed", "-1"],
        &["--format", "xml"],
        &["--model", ""],
        &["--strategy", ""],
        &["--scorer", "repetition=much"],
        &["--scorer", "repetition=0"],
        &["--set", "context"],
        &["--set", "sizes=4096"],
        &["--set", ".sizes=4096"],
        &["--quick", "--full"],
        &["--quick", "--intensity", "full"],
        &["--save", "--no-save"],
        &["--simulate", "--host", "127.0.0.1"],
        &["--strategy", "context", "--strategy", "context"],
    ];
    let ran: Vec<_> = cases.iter().map(|case| world.run(&[&["run"], *case].concat())).collect();
    for ran in &ran {
        assert!(ran.code == Some(2) && ran.stdout.is_empty() && ran.stderr.starts_with("error: "), "{ran}");
    }
    check("bad_input_values", &ran);
}

#[test]
fn names_that_nobody_has() {
    let world = World::new();
    let cases: [&[&str]; 14] = [
        &["--strategy", "contxt"],
        &["--strategy", "banana"],
        &["--scorer", "repetion"],
        &["--scorer", "context"],
        &["--selector", "ballanced"],
        &["--selector", "chunk"],
        &["--intensity", "quik"],
        &["--intensity", "banana"],
        &["--simulate", "mid-rang"],
        &["--simulate", "banana"],
        &["--set", "contxt.sizes=4096"],
        &["--set", "banana.sizes=4096"],
        &["--set", "context.size=4096"],
        &["--set", "threshold.banana=1"],
    ];
    let mut ran: Vec<_> = cases.iter().map(|case| world.fails(2, &[&["run"], *case].concat())).collect();
    ran.push(world.fails(2, &["plugin", "info", "contxt"]));
    ran.push(world.fails(2, &["plugin", "info", "banana"]));
    ran.push(world.fails(2, &["plugin", "list", "--intensity", "ful"]));
    ran.push(world.fails(2, &["machine", "--simulate", "high_end"]));
    ran.push(world.fails(2, &["simulate", "--scenario", "slo", "--listen", "127.0.0.1:0"]));
    for name in ["mid-rang:noise=0.1", "slow:throtle", "slow:banana", "slow:", "slow:slots=2,slots=2"] {
        ran.push(world.fails(2, &["run", "--simulate", name]));
    }
    ran.push(world.fails(2, &["simulate", "--scenario", "slow:noise", "--listen", "127.0.0.1:0"]));
    check("bad_input_names", &ran);
}

#[test]
fn parameters_of_the_wrong_type_or_out_of_bounds() {
    let world = World::new();
    let cases =
        ["context.sizes=many", "context.sizes=", "context.requests=2.5", "context.slower=2", "context.rule=best"];
    let ran: Vec<_> = cases.iter().map(|case| world.fails(2, &["run", "--set", case])).collect();
    check("bad_input_parameters", &ran);
}

#[test]
fn conditions_of_scenarios_with_values_that_are_none() {
    let world = World::new();
    let cases = [
        "noise=loud",
        "noise=0.6",
        "noise=nan",
        "throttle=",
        "cold-files=5",
        "ignores",
        "ignores=num_thread+temperature",
        "slots=2.5",
        "slots=0",
        "competitor=0",
        "stalls=a\u{1b}[2Jb",
    ];
    let ran: Vec<_> =
        cases.iter().map(|case| world.fails(2, &["arena", "--scenario", &format!("flaky:{case}")])).collect();
    check("bad_input_conditions", &ran);
}

#[test]
fn what_was_not_typed_is_named_with_its_place() {
    let world = World::new();
    let ran: Vec<_> = [
        ("RALF_TUNE_BUDGET", "x"),
        ("RALF_TUNE_YES", "perhaps"),
        ("RALF_TUNE_STRATEGY", "context,contxt"),
        ("RALF_TUNE_SET", "context.size=3"),
        ("RALF_TUNE_SIMULATE", "banana"),
        ("RALF_TUNE_SIMULATE", "slow:nois=0.1"),
        ("RALF_TUNE_PLUGIN", "missing.wasm"),
        ("OLLAMA_HOST", "ftp://127.0.0.1"),
    ]
    .into_iter()
    .map(|variable| {
        let ran = world.run_with(&[variable], &["run"]);
        assert!(ran.stderr.contains(variable.0), "{ran}");
        ran.failed(if variable.0 == "RALF_TUNE_PLUGIN" { 4 } else { 2 })
    })
    .collect();
    check("bad_input_environment", &ran);

    let both = world.run_with(&[("RALF_TUNE_SIMULATE", "slow")], &["machine", "--host", "127.0.0.1:1"]).failed(2);
    let slip = world.run_with(&[("RALF_TUNE_BUGET", "4m")], &["run", "--dry-run", "--quick"]).succeeded().messages();
    check("bad_input_environment_slips", &[both, slip]);
}

#[test]
fn addresses_that_could_be_misused() {
    let world = World::new();
    let addresses =
        ["127.0.0.1:1\r\nX-Evil: 1", "a\u{1b}[2Jb", "http://user:secret@127.0.0.1", "ftp://host", "a b", "host/../x"];
    let mut all = Vec::new();
    for address in addresses {
        all.push(world.fails(2, &["machine", "--host", address]));
        let elsewhere = world.run_with(&[("OLLAMA_HOST", address)], &["run"]).failed(2);
        assert!(elsewhere.stderr.contains("(OLLAMA_HOST)"), "{elsewhere}");
    }
    for ran in &all {
        assert!(!ran.stderr.contains("secret") && !ran.stderr.contains("Evil"), "{ran}");
    }
    let key = world.run_with(&[("OLLAMA_API_KEY", "a\nb")], &["run"]).failed(2);
    all.push(key);
    check("bad_input_addresses", &all);
}

#[test]
fn a_port_that_cannot_be_had() {
    let world = World::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let serve = |address: &str| ["simulate", "--scenario", "slow", "--listen", address].map(str::to_owned);
    let run = |code, address: &str| world.fails(code, &serve(address).each_ref().map(String::as_str));
    check("bad_input_listen", &[run(5, &address).with(&address, "[TAKEN]"), run(2, "banana")]);
}
