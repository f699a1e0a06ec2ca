//! What the documents say is so: links lead somewhere, commands can be typed, and every name is explained.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use clap::{Parser, error::ErrorKind};
use ralf_tune::{
    cli::{args::Cli, exit::ExitStatus},
    model::{limit::Limit, metric::Metric, space::Parameter},
    plugin::{Limits, PluginEngine, Registry},
    settings::{self, KEYS, Overrides, Settings, resolve},
    simulate::{Condition, Scenario},
    tune::{self, plan::Choices},
};

use crate::architecture::{files, relative, root};

/// Folders whose Markdown is data, not documentation.
const DATA: [&str; 2] = ["plugins/note-samples/", "tests/"];

/// Folders whose commands are somebody else's business.
const OTHER_COMMANDS: [&str; 2] = ["examples/plugins/", "sdk/templates/"];

/// Every document: its path in the repository, and its text.
fn documents() -> Vec<(String, String)> {
    let found: Vec<(String, String)> = files(&root(), "md")
        .into_iter()
        .map(|path| (relative(&root(), &path), fs::read_to_string(path).unwrap()))
        .filter(|(name, _)| !DATA.iter().any(|folder| name.starts_with(folder)))
        .collect();
    assert!(found.iter().any(|(name, _)| name == "README.md"));
    found
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for (name, text) in documents() {
        let folder = root().join(&name).parent().unwrap().to_owned();
        for target in links(&text).into_iter().filter(|target| !target.contains("://")) {
            checked += 1;
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() { root().join(&name) } else { folder.join(file) };
            let found = path.exists() && path.canonicalize().unwrap().starts_with(root());
            if !found || (!heading.is_empty() && !anchors(&path).contains(&heading.to_owned())) {
                wrong.push(format!("{name}: {target}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 20, "only {checked} links were found");
}

/// The targets of `[text](target)`, code left out.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    prose
        .match_indices("](")
        .filter_map(|(at, found)| prose[at + found.len()..].split_once(')').map(|(target, _)| target.to_owned()))
        .collect()
}

/// The text without fenced blocks.
fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect()
}

/// What headings are called in links, by the rule of the usual renderers.
fn anchors(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    prose(&text)
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let kept = line.trim_start_matches('#').trim().to_lowercase();
            kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>().replace(' ', "-")
        })
        .collect()
}

#[test]
fn commands_can_be_typed() {
    let mut checked = 0;
    for (name, text) in documents() {
        if OTHER_COMMANDS.iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        for command in commands(&text) {
            let Some(arguments) = of_ours(&command) else { continue };
            checked += 1;
            // A command alone is a name, and may need more to be typed.
            let is_name = arguments.len() <= 2 && !arguments.iter().any(|word| word.starts_with('-'));
            if let Err(error) = Cli::try_parse_from(std::iter::once("ralf-tune".to_owned()).chain(arguments)) {
                let is_fine = match error.kind() {
                    ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
                    ErrorKind::MissingRequiredArgument | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => is_name,
                    _ => false,
                };
                assert!(is_fine, "{name}: {command}\n{error}");
            }
        }
    }
    assert!(checked > 20, "only {checked} commands were found");
}

/// Lines of fenced blocks of a shell, and code within the text.
fn commands(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text
        .split("\n```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.split_once('\n'))
        .filter(|(language, _)| ["console", "sh", "bash"].contains(language))
        .flat_map(|(_, body)| body.replace("\\\n", " ").lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    found.extend(prose(text).split('`').skip(1).step_by(2).map(|code| code.replace('\n', " ")));
    found
}

/// What a line of a shell gives to our program, if it starts it.
fn of_ours(line: &str) -> Option<Vec<String>> {
    let line = line.trim().trim_start_matches("$ ");
    let typed: Vec<&str> =
        line.split_whitespace().take_while(|word| !["#", "|", ">", "&", "&&"].contains(word)).collect();
    let is_variable =
        |word: &&&str| word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_uppercase() || c == '_'));
    let variables = typed.iter().take_while(is_variable).count();
    let arguments = match typed.get(variables..)? {
        ["ralf-tune", arguments @ ..] => arguments,
        ["cargo", "run", rest @ ..] => rest.get(rest.iter().position(|word| *word == "--")? + 1..)?,
        _ => return None,
    };
    (!arguments.is_empty()).then(|| arguments.iter().map(|word| (*word).to_owned()).collect())
}

#[test]
fn a_command_is_found_in_its_line() {
    let found = |line| of_ours(line).map(|words: Vec<String>| words.join(" "));
    assert_eq!(found("$ OLLAMA_HOST=h:1 ralf-tune run --quick   # a comment").as_deref(), Some("run --quick"));
    assert_eq!(found("cargo run --release -- run --simulate").as_deref(), Some("run --simulate"));
    assert_eq!(found("cargo test --release --workspace"), None);
    assert_eq!(found("ralf-tune"), None);
}

#[test]
fn the_two_commands_of_the_readme_are_those_that_are_tested() {
    let readme = read("README.md");
    for command in ["cargo run --release -- run --simulate", "cargo test --release --workspace"] {
        assert!(commands(&readme).iter().any(|line| line.trim().trim_start_matches("$ ") == command), "{command}");
    }
    let script = root().join(".ci/run");
    assert!(fs::read_to_string(&script).unwrap().lines().any(|line| line == "cargo test --release --workspace"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(script).unwrap().permissions().mode() & 0o111, 0o111, "it cannot be run");
    }
}

#[test]
fn every_name_is_explained() {
    let settings = read("docs/settings.md");
    let mut missing: Vec<String> = Vec::new();
    let mut expect = |text: &str, name: &str| {
        if !text.contains(&format!("`{name}`")) {
            missing.push(name.to_owned());
        }
    };
    for key in KEYS {
        for name in [key.flag, key.variable, key.file] {
            expect(&settings, name);
        }
    }
    for parameter in Parameter::ALL {
        expect(&settings, parameter.name());
    }
    let deciding = read("docs/how-it-decides.md");
    for metric in Metric::ALL {
        expect(&deciding, metric.name());
    }
    let readme = read("README.md");
    for plugin in bundled().all() {
        expect(&readme, &plugin.manifest().name);
    }
    assert!(missing.is_empty(), "not explained: {missing:?}");
    for status in ExitStatus::ALL {
        assert!(readme.contains(&format!("| {} | {} |", status.code(), status.meaning())), "exit code {status:?}");
    }
    let said = |limit: Limit| readme.contains(&limit.show(Limits::default().get(limit)));
    assert!(Limit::ALL.into_iter().all(said), "the README names every limit: {:?}", Limits::default());
}

#[test]
fn examples_of_settings_make_plans() {
    let registry = bundled();
    let folder = root().join("examples/configuration");
    let mut examples: Vec<(String, String)> = files(&folder, "toml")
        .into_iter()
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap()))
        .collect();
    assert!(examples.len() >= 3, "only {examples:?}");
    let guide = read("docs/settings.md");
    let blocks = guide.split("\n```toml\n").skip(1).map(|block| block.split_once("\n```").unwrap().0);
    examples.extend(blocks.map(|block| ("docs/settings.md".to_owned(), block.to_owned())));
    for (name, text) in examples {
        // Every intensity that it knows, with the plugins, weights and parameters that it names.
        let known: Vec<String> = loaded(&name, &text, None).intensities().keys().cloned().collect();
        for intensity in known {
            let settings = loaded(&name, &text, Some(intensity.clone()));
            let scorers = settings.scorers.value.iter().map(|choice| (choice.name.clone(), choice.weight)).collect();
            let choices = Choices {
                strategies: settings.strategies.value.clone(),
                scorers,
                selector: settings.selector.value.clone(),
                parameters: settings.given_params(),
                known: Vec::new(),
            };
            if let Err(error) = tune::plan(&settings.intensity(), &registry, &choices) {
                panic!("{name}, intensity {intensity}: {error}");
            }
        }
    }
}

