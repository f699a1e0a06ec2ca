//! Answers in which a server repeats our key, as pages of errors do that show the request: what is read of them does not have it, and so nothing
//! that is kept or shown.

use bytes::Bytes;
use futures_util::{StreamExt as _, stream, stream::BoxStream};

use super::transport::TransportError;

/// A shorter key could stand in any answer by accident.
const SHORTEST: usize = 8;

/// Takes a secret out of a body, wherever it is cut.
struct Mask {
    secret: Vec<u8>,
    /// The end of what came, where it may be the beginning of the secret.
    held: Vec<u8>,
}

impl Mask {
    fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(chunk);
        while let Some(at) = bytes.windows(self.secret.len()).position(|part| part == self.secret) {
            // As long as it was: numbers of bytes stay.
            bytes.iter_mut().skip(at).take(self.secret.len()).for_each(|byte| *byte = b'*');
        }
        let begins = |length: &usize| self.secret.get(..*length).is_some_and(|beginning| bytes.ends_with(beginning));
        let held = (1..self.secret.len()).rev().find(begins).unwrap_or(0);
        self.held = bytes.split_off(bytes.len() - held);
        bytes
    }
}

/// The same body without that secret.
pub(super) fn masked(
    body: BoxStream<'static, Result<Bytes, TransportError>>,
    secret: &[u8],
) -> BoxStream<'static, Result<Bytes, TransportError>> {
    // A secret of stars would be found again and again.
    if secret.len() < SHORTEST || secret.iter().all(|byte| *byte == b'*') {
        return body;
    }
    let mut mask = Mask { secret: secret.to_vec(), held: Vec::new() };
    let end = stream::once(async { None });
    body.map(Some)
        .chain(end)
        .map(move |part| match part {
            Some(part) => part.map(|chunk| mask.push(&chunk).into()),
            None => Ok(std::mem::take(&mut mask.held).into()),
        })
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(chunks: &[&str], secret: &str) -> String {
        let chunks: Vec<_> = chunks.iter().map(|chunk| Ok(Bytes::from((*chunk).to_owned()))).collect();
        let parts: Vec<_> = masked(stream::iter(chunks).boxed(), secret.as_bytes()).collect().await;
        let bytes: Vec<u8> = parts.into_iter().flat_map(Result::unwrap).collect();
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn a_secret_is_taken_out_wherever_it_is_cut() {
        let (text, secret) = ("{\"error\":\"no: Bearer abababac-1, abababac-1abab\"}\n", "abababac-1");
        let expected = text.replace(secret, "**********");
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let chunks = [&text[..first], &text[first..second], &text[second..]];
                assert_eq!(read(&chunks, secret).await, expected, "{chunks:?}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_secret_is_passed_on_at_once() {
        let text = "{\"response\":\"a\",\"done\":false}\n";
        let mut mask = Mask { secret: b"abababac-1".to_vec(), held: Vec::new() };
        assert_eq!(mask.push(text.as_bytes()), text.as_bytes());
        // Too short to be told from any other word.
        assert_eq!(read(&["done: done"], "done").await, "done: done");
        assert_eq!(read(&["**********"], "********").await, "**********");
    }
}
