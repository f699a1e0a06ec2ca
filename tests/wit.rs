//! A published interface never changes.

use std::{collections::BTreeMap, fs, path::Path};

use ralf_tune::plugin::API_VERSION;

/// What the interface says, without comments and layout.
fn stripped(text: &str) -> String {
    let code = text.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    code.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

fn interface(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "wit"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, stripped(&fs::read_to_string(path).unwrap()))
        })
        .collect()
}

#[test]
fn the_interface_is_the_one_that_was_published() {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let (now, published) = (interface(&wit), interface(&wit.join("frozen").join(API_VERSION)));
    assert_eq!(now.keys().collect::<Vec<_>>(), published.keys().collect::<Vec<_>>());
    for (name, text) in &now {
        assert!(text.contains(&format!("package ralf:tune@{API_VERSION};")), "{name}");
        assert_eq!(*text, published[name], "wit/{name} changed: plugins that exist would break (see wit/README.md)");
    }
}
