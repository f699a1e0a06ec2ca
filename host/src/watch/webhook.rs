//! An entry as JSON, by POST, to an address that the user named. Tried twice; who does not answer then is not waited for.

use std::time::Duration;

use reqwest::{
    Certificate,
    header::{CONTENT_TYPE, USER_AGENT},
    redirect::Policy,
};
use tokio::time::sleep;
use url::Url;

use super::event::Entry;
use crate::model::{cause::innermost, loopback};

/// The whole of one try, and how long until the second.
const LIMIT: Duration = Duration::from_secs(10);
const AGAIN_AFTER: Duration = Duration::from_secs(2);
const TRIES: u32 = 2;

/// An address that cannot be one.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("`{0}` is no address of the web")]
    NotAnAddress(String),
    #[error("the way to {0} is not encrypted, and others could read what is sent")]
    Unencrypted(String),
    #[error("no connection can be prepared: {0}")]
    Client(String),
}

impl WebhookError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotAnAddress(_) => Some("for example: --webhook https://example.com/hook".to_owned()),
            Self::Unencrypted(_) => Some("use https, or an address of this machine".to_owned()),
            Self::Client(_) => None,
        }
    }
}

/// Where entries are sent.
#[derive(Debug, Clone)]
pub struct Webhook {
    client: reqwest::Client,
    url: Url,
}

impl Webhook {
    /// Prepares the way.
    ///
    /// # Errors
    /// For what is no address, and for plain HTTP to another machine.
    pub fn new(address: &str) -> Result<Self, WebhookError> {
        let url =
            Url::parse(address).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.host().is_some());
        let url = url.ok_or_else(|| WebhookError::NotAnAddress(address.to_owned()))?;
        let is_here = url.host().is_some_and(|host| loopback::is_loopback(&host));
        if url.scheme() != "https" && !is_here {
            return Err(WebhookError::Unencrypted(url.host_str().unwrap_or_default().to_owned()));
        }
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder().redirect(Policy::none()).timeout(LIMIT);
        if is_here {
            builder = builder.no_proxy();
        }
        if url.scheme() != "https" {
            builder = builder.tls_certs_only(std::iter::empty::<Certificate>());
        }
        let client = builder.build().map_err(|error| WebhookError::Client(innermost(&error)))?;
        Ok(Self { client, url })
    }

    /// Sends it.
    ///
    /// # Errors
    /// Why it did not arrive, in words without the address, which may be a secret.
    pub async fn send(&self, entry: &Entry) -> Result<(), String> {
        let body = serde_json::to_vec(entry).map_err(|error| error.to_string())?;
        let mut why = String::new();
        for number in 0..TRIES {
            if number > 0 {
                sleep(AGAIN_AFTER).await;
            }
            let request = self
                .client
                .post(self.url.clone())
                .header(CONTENT_TYPE, "application/json")
                .header(USER_AGENT, concat!("ralf-tune/", env!("CARGO_PKG_VERSION")))
                .body(body.clone());
            match request.send().await {
                Ok(response) if response.status().is_success() => return Ok(()),
                Ok(response) => why = format!("it answered {}", response.status()),
                Err(error) => why = innermost(&error.without_url()),
            }
        }
        Err(why)
    }
}
