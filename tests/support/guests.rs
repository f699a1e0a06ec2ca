//! The guests of `tests/components`, built once.

use std::{fs, path::PathBuf, sync::OnceLock};

use super::cargo::{PLAIN, WASI, cargo, has_target, root, succeed, target_directory};

/// The file of a guest.
pub fn guest(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| build(PLAIN, &["--examples"]));
    file(PLAIN, name)
}

/// The bytes of a guest.
pub fn bytes(name: &str) -> Vec<u8> {
    fs::read(guest(name)).unwrap()
}

/// The file of a guest that is made for WASI; none where the toolchain has no such target and cannot get it.
pub fn wasi_guest(name: &str) -> Option<PathBuf> {
    static BUILT: OnceLock<bool> = OnceLock::new();
    let built = *BUILT.get_or_init(|| {
        let possible = has_target(WASI);
        if possible {
            build(WASI, &["--example", "wasi_good", "--example", "wasi_files", "--example", "wasi_network"]);
        }
        possible
    });
    if !built {
        eprintln!("NOT TESTED: this toolchain has no {WASI}; run: rustup target add {WASI}");
    }
    built.then(|| file(WASI, name))
}

fn build(target: &str, what: &[&str]) {
    let mut cargo = cargo(&root().join("tests/components"));
    cargo.args(["build", "--locked", "--quiet", "--profile", "plugin", "--target", target]).args(what);
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-component-ld");
    succeed(cargo);
}

fn file(target: &str, name: &str) -> PathBuf {
    target_directory().join(target).join("plugin/examples").join(format!("{name}.wasm"))
}
