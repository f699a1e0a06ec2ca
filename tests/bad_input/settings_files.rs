//! Settings files of a project.

use std::fs;

use crate::program::{World, check};

#[test]
fn a_settings_file_with_a_mistake() {
    let world = World::new();
    let cases = [
        "model = ",
        "banana = 1",
        "modle = 'x'",
        "set = 1",
        "budget = 4",
        "budget = '4'",
        "yes = true",
        "intensity = 'quick'",
        "default_intensity = 'quik'",
        "strategies = 'context'",
        "strategies = ['contxt']",
        "seed = -1",
        "format = 'xml'",
        "plugins = ['missing.wasm']",
        "[intensity.mine]\nbudget = '4m'",
        "[intensity.mine]\nbudgt = '4m'",
        "[intensity.normal.params.context]\nsize = 3",
        "[params.context]\nsizes = ['a']",
        "[params.contxt]\nsizes = [4096]",
    ];
    let mut pages = Vec::new();
    for text in cases {
        let file = world.write("ralf-tune.toml", text);
        let ran = world.run(&["run", "--simulate"]);
        assert!(ran.stderr.contains("ralf-tune.toml") || ran.stderr.contains("[intensity.mine]"), "{text}: {ran}");
        assert!(ran.stdout.is_empty() && ran.stderr.starts_with("error: "), "{text}: {ran}");
        assert_eq!(ran.code, Some(if text.starts_with("plugins") { 4 } else { 2 }), "{text}: {ran}");
        assert_eq!(fs::read_to_string(file).unwrap(), text);
        pages.push(ran.with("$ ", "").with("ralf-tune run --simulate", text));
    }
    check("bad_input_settings_file", &pages);
}

#[test]
fn a_settings_file_that_is_no_text() {
    let world = World::new();
    world.write("ralf-tune.toml", b"model = \"\xff\"");
    let binary = world.fails(2, &["run", "--dry-run"]);
    fs::remove_file(world.path("ralf-tune.toml")).unwrap();
    fs::create_dir(world.path("ralf-tune.toml")).unwrap();
    let folder = world.fails(2, &["run", "--dry-run"]);
    check("bad_input_settings_no_text", &[binary, folder]);
}

#[test]
fn a_project_writes_no_report_out_of_its_folder() {
    let world = World::new();
    let mine = world.home().join("mine.txt");
    fs::write(&mine, "mine").unwrap();
    let arguments = ["run", "--simulate", "--seed", "1", "--quick", "--no-save"];
    let mut targets = vec!["../home/mine.txt".to_owned(), mine.display().to_string(), "~/mine.txt".to_owned()];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&mine, world.path("link.txt")).unwrap();
        std::os::unix::fs::symlink(world.home(), world.path("folder")).unwrap();
        targets.extend(["link.txt".to_owned(), "folder/mine.txt".to_owned()]);
    }
    for target in targets {
        world.write("ralf-tune.toml", format!("output = '{target}'\n"));
        let refused = world.fails(2, &arguments);
        assert!(refused.stderr.contains("a project may write a report into its own folder only"), "{refused}");
        assert_eq!(fs::read_to_string(&mine).unwrap(), "mine", "{refused}");
        // Who asks for it gets it; in another place here.
        world.run(&[&arguments[..], &["--output", "asked.txt"]].concat()).succeeded();
    }
    world.write("ralf-tune.toml", "output = 'report.txt'\n");
    world.run(&arguments).succeeded();
    assert!(world.read("report.txt").len() > 1000);
}
