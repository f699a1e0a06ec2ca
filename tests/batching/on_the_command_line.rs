//! The command as a user meets it.

use std::fs;

use serde_json::Value;

use crate::program::World;

fn with_files(world: &World, number: usize) {
    for number in 0..number {
        let text = format!("def add_{number}(a, b):\n    \"\"\"Adds.\"\"\"\n    return a + b + {number}\n\n\n");
        world.write(&format!("src/part/file_{number}.py"), text.repeat(20 + number));
    }
}

#[test]
fn the_batch_of_a_study_is_made_and_held_against_what_was_said() {
    let world = World::new();
    with_files(&world, 40);
    let without = world.fails(2, &["batch", "src", "--out", "notes", "--simulate"]);
    assert!(
        without.stderr.contains("no simulated study of `llama3.1:8b` is kept")
            && without.stderr.contains("run --simulate --samples DIR")
            && without.stderr.contains("--present"),
        "{without}"
    );
    assert!(!world.path("notes").exists(), "nothing was begun");
    let study = ["run", "--simulate", "--seed", "1", "--samples", "src", "--keep-notes", "notes"];
    world.run(&study).succeeded();
    let index: Vec<Value> = serde_json::from_slice(&world.read("notes/ralf-tune-notes.json")).unwrap();
    let by_study = index.len();
    let kept = world.path("notes").join(index[0]["note"].as_str().unwrap());
    let before = fs::read_to_string(&kept).unwrap();

    let ran = world.run(&["batch", "src", "--out", "notes", "--simulate", "--seed", "5"]).succeeded();
    assert!(ran.stdout.contains(&format!("{by_study} notes of 40 were made before")), "{ran}");
    assert!(ran.stdout.contains("interval"), "{ran}");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{ran}");
    assert!(ran.stderr.contains("on the simulated machine mid-range"), "{ran}");
    assert!(ran.stderr.contains("notes a minute") && ran.stderr.contains(" left ("), "{ran}");
    assert_eq!(fs::read_to_string(&kept).unwrap(), before, "a note of the study is not made again");
    let index: Vec<Value> = serde_json::from_slice(&world.read("notes/ralf-tune-notes.json")).unwrap();
    assert_eq!(index.len(), 40);
    for entry in &index {
        assert!(entry["score"].as_f64().is_some_and(|score| (0.0..=1.0).contains(&score)), "{entry}");
        let note = world.path("notes").join(entry["note"].as_str().unwrap());
        assert!(fs::read_to_string(note).unwrap().contains("###"), "{entry}");
    }
    // A source that changed is said, and what changed it stays as it is.
    world.write("src/part/file_0.py", "x = 1\n");
    let json = world.run(&["batch", "src", "--out", "notes", "--simulate", "--format", "json"]).succeeded();
    let record: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&record["made_before"], &record["outdated"]), (&40.into(), &1.into()), "{record}");
    assert_eq!(record["end"]["kind"], "complete");
}

#[test]
fn what_is_there_stays_and_no_name_leads_out() {
    let world = World::new();
    with_files(&world, 3);
    world.write("notes/part/file_1.py.md", "my own");
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        let src = world.path("src");
        for name in [&b"\x1b[2J../../evil.py"[..], b"...\x1b[0m/x.py", b"a\x1b[31mb.py", b"ab.py"] {
            let path = src.join(std::ffi::OsStr::from_bytes(name));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x = 1\n").unwrap();
        }
        // A folder of the notes that somebody made a link to elsewhere.
        fs::create_dir_all(world.path("elsewhere")).unwrap();
        world.write("src/linked/y.py", "y = 1\n");
        std::os::unix::fs::symlink(world.path("elsewhere"), world.path("notes/linked")).unwrap();
    }
    let ran = world.run(&["batch", "src", "--out", "notes", "--present", "--simulate", "--seed", "1"]);
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "{ran}");
    assert_eq!(world.read("notes/part/file_1.py.md"), b"my own");
    assert!(ran.stdout.contains("none of ours; it stays") && ran.stdout.contains("part/file_1.py"), "{ran}");
    #[cfg(unix)]
    {
        assert_eq!(ran.code, Some(1), "the linked one is lost: {ran}");
        assert!(ran.stdout.contains("unwritable: 1 file (linked/y.py)"), "{ran}");
        assert_eq!(world.names("elsewhere"), [] as [&str; 0]);
        assert_eq!(world.names("."), ["elsewhere", "notes", "src"]);
        let names = world.names("notes");
        assert!(names.contains(&"ab.py.md".to_owned()), "{names:?}");
        assert!(names.iter().any(|name| name.starts_with("ab.py~")), "both have a note: {names:?}");
    }
}

#[test]
fn a_profile_says_which_settings_are_used() {
    let world = World::new();
    with_files(&world, 4);
    let unknown = world.fails(2, &["batch", "src", "--out", "notes", "--profile", "fast", "--simulate"]);
    assert!(unknown.stderr.contains("there is no profile `fast`"), "{unknown}");
    world.run(&["run", "--simulate", "--seed", "1", "--no-report"]).succeeded();
    let ran = world.run(&["batch", "src", "--out", "notes", "--profile", "fast", "--simulate"]).succeeded();
    assert!(ran.stdout.contains("profile fast") && ran.stdout.contains("Expected and made"), "{ran}");
    let both = world.run(&["batch", "src", "2a7f", "--out", "notes", "--profile", "fast"]);
    assert!(both.code == Some(2) && both.stderr.contains("cannot be used with"), "{both}");
}

#[test]
fn a_server_that_is_not_there_and_wrong_words_are_said() {
    let world = World::new();
    with_files(&world, 2);
    let gone = world.fails(3, &["batch", "src", "--out", "notes", "--present", "--model", "m"]);
    assert!(gone.stderr.contains("127.0.0.1:1"), "{gone}");
    let missing = world.fails(2, &["batch", "nowhere", "--out", "notes"]);
    assert!(missing.stderr.contains("ralf-tune batch DIR --out NOTES"), "{missing}");
    let both = world.run(&["batch", "src", "2a7f", "--out", "notes", "--present"]);
    assert!(both.code == Some(2) && both.stderr.contains("cannot be used with"), "{both}");
    world.fails(2, &["batch", "src", "2a7f", "--out", "notes"]);
    world.write("notes-file", "a file");
    let file = world.fails(5, &["batch", "src", "--out", "notes-file", "--present", "--simulate"]);
    assert!(file.stderr.contains("cannot write notes-file"), "{file}");
}
