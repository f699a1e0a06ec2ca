//! The server: where it runs, which version it is, what it has loaded.

use semver::Version;

use crate::{
    model::{
        machine::{Era, Fact, Locality, ServerProfile},
        observation::FailureCause,
    },
    ollama::{
        address::{ServerAddress, is_own_address},
        client::Client,
        error::OllamaError,
    },
};

/// Asks the server for its version and its loaded models, and finds out where it runs.
///
/// `locality_override` is for a caller that knows better: the simulator, or a user with a tunnel.
///
/// # Errors
///
/// When the server cannot be reached, or does not say what it has loaded. A server without `/api/version` is no error: some proxies and
/// servers of the same API have none.
pub async fn server(
    client: &Client,
    address: &ServerAddress,
    locality_override: Option<Locality>,
) -> Result<ServerProfile, OllamaError> {
    let version = match client.version().await {
        Ok(version) => Fact::found(crate::model::clean::clean_within(&version, 40), "/api/version"),
        Err(error) if matches!(error.cause(), FailureCause::ServerError | FailureCause::Protocol) => {
            Fact::unknown(format!("/api/version: {error}"))
        }
        Err(error) => return Err(error),
    };
    let loaded_models = client.ps().await?;
    let (locality, locality_source) = match locality_override {
        Some(locality) => (locality, "as given".to_owned()),
        None => locality(address).await,
    };
    let era = version.value.as_deref().map_or_else(|| Fact::unknown("the version is unknown"), era);
    Ok(ServerProfile { host: address.base_url(), locality, locality_source, version, era, loaded_models })
}

/// How a server of that version behaves. The engine changed with 0.4 and 0.30.
///
/// A build from source calls itself 0.0.0; it is taken for a new one.
#[must_use]
pub fn era(version: &str) -> Fact<Era> {
    let trimmed = version.trim().trim_start_matches('v');
    let Ok(parsed) = Version::parse(trimmed) else {
        return Fact::unknown(format!("`{version}` is not a version number"));
    };
    match (parsed.major, parsed.minor) {
        (0, 0) => Fact::found(Era::C, format!("version {trimmed} is a development build: taken for 0.30 or later")),
        (0, 1..=3) => Fact::found(Era::A, format!("version {trimmed} is before 0.4")),
        (0, 4..=29) => Fact::found(Era::B, format!("version {trimmed} is from 0.4 to 0.29")),
        _ => Fact::found(Era::C, format!("version {trimmed} is 0.30 or later")),
    }
}

/// Where an address is, and how we know. An address cannot say whether a tunnel or a container stands behind it.
async fn locality(address: &ServerAddress) -> (Locality, String) {
    const DOUBT: &str = "a tunnel or a container can look the same";
    let host = address.host();
    if address.is_loopback() {
        return (Locality::Local, format!("{host} is this machine's loopback address ({DOUBT})"));
    }
    if let Some(ip) = address.ip() {
        return if is_own_address(ip) {
            (Locality::Local, format!("{host} is an address of this machine ({DOUBT})"))
        } else {
            (Locality::Remote, format!("{host} is not an address of this machine"))
        };
    }
    let resolved = tokio::net::lookup_host((host.as_str(), address.port())).await;
    let mut ips = resolved.into_iter().flatten().map(|socket| socket.ip()).peekable();
    if ips.peek().is_some() && ips.all(is_own_address) {
        return (Locality::Local, format!("{host} is a name of this machine ({DOUBT})"));
    }
    (Locality::Remote, format!("{host} is not a name of this machine"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_era_follows_the_version() {
        for (version, expected) in [
            ("0.1.33", Some(Era::A)),
            ("0.3.14", Some(Era::A)),
            ("0.4.0-rc6", Some(Era::B)),
            ("0.24.0", Some(Era::B)),
            ("0.30.0-rc1", Some(Era::C)),
            ("0.32.15", Some(Era::C)),
            ("v0.33.0-rc2", Some(Era::C)),
            ("1.0.0", Some(Era::C)),
            ("0.0.0", Some(Era::C)),
            ("0.0.0-dirty", Some(Era::C)),
            ("banana", None),
        ] {
            assert_eq!(era(version).value, expected, "{version}");
        }
        assert!(era("0.0.0").source.contains("development build"));
    }
}
