//! A server that is spoken to over TLS is the one that it says it is, and gets what it would get directly.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    process::Stdio,
    sync::{Arc, mpsc},
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use super::{
    listening,
    wire::{Client, Message, chunk, post, read_message},
};
use crate::{architecture::root, program::World};

/// Made for these tests alone: nobody has the authority's key.
const CERTIFICATE: &[u8] = include_bytes!("tls/server.pem");
const KEY: &[u8] = include_bytes!("tls/server.key");

/// Answers every request in two parts, and hands out what it was asked.
fn serve(listener: TcpListener) -> mpsc::Receiver<Message> {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let (config, (tell, told)) = (Arc::new(config), mpsc::channel());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let (mut reader, tell) = (BufReader::new(StreamOwned::new(connection, stream.unwrap())), tell.clone());
            thread::spawn(move || {
                // A client that does not trust the certificate says no more.
                while reader.fill_buf().is_ok_and(|bytes| !bytes.is_empty()) {
                    let Some(message) = read_message(&mut reader, true) else { break };
                    let _ = tell.send(message);
                    let parts = [chunk(b"one "), chunk(b"two"), b"0\r\n\r\n".to_vec()].concat();
                    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
                    reader.get_mut().write_all(&[&head[..], &parts].concat()).unwrap();
                    reader.get_mut().flush().unwrap();
                }
            });
        }
    });
    told
}

/// The answer to one request through the program, before a server of that name, with what it is to trust.
fn through(name: &str, port: &str, trusted: &str) -> Message {
    let world = World::new();
    let server = format!("https://{name}:{port}");
    let mut process = world.process(&["proxy", "--listen", "127.0.0.1:0", "--host", &server, "--no-record"]);
    process.env("SSL_CERT_FILE", root().join("tests/proxying/tls").join(trusted));
    let mut child = process.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let line = BufReader::new(child.stderr.take().unwrap()).lines().next().unwrap().unwrap();
    let mut client = Client::to(line.rsplit('=').next().unwrap());
    let answer = client.ask(&post("/api/generate", r#"{"model":"m"}"#));
    child.kill().unwrap();
    child.wait().unwrap();
    answer
}

#[test]
fn a_server_over_tls_is_reached_and_must_be_who_it_says() {
    let (listener, address) = listening();
    let port = address.rsplit(':').next().unwrap().to_owned();
    let asked = serve(listener);
    for name in ["localhost", "127.0.0.1"] {
        let answer = through(name, &port, "authority.pem");
        assert_eq!((answer.status(), answer.body()), (200, b"one two".to_vec()), "{answer:?}");
        let request = asked.recv().unwrap();
        assert_eq!(request.header("host"), Some(format!("{name}:{port}").as_str()));
        assert_eq!(request.body(), br#"{"model":"m"}"#);
    }
    // By another authority: nothing is asked of it.
    let refused = through("localhost", &port, "other.pem");
    assert_eq!(refused.status(), 502, "{refused:?}");
    assert!(asked.try_recv().is_err());
}
