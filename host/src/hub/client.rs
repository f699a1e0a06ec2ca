//! The other end of a hub: packs to it, packs from it, and packs taken back. Only the hub that the user named is asked.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Certificate, Method, redirect::Policy};
use serde::de::DeserializeOwned;
use url::Url;

use super::{
    api::NEXT_HEADER,
    signed::{KEY_HEADER, REQUEST_PURPOSE, SIGNATURE_HEADER, TIME_HEADER, text},
    store::Moment,
};
use crate::{
    model::{
        cause::innermost,
        hub::{HubError, HubProblem, Pushed, PushedPack, Removed},
        loopback,
        pack::{PACK_FORMAT, PackFile, SignedPack},
    },
    share::Key,
};

/// Until a connection stands, and until the next part of an answer.
const CONNECT: Duration = Duration::from_secs(15);
const SILENCE: Duration = Duration::from_mins(1);

/// What is sent at once: as much as a hub takes.
const MOST_PACKS: usize = 100;
const MOST_BYTES: usize = 900 << 10;

/// Largest answer, in bytes: a page has a hundred packs at most.
const MOST_ANSWER: usize = 32 << 20;

/// What can go wrong on the way to a hub.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No address of the web.
    #[error("`{0}` is no address of a hub")]
    Address(String),
    /// Others could read and change what is sent.
    #[error("the way to {0} is not encrypted")]
    Unencrypted(String),
    /// It cannot be reached, or the connection broke.
    #[error("the hub {hub} cannot be reached: {why}")]
    Unreachable {
        /// Which.
        hub: String,
        /// Why.
        why: String,
    },
    /// It refused, and said why.
    #[error("the hub {hub} says: {}", .error.message)]
    Refused {
        /// Which.
        hub: String,
        /// What it said.
        error: HubError,
    },
    /// What came is no answer of a hub.
    #[error("{0} does not answer as a hub does")]
    NoHub(String),
}

impl ClientError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Address(_) => "for example: --hub https://hub.example.com".to_owned(),
            Self::Unencrypted(_) => "use https, or a hub on this machine".to_owned(),
            Self::Unreachable { .. } => "see whether it runs there: ralf-tune hub serve".to_owned(),
            Self::Refused { error, .. } => error.hint.clone(),
            Self::NoHub(_) => "check the address; a hub is what `ralf-tune hub serve` runs".to_owned(),
        }
    }
}

/// A hub that the user named.
#[derive(Debug, Clone)]
pub struct HubClient {
    client: reqwest::Client,
    url: Url,
}

