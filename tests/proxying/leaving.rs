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
    wire::{Client, chunk, post, read_message},
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
