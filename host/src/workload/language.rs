//! Which files are source code, and in which language: by name only, like the batch.

use std::path::Path;

/// Extensions in lower case. Data (JSON, CSV), prose (Markdown) and lock files are no source code.
const EXTENSIONS: &[(&str, &[&str])] = &[
    ("ada", &["ada", "adb", "ads"]),
    ("assembly", &["asm", "s"]),
    ("astro", &["astro"]),
    ("awk", &["awk"]),
    ("batch", &["bat", "cmd"]),
    ("c", &["c", "h"]),
    ("c++", &["cc", "cpp", "cxx", "c++", "hh", "hpp", "hxx", "ipp", "tpp"]),
    ("c#", &["cs", "csx"]),
    ("clojure", &["clj", "cljs", "cljc"]),
    ("cmake", &["cmake"]),
    ("cobol", &["cob", "cbl", "cpy"]),
    ("coffeescript", &["coffee"]),
    ("common lisp", &["lisp", "lsp", "cl"]),
    ("crystal", &["cr"]),
    ("css", &["css", "scss", "sass", "less", "styl"]),
    ("cuda", &["cu", "cuh"]),
    ("cython", &["pyx", "pxd"]),
    ("d", &["d"]),
    ("dart", &["dart"]),
    ("elixir", &["ex", "exs"]),
    ("elm", &["elm"]),
    ("emacs lisp", &["el"]),
    ("erlang", &["erl", "hrl"]),
    ("f#", &["fs", "fsi", "fsx"]),
    ("fortran", &["f", "for", "f77", "f90", "f95", "f03", "f08"]),
    ("gdscript", &["gd"]),
    ("gleam", &["gleam"]),
    ("glsl", &["glsl", "vert", "frag", "comp", "geom"]),
    ("go", &["go"]),
    ("graphql", &["graphql", "gql"]),
    ("groovy", &["groovy", "gradle"]),
    ("haskell", &["hs", "lhs"]),
    ("hcl", &["tf", "hcl"]),
    ("hlsl", &["hlsl"]),
    ("html", &["html", "htm", "xhtml"]),
    ("java", &["java"]),
    ("javascript", &["js", "mjs", "cjs", "jsx"]),
    ("julia", &["jl"]),
    ("just", &["just"]),
    ("kotlin", &["kt", "kts"]),
    ("lua", &["lua"]),
    ("make", &["mk", "mak"]),
    ("matlab", &["m"]),
    ("metal", &["metal"]),
    ("nim", &["nim", "nims"]),
    ("nix", &["nix"]),
    ("nushell", &["nu"]),
    ("objective-c++", &["mm"]),
    ("ocaml", &["ml", "mli"]),
    ("odin", &["odin"]),
    ("pascal", &["pas", "pp", "dpr"]),
    ("perl", &["pl", "pm"]),
    ("php", &["php", "phtml"]),
    ("powershell", &["ps1", "psm1", "psd1"]),
    ("prolog", &["pro"]),
    ("protobuf", &["proto"]),
    ("purescript", &["purs"]),
    ("python", &["py", "pyi", "pyw"]),
    ("r", &["r"]),
    ("racket", &["rkt"]),
    ("ruby", &["rb", "rake", "gemspec"]),
    ("rust", &["rs"]),
    ("scala", &["scala", "sc"]),
    ("scheme", &["scm", "ss"]),
    ("shell", &["sh", "bash", "zsh", "fish", "ksh"]),
    ("smalltalk", &["st"]),
    ("solidity", &["sol"]),
    ("sql", &["sql"]),
    ("starlark", &["bzl", "star"]),
    ("svelte", &["svelte"]),
    ("swift", &["swift"]),
    ("tcl", &["tcl"]),
    ("thrift", &["thrift"]),
    ("typescript", &["ts", "mts", "cts", "tsx"]),
    ("v", &["v"]),
    ("vala", &["vala"]),
    ("vhdl", &["vhd", "vhdl"]),
    ("verilog", &["sv", "svh"]),
    ("vim script", &["vim"]),
    ("visual basic", &["vb", "bas"]),
    ("vue", &["vue"]),
    ("webassembly", &["wat", "wit"]),
    ("wgsl", &["wgsl"]),
    ("zig", &["zig"]),
];

/// Whole names, in lower case.
const NAMES: &[(&str, &[&str])] = &[
    ("cmake", &["cmakelists.txt"]),
    ("dockerfile", &["dockerfile", "containerfile"]),
    ("groovy", &["jenkinsfile"]),
    ("just", &["justfile"]),
    ("make", &["makefile", "gnumakefile"]),
    ("ruby", &["rakefile", "gemfile", "vagrantfile"]),
    ("starlark", &["build", "build.bazel", "workspace.bazel"]),
];

/// The language of a file of that name; `None` when it is no source code.
pub(super) fn language_of(path: &Path) -> Option<&'static str> {
    let find = |table: &[(&'static str, &[&str])], key: &str| {
        table.iter().find(|(_, keys)| keys.contains(&key)).map(|(language, _)| *language)
    };
    let name = path.file_name()?.to_str()?.to_lowercase();
    find(NAMES, &name).or_else(|| find(EXTENSIONS, &path.extension()?.to_str()?.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn files_are_told_by_their_names() {
        for (path, expected) in [
            ("src/main.rs", Some("rust")),
            ("A.PY", Some("python")),
            ("x/CMakeLists.txt", Some("cmake")),
            ("Dockerfile", Some("dockerfile")),
            ("notes.txt", None),
            ("LICENSE", None),
            (".rs", None),
        ] {
            assert_eq!(language_of(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn no_extension_has_two_languages() {
        let mut seen = HashSet::new();
        for extension in EXTENSIONS.iter().chain(NAMES).flat_map(|(_, keys)| *keys) {
            assert!(seen.insert(*extension), "{extension}");
        }
    }
}
