//! Adding, listing, showing, using and removing.

use ralf_tune::model::digest::Digest;

use super::{DATA, installed, lock, patched, run, stable, world_with};
use crate::{
    program::{World, check},
    support::guests,
};

#[test]
fn a_plugin_is_shown_before_it_is_installed() {
    let bytes = guests::bytes("scorer");
    let world = world_with(&bytes);
    // Nobody is here to say yes.
    let shown = run(&world, &["plugin", "add", "plugin.wasm"]).failed(2);
    assert_eq!(world.names("."), ["plugin.wasm"]);
    let added = run(&world, &["plugin", "add", "plugin.wasm", "--yes"]).succeeded();
    let again = run(&world, &["plugin", "add", "plugin.wasm", "--yes"]).succeeded();
    let info = run(&world, &["plugin", "info", "bad-scorer"]).succeeded();
    let pages = [shown, added, again, info].map(|ran| stable(ran, &bytes));
    check("installing_add", &pages);

    let plugin = &lock(&world).plugins[0];
    assert_eq!((plugin.name.as_str(), plugin.version.as_str()), ("bad-scorer", "1.2.3"));
    assert_eq!((plugin.sha256.clone(), plugin.size), (Digest::of(&bytes), bytes.len() as u64));
    // It stays when its source goes.
    std::fs::remove_file(world.path("plugin.wasm")).unwrap();
    run(&world, &["plugin", "info", "bad-scorer"]).succeeded();
}

#[test]
fn it_takes_part_only_where_it_is_named() {
    let world = installed();
    let plan = |arguments: &[&str]| run(&world, &[&["run", "--simulate", "--dry-run"], arguments].concat());
    let idle = plan(&[]).succeeded();
    assert!(!idle.stdout.contains("bad-scorer") && idle.stderr.is_empty(), "{idle}");
    let named = plan(&["--scorer", "bad-scorer=2"]).succeeded();
    assert!(named.stdout.contains("bad-scorer") && named.stdout.contains("repetition"), "{named}");
    plan(&["--set", "bad-scorer.mode=panic"]).succeeded();
    let wrong_kind = plan(&["--selector", "bad-scorer"]).failed(2);
    assert!(wrong_kind.stderr.contains("`bad-scorer` is a scorer: name it with --scorer"), "{wrong_kind}");
    // A slip finds it too, though nothing else made it be loaded.
    let slip = plan(&["--scorer", "bad-scorr"]).failed(2);
    assert!(slip.stderr.contains("did you mean `bad-scorer`?"), "{slip}");
    let slip = run(&world, &["plugin", "info", "bad-scorr"]).failed(2);
    assert!(slip.stderr.contains("did you mean `bad-scorer`?"), "{slip}");

    world.write("ralf-tune.toml", "scorers = [\"bad-scorer\"]\n[params.bad-scorer]\nmode = \"panic\"");
    let study = run(&world, &["run", "--simulate", "--quick", "--no-save"]);
    assert!(study.stdout.contains("scorer `bad-scorer` 1.2.3 (installed) panicked: "), "{study}");
}

#[test]
fn list_tells_where_plugins_come_from_and_programs_can_read_it() {
    let world = installed();
    let list = run(&world, &["plugin", "list", "--plugin", "plugin.wasm"]).succeeded();
    // The file is the later one of that name.
    assert!(list.stdout.contains("plugin.wasm") && !list.stdout.contains("installed  "), "{list}");
    let list = run(&world, &["plugin", "list"]).succeeded();
    check("installing_list", &[list]);

    let json = |arguments: &[&str]| {
        let ran = run(&world, arguments).succeeded();
        serde_json::from_str::<serde_json::Value>(&ran.stdout).unwrap()
    };
    let list = json(&["plugin", "list", "--format", "json"]);
    assert_eq!(list["schema_version"], 1);
    let intensity = list["intensities"].as_array().unwrap().iter().find(|one| one["name"] == "quick").unwrap();
    assert_eq!(intensity["stages"][0]["name"], "graybox");
    let plugins = list["plugins"].as_array().unwrap();
    let ours = plugins.iter().find(|plugin| plugin["name"] == "bad-scorer").unwrap();
    assert_eq!(ours["origin"]["is"], "installed");
    let info = json(&["plugin", "info", "bad-scorer", "--format", "json", "--limit", "bad-scorer.call=5s"]);
    let plugin = &info["plugin"];
    assert_eq!(plugin["sha256"], ours["sha256"]);
    assert_eq!(plugin["limits"]["call_ms"]["value"], 5000);
    assert_eq!(plugin["limits"]["call_ms"]["set_by"], "--limit");
    assert_eq!(plugin["limits"]["memory_bytes"]["set_by"], "default");
    assert_eq!(plugin["parameters"][0]["name"], "mode");
    assert_eq!(json(&["plugin", "info", "context", "--format", "json"])["plugin"]["origin"]["is"], "bundled");
}

