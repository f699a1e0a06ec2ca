//! Until 1.0 the second number of the interface's version is the compatible one: in both directions, as long as nothing is used that is
//! not there. Where it does not fit, user and author read what to do.

use ralf_tune::{
    model::{plugin::PluginKind, score::NoteEvidence},
    plugin::{
        Limits, PluginError,
        PluginErrorKind::{Mismatch, UnknownInterface},
        parameters::Arguments,
        registry::{Plugin, load},
    },
};
use wasmtime::{
    Config, Engine, Store,
    component::{Component, Linker, Val},
};

use crate::support::{guests, studies::engine};

fn loaded(name: &str) -> Result<Plugin, PluginError> {
    load(engine(), &guests::bytes(name), name, "guest.wasm", Limits::default())
}

#[test]
fn a_plugin_made_for_a_later_release_loads_here() {
    let Plugin::Scorer(scorer) = loaded("later_version").unwrap() else { panic!("it is no scorer") };
    let manifest = &scorer.manifest;
    assert_eq!(
        (manifest.name.as_str(), manifest.extra.as_slice()),
        ("later", &[("from".to_owned(), "later".to_owned())][..])
    );
    let note = NoteEvidence {
        path: "a".to_owned(),
        language: "text".to_owned(),
        source: "a".to_owned(),
        requests: Vec::new(),
        settings: Vec::new(),
    };
    let score = scorer.evaluate(&note, &Arguments(Vec::new())).unwrap();
    assert!((score.value - 0.25).abs() < 1e-9);
    let plugin = loaded("later_version").unwrap();
    assert_eq!((plugin.component().kind, plugin.component().api.as_str()), (PluginKind::Scorer, "0.1.7"));
}

#[test]
fn a_plugin_made_for_this_release_loads_in_a_later_one() {
    // A host that speaks 0.1.7: its log has one more function, and there is one more interface.
    let mut config = Config::new();
    config.epoch_interruption(false);
    let engine = Engine::new(&config).unwrap();
    let mut linker: Linker<()> = Linker::new(&engine);
    let mut log = linker.instance("ralf:tune/log@0.1.7").unwrap();
    log.func_new("log", |_, _, _, _| Ok(())).unwrap();
    log.func_new("flush", |_, _, _, _| Ok(())).unwrap();
    let mut maps = linker.instance("ralf:tune/maps@0.1.7").unwrap();
    maps.func_new("find", |_, _, _, _| Ok(())).unwrap();

    for (guest, kind, name) in [
        ("scorer", "scorer", "bad-scorer"),
        ("strategy", "strategy", "bad-strategy"),
        ("selector", "selector", "bad-selector"),
    ] {
        let component = Component::new(&engine, guests::bytes(guest)).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &component).unwrap();
        // Looked up by the later name, as the bindings of a later host do.
        let interface = instance.get_export_index(&mut store, None, &format!("ralf:tune/{kind}@0.1.7")).unwrap();
        let describe = instance.get_export_index(&mut store, Some(&interface), "describe").unwrap();
        let mut manifest = [Val::Bool(false)];
        instance.get_func(&mut store, describe).unwrap().call(&mut store, &[], &mut manifest).unwrap();
        let [Val::Record(fields)] = &manifest else { panic!("{manifest:?}") };
        assert_eq!(fields[0], ("name".to_owned(), Val::String(name.to_owned())));
    }
}

#[test]
fn what_is_not_there_yet_is_said_to_user_and_author() {
    let function = loaded("later_function").err().unwrap();
    assert!(matches!(&function.kind, Mismatch { api, .. } if api == "0.1.7"), "{function:?}");
    let interface = loaded("later_interface").err().unwrap();
    let unknown = UnknownInterface { import: "ralf:tune/maps@0.1.7".to_owned(), supported: "0.1.0" };
    assert_eq!(interface.kind, unknown);
    assert_eq!(
        interface.to_string(),
        "plugin `later_interface` (guest.wasm) needs `ralf:tune/maps@0.1.7`, which this program does not have: it speaks 0.1.0"
    );
    for error in [function, interface] {
        let hint = error.hint();
        let (user, author) = hint.split_once("; its author ").unwrap();
        assert!(user.starts_with("update ralf-tune"), "{hint}");
        assert!(author.split_whitespace().count() >= 4, "{hint}");
        assert!(!error.to_string().contains('\n') && error.to_string().len() < 400, "{error}");
    }
}
