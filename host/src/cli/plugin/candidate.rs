//! A component that might be installed: fetched, checked, and shown before anything is kept.

use std::{collections::BTreeMap, sync::Arc};

use super::listing::described;
use crate::{
    cli::{
        exit::ExitStatus,
        failure::Failure,
        session::{self, block_on},
        ui,
    },
    install::{Locked, Source, fetch::fetch},
    model::{digest::Digest, plugin::PluginKind},
    plugin::{
        PluginEngine,
        registry::{Plugin, is_bundled_name, load_limited},
    },
    report::listing::{ListedOrigin, PluginListing},
    settings::Settings,
};

/// What was fetched, and what it turned out to be.
pub struct Candidate {
    pub bytes: Vec<u8>,
    pub digest: Digest,
    pub source: Source,
    pub listing: PluginListing,
}

/// Looks at components, all with one engine.
pub struct Looker<'a> {
    settings: &'a Settings,
    engine: Arc<PluginEngine>,
}

impl<'a> Looker<'a> {
    pub fn new(settings: &'a Settings, env: &BTreeMap<String, String>) -> Result<Self, Failure> {
        Ok(Self { settings, engine: session::engine(env)? })
    }

    /// Gets a component and checks it exactly as it is checked when it is loaded.
    pub fn look(&self, source: Source, expected: Option<&Digest>) -> Result<Candidate, Failure> {
        let bytes = block_on(false, fetch(&source, expected))??;
        let listing = self.listing(&bytes, &source.stem(), &source.to_string())?;
        Ok(Candidate { digest: Digest::of(&bytes), bytes, source, listing })
    }

    /// What a component is.
    pub fn listing(&self, bytes: &[u8], name: &str, origin: &str) -> Result<PluginListing, Failure> {
        let changes = session::limit_changes(self.settings);
        let plugin: Plugin = load_limited(&self.engine, bytes, name, origin, &changes)?;
        let sha256 = Some(Digest::of(bytes).to_string());
        Ok(described(&plugin, self.settings, ListedOrigin::File(origin.to_owned()), sha256, Some(name)))
    }
}

impl Candidate {
    /// Its line of the lock file.
    pub fn locked(&self) -> Locked {
        let PluginListing { kind, manifest, size_bytes, api, .. } = &self.listing;
        Locked {
            name: manifest.name.clone(),
            kind: *kind,
            version: manifest.version.clone(),
            source: self.source.to_string(),
            sha256: self.digest.clone(),
            size: *size_bytes,
            api: api.clone(),
            added: crate::cli::run::now(),
        }
    }
}

/// An installed plugin with the kind and name of a bundled one takes part unasked.
pub fn warn_of_takeover(kind: PluginKind, name: &str) {
    if is_bundled_name(kind, name) {
        let kind = kind.name();
        let what = format!("it will stand in the place of the bundled {kind} `{name}`, wherever that is used");
        ui::message(&ui::errors::warning(&what, None));
    }
}

/// Asks; without a person to ask it is refused.
pub fn agreed(question: &str, yes: bool, what: &str) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    if !ui::confirm::can_ask() {
        let hint = "read what it is and may do, then run again with --yes".to_owned();
        return Err(Failure::new(
            ExitStatus::Usage,
            anyhow::anyhow!("not {what}: nobody is here to say yes"),
            Some(hint),
        ));
    }
    Ok(ui::confirm(question))
}
