//! `ralf-tune plugin new`.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::args::PluginNewArgs;
use crate::{
    author::{self, Commands, Order, PluginName, Project},
    cli::{CommandResult, exit::ExitStatus, failure::Failure, ui},
    files,
    model::plugin::PluginKind,
    report::author::{Written, choices, written},
};

/// Bytes of a `Cargo.toml` at most.
const MOST_MANIFEST_BYTES: u64 = 1 << 20;

/// Writes a project, or shows what there is to choose from.
pub fn run(args: &PluginNewArgs) -> CommandResult {
    if args.list {
        return list();
    }
    let (Some(kind), Some(name)) = (&args.kind, &args.name) else {
        let hint = "for example `ralf-tune plugin new scorer my-scorer`; --list shows kinds and languages".to_owned();
        return Err(Failure::usage("a new plugin needs a kind and a name".into(), Some(hint)));
    };
    let kind = author::kind(kind, name)?;
    let name = PluginName::new(name)?;
    let language = author::language(&args.lang)?;
    let sdk = args.sdk.as_deref().map(sdk_folder).transpose()?;
    let project = author::project(&Order { kind, name: &name, language: &language, sdk: sdk.as_deref() })?;

    let folder = args.directory.clone().unwrap_or_else(|| PathBuf::from(name.plain()));
    must_be_free(&folder)?;
    write(&folder, &project)?;
    let said = Written {
        folder: &folder.display().to_string(),
        kind: kind.name(),
        language: language.name,
        files: project.files.len(),
        edit: project.edit.as_deref(),
        commands: &next(&folder, &project.commands),
    };
    ui::data(&written(&said, ui::stdout_width(), ui::stdout_colour()))?;
    Ok(ExitStatus::Done)
}

fn list() -> CommandResult {
    let kinds = [
        (PluginKind::Strategy.name(), "says what to measure next, and what follows from it"),
        (PluginKind::Scorer.name(), "says how good one note is, from 0 to 1"),
        (PluginKind::Selector.name(), "picks the winner among the measured candidates"),
    ];
    let languages: Vec<_> =
        author::languages()?.iter().map(|language| (language.name, language.needs().join(", "))).collect();
    ui::data(&choices(&kinds, &languages, ui::stdout_width(), ui::stdout_colour()))?;
    Ok(ExitStatus::Done)
}

/// The folder of the SDK, in a checkout or named itself; with `/`, as manifests have it.
fn sdk_folder(path: &Path) -> Result<String, Failure> {
    let is_sdk = |folder: &Path| {
        let manifest = files::text(&folder.join("Cargo.toml"), MOST_MANIFEST_BYTES).unwrap_or_default();
        manifest.contains("name = \"ralf-tune-sdk\"")
    };
    let found = [path.to_owned(), path.join("sdk")].into_iter().find(|folder| is_sdk(folder));
    let absolute = found.and_then(|folder| std::path::absolute(folder).ok());
    absolute.and_then(|folder| folder.to_str().map(|path| path.replace('\\', "/"))).ok_or_else(|| {
        let hint = "it is the folder `sdk` of a checkout of ralf-tune; without `--sdk` the project gets a copy";
        Failure::usage(format!("{} has no ralf-tune-sdk", path.display()), Some(hint.into()))
    })
}

/// Nothing that is there is ever overwritten.
fn must_be_free(folder: &Path) -> Result<(), Failure> {
    let free = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if free {
        return Ok(());
    }
    let hint = "choose another name, or another folder with `--directory DIR`".to_owned();
    Err(Failure::usage(format!("{} is already there, and stays as it is", folder.display()), Some(hint)))
}

fn write(folder: &Path, project: &Project) -> Result<(), Failure> {
    for file in &project.files {
        let path = folder.join(&file.path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
            // Somebody may have made it in between.
            fs::File::create_new(&path)?.write_all(&file.contents)
        });
        if let Err(error) = written {
            let error = anyhow::Error::new(error).context(format!("cannot write {}", path.display()));
            let hint = "remove the folder, and try again or elsewhere with `--directory DIR`".to_owned();
            return Err(Failure::new(ExitStatus::Unfit, error, Some(hint)));
        }
    }
    Ok(())
}

/// All that is typed next, from here to a study.
fn next(folder: &Path, commands: &Commands) -> Vec<String> {
    let Commands { test, prepare, build, component } = commands;
    let mut next = vec![format!("cd {}", quoted(&folder.display().to_string())), test.clone()];
    next.extend(prepare.clone());
    next.extend([
        build.clone(),
        format!("ralf-tune plugin check {component}"),
        format!("ralf-tune run --simulate --plugin {component}"),
    ]);
    next
}

/// A path as shells take it.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./\\:~+,".contains(c);
    if path.chars().all(plain) {
        return path.to_owned();
    }
    if cfg!(windows) { format!("\"{path}\"") } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_folder_can_be_typed() {
        assert_eq!(quoted("plugins/my-scorer"), "plugins/my-scorer");
        assert_eq!(quoted("my own/it's"), r"'my own/it'\''s'");
    }
}
