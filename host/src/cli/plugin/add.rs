//! `ralf-tune plugin add`.

use super::{
    args::PluginAddArgs,
    candidate::{Looker, agreed, warn_of_takeover},
};
use crate::{
    cli::{CommandResult, exit::ExitStatus, installed, session, ui},
    install::{FetchError, Source, StoreError},
    report::plugins,
    settings::Overrides,
};

/// Fetches, checks, shows, asks, and only then keeps.
pub fn run(args: &PluginAddArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let source = Source::parse(&args.source).map_err(FetchError::from)?.absolute();
    let store = installed::store(&env)?;
    // Before anything is fetched: a store that cannot be used would have cost the time of it.
    let lock = store.read()?;
    let candidate = Looker::new(&settings, &env)?.look(source, args.sha256.as_ref())?;
    let listing = &candidate.listing;
    let (kind, name, version) = (listing.kind.name(), &listing.manifest.name, &listing.manifest.version);
    if let Some(known) = lock.find(name) {
        if known.sha256 == candidate.digest && store.component(known).is_ok() {
            ui::message(&format!("{kind} `{name}` {version} is installed already, and the same"));
            return Ok(ExitStatus::Done);
        }
        return Err(StoreError::Taken {
            name: name.clone(),
            version: known.version.clone(),
            source_text: known.source.clone(),
        }
        .into());
    }
    ui::message(&plugins::info(listing, ui::stderr_width(), ui::stderr_colour()));
    warn_of_takeover(listing.kind, name);
    if !agreed(&format!("Install {kind} {name} {version}?"), args.yes, "installed")? {
        ui::message("not installed");
        return Ok(ExitStatus::Done);
    }
    store.insert(candidate.locked(), &candidate.bytes, None)?;
    ui::message(&format!("installed; it takes part where it is named: ralf-tune run --{kind} {name}"));
    Ok(ExitStatus::Done)
}
