//! `ralf-tune share import`: a file, a folder, an address; nothing is believed that was not checked.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use url::Url;

use super::args::ShareImportArgs;
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, places, session, ui},
    files,
    install::{FetchError, Source, fetch},
    model::{clean::clean, pack::SignedPack},
    settings::Overrides,
    share::{MOST_FILE_BYTES, Refused, read, store::PackStore},
};

/// Files of a folder at most.
const MOST_FILES: usize = 1_000;

/// What was found, file by file.
#[derive(Default)]
struct Found {
    good: Vec<SignedPack>,
    refused: BTreeMap<Refused, usize>,
}

/// Reads, checks, keeps, and says what was refused and why.
pub fn run(args: &ShareImportArgs) -> CommandResult {
    let (_, env) = session::settings(&Overrides::default())?;
    let store = PackStore::new(&places::needed_data(&env)?);
    let mut found = Found::default();
    match Source::parse(&args.source).map_err(FetchError::from)? {
        Source::File(path) if path.is_dir() => folder(&path, &mut found)?,
        Source::File(path) => {
            let bytes = files::bytes(&path, MOST_FILE_BYTES).map_err(|error| unreadable(&path, error))?;
            take(&path.display().to_string(), &bytes, &mut found)?;
        }
        Source::Url(url) => {
            let bytes = fetched(&url)?;
            take(url.as_str(), &bytes, &mut found)?;
        }
        Source::Oci(_) => {
            let hint = "name a file, a folder, or an address: https://…".to_owned();
            return Err(Failure::usage("packs do not come by `oci:`".to_owned(), Some(hint)));
        }
    }
    let new = store.keep(&found.good)?;
    for (why, count) in &found.refused {
        ui::message(&ui::errors::warning(&format!("{count} refused: {why}"), None));
    }
    let refused: usize = found.refused.values().sum();
    let known = found.good.len() - new;
    ui::message(&format!("{new} new, {known} known already, {refused} refused; `ralf-tune recommend` asks them"));
    if found.good.is_empty() && refused > 0 {
        let hint = "ask whoever made it for the file as `ralf-tune share export` wrote it".to_owned();
        return Err(Failure::usage("nothing of it can be believed".to_owned(), Some(hint)));
    }
    Ok(ExitStatus::Done)
}

fn take(name: &str, bytes: &[u8], found: &mut Found) -> Result<(), Failure> {
    let packs = read(bytes).map_err(|error| {
        let error = anyhow::Error::new(error).context(format!("cannot take packs from {}", clean(name)));
        Failure::new(
            ExitStatus::Usage,
            error,
            Some("`ralf-tune share export` writes such files; ralf-tune schema pack".into()),
        )
    })?;
    found.good.extend(packs.good);
    for (why, count) in packs.refused {
        *found.refused.entry(why).or_default() += count;
    }
    Ok(())
}

/// The `.json` files of a folder, in the order of their names. One that is no file of packs is said and passed over: a folder has others, too.
fn folder(folder: &Path, found: &mut Found) -> Result<(), Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, error.into()))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    paths.sort();
    if paths.len() > MOST_FILES {
        let what = format!("{} has {} files, and {MOST_FILES} are read at a time", folder.display(), paths.len());
        return Err(Failure::usage(what, Some("import parts of it".into())));
    }
    for path in paths {
        let name = path.display().to_string();
        let taken = files::bytes(&path, MOST_FILE_BYTES)
            .map_err(|error| unreadable(&path, error))
            .and_then(|bytes| take(&name, &bytes, found));
        if let Err(failure) = taken {
            ui::message(&ui::errors::warning(&ui::errors::chain(&failure.error).join(": "), None));
        }
    }
    Ok(())
}

fn fetched(url: &Url) -> Result<Vec<u8>, Failure> {
    let bytes = session::block_on(false, fetch::bounded(url, "application/json", MOST_FILE_BYTES))?;
    Ok(bytes?)
}

fn unreadable(path: &Path, error: files::ReadError) -> Failure {
    let error = anyhow::Error::new(error).context(format!("cannot read {}", clean(&path.display().to_string())));
    Failure::new(ExitStatus::Usage, error, Some("name a file of packs, a folder of such files, or an address".into()))
}
