//! Plugins from registries, by a small one on this machine.

use std::sync::{Arc, Mutex};

use ralf_tune::model::digest::Digest;
use serde_json::{Value, json};

use super::{
    lock, run,
    serve::{Served, answer, redirect},
};
use crate::{
    program::{Ran, World, check},
    support::guests,
};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// What a registry does otherwise than it should.
#[derive(Clone, Default)]
struct Odd {
    manifest: Option<Value>,
    blob: Option<Vec<u8>>,
    content_type: Option<&'static str>,
    /// The answer to a request for a token.
    token: Option<Vec<u8>>,
    /// The header that asks for a token.
    challenge: Option<String>,
}

/// The manifest of a component.
fn manifest(component: &[u8]) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": { "mediaType": "application/vnd.wasm.config.v0+json", "digest": format!("sha256:{}", Digest::of(b"{}")), "size": 2 },
        "layers": [{ "mediaType": "application/wasm", "digest": format!("sha256:{}", Digest::of(component)), "size": component.len() }],
    })
}

/// The manifest with another value at a place.
fn changed(component: &[u8], place: &str, value: Value) -> Value {
    let mut manifest = manifest(component);
    *manifest.pointer_mut(place).unwrap() = value;
    manifest
}

/// A registry with the repository `a/my-scorer`, whose blobs lie on another server.
struct Registry {
    server: Served,
    storage: Served,
}

