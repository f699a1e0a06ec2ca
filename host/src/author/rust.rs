//! The Rust SDK as a folder that stands alone: manifests without a workspace, and a lock file, so that a project builds
//! with the versions that this program was tested with.

use toml::{Table, Value};

use super::{
    embedded::{LOCK, SDK, WORKSPACE},
    project::File,
};

/// The SDK's package, as the lock file names it.
const PACKAGE: &str = "ralf-tune-sdk";

/// The files of the SDK below `folder`.
pub fn sdk(folder: &str) -> Result<Vec<File>, String> {
    let workspace: Table = WORKSPACE.parse().map_err(|error: toml::de::Error| error.to_string())?;
    SDK.iter()
        .map(|(path, contents)| {
            let contents = if path.ends_with("Cargo.toml") {
                let text = str::from_utf8(contents).map_err(|error| error.to_string())?;
                stand_alone(text, &workspace)?.into_bytes()
            } else {
                contents.to_vec()
            };
            Ok(File { path: format!("{folder}/{path}"), contents })
        })
        .collect()
}

/// A manifest with what it inherits from the workspace written out; the workspace's lints are not for others.
fn stand_alone(manifest: &str, workspace: &Table) -> Result<String, String> {
    let mut manifest: Table = manifest.parse().map_err(|error: toml::de::Error| error.to_string())?;
    manifest.remove("lints");
    let given = |section: &str, key: &str| {
        let value = workspace.get("workspace")?.get(section)?.get(key)?;
        Some(value.clone())
    };
    for (section, entries) in &mut manifest {
        let Some(entries) = entries.as_table_mut() else { continue };
        for (key, value) in entries {
            if value.get("workspace").and_then(Value::as_bool) == Some(true) {
                *value = given(section, key).ok_or_else(|| format!("the workspace does not say {section}.{key}"))?;
            }
        }
    }
    toml::to_string(&manifest).map_err(|error| error.to_string())
}

/// The lock file of a project of that name: the part of our own that the SDK needs.
pub fn lock(name: &str) -> Result<String, String> {
    let lock: Table = LOCK.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let packages = lock.get("package").and_then(Value::as_array).ok_or("the lock file has no packages")?;
    // A dependency is `name`, or `name version` where there are several versions.
    let find = |wanted: &str| {
        let (name, version) = wanted.split_once(' ').map_or((wanted, None), |(name, version)| (name, Some(version)));
        packages.iter().find(|package| {
            let is = |key: &str, value: &str| package.get(key).and_then(Value::as_str) == Some(value);
            is("name", name) && version.is_none_or(|version| is("version", version))
        })
    };
    let mut needed: Vec<&Value> = Vec::new();
    let mut open = vec![PACKAGE];
    while let Some(wanted) = open.pop() {
        let package = find(wanted).ok_or_else(|| format!("the lock file lacks {wanted}"))?;
        if !needed.contains(&package) {
            needed.push(package);
            let more = package.get("dependencies").and_then(Value::as_array).into_iter().flatten();
            open.extend(more.filter_map(Value::as_str));
        }
    }
    let text = |text: &str| Value::String(text.to_owned());
    let own = Table::from_iter([
        ("name".to_owned(), text(name)),
        ("version".to_owned(), text("0.1.0")),
        ("dependencies".to_owned(), Value::Array(vec![text(PACKAGE)])),
    ]);
    let packages = needed.into_iter().cloned().chain([Value::Table(own)]).collect();
    let version = lock.get("version").cloned().unwrap_or(Value::Integer(4));
    let whole = Table::from_iter([("version".to_owned(), version), ("package".to_owned(), Value::Array(packages))]);
    toml::to_string(&whole).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_stand_alone() {
        let workspace = "[workspace.package]\nedition = '2024'\n[workspace.dependencies]\na = { version = '1' }";
        let manifest = "[package]\nedition.workspace = true\n[dependencies]\na.workspace = true\nb = { path = 'b' }\n\
            [lints]\nworkspace = true";
        let made: Table = stand_alone(manifest, &workspace.parse().unwrap()).unwrap().parse().unwrap();
        let expected = "[package]\nedition = '2024'\n[dependencies]\na = { version = '1' }\nb = { path = 'b' }";
        assert_eq!(made, expected.parse().unwrap());
        assert!(stand_alone("[dependencies]\nc.workspace = true", &Table::new()).is_err());
    }

    #[test]
    fn nothing_of_the_sdk_needs_a_workspace() {
        let files = sdk("sdk").unwrap();
        let manifests = files.iter().filter(|file| file.path.ends_with("Cargo.toml"));
        assert_eq!(manifests.clone().count(), 6);
        for manifest in manifests {
            assert!(!String::from_utf8_lossy(&manifest.contents).contains("workspace"), "{}", manifest.path);
        }
        let lock: Table = lock("x").unwrap().parse().unwrap();
        let names: Vec<&str> =
            lock["package"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
        assert!(names.contains(&"x") && names.contains(&"wit-bindgen") && !names.contains(&"clap"), "{names:?}");
    }
}
