//! What lies in the program's own folders: who may write there, how much space there is, and what nobody can use any more.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use time::OffsetDateTime;

use crate::{
    cli::places,
    install::private::{self, Exposed, Why},
    model::{
        checkup::{Found, Gravity, Repair},
        machine::same_model,
        profile::{Place, Profile},
    },
    plugin::kept::kept as compiled_in,
    profile::disk,
    report::units::bytes,
    store::{Journals, ProfileStore, StoreError, StudyStore, unfinished},
};

/// Free space below which a study may not be kept: its journal has every answer, and plugins are compiled beside it.
const LITTLE_SPACE: u64 = 1 << 30;

/// What mends what is ours.
const FIX: &str = "ralf-tune doctor --fix";

/// The program's own things, whatever the server does.
pub fn look(env: &BTreeMap<String, String>) -> Vec<Found> {
    let (data, cache) = (places::data(env), places::cache(env));
    let mut found = Vec::new();
    for (folder, variable) in [(&data, "RALF_TUNE_DATA_DIR"), (&cache, "RALF_TUNE_CACHE_DIR")] {
        let Some(folder) = folder else { continue };
        found.extend(private::check(folder).err().map(|exposed| said(&exposed, folder, variable)));
        found.extend(space(folder, variable));
    }
    found.extend(data.as_deref().map(kept).unwrap_or_default());
    found.extend(cache.as_deref().and_then(compiled));
    found
}

fn said(exposed: &Exposed, folder: &Path, variable: &str) -> Found {
    let found = Found::at(Gravity::Warning, "folders", exposed.to_string(), exposed.mend(variable));
    // A folder on the way is not ours to change.
    let is_ours = exposed.folder == folder && exposed.why == Why::OthersMayWrite;
    if is_ours { found.with(Repair::MakePrivate { folder: folder.to_owned() }) } else { found }
}

fn space(folder: &Path, variable: &str) -> Option<Found> {
    let free = disk::free_bytes(folder)?;
    let what = format!("{} are free at {}", bytes(free), folder.display());
    Some(if free < LITTLE_SPACE {
        Found::at(Gravity::Warning, "disk", what, format!("free some, or name another folder with {variable}"))
    } else {
        Found::good("disk", what)
    })
}

/// Studies, profiles and journals that cannot be read, and what was never finished.
fn kept(data: &Path) -> Vec<Found> {
    let (studies, profiles, journals) = (StudyStore::new(data), ProfileStore::new(data), Journals::new(data));
    let damaged = |errors: Vec<StoreError>| -> Vec<PathBuf> {
        let paths = errors.into_iter().filter_map(|error| match error {
            StoreError::Broken { path, .. } | StoreError::NotAProfile { path, .. } => Some(path),
            // One of a newer release, or one that cannot be read now, is nothing to throw away.
            _ => None,
        });
        paths.filter(|path| path.is_file()).collect()
    };
    let groups = [
        ("studies", "cannot be read as a study", damaged(studies.list().map(|all| all.unreadable).unwrap_or_default())),
        (
            "profiles",
            "cannot be read as a profile",
            damaged(profiles.list().map(|all| all.unreadable).unwrap_or_default()),
        ),
        ("studies", "is a journal of which nothing can be used", journals.useless()),
        (
            "folders",
            "was never finished",
            unfinished(&[studies.folder(), profiles.folder()], OffsetDateTime::now_utc()),
        ),
    ];
    let mut found = Vec::new();
    for (subject, why, paths) in groups {
        let Some(first) = paths.first() else { continue };
        let more = match paths.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let what = format!("{}{more} {why}", first.display());
        found.push(Found::at(Gravity::Note, subject, what, FIX.to_owned()).with(Repair::RemoveFiles { paths }));
    }
    found
}

/// Compiled plugins: those of earlier releases are never used again.
fn compiled(cache: &Path) -> Option<Found> {
    let kept = compiled_in(cache)?;
    if kept.older.is_empty() {
        return Some(Found::good("cache", format!("{} compiled plugins, {}", kept.count, bytes(kept.bytes))));
    }
    let what =
        format!("{} of compiled plugins are of earlier releases, in {}", bytes(kept.older_bytes), cache.display());
    let found = Found::at(Gravity::Note, "cache", what, FIX.to_owned());
    Some(found.with(Repair::RemoveFolders { paths: kept.older }))
}

/// Profiles of the model that were found on something else than what is there now.
pub fn stale(env: &BTreeMap<String, String>, model: &str, now: &Place) -> Vec<Found> {
    let Some(store) = places::data(env).map(|data| ProfileStore::new(&data)) else { return Vec::new() };
    let of_model =
        |profile: &Profile| same_model(&profile.tuned.model_name, model) && profile.place.simulated == now.simulated;
    let all = store.list().map(|profiles| profiles.all).unwrap_or_default();
    let mut found: Vec<Found> = Vec::new();
    let (mut fresh, mut removed): (usize, BTreeMap<String, Vec<Profile>>) = (0, BTreeMap::new());
    for profile in all.into_iter().filter(of_model) {
        let changes = profile.place.changes(now);
        if changes.is_empty() {
            fresh += 1;
        } else if profile.name.is_studied() {
            removed.entry(changes.join("; ")).or_default().push(profile);
        } else {
            let what = format!("the profile {} may be stale: {}", profile.name, changes.join("; "));
            let mend = format!("ralf-tune run, or ralf-tune profile remove {} --model {model}", profile.name);
            found.push(Found::at(Gravity::Warning, "profiles", what, mend));
        }
    }
    // The next study makes them anew; what the user has named is the user's.
    for (changes, profiles) in removed {
        let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
        let what = format!("the profiles {} may be stale: {changes}", names.join(", "));
        let paths = profiles.iter().map(|profile| store.file_of(profile)).collect();
        let mend = "ralf-tune run makes them anew; ralf-tune doctor --fix removes them".to_owned();
        found.push(Found::at(Gravity::Warning, "profiles", what, mend).with(Repair::RemoveFiles { paths }));
    }
    if found.is_empty() && fresh > 0 {
        found.push(Found::good("profiles", format!("{fresh} of {model} were found on what is there now")));
    }
    found
}
