//! The program's memory stays bounded, whatever a server sends over HTTP.

#![cfg(target_os = "linux")]

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Stdio,
    thread,
};

use crate::program::{World, server::Ollama};

/// Bytes of memory that the program may take at most.
const MOST: u64 = 150 << 20;

/// Before a simulated server: answers to prompts never end, the others are its own.
fn endless(upstream: String, part: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, upstream) = (stream.unwrap(), upstream.clone());
            thread::spawn(move || {
                let request = whole_request(&mut stream);
                let has_prompt = request.windows(8).any(|part| part == b"\"prompt\"");
                if request.starts_with(b"POST /api/generate") && has_prompt {
                    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n";
                    let _ = stream.write_all(head);
                    let many = part.repeat((1 << 16) / part.len());
                    // 1 GiB, unless the other side hangs up before.
                    for _ in 0..1 << 14 {
                        if stream.write_all(&many).is_err() {
                            return;
                        }
                    }
                    return;
                }
                // A connection that was opened for later, and never used.
                let Some(at) = request.windows(2).position(|end| end == b"\r\n") else { return };
                let mut server = TcpStream::connect(&upstream).unwrap();
                server.write_all(&[&request[..at], b"\r\nConnection: close", &request[at..]].concat()).unwrap();
                let _ = std::io::copy(&mut server, &mut stream);
            });
        }
    });
    address
}

/// Head and body of a request.
fn whole_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    loop {
        let read = stream.read(&mut part).unwrap_or(0);
        request.extend(&part[..read]);
        let end = request.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4);
        let head = String::from_utf8_lossy(&request[..end.unwrap_or(0)]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
        if read == 0 || end.is_some_and(|end| request.len() >= end + length.unwrap_or(0)) {
            return request;
        }
    }
}

#[test]
fn memory_stays_bounded_whatever_is_sent() {
    for part in [&b"a"[..], b"{\"response\":\"word \",\"done\":false}\n"] {
        let ollama = Ollama::serving(&["qwen2.5-coder:1.5b"]);
        let host = endless(ollama.address.clone(), part);
        let world = World::new();
        let arguments = ["run", "--quick", "--budget", "60s", "--model", "qwen2.5-coder:1.5b", "--host", &host];
        let mut child = world.process(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut most = 0;
        while child.try_wait().unwrap().is_none() {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0);
            most = most.max(kib << 10);
            thread::yield_now();
        }
        println!("{} MiB at most", most >> 20);
        assert_eq!(child.wait().unwrap().code(), Some(3), "the server was lost");
        assert!(most > 0 && most < MOST, "{} MiB", most >> 20);
    }
}
