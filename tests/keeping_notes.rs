//! Notes that a study makes are not made for nothing: `--keep-notes` keeps the best of each file, and replaces nothing.

use std::{fs, path::Path};

use serde_json::Value;

use crate::program::World;

/// A folder with a few dozen small files.
fn with_samples(world: &World) {
    for number in 0..40 {
        let text = format!("def add_{number}(a, b):\n    \"\"\"Adds.\"\"\"\n    return a + b + {number}\n\n\n")
            .repeat(20 + number);
        world.write(&format!("src/part/file_{number}.py"), text);
    }
}

const RUN: [&str; 9] = ["run", "--simulate", "mid-range", "--seed", "1", "--samples", "src", "--keep-notes", "notes"];

#[test]
fn whole_notes_are_kept_with_what_they_came_from() {
    let world = World::new();
    with_samples(&world);
    let ran = world.run(&RUN).succeeded();
    assert!(ran.stderr.contains("notes are kept in notes"), "{ran}");
    let index: Vec<Value> = serde_json::from_slice(&world.read("notes/ralf-tune-notes.json")).unwrap();
    assert!(index.len() >= 5, "{}", index.len());
    for entry in &index {
        let note = world.path("notes").join(entry["note"].as_str().unwrap());
        assert!(fs::read_to_string(&note).unwrap().len() > 50, "{note:?}");
        assert!(world.path("src").join(entry["source"].as_str().unwrap()).is_file(), "{entry}");
        assert!(entry["score"].as_f64().is_some_and(|score| (0.0..=1.0).contains(&score)), "{entry}");
        assert!(entry["settings"]["num_ctx"].as_u64().is_some() && entry["model"].is_string(), "{entry}");
    }
    // What is there stays.
    let first = world.path("notes").join(index[0]["note"].as_str().unwrap());
    fs::write(&first, "my own").unwrap();
    let again = world.run(&RUN).succeeded();
    assert!(again.stderr.contains("were there before"), "{again}");
    assert_eq!(fs::read_to_string(&first).unwrap(), "my own");
    assert!(only_notes(&world.path("notes")), "no temporary file is left");
}

fn only_notes(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().all(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() { only_notes(&path) } else { path.extension().is_some_and(|end| end == "md" || end == "json") }
    })
}

#[test]
fn without_files_of_ones_own_or_a_folder_there_is_nothing_to_keep() {
    let world = World::new();
    let none = world.fails(2, &["run", "--simulate", "--keep-notes", "notes"]);
    assert!(none.stderr.contains("no files of yours") && !world.path("notes").exists(), "{none}");
    with_samples(&world);
    world.write("notes", "a file");
    let file = world.fails(5, &RUN);
    assert!(file.stderr.contains("cannot write notes"), "{file}");
    assert_eq!(world.read("notes"), b"a file");
}