fn registry(component: Vec<u8>, odd: Odd) -> Registry {
    let blob = odd.blob.clone().unwrap_or_else(|| component.clone());
    let storage = Served::by(move |_, _| answer("200 OK", &[], &blob));
    let (address, store) = (Arc::new(Mutex::new(String::new())), storage.address.clone());
    let own = Arc::clone(&address);
    let server = Served::by(move |path, head| {
        let me = own.lock().unwrap().clone();
        if path.starts_with("/token?") {
            return odd.token.clone().unwrap_or_else(|| answer("200 OK", &[], br#"{"token":"t0ken"}"#));
        }
        if !head.contains("authorization: bearer t0ken\r\n") {
            let usual =
                format!("Bearer realm=\"http://{me}/token\",service=\"me\",scope=\"repository:a/my-scorer:pull\"");
            let challenge = odd.challenge.clone().unwrap_or(usual);
            return answer("401 Unauthorized", &[("www-authenticate", &challenge)], b"{}");
        }
        let body = odd.manifest.clone().unwrap_or_else(|| manifest(&component)).to_string();
        let digest = format!("/v2/a/my-scorer/manifests/sha256:{}", Digest::of(body.as_bytes()));
        match path {
            "/v2/a/my-scorer/manifests/1.0" => {
                answer("200 OK", &[("content-type", odd.content_type.unwrap_or(MANIFEST))], body.as_bytes())
            }
            // Whatever digest is asked for: it is the client's to verify.
            _ if path == digest || path.contains("/manifests/sha256:") => {
                answer("200 OK", &[("content-type", MANIFEST)], body.as_bytes())
            }
            _ if path.starts_with("/v2/a/my-scorer/blobs/sha256:") => redirect(&format!("http://{store}/blob")),
            _ => answer("404 Not Found", &[], b"{}"),
        }
    });
    address.lock().unwrap().clone_from(&server.address);
    Registry { server, storage }
}

impl Registry {
    fn add(&self, world: &World, version: &str) -> Ran {
        let ran =
            run(world, &["plugin", "add", &format!("oci://{}/a/my-scorer{version}", self.server.address), "--yes"]);
        ran.with(&self.server.address, "[REGISTRY]").with(&self.storage.address, "[STORAGE]")
    }
}

#[test]
fn a_plugin_comes_from_a_registry_without_a_login() {
    let bytes = guests::bytes("scorer");
    let registry = registry(bytes.clone(), Odd::default());
    let world = World::new();
    registry.add(&world, ":1.0").succeeded();
    let plugin = &lock(&world).plugins[0];
    assert_eq!(plugin.source, format!("oci://{}/a/my-scorer:1.0", registry.server.address));
    assert_eq!(plugin.sha256, Digest::of(&bytes));
    // The token was asked for with what the registry named, and stayed with the registry.
    let token = registry.server.heard("/token");
    assert!(token[0].starts_with("get /token?service=me&scope=repository%3aa%2fmy-scorer%3apull "), "{token:?}");
    let blob = registry.storage.heard("/blob");
    assert!(blob.len() == 1 && !blob[0].contains("authorization"), "{blob:?}");
    let unchanged = run(&world, &["plugin", "update"]).succeeded();
    assert!(unchanged.stderr.contains("is unchanged"), "{unchanged}");
    run(&world, &["plugin", "remove", "bad-scorer"]).succeeded();
    // By the digest of its manifest.
    let digest = Digest::of(manifest(&bytes).to_string().as_bytes());
    registry.add(&world, &format!("@sha256:{digest}")).succeeded();
    assert!(lock(&world).plugins[0].source.ends_with(digest.hex()));
}

#[test]
fn what_a_registry_does_wrong_is_named_and_nothing_is_kept() {
    let bytes = guests::bytes("scorer");
    let other = super::later();
    let index = json!({ "schemaVersion": 2, "manifests": [manifest(&bytes)] });
    let world = World::new();
    let with = |place: &str, value: Value| Odd { manifest: Some(changed(&bytes, place, value)), ..Odd::default() };
    let layer = manifest(&bytes)["layers"][0].clone();
    let cases = [
        // Another component of the same size, half of it, more than was said.
        Odd { blob: Some(other), ..Odd::default() },
        Odd { blob: Some(bytes[..bytes.len() / 2].to_vec()), ..Odd::default() },
        Odd { blob: Some([&bytes[..], b"x"].concat()), ..Odd::default() },
        with("/layers/0/size", json!(999_999_999_999_u64)),
        with("/layers/0/size", json!(-1)),
        with("/layers/0/digest", json!("sha256:../../x")),
        with("/layers/0/digest", json!("md5:0")),
        with("/layers/0/mediaType", json!("application/vnd.oci.image.layer.v1.tar+gzip")),
        with("/layers", json!([layer, layer])),
        with("/layers", json!([])),
        with("/config/mediaType", json!("application/vnd.oci.image.config.v1+json")),
        with("/mediaType", json!("application/vnd.docker.distribution.manifest.v2+json")),
        Odd { manifest: Some(index.clone()), ..Odd::default() },
        Odd { manifest: Some(index), content_type: Some("application/vnd.oci.image.index.v1+json"), ..Odd::default() },
        Odd { manifest: Some(json!("text")), ..Odd::default() },
        Odd { token: Some(answer("403 Forbidden", &[], b"{}")), ..Odd::default() },
        Odd { token: Some(answer("200 OK", &[], b"no json")), ..Odd::default() },
        Odd { token: Some(answer("200 OK", &[], br#"{"token":"a\r\nx: y"}"#)), ..Odd::default() },
        Odd { token: Some(answer("200 OK", &[], br#"{"token":"another"}"#)), ..Odd::default() },
        Odd { challenge: Some("Basic realm=\"x\"".to_owned()), ..Odd::default() },
        Odd { challenge: Some("Bearer realm=\"http://example.org/token\"".to_owned()), ..Odd::default() },
    ];
    let digests =
        [(&bytes, "[GOOD]"), (&super::later(), "[OTHER]")].map(|(bytes, name)| (Digest::of(bytes).to_string(), name));
    let mut pages: Vec<Ran> = cases
        .into_iter()
        .map(|odd| {
            let registry = registry(bytes.clone(), odd);
            let ran = registry.add(&world, ":1.0");
            assert!([2, 4].map(Some).contains(&ran.code), "{ran}");
            digests.iter().fold(ran.said_plainly(), |ran, (digest, name)| ran.with(digest, name))
        })
        .collect();
    let good = registry(bytes.clone(), Odd::default());
    pages.push(good.add(&world, ":2.0").failed(4));
    pages.push(good.add(&world, &format!("@sha256:{}", "0".repeat(64))).failed(4));
    // The digests of what was cut depend on the compiler.
    let pages = pages.into_iter().map(without_digests).collect::<Vec<_>>();
    check("installing_registry", &pages);
    assert!(world.names(".").is_empty());
}

/// With every other digest named alike.
fn without_digests(ran: Ran) -> Ran {
    let digest = |word: &str| {
        let word = word.trim_end_matches(',').trim_start_matches("sha256:");
        (word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| word.to_owned())
    };
    let found: Vec<String> =
        ran.stderr.split_whitespace().filter_map(digest).filter(|word| !word.starts_with("0000")).collect();
    found.iter().fold(ran, |ran, word| ran.with(word, "[SHA-256]"))
}
