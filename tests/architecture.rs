//! The code is built as ARCHITECTURE.md says: who may use whom, who touches the world, and how long a file may be.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What each top module may use of the others; a path with `::` allows that part alone. `cli` may use all, and nobody uses it.
const MAY_USE: [(&str, &[&str]); 25] = [
    ("model", &[]),
    ("files", &[]),
    ("serving", &[]),
    ("stats", &["model"]),
    ("settings", &["model", "files"]),
    ("workload", &["model", "files"]),
    ("ollama", &["model"]),
    ("plugin", &["model", "files"]),
    ("conformance", &["model", "stats", "plugin"]),
    ("emit", &["model", "files"]),
    ("report", &["model", "stats"]),
    ("install", &["model", "files", "emit::replace"]),
    ("author", &["model"]),
    ("store", &["model", "files", "install::private"]),
    ("share", &["model", "files", "stats", "install::private"]),
    ("profile", &["model", "ollama"]),
    ("proxy", &["model", "serving"]),
    ("learning", &["model", "stats"]),
    ("watch", &["model", "serving", "stats"]),
    ("hub", &["model", "serving", "stats", "share", "report"]),
    // It shares no wire type with the client, so that agreement between the two means something.
    ("simulate", &["model", "ollama::transport"]),
    ("tune", &["model", "files", "stats", "ollama", "plugin", "simulate", "workload"]),
    ("rehearsal", &["model", "stats", "plugin", "workload", "conformance", "tune"]),
    ("embed", &["model", "ollama", "plugin", "profile", "rehearsal", "settings", "simulate", "tune", "workload"]),
    ("arena", &["model", "files", "stats", "share", "ollama", "plugin", "profile", "simulate", "workload", "tune"]),
];

/// What only some files may mention: one way to the server, one way to plugins, one clock, one mouth.
const ONLY_THERE: [(&str, &[&str]); 15] = [
    ("reqwest", &["ollama/http.rs", "install/http.rs", "watch/webhook.rs", "hub/client.rs"]),
    ("axum", &["simulate/http.rs"]),
    ("hyper::", &["serving/", "proxy/", "watch/serve.rs", "hub/serve.rs"]),
    ("sqlx", &["hub/store/", "store/shared/"]),
    ("wasmtime", &["plugin/"]),
    ("wit_component", &["plugin/pack.rs"]),
    ("statrs", &["stats/", "workload/generate/"]),
    ("nvml_wrapper", &["profile/gpu/"]),
    ("indicatif", &["cli/ui/"]),
    ("plotters", &["report/html/"]),
    ("process::exit", &["cli/"]),
    ("crate::simulate", &["tune/oracle.rs", "arena/", "cli/", "embed/"]),
    // Time is tokio's, which simulations pause. The plugins' deadline is the real one.
    ("thread::sleep", &["plugin/engine.rs"]),
    ("SystemTime", &[]),
    ("now_utc", &["cli/", "embed/"]),
];

/// Modules that compute and do nothing else, and what would be more than that.
const PURE: [&str; 5] = ["model", "stats", "report", "author", "learning"];
const NOT_PURE: [&str; 10] = [
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "tokio",
    "rand::",
    "async fn",
];

/// Lines of one file: whoever needs more has two concepts.
const MOST_LINES: usize = 500;

