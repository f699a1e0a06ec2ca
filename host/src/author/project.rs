use super::{AuthorError, Language, PluginName, embedded::INTERFACE, rust};
use crate::model::plugin::PluginKind;

/// Stands for the folder of the Rust SDK.
const SDK: &str = "__sdk__";

/// What is wanted.
#[derive(Debug)]
pub struct Order<'a> {
    pub kind: PluginKind,
    pub name: &'a PluginName,
    pub language: &'a Language,
    /// The folder of a checkout's SDK to depend on, instead of a copy in the project.
    pub sdk: Option<&'a str>,
}

/// A project that could be written.
#[derive(Debug, PartialEq, Eq)]
pub struct Project {
    /// Sorted by path.
    pub files: Vec<File>,
    pub commands: Commands,
    /// The file that the author changes.
    pub edit: Option<String>,
}

/// One file of a project.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    /// Below the project's folder, with `/`.
    pub path: String,
    pub contents: Vec<u8>,
}

/// What is typed in the project's folder, in this order.
#[derive(Debug, PartialEq, Eq)]
pub struct Commands {
    pub test: String,
    pub prepare: Option<String>,
    pub build: String,
    /// Where the component is then.
    pub component: String,
}

/// Makes a project from a template.
///
/// # Errors
/// When the language has no template of that kind, no such names, or no SDK where one is named.
pub fn project(order: &Order<'_>) -> Result<Project, AuthorError> {
    let Order { kind, name, language, sdk } = order;
    let about = &language.about;
    if !language.kinds.contains(kind) {
        return Err(AuthorError::NoTemplate { language: language.name, kind: kind.name() });
    }
    if about.taken.iter().any(|taken| taken == name.plain()) {
        return Err(AuthorError::Taken { name: name.plain().to_owned(), language: language.name });
    }
    let sdk = match (sdk, &about.sdk) {
        (Some(_), None) => return Err(AuthorError::NoSdk(language.name)),
        (Some(elsewhere), Some(_)) => Some(*elsewhere),
        (None, inside) => inside.as_deref(),
    };
    let fill = |text: &str| name.fill(text).replace(SDK, sdk.unwrap_or_default());

    let mut files: Vec<File> = language
        .files(*kind)
        .map(|(path, contents)| {
            // What is no text has no placeholders.
            let filled = str::from_utf8(contents).map_or_else(|_| contents.to_vec(), |text| fill(text).into_bytes());
            File { path: fill(path), contents: filled }
        })
        .collect();
    files.extend(
        INTERFACE.iter().map(|(path, contents)| File { path: format!("wit/{path}"), contents: contents.to_vec() }),
    );
    if let Some(inside) = &about.sdk {
        let broken = |why| AuthorError::Broken { language: language.name.to_owned(), why };
        if order.sdk.is_none() {
            files.extend(rust::sdk(inside).map_err(broken)?);
        }
        files
            .push(File { path: "Cargo.lock".into(), contents: rust::lock(name.plain()).map_err(broken)?.into_bytes() });
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));

    let commands = Commands {
        test: fill(&about.test),
        prepare: about.prepare.as_deref().map(fill),
        build: fill(&about.build),
        component: fill(&about.component),
    };
    Ok(Project { files, commands, edit: about.edit.as_deref().map(fill) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::author::{AuthorError, language, languages};

    #[test]
    fn every_template_of_every_language_fills_without_a_rest() {
        let name = PluginName::new("my-own").unwrap();
        let all = languages().unwrap();
        assert!(all.iter().any(|language| language.name == "rust"), "{all:?}");
        for language in &all {
            assert_eq!(language.kinds.len(), 3, "{} lacks a kind", language.name);
            for kind in language.kinds.iter().copied() {
                let project = project(&Order { kind, name: &name, language, sdk: None }).unwrap();
                for File { path, contents } in &project.files {
                    let text = String::from_utf8_lossy(contents);
                    for placeholder in ["__name__", "__snake__", "__Pascal__", SDK] {
                        assert!(!path.contains(placeholder) && !text.contains(placeholder), "{path}: {placeholder}");
                    }
                }
                let paths: Vec<&str> = project.files.iter().map(|file| file.path.as_str()).collect();
                assert!(paths.contains(&"wit/scorer.wit") && !paths.contains(&"wit/README.md"), "{paths:?}");
                assert!(paths.windows(2).all(|pair| pair[0] != pair[1]), "written twice: {paths:?}");
                assert!(project.edit.is_none_or(|file| paths.contains(&file.as_str())), "{paths:?}");
            }
        }
    }

    #[test]
    fn the_sdk_may_lie_elsewhere() {
        let (name, rust) = (PluginName::new("my-own").unwrap(), language("rust").unwrap());
        let order = |sdk| Order { kind: PluginKind::Scorer, name: &name, language: &rust, sdk };
        let has = |project: &Project, start: &str| project.files.iter().any(|file| file.path.starts_with(start));
        let (inside, elsewhere) = (project(&order(None)).unwrap(), project(&order(Some("/a/b"))).unwrap());
        assert!(has(&inside, "ralf-tune-sdk/src/lib.rs") && !has(&elsewhere, "ralf-tune-sdk/"));
        let manifest = elsewhere.files.iter().find(|file| file.path == "Cargo.toml").unwrap();
        assert!(String::from_utf8_lossy(&manifest.contents).contains("path = \"/a/b\""));
        for language in languages().unwrap().iter().filter(|language| language.about.sdk.is_none()) {
            let order = Order { kind: PluginKind::Scorer, name: &name, language, sdk: Some("/a/b") };
            assert_eq!(project(&order), Err(AuthorError::NoSdk(language.name)));
        }
    }
}