impl HubClient {
    /// Prepares the way; nothing is sent.
    ///
    /// # Errors
    /// For what is no address, and for plain HTTP to another machine.
    pub fn new(address: &str) -> Result<Self, ClientError> {
        let shown = || crate::model::clean::clean_within(address, 200);
        let url = Url::parse(address).ok().filter(|url| {
            ["http", "https"].contains(&url.scheme())
                && url.host().is_some()
                && url.path() == "/"
                && url.query().is_none()
        });
        let url = url.ok_or_else(|| ClientError::Address(shown()))?;
        let is_here = url.host().is_some_and(|host| loopback::is_loopback(&host));
        if url.scheme() != "https" && !is_here {
            return Err(ClientError::Unencrypted(url.to_string()));
        }
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("ralf-tune/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE);
        if is_here {
            builder = builder.no_proxy();
        }
        if url.scheme() != "https" {
            builder = builder.tls_certs_only(std::iter::empty::<Certificate>());
        }
        let client = builder
            .build()
            .map_err(|error| ClientError::Unreachable { hub: url.to_string(), why: innermost(&error) })?;
        Ok(Self { client, url })
    }

    /// Its address.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Sends packs, as many at once as a hub takes.
    ///
    /// # Errors
    /// When the hub cannot be reached or refuses a part; those before it are there.
    pub async fn push(&self, packs: &[SignedPack]) -> Result<Vec<PushedPack>, ClientError> {
        let mut outcomes = Vec::new();
        let mut part: Vec<String> = Vec::new();
        let mut bytes = 0;
        for pack in packs {
            let text = serde_json::to_string(pack).unwrap_or_default();
            if part.len() >= MOST_PACKS || (bytes + text.len() > MOST_BYTES && !part.is_empty()) {
                outcomes.extend(self.push_part(&std::mem::take(&mut part)).await?);
                bytes = 0;
            }
            bytes += text.len() + 1;
            part.push(text);
        }
        if !part.is_empty() {
            outcomes.extend(self.push_part(&part).await?);
        }
        Ok(outcomes)
    }

    async fn push_part(&self, packs: &[String]) -> Result<Vec<PushedPack>, ClientError> {
        let body = format!("{{\"format\":\"{PACK_FORMAT}\",\"packs\":[{}]}}", packs.join(","));
        let request = self.request(Method::POST, "/api/v1/packs").header("content-type", "application/json").body(body);
        let pushed: Pushed = self.parsed(&self.send(request).await?.0)?;
        if pushed.packs.len() == packs.len() { Ok(pushed.packs) } else { Err(self.no_hub()) }
    }

    /// One page of packs, not checked yet, as JSON, and from where it goes on.
    ///
    /// # Errors
    /// When the hub cannot be reached or refuses.
    pub async fn pull(&self, model: Option<&str>, since: i64) -> Result<(Vec<u8>, Option<i64>), ClientError> {
        let mut url = self.at("/api/v1/packs");
        url.query_pairs_mut().append_pair("since", &since.to_string()).append_pair("limit", "100");
        if let Some(model) = model {
            url.query_pairs_mut().append_pair("model", model);
        }
        let (body, next) = self.send(self.client.get(url)).await?;
        // That it is a file of packs, before anybody relies on where it ends.
        let _: PackFile = self.parsed(&body)?;
        // A hub that goes back would never come to an end.
        Ok((body, next.filter(|next| *next > since)))
    }

    /// Takes back one pack of a key, or all of them.
    ///
    /// # Errors
    /// When the hub cannot be reached or refuses.
    pub async fn remove(&self, key: &Key, pack: Option<&str>, now: Moment) -> Result<u64, ClientError> {
        let path = match pack {
            Some(hash) => format!("/api/v1/packs/{hash}"),
            None => format!("/api/v1/keys/{}", key.public()),
        };
        let host = match (self.url.host_str(), self.url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let signature = key.sign(REQUEST_PURPOSE, text("DELETE", &host, &path, now.seconds).as_bytes());
        let request = self
            .request(Method::DELETE, &path)
            .header(KEY_HEADER, key.public())
            .header(TIME_HEADER, now.seconds)
            .header(SIGNATURE_HEADER, signature);
        let removed: Removed = self.parsed(&self.send(request).await?.0)?;
        Ok(removed.packs)
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(path);
        url
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.at(path))
    }

    /// The body of an answer that says that it was done, and where a page goes on.
    async fn send(&self, request: reqwest::RequestBuilder) -> Result<(Vec<u8>, Option<i64>), ClientError> {
        let unreachable =
            |error: &reqwest::Error| ClientError::Unreachable { hub: self.url.to_string(), why: innermost(error) };
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        let status = response.status();
        let next = response.headers().get(NEXT_HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
        let mut body = Vec::new();
        let mut parts = response.bytes_stream();
        while let Some(part) = parts.next().await {
            body.extend_from_slice(&part.map_err(|error| unreachable(&error))?);
            if body.len() > MOST_ANSWER {
                return Err(self.no_hub());
            }
        }
        if status.as_u16() == 200 {
            return Ok((body, next));
        }
        let problem: HubProblem = self.parsed(&body)?;
        Err(ClientError::Refused { hub: self.url.to_string(), error: problem.error })
    }

    fn parsed<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(body).map_err(|_| self.no_hub())
    }

    fn no_hub(&self) -> ClientError {
        ClientError::NoHub(self.url.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hub_is_asked_and_only_encrypted() {
        for wrong in ["", "hub", "ftp://h", "https://h/path", "https://h/?x"] {
            assert!(matches!(HubClient::new(wrong), Err(ClientError::Address(_))), "{wrong}");
        }
        assert!(matches!(HubClient::new("http://hub.example.com"), Err(ClientError::Unencrypted(_))));
        for right in ["https://hub.example.com", "http://127.0.0.1:8750", "http://localhost:8750/"] {
            assert!(HubClient::new(right).is_ok(), "{right}");
        }
    }
}
