//! `ralf-tune plugin update`.

use super::{
    args::PluginUpdateArgs,
    candidate::{Looker, agreed, warn_of_takeover},
};
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, installed, session, ui},
    install::{FetchError, Locked, Source, Store},
    report::update,
    settings::Overrides,
};

/// Fetches installed plugins again from where they came. One that fails does not keep the others from being updated.
pub fn run(args: &PluginUpdateArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let store = installed::store(&env)?;
    let lock = store.read()?;
    let plugins = match &args.name {
        Some(name) => vec![lock.known(name)?],
        None => lock.plugins,
    };
    if plugins.is_empty() {
        ui::message("nothing is installed");
        return Ok(ExitStatus::Done);
    }
    let looker = Looker::new(&settings, &env)?;
    let mut status = ExitStatus::Done;
    let alone = plugins.len() == 1;
    for plugin in plugins {
        match update_one(args, &store, &looker, &plugin) {
            Ok(()) => {}
            Err(failure) if alone => return Err(failure),
            Err(failure) => {
                failure.said_at(format!("`{}` stays as it is", plugin.name)).show();
                status = ExitStatus::Plugin;
            }
        }
    }
    Ok(status)
}

fn update_one(args: &PluginUpdateArgs, store: &Store, looker: &Looker<'_>, old: &Locked) -> Result<(), Failure> {
    let (kind, name) = (old.kind.name(), &old.name);
    let source = Source::parse(&old.source).map_err(FetchError::from)?;
    let new = looker.look(source, args.sha256.as_ref())?;
    let (manifest, kept) = (&new.listing.manifest, store.component(old));
    if manifest.name != *name {
        let what = format!("{} now calls itself `{}`, not `{name}`", old.source, manifest.name);
        let hint = format!("if that is what you want: ralf-tune plugin remove {name}, then add it again");
        return Err(Failure::new(ExitStatus::Plugin, anyhow::Error::msg(what), Some(hint)));
    }
    if new.digest == old.sha256 {
        if kept.is_ok() {
            ui::message(&format!("{kind} `{name}` {} is unchanged", old.version));
        } else {
            // What was installed, and nothing else: it was agreed to then.
            store.insert(Locked { added: old.added.clone(), ..new.locked() }, &new.bytes, Some(&old.sha256))?;
            ui::message(&format!("{kind} `{name}` {} is whole again", old.version));
        }
        return Ok(());
    }
    let before = kept.ok().and_then(|bytes| looker.listing(&bytes, name, &old.source).ok());
    let was = update::Was { kind: old.kind, version: &old.version, sha256: old.sha256.hex(), listing: before.as_ref() };
    ui::message(&update::render(&was, &new.listing, ui::stderr_width(), ui::stderr_colour()));
    if new.listing.kind != old.kind {
        warn_of_takeover(new.listing.kind, name);
    }
    if !agreed(&format!("Update {kind} {name}?"), args.yes, &format!("updated: `{name}`"))? {
        ui::message(&format!("`{name}` stays as it is"));
        return Ok(());
    }
    store.insert(new.locked(), &new.bytes, Some(&old.sha256))?;
    ui::message(&format!("updated {kind} `{name}` to {}", manifest.version));
    Ok(())
}
