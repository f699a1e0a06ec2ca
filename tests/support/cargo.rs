//! A cargo inside the tests' cargo, for components.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// What components are built for.
pub const PLAIN: &str = "wasm32-unknown-unknown";
/// The same with WASI.
pub const WASI: &str = "wasm32-wasip2";

/// The workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where components are built: the build script's directory, so that nothing is compiled twice.
pub fn target_directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../plugins")
}

/// A cargo in a folder that knows nothing of what was said to the outer one.
pub fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder);
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        let inherited =
            ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "MAKEFLAGS"]
                .contains(&&*name);
        if inherited || name.starts_with("CARGO_PROFILE_") || name.starts_with("CARGO_TARGET_") {
            cargo.env_remove(&*name);
        }
    }
    cargo.env("CARGO_TARGET_DIR", target_directory());
    cargo
}

/// Runs it, or fails with what it said.
pub fn succeed(mut cargo: Command) {
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{cargo:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// Whether the toolchain can build for a target; adds it when it can be added.
pub fn has_target(target: &str) -> bool {
    let there = || {
        let rustc = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
        let directory = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        directory.is_ok_and(|directory| Path::new(&directory).is_dir())
    };
    there() || (Command::new("rustup").args(["target", "add", target]).output().is_ok() && there())
}
