//! Getting something from the web: within bounds, encrypted, from where it was asked for.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{
    Certificate,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, LOCATION, WWW_AUTHENTICATE},
    redirect::Policy,
};
use url::Url;

use super::error::FetchError;
use crate::model::{cause::innermost, loopback};

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(15);

/// Until the next part of an answer.
const SILENCE: Duration = Duration::from_secs(30);

/// As many as browsers and curl follow is far more than a file needs.
const MOST_REDIRECTS: usize = 5;

/// What is asked for.
pub struct Ask<'a> {
    pub url: Url,
    pub accept: &'a str,
    /// Sent to the host of `url` alone.
    pub token: Option<&'a str>,
    /// Largest body, in bytes.
    pub most: u64,
    /// Whether the SHA-256 is known, so that nobody on the way can change anything unseen.
    pub pinned: bool,
}

/// What came.
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub challenge: Option<String>,
    pub body: Vec<u8>,
}

/// Whether the address is this machine's own.
pub fn is_loopback(url: &Url) -> bool {
    url.host().is_some_and(|host| loopback::is_loopback(&host))
}

/// Gets it, redirects followed.
///
/// # Errors
/// Whatever goes wrong but the status, which is the caller's to judge.
pub async fn get(ask: Ask<'_>) -> Result<Answer, FetchError> {
    let mut url = ask.url.clone();
    if url.scheme() != "https" && !ask.pinned && !is_loopback(&url) {
        return Err(FetchError::Unencrypted { url: url.to_string() });
    }
    for _ in 0..=MOST_REDIRECTS {
        // A token is for who asked for it, and not for where the file happens to lie.
        let token = ask.token.filter(|_| url.origin() == ask.url.origin());
        let response = send(&url, ask.accept, token).await?;
        let (status, headers) = (response.status(), response.headers());
        if !status.is_redirection() {
            return read(response, &url, ask.most).await;
        }
        let text = text(headers, &LOCATION).unwrap_or_default();
        let to = url.join(&text).map_err(|_| FetchError::Status { url: url.to_string(), status: status.as_u16() })?;
        if let Err(why) = may_lead_to(&url, &to, ask.pinned) {
            return Err(FetchError::Redirect { url: url.to_string(), to: to.to_string(), why });
        }
        url = to;
    }
    Err(FetchError::Redirect { url: ask.url.to_string(), to: url.to_string(), why: "one redirect too many" })
}

/// Whether a server may send us from one address to the other.
fn may_lead_to(from: &Url, to: &Url, pinned: bool) -> Result<(), &'static str> {
    match to.scheme() {
        "https" => {}
        "http" if from.scheme() == "http" && (pinned || is_loopback(to)) => {}
        "http" => return Err("not encrypted"),
        _ => return Err("no address of the web"),
    }
    // A server elsewhere has no business with what listens on this machine.
    if is_loopback(to) && !is_loopback(from) { Err("on this machine") } else { Ok(()) }
}

async fn send(url: &Url, accept: &str, token: Option<&str>) -> Result<reqwest::Response, FetchError> {
    // An error means that a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("ralf-tune/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE);
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    // `https` is trusted as the system trusts it, with what its administrator added. Without it, no certificates need to be there.
    if url.scheme() != "https" {
        builder = builder.tls_certs_only(std::iter::empty::<Certificate>());
    }
    let unreachable = |error: &reqwest::Error| FetchError::Unreachable { url: url.to_string(), why: innermost(error) };
    let client = builder.build().map_err(|error| unreachable(&error))?;
    let mut request = client.get(url.clone()).header(ACCEPT, accept);
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    request.send().await.map_err(|error| unreachable(&error))
}

async fn read(response: reqwest::Response, url: &Url, most: u64) -> Result<Answer, FetchError> {
    let too_large = || FetchError::TooLarge { what: url.to_string(), most };
    let mut answer = Answer {
        status: response.status().as_u16(),
        content_type: text(response.headers(), &CONTENT_TYPE).unwrap_or_default(),
        challenge: text(response.headers(), &WWW_AUTHENTICATE),
        body: Vec::new(),
    };
    // A page about an error is read as little as a file that is too large.
    if answer.status != 200 {
        return Ok(answer);
    }
    if response.content_length().is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| FetchError::Broken { url: url.to_string(), why: innermost(&error) })?;
        answer.body.extend_from_slice(&chunk);
        if answer.body.len() as u64 > most {
            return Err(too_large());
        }
    }
    Ok(answer)
}

fn text(headers: &HeaderMap, name: &reqwest::header::HeaderName) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_nowhere_less_safe() {
        let may =
            |from: &str, to: &str, pinned| may_lead_to(&Url::parse(from).unwrap(), &Url::parse(to).unwrap(), pinned);
        assert_eq!(may("https://a/x", "https://b/y", false), Ok(()));
        assert_eq!(may("http://127.0.0.1:1/x", "http://localhost:2/y", false), Ok(()));
        assert_eq!(may("http://127.0.0.1:1/x", "https://b/y", false), Ok(()));
        assert_eq!(may("http://a/x", "http://b/y", true), Ok(()));
        assert_eq!(may("https://a/x", "http://a/x", true), Err("not encrypted"));
        assert_eq!(may("http://127.0.0.1/x", "http://b/y", false), Err("not encrypted"));
        assert_eq!(may("https://a/x", "https://127.0.0.1/y", false), Err("on this machine"));
        for here in ["https://[::1]/y", "https://localhost./y", "https://[::ffff:127.0.0.1]/y", "https://a.localhost/y"]
        {
            assert_eq!(may("https://a/x", here, true), Err("on this machine"), "{here}");
        }
        assert_eq!(may("https://a/x", "file:///etc/passwd", true), Err("no address of the web"));
    }
}
