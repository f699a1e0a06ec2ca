//! A published interface never changes.

use std::{collections::BTreeMap, fs, path::Path};

use ralf_tune::plugin::API_VERSION;
use sha2::{Digest as _, Sha256};

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

/// What was published, and a hash of it: who changes an interface and its frozen copy alike meets this list. It only grows.
const PUBLISHED: [(&str, &str); 6] = [
    ("judge.wit", "2d9e98c737899c61"),
    ("scorer.wit", "e1768f7c26417365"),
    ("selector.wit", "b8b0b7441d66a14e"),
    ("shared.wit", "727bd3ee82bcaa5b"),
    ("strategy.wit", "cc983319cd1077a6"),
    ("types.wit", "4d624160d3dbd876"),
];

#[test]
fn what_was_frozen_stays_frozen() {
    let frozen = interface(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/frozen").join(API_VERSION));
    let hash = |text: &str| format!("{:016x}", u64::from_be_bytes(*Sha256::digest(text).first_chunk().unwrap()));
    let found: Vec<(&str, String)> = frozen.iter().map(|(name, text)| (name.as_str(), hash(text))).collect();
    let published: Vec<(&str, String)> = PUBLISHED.iter().map(|(name, hash)| (*name, (*hash).to_owned())).collect();
    assert_eq!(found, published, "a published interface changed: plugins that exist would break (see wit/README.md)");
}

/// The wits of the later release that guests of the tests are made for: ours, grown.
#[test]
fn the_later_interface_is_this_one_grown() {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let (now, later) = (interface(&wit), interface(&wit.join("../tests/components/later")));
    for name in ["types.wit", "scorer.wit"] {
        let grown = later[name].replace(" flush: func();", "").replace(" import maps;", "").replace("@0.1.7", "@0.1.0");
        assert_eq!(grown, now[name], "tests/components/later/{name}");
    }
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
