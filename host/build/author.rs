//! Embeds what `plugin new` writes: the templates, the Rust SDK, the interface. Folders are scanned, so a new template needs no code. Bindings for C
//! are generated, so that they cannot lag behind the interface.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use wit_bindgen_c::Opts;
use wit_bindgen_core::{Files, wit_parser::Resolve};

/// What tools leave behind in a folder: no part of a template.
const LEFT_BEHIND: [&str; 6] = ["target", "node_modules", "dist", ".venv", "__pycache__", ".DS_Store"];

/// Writes `author.rs`: constants with the files of each folder, by their paths in it, sorted.
pub fn embed(root: &Path, out: &Path) -> Result<(), String> {
    let mut sdk = vec![("Cargo.toml".to_owned(), root.join("sdk/Cargo.toml"))];
    for folder in ["src", "bindings"] {
        scan(&root.join("sdk").join(folder), folder, &mut sdk)?;
    }
    let mut templates = Vec::new();
    scan(&root.join("sdk/templates"), "", &mut templates)?;
    for kind in ["strategy", "scorer", "selector"] {
        bindings_for_c(root, out, kind, &mut templates)?;
    }
    templates.sort();
    let mut interface = Vec::new();
    scan(&root.join("wit"), "", &mut interface)?;
    interface.retain(|(name, _)| Path::new(name).extension().is_some_and(|end| end == "wit") && !name.contains('/'));

    let mut code = String::new();
    for (constant, files) in [("TEMPLATES", templates), ("SDK", sdk), ("INTERFACE", interface)] {
        write!(code, "pub static {constant}: &[Embedded] = &[").map_err(|error| error.to_string())?;
        for (name, path) in files {
            let path = path.display().to_string();
            write!(code, "({name:?}, include_bytes!({path:?})),").map_err(|error| error.to_string())?;
        }
        code += "];\n";
    }
    for (constant, file) in [("WORKSPACE", "Cargo.toml"), ("LOCK", "Cargo.lock")] {
        let path = root.join(file).display().to_string();
        writeln!(code, "pub static {constant}: &str = include_str!({path:?});").map_err(|error| error.to_string())?;
    }
    fs::write(out.join("author.rs"), code).map_err(|error| error.to_string())
}

/// The bindings of a world in C, which C's templates of that kind have beside what was written by hand.
fn bindings_for_c(root: &Path, out: &Path, kind: &str, files: &mut Vec<(String, PathBuf)>) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("the bindings of a {kind} in C: {error}");
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(root.join("wit")).map_err(|error| failed(&error))?;
    let world = resolve.select_world(&[package], Some(&format!("{kind}-plugin"))).map_err(|error| failed(&error))?;
    let mut made = Files::default();
    Opts::default().build().generate(&mut resolve, world, &mut made).map_err(|error| failed(&error))?;
    let folder = out.join("bindings-c").join(kind);
    fs::create_dir_all(&folder).map_err(|error| failed(&error))?;
    for (name, contents) in made.iter() {
        let path = folder.join(name);
        fs::write(&path, contents).map_err(|error| failed(&error))?;
        files.push((format!("c/{kind}/bindings/{name}"), path));
    }
    Ok(())
}

fn scan(folder: &Path, below: &str, files: &mut Vec<(String, PathBuf)>) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    for name in names.into_iter().filter(|name| !LEFT_BEHIND.contains(&name.as_str())) {
        let path = folder.join(&name);
        let below = if below.is_empty() { name } else { format!("{below}/{name}") };
        if path.is_dir() {
            scan(&path, &below, files)?;
        } else {
            files.push((below, path));
        }
    }
    Ok(())
}
