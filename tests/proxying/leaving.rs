//! A client that leaves is not worked for any more.

use std::{
    io::{BufReader, ErrorKind, Read as _, Write as _},
    net::TcpStream,
    sync::mpsc,
    thread,
    time::Duration,
};

use ralf_tune::model::exchange::ExchangeEnd;

use super::{
    Standing, listening,
    wire::{Client, Message, chunk, post, read_message},
};

/// Whether the other side has closed, or closes before long.
fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    // A reset says the same as an end; a read that runs out of time says that nobody closed.
    match stream.read(&mut [0; 16]) {
        Ok(bytes) => bytes == 0,
        Err(error) => matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted),
    }
}

#[test]
fn the_server_is_told_before_the_head_and_in_the_middle() {
    for in_the_middle in [false, true] {
        let (listener, server) = listening();
        let (tell, told) = mpsc::channel();
        let (tell_asked, asked) = mpsc::channel();
        thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            read_message(&mut reader, true).unwrap();
            let stream = reader.get_mut();
            if in_the_middle {
                stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
                stream.write_all(&chunk(b"{\"response\":\"a\"}\n")).unwrap();
            }
            tell_asked.send(()).unwrap();
            tell.send(is_closed(stream)).unwrap();
        });
        let proxy = Standing::before(&server);
        let mut client = Client::to(&proxy.address);
        client.send(&post("/api/generate", r#"{"model":"m","prompt":"x"}"#));
        if in_the_middle {
            assert_eq!(client.head().status(), 200);
            client.part();
        }
        asked.recv().unwrap();
        drop(client);
        assert!(told.recv().unwrap(), "the server was not told (in the middle: {in_the_middle})");
        let records = proxy.recorded(1);
        assert_eq!(records[0].end, ExchangeEnd::ClientLeft, "{records:?}");
        assert_eq!(records[0].status, in_the_middle.then_some(200));
    }
}

#[test]
fn a_server_that_breaks_off_is_no_whole_answer() {
    let (listener, server) = listening();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        read_message(&mut reader, true).unwrap();
        let answer = [&b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"[..], &chunk(b"half")].concat();
        reader.get_mut().write_all(&answer).unwrap();
    });
    let proxy = Standing::before(&server);
    let mut client = TcpStream::connect(&proxy.address).unwrap();
    client.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    client.write_all(&post("/api/generate", "{}")).unwrap();
    let mut all = Vec::new();
    // The connection ends, without the end of the body.
    let _ = client.read_to_end(&mut all);
    let text = String::from_utf8(all).unwrap();
    assert!(text.contains("half") && !text.ends_with("0\r\n\r\n"), "{text}");
    assert_eq!(proxy.recorded(1)[0].end, ExchangeEnd::Broken);
}

#[test]
fn an_idle_connection_that_the_server_closed_costs_no_request() {
    let (listener, server) = listening();
    thread::spawn(move || {
        // Each connection answers once, says that it stays, and ends.
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let Some(_) = read_message(&mut reader, true) else { continue };
            reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
        }
    });
    let proxy = Standing::before(&server);
    let mut client = Client::to(&proxy.address);
    for _ in 0..30 {
        let answer = client.ask(b"GET /api/version HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!((answer.status(), answer.body()), (200, b"ok".to_vec()));
    }
}

#[test]
fn an_idle_client_keeps_its_connection() {
    let (listener, server) = listening();
    thread::spawn(move || {
        let mut reader = BufReader::new(listener.accept().unwrap().0);
        while read_message(&mut reader, true).is_some() {
            reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
        }
    });
    let proxy = Standing::without_time(&server);
    let mut client = Client::to(&proxy.address);
    for _ in 0..30 {
        assert_eq!(client.ask(b"GET /api/version HTTP/1.1\r\nHost: x\r\n\r\n").body(), b"ok".to_vec());
    }
}

#[test]
fn what_meets_the_end_of_a_connection_is_asked_again_where_that_does_no_harm() {
    let (small, large) = ("x".repeat(1_000), "x".repeat(400_000));
    // A request that changes something is not made twice, and a large one is not kept.
    for (path, text, status, times) in
        [("/api/generate", &small, 200, 2), ("/api/generate", &large, 502, 1), ("/api/pull", &small, 502, 1)]
    {
        let (listener, server) = listening();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let mut is_first = true;
            for stream in listener.incoming() {
                let mut reader = BufReader::new(stream.unwrap());
                let mut answered = 0;
                while let Some(request) = read_message(&mut reader, true) {
                    tell.send(request).unwrap();
                    // The first connection ends when its second request has come, without a word.
                    if is_first && answered == 1 {
                        break;
                    }
                    reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
                    answered += 1;
                }
                is_first = false;
            }
        });
        let proxy = Standing::before(&server);
        let mut client = Client::to(&proxy.address);
        assert_eq!(client.ask(b"GET /api/version HTTP/1.1\r\nHost: x\r\n\r\n").status(), 200);
        let request = post(path, &format!(r#"{{"model":"m","prompt":"{text}"}}"#));
        // In two, as it comes over a network.
        let (first, second) = request.split_at(request.len() - 300);
        client.send(first);
        let answer = client.ask(second);
        assert_eq!(answer.status(), status, "{path}, {} bytes: {answer:?}", text.len());
        let asked: Vec<Message> = told.try_iter().skip(1).collect();
        assert_eq!(asked.len(), times, "{path}, {} bytes", text.len());
        assert!(asked.iter().all(|asked| *asked == asked_directly(&request)), "{path}");
        let record = &proxy.recorded(2)[1];
        let expected = if status == 200 { ExchangeEnd::Complete } else { ExchangeEnd::Broken };
        assert_eq!((record.end, record.text_bytes), (expected, text.len() as u64));
    }
}

/// A request as a server reads it.
fn asked_directly(request: &[u8]) -> Message {
    read_message(&mut BufReader::new(request), true).unwrap()
}

#[test]
fn a_server_that_answers_early_still_gets_the_whole_request() {
    const BYTES: usize = 16 << 20;
    let (listener, server) = listening();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut writer = stream.try_clone().unwrap();
        let mut first = [0];
        let mut reader = BufReader::new(stream);
        reader.read_exact(&mut first).unwrap();
        writer.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno").unwrap();
        let mut rest = Vec::new();
        // Head and body; more may be wanted, and does not come.
        reader.take(BYTES as u64).read_to_end(&mut rest).unwrap();
        tell.send(rest.len()).unwrap();
    });
    let proxy = Standing::before(&server);
    let mut client = Client::to(&proxy.address);
    // A client that sends all of it before it reads.
    let answer = client.ask(&post("/api/generate", &"x".repeat(BYTES)));
    assert_eq!((answer.status(), answer.body()), (400, b"no".to_vec()));
    assert_eq!(told.recv().unwrap(), BYTES);
}
