//! Pulling a component from a registry: the layout of the CNCF for WebAssembly (one layer `application/wasm`), without a login.
//!
//! Three requests: a token, the manifest, the layer. That little is written here and not taken from a client library, so that the bounds, the redirects and
//! the rules about encryption are those of every other fetch.

use serde::Deserialize;
use url::Url;

use super::{
    challenge::Challenge,
    error::FetchError,
    http::{Answer, Ask, get, is_loopback},
    reference::{Reference, Version},
};
use crate::model::{digest::Digest, plugin::LARGEST_COMPONENT_BYTES};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const LAYER: &str = "application/wasm";

/// Largest manifest that registries must take (OCI distribution specification, "Pushing Manifests"), in bytes.
const LARGEST_MANIFEST: u64 = 4 << 20;

/// Largest answer with a token, in bytes.
const LARGEST_TOKEN: u64 = 64 << 10;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    #[serde(default)]
    media_type: Option<String>,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
}

#[derive(Deserialize)]
struct Token {
    #[serde(alias = "access_token")]
    token: String,
}

/// Gets the component of an artifact, its digest verified.
///
/// # Errors
/// When it cannot be had by everybody, is something else, or is not what its manifest says.
pub async fn pull(reference: &Reference) -> Result<Vec<u8>, FetchError> {
    let session = Session::new(reference)?;
    session.pull().await
}

struct Session<'a> {
    reference: &'a Reference,
    /// `https://registry/v2/repository/`
    base: Url,
    what: String,
}

impl<'a> Session<'a> {
    fn new(reference: &'a Reference) -> Result<Self, FetchError> {
        let what = format!("oci://{reference}");
        let host = if reference.registry == "docker.io" { "registry-1.docker.io" } else { &reference.registry };
        let at = |scheme: &str| Url::parse(&format!("{scheme}://{host}/v2/{}/", reference.repository));
        let wrong = |error: url::ParseError| FetchError::NotAnArtifact { what: what.clone(), why: error.to_string() };
        // A registry on this machine is one that somebody tries something with.
        let base = at("https").and_then(|url| if is_loopback(&url) { at("http") } else { Ok(url) }).map_err(wrong)?;
        Ok(Self { reference, base, what })
    }

    async fn pull(&self) -> Result<Vec<u8>, FetchError> {
        let mut token = None;
        let path = format!("manifests/{}", self.reference.version_text());
        let accept = [MANIFEST, INDEX, DOCKER_INDEX].join(", ");
        let mut answer = self.get(&path, &accept, LARGEST_MANIFEST, None).await?;
        if answer.status == 401 {
            token = Some(self.token(&answer).await?);
            answer = self.get(&path, &accept, LARGEST_MANIFEST, token.as_deref()).await?;
        }
        self.judge(&answer, &path)?;
        if let Version::Digest(expected) = &self.reference.version {
            verify(&format!("the manifest of {}", self.what), &answer.body, expected)?;
        }
        let (digest, size) = layer(&answer).map_err(|why| self.no_artifact(why))?;
        if size > LARGEST_COMPONENT_BYTES {
            return Err(FetchError::TooLarge { what: self.what.clone(), most: LARGEST_COMPONENT_BYTES });
        }
        let path = format!("blobs/sha256:{digest}");
        let answer = self.get(&path, "*/*", LARGEST_COMPONENT_BYTES, token.as_deref()).await?;
        self.judge(&answer, &path)?;
        verify(&format!("the layer of {}", self.what), &answer.body, &digest)?;
        Ok(answer.body)
    }

    /// A token for nobody in particular.
    async fn token(&self, answer: &Answer) -> Result<String, FetchError> {
        let not_public = || FetchError::NotPublic { what: self.what.clone() };
        let challenge = answer.challenge.as_deref().and_then(Challenge::parse).ok_or_else(not_public)?;
        let url = challenge.address(&format!("repository:{}:pull", self.reference.repository));
        let elsewhere = |why| FetchError::Redirect { url: self.what.clone(), to: url.to_string(), why };
        match (is_loopback(&url), is_loopback(&self.base)) {
            (true, false) => return Err(elsewhere("on this machine")),
            (false, _) if url.scheme() != "https" => return Err(elsewhere("not encrypted")),
            _ => {}
        }
        let ask = Ask { url, accept: "application/json", token: None, most: LARGEST_TOKEN, pinned: false };
        let answer = get(ask).await?;
        if answer.status != 200 {
            return Err(not_public());
        }
        let Token { token } = serde_json::from_slice(&answer.body)
            .map_err(|_| self.no_artifact("its registry gives no token that can be read".to_owned()))?;
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(self.no_artifact("its registry gives a token that no header can carry".to_owned()));
        }
        Ok(token)
    }

    async fn get(&self, path: &str, accept: &str, most: u64, token: Option<&str>) -> Result<Answer, FetchError> {
        let url = self.base.join(&format!("./{path}")).map_err(|error| self.no_artifact(error.to_string()))?;
        get(Ask { url, accept, token, most, pinned: false }).await
    }

    fn judge(&self, answer: &Answer, path: &str) -> Result<(), FetchError> {
        match answer.status {
            200 => Ok(()),
            401 | 403 | 404 => Err(FetchError::NotPublic { what: self.what.clone() }),
            status => Err(FetchError::Status { url: format!("{}{path}", self.base), status }),
        }
    }

    fn no_artifact(&self, why: String) -> FetchError {
        FetchError::NotAnArtifact { what: self.what.clone(), why }
    }
}

fn verify(what: &str, bytes: &[u8], expected: &Digest) -> Result<(), FetchError> {
    let found = Digest::of(bytes);
    if found == *expected {
        return Ok(());
    }
    Err(FetchError::OtherDigest { what: what.to_owned(), found, expected: expected.clone() })
}

/// Digest and size of the one layer that a manifest names.
fn layer(answer: &Answer) -> Result<(Digest, u64), String> {
    let list = "it is a list of several artifacts, not one of them".to_owned();
    if [INDEX, DOCKER_INDEX].iter().any(|kind| answer.content_type.starts_with(kind)) {
        return Err(list);
    }
    let value: serde_json::Value =
        serde_json::from_slice(&answer.body).map_err(|_| "its manifest is no JSON".to_owned())?;
    if value.get("manifests").is_some() {
        return Err(list);
    }
    let manifest: Manifest =
        serde_json::from_value(value).map_err(|error| format!("its manifest cannot be read: {error}"))?;
    if let Some(other) = manifest.media_type.filter(|kind| kind != MANIFEST) {
        return Err(format!("its manifest is of the kind `{other}`"));
    }
    if manifest.config.media_type != CONFIG {
        return Err(format!("its content is of the kind `{}`", manifest.config.media_type));
    }
    match manifest.layers.as_slice() {
        [layer] if layer.media_type == LAYER => {
            let hex = layer.digest.strip_prefix("sha256:").ok_or("the digest of its layer is no sha256")?;
            let digest = hex.parse().map_err(|_| "the digest of its layer does not have 64 digits")?;
            Ok((digest, layer.size))
        }
        [layer] => Err(format!("its layer is of the kind `{}`", layer.media_type)),
        layers => Err(format!("it has {} layers", layers.len())),
    }
}
