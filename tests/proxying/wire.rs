//! HTTP/1.1 byte by byte, so that nothing between a test and the proxy puts anything right.

use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    net::TcpStream,
    time::Duration,
};

/// A test that hangs fails. Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A request or an answer, as it was on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    pub first_line: String,
    /// As written, in their order.
    pub headers: Vec<(String, String)>,
    /// The parts of a chunked body, or the whole of another.
    pub parts: Vec<Vec<u8>>,
}

impl Message {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn body(&self) -> Vec<u8> {
        self.parts.concat()
    }

    pub fn status(&self) -> u16 {
        self.first_line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The headers that are not about one connection, sorted, as they are written.
    pub fn lasting_headers(&self) -> Vec<(String, String)> {
        let of_the_connection =
            ["connection", "keep-alive", "transfer-encoding", "te", "upgrade", "proxy-authorization"];
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| !of_the_connection.contains(&name.to_ascii_lowercase().as_str()))
            .cloned()
            .collect();
        headers.sort();
        headers
    }

    /// Where its parts end.
    pub fn ends(&self) -> Vec<usize> {
        let ends = self.parts.iter().scan(0, |at, part| {
            *at += part.len();
            Some(*at)
        });
        ends.collect()
    }
}

/// A connection to a server.
pub struct Client(BufReader<TcpStream>);

impl Client {
    pub fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    /// Sends a request and reads the whole answer.
    pub fn ask(&mut self, request: &[u8]) -> Message {
        self.send(request);
        let has_body = !request.starts_with(b"HEAD ");
        read_message(&mut self.0, has_body).unwrap()
    }

    /// Only the head of an answer.
    pub fn head(&mut self) -> Message {
        read_head(&mut self.0).unwrap()
    }

    /// The next part of a chunked body; empty at its end.
    pub fn part(&mut self) -> Vec<u8> {
        read_part(&mut self.0)
    }
}

/// One request with a JSON body.
pub fn post(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Reads a message; `None` when the connection ended before it.
pub fn read_message(reader: &mut BufReader<impl Read>, has_body: bool) -> Option<Message> {
    let mut message = read_head(reader)?;
    let status = message.first_line.starts_with("HTTP/").then(|| message.status());
    if !has_body || matches!(status, Some(204 | 304)) {
        return Some(message);
    }
    if message.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        loop {
            let part = read_part(reader);
            if part.is_empty() {
                break;
            }
            message.parts.push(part);
        }
    } else if let Some(length) = message.header("content-length").map(|length| length.parse().unwrap()) {
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        message.parts.push(body);
    }
    Some(message)
}

fn read_head(reader: &mut BufReader<impl Read>) -> Option<Message> {
    let first_line = line(reader)?;
    let mut headers = Vec::new();
    loop {
        let line = line(reader)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    Some(Message { first_line, headers, parts: Vec::new() })
}

fn read_part(reader: &mut BufReader<impl Read>) -> Vec<u8> {
    let size = line(reader).unwrap();
    let size = usize::from_str_radix(size.split(';').next().unwrap().trim(), 16).unwrap();
    let mut part = vec![0; size + 2];
    reader.read_exact(&mut part).unwrap();
    part.truncate(size);
    part
}

fn line(reader: &mut BufReader<impl Read>) -> Option<String> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).unwrap();
    (!line.is_empty()).then(|| String::from_utf8(line).unwrap().trim_end_matches(['\r', '\n']).to_owned())
}

/// A chunk as it is on the wire.
pub fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}