#[test]
fn a_name_is_never_taken_over_unseen() {
    let world = installed();
    // Somebody else's plugin of the same name.
    let other = patched(guests::bytes("scorer"), &[("1.2.3", "6.6.6")]);
    world.write("other.wasm", &other);
    let taken = run(&world, &["plugin", "add", "other.wasm", "--yes"]).failed(2);
    // A bundled one is overshadowed with a warning, and comes back.
    let repetition = patched(guests::bytes("scorer"), &[("bad-scorer", "repetition")]);
    world.write("shadow.wasm", &repetition);
    let shadow = run(&world, &["plugin", "add", "shadow.wasm", "--yes"]).succeeded();
    assert_eq!(lock(&world).plugins.len(), 2);
    check("installing_names", &[taken, stable(shadow, &repetition)]);
    let info = run(&world, &["plugin", "info", "repetition"]).succeeded();
    assert!(info.stdout.contains("repetition 1.2.3"), "{info}");
    let plan = run(&world, &["run", "--dry-run", "--simulate"]).succeeded();
    assert!(plan.stdout.contains("repetition"), "it stands in the place of the bundled one: {plan}");
    let broken = world.path(&format!("data/plugins/{}.wasm", Digest::of(&repetition)));
    std::fs::write(broken, "changed").unwrap();
    let plan = run(&world, &["run", "--dry-run", "--simulate"]).succeeded();
    assert!(
        plan.stdout.contains("repetition")
            && plan.stderr.starts_with("warning: left out: the file of the installed plugin"),
        "{plan}"
    );
    run(&world, &["plugin", "remove", "repetition"]).succeeded();
    let info = run(&world, &["plugin", "info", "repetition"]).succeeded();
    assert!(info.stdout.contains("bundled"), "{info}");
}

#[test]
fn what_is_removed_is_gone() {
    let world = installed();
    let removed = run(&world, &["plugin", "remove", "bad-scorer"]).succeeded();
    let again = run(&world, &["plugin", "remove", "bad-scorer"]).failed(2);
    let bundled = run(&world, &["plugin", "remove", "context"]).failed(2);
    check("installing_remove", &[removed, again, bundled]);
    assert!(world.names("data/plugins").is_empty());
    assert!(lock(&world).plugins.is_empty());
    run(&world, &["plugin", "info", "bad-scorer"]).failed(2);
}

#[test]
fn what_is_no_plugin_is_not_installed() {
    let world = World::new();
    world.write("text.wasm", "hello");
    world.write("foreign.wasm", guests::bytes("foreign_import"));
    world.write("later.wasm", guests::bytes("next_version"));
    // A name that would lead out of the folder is none.
    world.write("named.wasm", guests::bytes("manifest_name"));
    let mut pages: Vec<_> = ["missing.wasm", "text.wasm", "foreign.wasm", "later.wasm", "named.wasm", "."]
        .into_iter()
        .map(|file| run(&world, &["plugin", "add", file, "--yes"]).failed(4))
        .collect();
    for source in ["ftp://example.org/x.wasm", "https://me:pw@example.org/x.wasm", "oci://x", "oci://h/../x"] {
        pages.push(run(&world, &["plugin", "add", source, "--yes"]).failed(2));
    }
    let wrong = "0".repeat(64);
    world.write("good.wasm", guests::bytes("scorer"));
    let ran = run(&world, &["plugin", "add", "good.wasm", "--yes", "--sha256", &wrong]).failed(4);
    pages.push(stable(ran, &guests::bytes("scorer")));
    check("installing_no_plugin", &pages);
    assert!(!world.path(DATA).exists(), "{:?}", world.names("."));
}
