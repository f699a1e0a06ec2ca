//! One study at a time on one server.

use std::collections::BTreeMap;

use super::{connection::Connection, failure::Failure, places, run::now, ui};
use crate::{
    model::machine::Locality,
    store::{ServerLock, StoreError},
};

/// Takes the locks of several.
///
/// # Errors
/// When another study runs on one of them.
pub fn take_all<'a>(
    env: &BTreeMap<String, String>,
    connections: impl IntoIterator<Item = &'a Connection>,
) -> Result<Vec<Option<ServerLock>>, Failure> {
    connections.into_iter().map(|connection| take(env, connection)).collect()
}

/// Takes the lock of the server. A simulated one is nobody else's. Where no lock can be made, the study goes without one.
///
/// # Errors
/// When another study runs there.
pub fn take(env: &BTreeMap<String, String>, connection: &Connection) -> Result<Option<ServerLock>, Failure> {
    if connection.locality == Some(Locality::Simulated) {
        return Ok(None);
    }
    let Some(data) = places::data(env) else { return Ok(None) };
    let address = &connection.address;
    // This machine has many names for itself.
    let server = if address.is_loopback() {
        address.base_url().replace(&address.host(), "this machine")
    } else {
        address.base_url()
    };
    let holder = format!("process {}, since {}", std::process::id(), now());
    match ServerLock::take(&data, &server, &holder) {
        Ok(lock) => Ok(Some(lock)),
        Err(error @ StoreError::Busy { .. }) => Err(error.into()),
        Err(error) => {
            let hint = error.hint();
            let what = format!("nothing keeps a second study from this server: {error}");
            ui::message(&ui::errors::warning(&what, Some(&hint)));
            Ok(None)
        }
    }
}
