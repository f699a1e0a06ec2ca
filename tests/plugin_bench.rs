//! `plugin bench` times what a plugin costs, and blames one that fails.

use serde_json::Value;

use crate::{program::World, support::guests};

#[test]
fn every_kind_is_loaded_and_called() {
    let world = World::new();
    for (name, kind, calls) in
        [("repetition", "scorer", 4), ("context", "strategy", 4), ("balanced", "selector", 1), ("judge", "scorer", 4)]
    {
        let ran = world.run(&["plugin", "bench", name, "--format", "json"]).succeeded();
        let said: Value = serde_json::from_str(&ran.stdout).unwrap();
        let cost = &said["cost"];
        assert_eq!((cost["name"].as_str(), cost["kind"].as_str()), (Some(name), Some(kind)), "{ran}");
        assert_eq!(cost["loading"].as_array().unwrap().len(), 2, "{ran}");
        assert_eq!(cost["calls"].as_array().unwrap().len(), calls, "{ran}");
        for timing in cost["loading"].as_array().unwrap().iter().chain(cost["calls"].as_array().unwrap()) {
            let figure = |what: &str| timing[what].as_f64().unwrap();
            let ordered = 0.0 < figure("least_us")
                && figure("least_us") <= figure("median_us")
                && figure("median_us") <= figure("most_us");
            assert!(ordered && figure("runs") >= 1.0, "{timing}");
        }
        let (used, limit) = (cost["memory_bytes"].as_u64().unwrap(), cost["memory_limit_bytes"].as_u64().unwrap());
        assert!(0 < used && used < limit, "{used} of {limit}");
    }
}

#[test]
fn the_page_fits_and_failures_are_named() {
    let world = World::new();
    let page = world.run(&["plugin", "bench", "threshold"]).succeeded();
    // The version in the first heading is longer here than it is.
    assert!(page.stdout.lines().skip(1).all(|line| line.chars().count() <= 80), "{page}");
    for said in ["── selector threshold ", "from the cache", "select among ", " of 2000 ms"] {
        assert!(page.stdout.contains(said), "{said}: {page}");
    }
    world.write("other-name.wasm", std::fs::read(guests::guest("scorer")).unwrap());
    let granted = world.run(&["plugin", "bench", "other-name.wasm", "--limit", "bad-scorer.memory=80MiB"]).succeeded();
    assert!(granted.stdout.contains("of 80 MiB"), "{granted}");
    let nobody = world.run(&["plugin", "bench", "other-name.wasm", "--limit", "bad-scorre.memory=80MiB"]);
    assert_eq!(nobody.code, Some(2), "{nobody}");
    assert!(nobody.stderr.contains("did you mean `bad-scorer`?"), "{nobody}");
    world.write("loop.wasm", std::fs::read(guests::guest("manifest_loop")).unwrap());
    let stuck = world.run(&["plugin", "bench", "loop.wasm", "--limit", "loop.call=50ms"]);
    assert_eq!(stuck.code, Some(4), "{stuck}");
    assert!(stuck.stderr.contains("loop.wasm") && stuck.stderr.contains("timed out after 50 ms"), "{stuck}");
}
