//! What stands between this program and the server, and how long the server keeps a model.

use std::collections::BTreeMap;

use hyper_util::client::proxy::matcher::Matcher;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    cli::{connection::Connection, session::block_on},
    model::{
        checkup::{Found, Gravity},
        clean::clean,
        machine::{LoadedModel, Locality, ServerProfile, same_model},
    },
    report::checkup::DEFAULT_KEEP_ALIVE_SECONDS,
    settings::parse_duration,
};

/// Proxies on the way: one that the environment names, and our own.
pub fn look(connection: &Connection, server: &ServerProfile) -> Vec<Found> {
    if server.locality == Locality::Simulated {
        return Vec::new();
    }
    named(connection, server).into_iter().chain(own(connection)).collect()
}

fn named(connection: &Connection, server: &ServerProfile) -> Option<Found> {
    let url = connection.address.base_url();
    let taken = Matcher::from_env().intercept(&url.parse().ok()?)?;
    // Who is allowed to use it is nobody's business.
    let proxy = taken.uri().authority().map_or_else(String::new, |authority| clean(authority.host()));
    let host = clean(&connection.address.host());
    let mend = format!("export NO_PROXY={host}");
    Some(if server.locality == Locality::Local {
        let what = format!(
            "the environment sends {host} through the proxy {proxy}; ralf-tune reaches it directly, other clients may not"
        );
        Found::at(Gravity::Note, "proxy", what, mend)
    } else {
        let what = format!("requests to {host} go through the proxy {proxy}, and its time counts as the server's");
        Found::at(Gravity::Warning, "proxy", what, mend)
    })
}

fn own(connection: &Connection) -> Option<Found> {
    let behind = clean(&block_on(false, connection.client.proxy_before_server()).ok()??);
    let what = format!(
        "{} is ralf-tune proxy, before {behind}: its time is in what is measured",
        connection.address.base_url()
    );
    Some(Found::at(Gravity::Note, "proxy", what, format!("measure the server itself: --host {behind}")))
}

/// Seconds that the server keeps a model which nobody asks, as far as that can be seen, and how; None where only its default is known.
pub fn keep_alive(
    env: &BTreeMap<String, String>,
    server: &ServerProfile,
    model: Option<&str>,
    now: &str,
) -> Option<(f64, String)> {
    // It will stay as long as it has left, at least; the last request may have been long ago.
    let left = |loaded: &LoadedModel| {
        let (until, now) = (
            OffsetDateTime::parse(loaded.expires_at.as_deref()?, &Rfc3339).ok()?,
            OffsetDateTime::parse(now, &Rfc3339).ok()?,
        );
        Some(((until - now).as_seconds_f64(), "the loaded model has so long left".to_owned()))
    };
    let loaded = server.loaded_models.iter().find(|loaded| model.is_some_and(|model| same_model(&loaded.name, model)));
    let seen = loaded.and_then(left).filter(|(seconds, _)| *seconds > DEFAULT_KEEP_ALIVE_SECONDS);
    let said = env.get("OLLAMA_KEEP_ALIVE").filter(|_| server.locality == Locality::Local).and_then(|said| {
        Some((seconds(said.trim())?, format!("OLLAMA_KEEP_ALIVE={} here; a service may have another", clean(said))))
    });
    seen.or(said)
}

/// As Ollama reads it: a number of seconds or a duration, and for ever where it is negative.
fn seconds(said: &str) -> Option<f64> {
    if said.starts_with('-') {
        return Some(f64::INFINITY);
    }
    said.parse().ok().or_else(|| parse_duration(said).ok().map(|duration| duration.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_the_server_reads_it() {
        for (said, expected) in [
            ("300", Some(300.0)),
            ("24h", Some(86400.0)),
            ("-1", Some(f64::INFINITY)),
            ("-1m", Some(f64::INFINITY)),
            ("soon", None),
        ] {
            assert_eq!(seconds(said), expected, "{said}");
        }
    }
}
