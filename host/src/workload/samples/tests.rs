use std::io::Result;

use tempfile::TempDir;

use super::*;

fn directory(files: &[(&str, &[u8])]) -> Result<TempDir> {
    let root = tempfile::tempdir()?;
    for (path, bytes) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(root.path()))?;
        fs::write(path, bytes)?;
    }
    Ok(root)
}

fn read(root: &TempDir) -> Workload {
    from_directory(root.path(), &SampleOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn names(workload: &Workload) -> Vec<&str> {
    workload.files.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn source_files_are_taken_by_size_and_the_rest_is_noticed() -> Result<()> {
    let large = vec![b'x'; (1 << 20) + 1];
    let root = directory(&[
        ("src/größer.py", "größe = 1\n".repeat(3).as_bytes()),
        ("a.rs", b"fn a() {}\n"),
        (".hidden.rs", b"fn hidden() {}\n"),
        (".gitignore", b"ignored.rs\nbuild/\n"),
        ("ignored.rs", b"fn ignored() {}\n"),
        ("build/out.rs", b"fn out() {}\n"),
        ("large.rs", &large),
        ("binary.c", b"int\0x"),
        ("latin.c", b"// gr\xf6\xdfe\n"),
        ("empty.go", b" \n"),
        ("README.md", b"# Read me\n"),
    ])?;
    let workload = read(&root);
    assert_eq!(names(&workload), ["a.rs", "src/größer.py"]);
    assert_eq!(workload.batch_chars, [10, 30]);
    assert_eq!(workload.files[1].language, "python");
    assert_eq!(
        workload.notices,
        [
            "left out as too large: 1 (large.rs)",
            "left out as binary: 1 (binary.c)",
            "left out as not UTF-8: 1 (latin.c)",
            "left out as empty: 1 (empty.go)",
            "left out as not source code: 1 (README.md)",
        ]
    );
    Ok(())
}

#[test]
fn a_pick_of_many_is_sorted_and_repeats_with_its_seed() -> Result<()> {
    let root = tempfile::tempdir()?;
    for size in 1..=100 {
        fs::write(root.path().join(format!("f{size}.py")), "x".repeat(size))?;
    }
    let workload = read(&root);
    assert_eq!(workload.batch_chars, (1..=100).collect::<Vec<_>>());
    assert_eq!(workload.files.len(), DEFAULT_PICK);
    assert!(workload.files.is_sorted_by_key(|file| file.chars));
    assert!(workload.files.iter().any(|file| file.chars == 100) && workload.files.iter().any(|file| file.chars == 50));
    assert_eq!(workload, read(&root));
    let limited = from_directory(root.path(), &SampleOptions { max_files: 7, ..SampleOptions::default() });
    assert!(limited.is_ok_and(|limited| limited.batch_chars.len() == 7 && limited.notices.len() == 1));
    Ok(())
}

#[cfg(unix)]
#[test]
fn loops_and_pipes_do_not_hang_the_walk() -> Result<()> {
    let root = directory(&[("inner/a.rs", b"fn a() {}\n")])?;
    std::os::unix::fs::symlink(root.path(), root.path().join("inner/loop"))?;
    std::os::unix::fs::symlink(root.path().join("inner/a.rs"), root.path().join("twin.rs"))?;
    let made = std::process::Command::new("mkfifo").arg(root.path().join("pipe.rs")).status()?;
    assert!(made.success());
    let workload = read(&root);
    assert_eq!(names(&workload), ["inner/a.rs"]);
    assert_eq!(
        workload.notices,
        ["left out as symbolic links: 2 (inner/loop, twin.rs)", "left out as neither file nor directory: 1 (pipe.rs)"]
    );
    // A link that the user names is followed: it was asked for.
    let elsewhere = tempfile::tempdir()?;
    let link = elsewhere.path().join("link");
    std::os::unix::fs::symlink(root.path(), &link)?;
    let linked = from_directory(&link, &SampleOptions::default());
    assert!(linked.is_ok_and(|linked| names(&linked) == ["inner/a.rs"]));
    Ok(())
}

#[cfg(unix)]
#[test]
fn names_cannot_write_to_the_terminal() -> Result<()> {
    let root = directory(&[("a\u{1b}[31m.rs", b"fn a() {}\n")])?;
    assert_eq!(names(&read(&root)), ["a.rs"]);
    Ok(())
}

#[test]
fn a_directory_without_source_says_what_to_do() -> Result<()> {
    let only_binary = directory(&[("a.c", b"\0")])?;
    let empty = tempfile::tempdir()?;
    let file = only_binary.path().join("a.c");
    let missing = empty.path().join("missing");
    for (path, expected) in [
        (only_binary.path(), "left out as binary: 1 (a.c)"),
        (empty.path(), "there is no file in"),
        (&file, "is not a directory"),
        (&missing, "does not exist"),
    ] {
        match from_directory(path, &SampleOptions::default()) {
            Ok(workload) => panic!("{workload:?}"),
            Err(error) => {
                assert!(error.to_string().contains(expected), "{error}");
                assert!(error.hint().is_some_and(|hint| hint.contains("--samples")), "{error}");
            }
        }
    }
    Ok(())
}
