//! Builds the bundled plugins as components and embeds them, and what authors of plugins start from.
//!
//! A nested cargo with the same workspace and lock file, another profile and another target directory. No tool is needed but
//! what the pinned toolchain carries: `wasm-component-ld` links the core module straight into a component.

#[path = "build/author.rs"]
mod author;

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

const TARGET: &str = "wasm32-unknown-unknown";
const KINDS: [&str; 3] = ["strategy-", "scorer-", "selector-"];

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            for line in message.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("..");
    for watched in ["plugins", "sdk", "wit", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml"] {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    author::embed(&root, &out)?;
    let packages = packages(&root.join("plugins"))?;
    ensure_target()?;

    let target_dir = out.join("../../../../plugins");
    let mut cargo = Command::new(variable("CARGO")?);
    cargo.current_dir(&root).args(["build", "--locked", "--quiet", "--profile", "plugin", "--target", TARGET]);
    cargo.arg("--target-dir").arg(&target_dir);
    for package in &packages {
        cargo.args(["--package", package]);
    }
    // What was said to the outer cargo is not meant for the guests.
    for (name, _) in env::vars() {
        let inherited =
            ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "MAKEFLAGS"]
                .contains(&name.as_str());
        if inherited || name.starts_with("CARGO_PROFILE_") || name.starts_with("CARGO_TARGET_") {
            cargo.env_remove(name);
        }
    }
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-component-ld");
    let output = cargo.output().map_err(|error| format!("cannot run cargo for the bundled plugins: {error}"))?;
    if !output.status.success() {
        return Err(format!("the bundled plugins do not build:\n{}", String::from_utf8_lossy(&output.stderr)));
    }

    let mut list = String::from("&[\n");
    for package in &packages {
        let file = target_dir.join(TARGET).join("plugin").join(format!("{}.wasm", package.replace('-', "_")));
        let bytes = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        if !bytes.starts_with(&[0, b'a', b's', b'm', 0x0d, 0, 1, 0]) {
            return Err(format!("{} is not a component: wasm-component-ld did not link it", file.display()));
        }
        // A copy beside the list: the shared directory may be rebuilt while this crate compiles.
        let copy = out.join(format!("{package}.wasm"));
        fs::write(&copy, &bytes).map_err(|error| format!("{}: {error}", copy.display()))?;
        let path = copy.display().to_string();
        writeln!(list, "    ({package:?}, include_bytes!({path:?})),").map_err(|error| error.to_string())?;
    }
    list += "]\n";
    fs::write(out.join("bundled.rs"), list).map_err(|error| error.to_string())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set"))
}

/// The plugin crates: folders of `plugins/` that are named after a kind.
fn packages(directory: &Path) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| KINDS.iter().any(|kind| name.starts_with(kind)))
        .collect();
    names.sort();
    Ok(names)
}

/// The pinned toolchain lists the target, but automatic installation may be switched off.
fn ensure_target() -> Result<(), String> {
    if target_is_there() {
        return Ok(());
    }
    println!("cargo::warning=adding the target {TARGET} through rustup, for the bundled plugins");
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    if added.is_ok_and(|status| status.success()) && target_is_there() {
        return Ok(());
    }
    Err(format!("the bundled plugins need the target {TARGET}; run: rustup target add {TARGET}"))
}

fn target_is_there() -> bool {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let Ok(output) = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output() else {
        return false;
    };
    let directory = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some())
}
