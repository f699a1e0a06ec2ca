//! Through the proxy comes what comes directly.

use std::{
    fmt::Write as _,
    io::{BufReader, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use proptest::{prelude::*, test_runner::TestRunner};

use super::{
    Standing, listening,
    wire::{Client, Message, chunk, read_message},
};

/// What a server is to answer, and what it was asked.
#[derive(Default)]
struct Script {
    answer: Vec<u8>,
    asked: Vec<Message>,
}

/// A server that answers everything with what its script says at the moment.
fn scripted(listener: TcpListener, script: Arc<Mutex<Script>>) {
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, script) = (stream.unwrap(), Arc::clone(&script));
            thread::spawn(move || {
                let mut reader = BufReader::new(stream);
                while let Some(message) = read_message(&mut reader, true) {
                    let answer = {
                        let mut script = script.lock().unwrap();
                        script.asked.push(message);
                        script.answer.clone()
                    };
                    reader.get_mut().write_all(&answer).unwrap();
                }
            });
        }
    });
}

fn header() -> impl Strategy<Value = (String, String)> {
    ("X-[A-Za-z]{1,8}", "[!-~]([ -~]{0,20}[!-~])?")
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..most)
}

prop_compose! {
    fn request()(
        method in prop::sample::select(vec!["GET", "POST", "HEAD", "DELETE", "PUT"]),
        path in "(/[a-z0-9._~%20-]{0,8}){1,3}(\\?[a-z=&]{0,10})?",
        headers in prop::collection::vec(header(), 0..5),
        body in bytes(3000),
        cut in prop::option::of(1_usize..700),
        connection in prop::option::of(prop::sample::select(vec!["keep-alive", "keep-alive, X-Hop"])),
    ) -> Vec<u8> {
        let mut head = format!("{method} {} HTTP/1.1\r\nHost: Example.test:1\r\n", path.replace('%', ""));
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if let Some(connection) = connection {
            write!(head, "Connection: {connection}\r\nX-Hop: only here\r\nTE: trailers\r\n").unwrap();
        }
        if ["GET", "HEAD"].contains(&method) {
            return (head + "\r\n").into_bytes();
        }
        match cut {
            None => [format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat(),
            Some(cut) => {
                let chunks: Vec<u8> = body.chunks(cut).flat_map(chunk).collect();
                [format!("{head}Transfer-Encoding: chunked\r\n\r\n").as_bytes(), &chunks, b"0\r\n\r\n"].concat()
            }
        }
    }
}

prop_compose! {
    fn answer()(
        status in prop::sample::select(vec!["200 OK", "404 Not Found", "500 Internal Server Error", "201 Created"]),
        headers in prop::collection::vec(header(), 0..5),
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..900), 0..30),
        is_chunked in any::<bool>(),
    ) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {status}\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n");
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if is_chunked {
            let chunks: Vec<u8> = parts.iter().flat_map(|part| chunk(part)).collect();
            [format!("{head}Transfer-Encoding: chunked\r\n\r\n").as_bytes(), &chunks, b"0\r\n\r\n"].concat()
        } else {
            let body = parts.concat();
            [format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat()
        }
    }
}

/// An answer to HEAD has no body.
fn without_body(answer: &[u8]) -> Vec<u8> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    answer[..end].to_vec()
}

#[test]
fn what_comes_through_is_what_comes_directly() {
    let script = Arc::<Mutex<Script>>::default();
    let (listener, server) = listening();
    scripted(listener, Arc::clone(&script));
    let proxy = Standing::before(&server);
    // Connections that last: each next request goes the way of the one before.
    let clients = std::cell::RefCell::new((Client::to(&server), Client::to(&proxy.address)));
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() });
    runner
        .run(&(request(), answer()), |(request, answer)| {
            let is_head = request.starts_with(b"HEAD ");
            script.lock().unwrap().answer = if is_head { without_body(&answer) } else { answer };
            let (direct, through) = &mut *clients.borrow_mut();
            let (expected, found) = (direct.ask(&request), through.ask(&request));
            prop_assert_eq!(&found.first_line, &expected.first_line);
            prop_assert_eq!(found.lasting_headers(), expected.lasting_headers());
            prop_assert_eq!(found.body(), expected.body());
            // No two parts come as one; a part that came in two may go in two.
            let ends = found.ends();
            prop_assert!(expected.ends().iter().all(|end| ends.contains(end)), "{:?} {:?}", expected.ends(), ends);
            let asked = std::mem::take(&mut script.lock().unwrap().asked);
            let [direct, through] = &asked[..] else { panic!("{asked:?}") };
            prop_assert_eq!(&through.first_line, &direct.first_line);
            let mut expected = direct.lasting_headers();
            if direct.header("connection").is_some_and(|named| named.contains("X-Hop")) {
                expected.retain(|(name, _)| !name.eq_ignore_ascii_case("x-hop"));
            }
            prop_assert_eq!(through.lasting_headers(), expected);
            prop_assert_eq!(through.body(), direct.body());
            Ok(())
        })
        .unwrap();
}

#[test]
fn every_part_comes_before_the_next_is_made() {
    let (listener, server) = listening();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        read_message(&mut reader, true).unwrap();
        let stream = reader.get_mut();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
            .unwrap();
        for number in 0..20 {
            stream.write_all(&chunk(format!("{{\"response\":\"{number}\"}}\n").as_bytes())).unwrap();
            // Who waits for the next part before it hands this one on waits for ever.
            may_go_on.recv().unwrap();
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
    });
    let proxy = Standing::before(&server);
    let mut client = Client::to(&proxy.address);
    client.send(&super::wire::post("/api/generate", "{}"));
    assert_eq!(client.head().status(), 200);
    for number in 0..20 {
        assert_eq!(client.part(), format!("{{\"response\":\"{number}\"}}\n").into_bytes());
        go_on.send(()).unwrap();
    }
    assert_eq!(client.part(), b"");
}

#[test]
fn a_server_that_is_not_there_is_said_in_the_servers_own_form() {
    let proxy = Standing::before(&crate::program::server::nobody());
    let answer = Client::to(&proxy.address).ask(b"GET /api/version HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(answer.status(), 502);
    let body: serde_json::Value = serde_json::from_slice(&answer.body()).unwrap();
    assert!(body["error"].as_str().unwrap().contains("cannot be reached"), "{body}");
}
