//! What is built in may be built in, comes from one place, and is there for a reason that is written down.

use std::{collections::BTreeSet, fs, process::Command};

use serde_json::Value;

use crate::architecture::root;

/// What is built for this system, as cargo knows it.
fn metadata() -> Value {
    let version = Command::new("rustc").arg("-vV").current_dir(root()).output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let triple = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &triple])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The packages that are taken part in the build, ours left out.
fn foreign(metadata: &Value) -> Vec<&Value> {
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let used: BTreeSet<&str> = nodes.iter().map(|node| node["id"].as_str().unwrap()).collect();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.filter(|package| !package["source"].is_null() && used.contains(package["id"].as_str().unwrap())).collect()
}

#[test]
fn every_licence_is_allowed_and_every_source_is_the_one_registry() {
    let rules: toml::Table = toml::from_str(&fs::read_to_string(root().join("deny.toml")).unwrap()).unwrap();
    let allowed: Vec<spdx::Licensee> = rules["licenses"]["allow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|licence| spdx::Licensee::parse(licence.as_str().unwrap()).unwrap())
        .collect();
    let is_allowed = |terms: &str| {
        let terms = spdx::Expression::parse_mode(terms, spdx::ParseMode::LAX).unwrap();
        terms.evaluate(|wanted| allowed.iter().any(|licence| licence.satisfies(wanted)))
    };
    // The check can fail.
    assert!(is_allowed("MIT OR GPL-3.0-only") && !is_allowed("GPL-3.0-only") && !is_allowed("MIT AND GPL-3.0-only"));

    let metadata = metadata();
    let packages = foreign(&metadata);
    assert!(packages.len() > 200, "{}", packages.len());
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(is_allowed))
        .map(|package| format!("{} {}", package["name"], package["license"]))
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    let sources: BTreeSet<&str> = packages.iter().map(|package| package["source"].as_str().unwrap()).collect();
    assert!(sources.len() == 1 && sources.iter().all(|source| source.starts_with("registry+")), "{sources:?}");
}

#[test]
fn every_dependency_is_justified() {
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(root().join("host/Cargo.toml")).unwrap()).unwrap();
    let unix = manifest["target"]["cfg(unix)"]["dependencies"].as_table().unwrap();
    let direct = manifest["dependencies"].as_table().unwrap().keys().chain(unix.keys());
    let page = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let missing: Vec<&String> = direct.filter(|name| !page.contains(&format!("| `{name}` |"))).collect();
    assert!(missing.is_empty(), "docs/dependencies.md does not say why there is {missing:?}");
}

/// The script of releases says what it would make, and refuses what nobody can make, before anything is built.
#[cfg(unix)]
#[test]
fn the_script_of_releases_knows_its_targets() {
    let run = |arguments: &[&str]| {
        std::process::Command::new("bash").arg(root().join("release/build")).args(arguments).output().unwrap()
    };
    let listed = run(&["--list"]);
    let text = String::from_utf8(listed.stdout).unwrap();
    for system in ["linux-gnu", "apple-darwin", "windows-msvc"] {
        assert!(text.contains(system), "{text}");
    }
    let page = fs::read_to_string(root().join("docs/releasing.md")).unwrap();
    for target in text.lines() {
        assert!(page.contains(&format!("`{target}`")), "docs/releasing.md does not name {target}");
    }
    assert_eq!(run(&["--lsit"]).status.code(), Some(2));
}
