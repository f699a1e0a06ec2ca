//! The transport over HTTP/1.1.

use std::time::Duration;

use futures_util::{StreamExt, future::BoxFuture};
use reqwest::{
    Certificate,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
    redirect::Policy,
};

use super::{
    address::{ServerAddress, is_own_address},
    mask::masked,
    transport::{Method, Request, Response, Transport, TransportError},
};
use crate::model::cause::innermost;

/// The key of `OLLAMA_API_KEY`. It is sent to the server and shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(HeaderValue);

/// A key that no header can carry. The message does not repeat it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the API key contains a character that no HTTP header can carry")]
pub struct ApiKeyError;

impl ApiKeyError {
    /// What to look at.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some("look for a line break or a letter that is not ASCII in OLLAMA_API_KEY".to_owned())
    }
}

impl ApiKey {
    /// A key, from the value of `OLLAMA_API_KEY`; `None` when it is blank.
    ///
    /// # Errors
    ///
    /// When no header can carry it.
    pub fn new(key: &str) -> Result<Option<Self>, ApiKeyError> {
        let key = key.trim();
        if key.is_empty() {
            return Ok(None);
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiKeyError);
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| ApiKeyError)?;
        header.set_sensitive(true);
        Ok(Some(Self(header)))
    }

    fn secret(&self) -> &[u8] {
        self.0.as_bytes().strip_prefix(b"Bearer ").unwrap_or_default()
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey(hidden)")
    }
}

impl std::fmt::Display for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

/// Speaks to one server.
pub struct HttpTransport {
    client: reqwest::Client,
    base_url: String,
    connect_timeout: Duration,
    /// What no answer is to hold.
    key: Option<ApiKey>,
}

impl HttpTransport {
    /// A transport to that server.
    ///
    /// This machine's own addresses are reached directly; for others the usual proxy variables of the environment hold. Redirects are not
    /// followed: a prompt, and a key, go to the named server or nowhere.
    ///
    /// # Errors
    ///
    /// `Connect` when TLS cannot be set up: without the system's certificates no `https` server can be trusted.
    pub fn new(
        address: &ServerAddress,
        key: Option<ApiKey>,
        connect_timeout: Duration,
    ) -> Result<Self, TransportError> {
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut headers = HeaderMap::new();
        if let Some(ApiKey(header)) = &key {
            headers.insert(AUTHORIZATION, header.clone());
        }
        let builder = || {
            reqwest::Client::builder()
                .default_headers(headers.clone())
                .user_agent(concat!("ralf-tune/", env!("CARGO_PKG_VERSION")))
                .redirect(Policy::none())
                .retry(reqwest::retry::never())
                .connect_timeout(connect_timeout)
        };
        // A container without certificates must still be able to use its own server.
        let untrusting = || builder().tls_certs_only(std::iter::empty::<Certificate>());
        let own = address.is_loopback() || address.ip().is_some_and(is_own_address);
        let client = match (own, address.is_https()) {
            (true, true) => builder().no_proxy().build(),
            (true, false) => untrusting().no_proxy().build(),
            (false, true) => builder().build(),
            (false, false) => builder().build().or_else(|_| untrusting().build()),
        };
        let base_url = address.base_url();
        let client = client.map_err(|error| TransportError::Connect(format!("{base_url}: {}", innermost(&error))))?;
        Ok(Self { client, base_url, connect_timeout, key })
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let url = format!("{}{}", self.base_url, request.path);
        let mut builder = match request.method {
            Method::Get => self.client.get(url),
            Method::Post => self.client.post(url),
        };
        if let Some(body) = request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body);
        }
        let (base_url, key) = (self.base_url.clone(), self.key.clone());
        let limit_ms = u64::try_from(self.connect_timeout.as_millis()).unwrap_or(u64::MAX);
        Box::pin(async move {
            let response = builder.send().await.map_err(|error| failure(&error, &base_url, limit_ms))?;
            let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let (status, content_type) = (response.status().as_u16(), content_type.unwrap_or_default().to_owned());
            let chunks = response.bytes_stream();
            let body = chunks.map(|chunk| chunk.map_err(|error| TransportError::Broken(innermost(&error)))).boxed();
            let body = match &key {
                Some(key) => masked(body, key.secret()),
                None => body,
            };
            Ok(Response { status, content_type, body })
        })
    }
}

fn failure(error: &reqwest::Error, base_url: &str, limit_ms: u64) -> TransportError {
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => TransportError::ConnectTimeout(limit_ms),
        (true, false) => TransportError::Connect(format!("{base_url}: {}", innermost(error))),
        (false, _) => TransportError::Broken(format!("{base_url}: {}", innermost(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = ApiKey::new(" top-secret\n").ok().flatten();
        assert!(key.is_some());
        assert!(!format!("{key:?}").contains("secret"));
        assert!(key.is_some_and(|key| !key.to_string().contains("secret")));
        assert_eq!(ApiKey::new("  "), Ok(None));
        assert_eq!(ApiKey::new("a\r\nX-Evil: 1"), Err(ApiKeyError));
        assert_eq!(ApiKey::new("ключ"), Err(ApiKeyError));
    }
}
