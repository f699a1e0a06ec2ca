//! Plugins in C: what fails arrives as text, and the example does what it says.

use std::fs;

use crate::{
    architecture::root,
    author_way::{Way, or_not_tested},
};

/// The example is two files, for a project of `plugin new`.
#[test]
fn the_example_scores_and_a_failed_assertion_is_told_with_its_place() {
    or_not_tested(example_and_assertion());
}

fn example_and_assertion() -> Result<(), String> {
    let way = Way::new("c");
    let (project, commands) = way.write("scorer");
    let example = root().join("examples/plugins/scorer-readable-c");
    for file in ["plugin.c", "test.c"] {
        fs::copy(example.join(file), project.join(file)).unwrap();
    }
    let [build @ .., _, run] = commands.as_slice() else { panic!("{commands:?}") };
    for command in build {
        way.try_tools(&project, command)?;
    }
    let study = way.study(&project, run);
    let scores = study["trials"].as_array().unwrap().iter().flat_map(|trial| trial["scores"].as_array().unwrap());
    let own =
        scores.flat_map(|score| score["by_scorer"].as_array().unwrap()).filter(|part| part["scorer"] == "readable");
    assert!(own.count() > 3, "{study}");

    let code = fs::read_to_string(project.join("plugin.c")).unwrap();
    let begin = "bool rt_evaluate(rt_note *note, rt_arguments *arguments, rt_score *score, rt_string *error) {\n";
    assert!(code.contains(begin), "{code}");
    fs::write(project.join("plugin.c"), code.replace(begin, &format!("{begin}    assert(note->path.len == 0);\n")))
        .unwrap();
    way.succeed(&project, "python3 build.py");
    let study = way.study(&project, run);
    let warnings = study["warnings"].to_string();
    assert!(warnings.contains("panicked at plugin.c:") && warnings.contains("note->path.len == 0"), "{warnings}");

    // What a plugin cannot have is said when it is built.
    fs::write(project.join("plugin.c"), code.replace(begin, &format!("{begin}    puts(\"hello\");\n"))).unwrap();
    let output = way.run(&project, "python3 build.py");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("leave out printf"), "{said}");
    Ok(())
}