/// What a settings file says, read as the project's where its name is that of a project's file.
fn loaded(name: &str, text: &str, intensity: Option<String>) -> Settings {
    let file = Some((Path::new(name), text));
    let (project, user) = if name == settings::PROJECT_FILE { (file, None) } else { (None, file) };
    let env = BTreeMap::from([("HOME".to_owned(), "/home/somebody".to_owned())]);
    let overrides = Overrides { intensity, ..Overrides::default() };
    resolve(&overrides, &env, project, user).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"))
}

fn bundled() -> Registry {
    Registry::bundled(&Arc::new(PluginEngine::new(None).unwrap())).unwrap()
}

/// Machines and conditions of the simulator stand in its guide, and where they are typed.
#[test]
fn the_simulator_is_listed_whole() {
    let guide = read("docs/simulator.md");
    let help = Cli::try_parse_from(["ralf-tune", "simulate", "--help"]).unwrap_err().to_string();
    for name in Scenario::NAMES.into_iter().chain(Condition::ALL.map(Condition::form)) {
        assert!(guide.contains(&format!("| `{name}` |")), "docs/simulator.md lacks {name}");
        assert!(help.contains(name), "the help lacks {name}");
    }
    assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
}

/// The intensities that are built in stand in the guide as they are.
#[test]
fn the_guide_has_the_built_in_intensities() {
    let built_in = read("host/src/settings/intensities.toml");
    let guide = read("docs/settings.md");
    for line in built_in.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        assert!(guide.contains(line), "docs/settings.md lacks {line}");
    }
}
