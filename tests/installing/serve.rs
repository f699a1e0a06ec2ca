//! A web server on a port of this machine that answers as a test wants.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

/// A server, and what it was asked: the heads of all requests.
pub struct Served {
    pub address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Served {
    /// Serves what `answer` gives for the address and head of a request: a whole answer, sent as it is.
    pub fn by(answer: impl Fn(&str, &str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let record = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut bytes = Vec::new();
                let mut one = [0];
                while !bytes.ends_with(b"\r\n\r\n") && stream.read(&mut one).is_ok_and(|count| count > 0) {
                    bytes.push(one[0]);
                }
                let head = String::from_utf8(bytes).unwrap().to_lowercase();
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                record.lock().unwrap().push(head.clone());
                // Whoever has read enough hangs up.
                let _ = stream.write_all(&answer(&path, &head));
            }
        });
        Self { address, requests }
    }

    /// The heads of the requests for a path, in lower case.
    pub fn heard(&self, path: &str) -> Vec<String> {
        let begin = format!("get {path}");
        self.requests.lock().unwrap().iter().filter(|head| head.starts_with(&begin)).cloned().collect()
    }
}

/// An answer with a body and further headers.
pub fn answer(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let headers: String = headers.iter().fold(String::new(), |head, (name, value)| head + name + ": " + value + "\r\n");
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// An answer that only leads elsewhere.
pub fn redirect(to: &str) -> Vec<u8> {
    answer("302 Found", &[("location", to)], b"")
}
