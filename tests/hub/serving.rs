//! The program serves a hub, and the program of somebody else pushes, pulls and withdraws.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
};

use super::{
    databases::all,
    packs::{USUAL, pack},
};
use crate::program::World;

/// A hub that was started, and ends with this.
struct Served {
    process: Child,
    address: String,
}

impl Served {
    fn start(world: &World, database: Option<&str>) -> Self {
        let mut arguments = vec!["hub", "serve", "--listen", "127.0.0.1:0"];
        arguments.extend(database.iter().flat_map(|database| ["--database", database]));
        let mut process = world.process(&arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut reader = BufReader::new(process.stderr.take().unwrap());
        while !said.contains("Ctrl-C") {
            assert!(reader.read_line(&mut said).unwrap() > 0, "{said}");
        }
        let address = said.split("on http://").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        Self { process, address }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it says to a request, to the byte.
    fn says(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn packs_go_from_one_to_another_and_back() {
    let (own, other) = (World::new(), World::new());
    own.run(&["run", "--simulate", "mid-range", "--quick", "--seed", "1", "--no-save"]).succeeded();
    for database in all() {
        let hub = Served::start(&World::new(), Some(&database.address));
        let url = hub.url();
        // Nobody is at the terminal: it is shown, and does not leave.
        let shown = own.run(&["share", "push", "--hub", &url]).succeeded();
        assert!(shown.stderr.contains("nothing was sent"), "{shown}");
        let none = other.run(&["share", "pull", "--hub", &url]).succeeded();
        assert!(none.stdout.contains("\"packs\": []"), "{none}");
        let sent = own.run(&["share", "push", "--hub", &url, "--yes"]).succeeded();
        assert_eq!(sent.stdout, shown.stdout, "what was shown is what was sent");
        assert!(sent.stderr.contains("accepted"), "{sent}");
        let again = own.run(&["share", "push", "last", "--hub", &url, "--yes"]).succeeded();
        assert!(again.stderr.contains("was there already"), "{again}");
        let pulled = other.run(&["share", "pull", "--hub", &url, "--output", "packs.json"]).succeeded();
        assert!(pulled.stderr.contains("1 packs from"), "{pulled}");
        let came = String::from_utf8(other.read("packs.json")).unwrap().replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
        assert_eq!(came, shown.stdout, "it came to the byte");
        // Who has it can pass it on; it is the same pack.
        let passed = other.run(&["share", "push", "packs.json", "--hub", &url, "--yes"]).succeeded();
        assert!(passed.stderr.contains("was there already"), "{passed}");
        let nothing = other.run(&["share", "withdraw", "--hub", &url, "--yes"]);
        assert_eq!(nothing.code, Some(2), "{nothing}");
        let gone = own.run(&["share", "withdraw", "--hub", &url, "--yes"]).succeeded();
        assert!(gone.stderr.contains("1 packs are gone"), "{gone}");
        let none = other.run(&["share", "pull", "--hub", &url]).succeeded();
        assert!(none.stdout.contains("\"packs\": []"), "{none}");
    }
}

#[test]
fn every_answer_forbids_what_no_page_needs() {
    let world = World::new();
    let hub = Served::start(&world, None);
    for path in ["/", "/style.css", "/api/v1/health", "/nothing"] {
        let said = hub.says(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).to_lowercase();
        let head = said.split("\r\n\r\n").next().unwrap();
        assert!(head.contains("content-security-policy: default-src 'none'; style-src 'self'"), "{head}");
        assert!(head.contains("x-content-type-options: nosniff") && head.contains("referrer-policy: no-referrer"));
        assert!(!head.contains("set-cookie") && !head.contains("access-control"), "{head}");
    }
    // Too large a body is refused before it is read.
    let said =
        hub.says("POST /api/v1/packs HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 99999999\r\n\r\n");
    assert!(said.starts_with("HTTP/1.1 413") && said.contains("too-large"), "{said}");
    // The file is in the data folder, and its owner's alone.
    assert!(hub.address.starts_with("127.0.0.1:"));
}

#[test]
fn it_listens_elsewhere_only_when_told_to() {
    let world = World::new();
    let ran = world.run(&["hub", "serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("--allow-remote"), "{ran}");
    let ran = world.run(&["hub", "serve", "--database", "mysql://u:secret@h/n", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(!ran.stderr.contains("secret") && ran.stderr.contains("sqlite://FILE"), "{ran}");
}

#[test]
fn a_file_with_what_does_not_hold_is_not_pushed() {
    let world = World::new();
    let mut forged = super::asking::signed(1, pack(&USUAL, 10.0));
    forged.pack.month = "2026-10".to_owned();
    world.write("packs.json", ralf_tune::share::file(vec![forged]));
    let ran = world.run(&["share", "push", "packs.json", "--hub", "http://127.0.0.1:1", "--yes"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("signature"), "{ran}");
    let ran = world.run(&["share", "pull", "--hub", "http://hub.example.com"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("not encrypted"), "{ran}");
}
