//! Plugins from the web.

use ralf_tune::model::digest::Digest;

use super::{
    lock, run,
    serve::{Served, answer, redirect},
};
use crate::{
    program::{World, check, server::nobody},
    support::guests,
};

#[test]
fn a_plugin_comes_from_an_address_and_is_fetched_from_it_again() {
    let bytes = guests::bytes("scorer");
    let (first, later) = (bytes.clone(), super::later());
    let elsewhere = Served::by(move |path, _| answer("200 OK", &[], if path == "/later" { &later } else { &first }));
    let target = elsewhere.address.clone();
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let server = Served::by(move |_, _| {
        let first = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        redirect(&format!("http://{target}/{}", if first { "first" } else { "later" }))
    });
    let world = World::new();
    let url = format!("http://{}/x/my_scorer.wasm?token=a", server.address);
    let digest = Digest::of(&bytes).to_string();
    run(&world, &["plugin", "add", &url, "--yes", "--sha256", &digest]).succeeded();
    assert_eq!(lock(&world).plugins[0].source, url);
    // A pin is for the file at hand, and not for all that follow.
    let pinned = run(&world, &["plugin", "update", "bad-scorer", "--yes", "--sha256", &digest]).failed(4);
    assert!(pinned.stderr.contains("has the SHA-256"), "{pinned}");
    run(&world, &["plugin", "update", "--yes"]).succeeded();
    assert_eq!(lock(&world).plugins[0].version, "1.3.0");
}

#[test]
fn what_the_web_does_wrong_is_named_and_nothing_is_kept() {
    let bytes = guests::bytes("scorer");
    let port = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let own = std::sync::Arc::clone(&port);
    let server = Served::by(move |path, _| match path {
        "/good.wasm" => answer("200 OK", &[], &bytes),
        // More than there may be, said before and found out while reading.
        "/huge" => b"HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n".to_vec(),
        "/endless" => {
            let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
            [head, vec![0; (128 << 20) + 1]].concat()
        }
        "/short" => b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n\0asm".to_vec(),
        "/page" => answer("200 OK", &[("content-type", "text/html")], b"<html>please log in</html>"),
        "/circle" => redirect("/circle"),
        "/file" => redirect("file:///etc/passwd"),
        "/plain" => redirect("http://example.org/x.wasm"),
        "/nowhere" => redirect("http://"),
        "/garbage" => b"SMTP ready\r\n".to_vec(),
        "/error" => answer("500 Oops", &[], &vec![b'x'; 1 << 20]),
        _ => answer("404 Not Found", &[], own.get().unwrap().as_bytes()),
    });
    port.set(server.address.clone()).unwrap();
    let world = World::new();
    let add = |source: &str, code| run(&world, &["plugin", "add", source, "--yes"]).failed(code);
    let mut pages = Vec::new();
    for path in
        ["huge", "endless", "short", "page", "circle", "file", "plain", "nowhere", "garbage", "error", "missing"]
    {
        let ran = add(&format!("http://{}/{path}", server.address), 4);
        pages.push(ran.with(&server.address, "[SERVER]"));
    }
    let nobody = nobody();
    pages.push(add(&format!("http://{nobody}/x.wasm"), 4).with(&nobody, "[NOBODY]"));
    // Nothing is sent where anybody on the way could answer.
    pages.push(add("http://example.org/x.wasm", 2));
    check("installing_web", &pages);
    assert_eq!(server.heard("/circle").len(), 6);
    assert!(world.names(".").is_empty());
}

/// A server that says nothing more is not waited for. On a clock that jumps over every wait.
#[test]
fn silence_ends() {
    let server = Served::by(|_, _| {
        std::thread::park();
        Vec::new()
    });
    let source = ralf_tune::install::Source::parse(&format!("http://{}/x.wasm", server.address)).unwrap();
    let error =
        crate::support::studies::runtime().block_on(ralf_tune::install::fetch::fetch(&source, None)).unwrap_err();
    // Not the connection, which stands, nor the whole time, which is much longer.
    assert!(error.to_string().ends_with("operation timed out"), "{error}");
    assert!(error.hint().contains("try again"), "{error}");
}