#[test]
fn imports_point_one_way() {
    let mut arrows: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (file, code) in host_sources() {
        for path in imports(&code) {
            let used = path.split("::").next().unwrap().to_owned();
            let top = top_module(&file).to_owned();
            if used != top && rules().any(|(name, _)| name == used) {
                arrows.entry((top, path)).or_default().insert(file.clone());
            }
        }
    }
    let allowed = |top: &str, path: &str| {
        let (_, may) = rules().find(|(name, _)| *name == top).unwrap();
        may.is_none_or(|may| may.iter().any(|may| path == *may || path.starts_with(&format!("{may}::"))))
    };
    let wrong: Vec<_> = arrows
        .iter()
        .filter(|((top, path), _)| path.starts_with("cli") || !allowed(top, path))
        .map(|((top, path), files)| format!("{top} uses {path} in {files:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What was looked at is the code: arrows that surely exist were found.
    for (top, path) in [("cli", "tune"), ("tune", "model::trial::Trial"), ("profile", "ollama")] {
        assert!(arrows.keys().any(|(from, to)| from == top && to.starts_with(path)), "{top} -> {path} not found");
    }
}

#[test]
fn every_module_has_a_rule_and_a_line_in_the_map() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut modules: Vec<String> = host_sources().map(|(file, _)| top_module(&file).to_owned()).collect();
    modules.sort();
    modules.dedup();
    for module in modules.iter().filter(|module| !["lib", "main"].contains(&module.as_str())) {
        assert!(rules().any(|(name, _)| name == module), "no rule for {module}");
        assert!(map.contains(&format!("`{module}/`")), "ARCHITECTURE.md does not name `{module}/`");
    }
}

#[test]
fn what_touches_the_world_is_where_it_belongs() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for (file, code) in host_sources() {
        for (what, places) in ONLY_THERE {
            // A path may stand in a group: `crate::{simulate::…}`.
            let found = match what.strip_prefix("crate::") {
                Some(module) => {
                    top_module(&file) != module && imports(&code).iter().any(|path| path.starts_with(module))
                }
                None => code.contains(what),
            };
            if found {
                seen.insert(what);
                if !places.iter().any(|place| file.starts_with(place)) {
                    wrong.push(format!("{file} mentions {what}"));
                }
            }
        }
        if PURE.contains(&top_module(&file)) {
            wrong.extend(NOT_PURE.iter().filter(|what| code.contains(**what)).map(|what| format!("{file} has {what}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let stale: Vec<_> = ONLY_THERE.iter().filter(|(what, places)| !places.is_empty() && !seen.contains(what)).collect();
    assert!(stale.is_empty(), "rules about nothing: {stale:?}");
}

#[test]
fn files_are_short() {
    let long: Vec<String> = ["host/src", "sdk", "plugins"]
        .into_iter()
        .flat_map(|folder| files(&root().join(folder), "rs"))
        .filter_map(|path| {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            let name = relative(&root(), &path);
            (lines > MOST_LINES).then(|| format!("{name}: {lines} lines"))
        })
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn imports_are_read_whole() {
    let code = "use crate::{\n    model::{candidate::Candidate, trial},\n    stats::mean,\n};\nlet x = crate::tune::run::<T>(1);";
    let found = imports(code);
    assert_eq!(found, ["model::candidate::Candidate", "model::trial", "stats::mean", "tune::run"]);
}

/// Every rule; `None` allows all.
fn rules() -> impl Iterator<Item = (&'static str, Option<&'static [&'static str]>)> {
    let rest = ["cli", "lib", "main"].map(|name| (name, None));
    MAY_USE.into_iter().map(|(name, may)| (name, Some(may))).chain(rest)
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Every file of the host with its code, comments taken out.
fn host_sources() -> impl Iterator<Item = (String, String)> {
    let source = root().join("host/src");
    files(&source, "rs").into_iter().map(move |path| {
        let text = fs::read_to_string(&path).unwrap();
        (relative(&source, &path), text.lines().map(without_comment).collect::<Vec<_>>().join("\n"))
    })
}

fn without_comment(line: &str) -> &str {
    let start = line.match_indices("//").map(|(at, _)| at).find(|at| !line[..*at].ends_with(':'));
    &line[..start.unwrap_or(line.len())]
}

/// Files below a folder whose names end so, sorted; what was built is left out.
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !["target", ".git", "node_modules"].contains(&name.as_str()) {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    found
}

/// The path below a folder, with `/` on every system.
pub fn relative(folder: &Path, path: &Path) -> String {
    let parts: Vec<_> = path.strip_prefix(folder).unwrap().iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

fn top_module(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

/// Every path that begins with `crate::`, without that beginning.
fn imports(code: &str) -> Vec<String> {
    code.match_indices("crate::").flat_map(|(at, found)| paths_at(&code[at + found.len()..])).collect()
}

/// The paths that a text begins with: `a::{b, c::d}` has `a::b` and `a::c::d`.
fn paths_at(text: &str) -> Vec<String> {
    let text = text.trim_start();
    if let Some(group) = text.strip_prefix('{') {
        return members(group).into_iter().flat_map(paths_at).collect();
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let inner = rest.strip_prefix("::").map(paths_at).unwrap_or_default();
    match (name, inner.is_empty()) {
        ("", _) => Vec::new(),
        (name, true) => vec![name.to_owned()],
        (name, false) => inner.into_iter().map(|path| format!("{name}::{path}")).collect(),
    }
}

/// What stands in a group that was just opened, up to its end.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' => {
                found.push(&group[start..at]);
                break;
            }
            ',' if depth == 0 => {
                found.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}
