//! The source files: found on this machine, picked so that two machines with the same packages pick the same.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use crate::dice::hash;

/// A folder with more files, of languages that Rust packages do not hold.
pub const CORPUS_VARIABLE: &str = "RALF_TUNE_CORPUS";

/// Sizes in bytes: less has nothing to name, more is rare in what people write.
const SIZES: std::ops::RangeInclusive<u64> = 1_500..=40_000;

/// Language, extensions, and how many files of it are taken at most: in all, and of one package.
const LANGUAGES: [(&str, &[&str], usize, usize); 8] = [
    ("rust", &["rs"], 150, 2),
    ("python", &["py"], 70, 10),
    ("javascript", &["js", "mjs", "cjs", "jsx"], 70, 12),
    ("typescript", &["ts", "tsx"], 70, 25),
    ("c", &["c", "h"], 60, 40),
    ("c++", &["cpp", "cc", "hpp"], 40, 20),
    ("go", &["go"], 60, 30),
    ("java", &["java"], 60, 40),
];

/// Folders of what a tool has written, or somebody else's package.
const NOT_WRITTEN: [&str; 7] = ["dist", "build", "bundles", "umd", "node_modules", "vendor", "target"];

/// Where a file comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Written for this bench, in this repository.
    Fixture,
    /// A package that this workspace is built with, or the toolchain.
    Build,
    /// The folder that the user named.
    Named,
}

pub struct SourceFile {
    /// Where in its package: the same on every machine.
    pub path: String,
    pub language: &'static str,
    pub text: String,
    pub origin: Origin,
}

impl SourceFile {
    /// Half of the files were looked at while the scorers were made better, the other half was not.
    pub fn is_held_out(&self) -> bool {
        (hash(&self.path) >> 17).is_multiple_of(2)
    }
}

/// All files of the bench, by language and path. What cannot be found is left out.
pub fn files() -> Vec<SourceFile> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    collect(&samples, "samples", Origin::Fixture, &mut candidates);
    for (name, folder) in packages() {
        collect(&folder, &name, Origin::Build, &mut candidates);
    }
    if let Some(etc) = toolchain_scripts() {
        collect(&etc, "rustlib", Origin::Build, &mut candidates);
    }
    if let Some(named) = env::var_os(CORPUS_VARIABLE).map(PathBuf::from) {
        for package in folders_below(&named, 2) {
            let name = package.strip_prefix(&named).unwrap_or(&package).to_string_lossy().replace('\\', "/");
            collect(&package, &name, Origin::Named, &mut candidates);
        }
    }
    pick(candidates)
}

struct Candidate {
    origin: Origin,
    package: String,
    path: String,
    language: usize,
    file: PathBuf,
}

/// Takes files in an order that only their names decide, so many of each language and package.
fn pick(mut candidates: Vec<Candidate>) -> Vec<SourceFile> {
    candidates.sort_by_cached_key(|found| (found.origin, hash(&found.path), found.path.clone()));
    let mut taken: BTreeMap<(usize, String), usize> = BTreeMap::new();
    let mut files = Vec::new();
    for found in candidates {
        let (language, _, most, most_of_one) = LANGUAGES[found.language];
        let all: usize = taken.iter().filter(|((of, _), _)| *of == found.language).map(|(_, count)| count).sum();
        let of_one = taken.entry((found.language, found.package.clone())).or_default();
        if found.origin != Origin::Fixture && (all >= most || *of_one >= most_of_one) {
            continue;
        }
        let Ok(text) = fs::read_to_string(&found.file) else { continue };
        let text = text.replace("\r\n", "\n");
        if looks_written(&text) && crate::reading::Reading::of(&text, language).definitions.len() >= 3 {
            *of_one += 1;
            files.push(SourceFile { path: found.path, language, text, origin: found.origin });
        }
    }
    files.sort_by(|a, b| (a.language, &a.path).cmp(&(b.language, &b.path)));
    files
}

/// Written by a person: no marks of a generator, no lines that nobody would type.
fn looks_written(text: &str) -> bool {
    let top = text.get(..text.floor_char_boundary(600)).unwrap_or(text).to_lowercase();
    let marked = ["generated", "do not edit", "bindgen", "minified"].iter().any(|mark| top.contains(mark));
    let lines = text.lines().count().max(1);
    !marked && text.len() / lines < 90 && text.lines().all(|line| line.len() < 400)
}

fn collect(root: &Path, package: &str, origin: Origin, found: &mut Vec<Candidate>) {
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let (Ok(kind), path) = (entry.file_type(), entry.path()) else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            if kind.is_dir() {
                if !NOT_WRITTEN.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if let Some(language) = language_of(&name)
                && kind.is_file()
                && entry.metadata().is_ok_and(|data| SIZES.contains(&data.len()))
            {
                let inside = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                let (package, path) = (package.to_owned(), format!("{package}/{inside}"));
                found.push(Candidate { origin, package, path, language, file: entry.path() });
            }
        }
    }
}

/// The place of the language in the table. Type declarations and minified files are left out.
fn language_of(name: &str) -> Option<usize> {
    let (stem, extension) = name.rsplit_once('.')?;
    let written = !["d", "min"].contains(&stem.rsplit('.').next().unwrap_or(""));
    LANGUAGES.iter().position(|(_, extensions, ..)| written && extensions.contains(&extension))
}

/// Folders that are so many levels below another; of what is less deep, nothing.
fn folders_below(root: &Path, levels: usize) -> Vec<PathBuf> {
    let mut folders = vec![root.to_path_buf()];
    for _ in 0..levels {
        let inside = folders.iter().filter_map(|folder| fs::read_dir(folder).ok());
        folders = inside.flatten().flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    }
    folders
}

/// Sources of the packages in the lock file, where cargo keeps them. `cargo metadata` would want also those that are for other
/// machines only, which a build without network does not have.
fn packages() -> Vec<(String, PathBuf)> {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    let lock = fs::read_to_string(lock).unwrap_or_default();
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let Some(home) = home.or_else(|| env::home_dir().map(|home| home.join(".cargo"))) else { return Vec::new() };
    let registries = folders_below(&home.join("registry/src"), 1);
    let value = |line: Option<&str>, key: &str| {
        line.and_then(|line| line.strip_prefix(key)).map(|rest| rest.trim_matches('"').to_owned())
    };
    let found = lock.split("[[package]]\n").filter_map(|entry| {
        let mut lines = entry.lines();
        let name = value(lines.next(), "name = ")?;
        let version = value(lines.next(), "version = ")?;
        let folder = registries.iter().map(|registry| registry.join(format!("{name}-{version}")));
        folder.into_iter().find(|folder| folder.is_dir()).map(|folder| (name, folder))
    });
    found.collect()
}

/// Scripts that come with every toolchain; they are Python.
fn toolchain_scripts() -> Option<PathBuf> {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = std::process::Command::new(compiler).args(["--print", "sysroot"]).output().ok()?;
    let sysroot = String::from_utf8(output.stdout).ok()?;
    Some(Path::new(sysroot.trim()).join("lib/rustlib/etc"))
}
