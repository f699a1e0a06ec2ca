//! Lines out of the chunks of a body, bounded: a server that never ends a line must not fill the memory.

use super::error::OllamaError;

/// Longest line, in bytes: what Ollama's own client and server allow.
pub const MAX_LINE_BYTES: usize = 8 * 1024 * 1024;

/// Longest answer, in bytes: one of sixteen thousand tokens, each in a line of a kilobyte.
pub const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Cuts a body into lines as it arrives.
#[derive(Debug)]
pub struct LineSplitter {
    /// Bytes of the line that has not ended yet.
    pending: Vec<u8>,
    total: usize,
    max_line: usize,
    max_total: usize,
}

impl Default for LineSplitter {
    fn default() -> Self {
        Self::new(MAX_LINE_BYTES, MAX_ANSWER_BYTES)
    }
}

impl LineSplitter {
    /// A splitter with its own bounds, in bytes.
    #[must_use]
    pub const fn new(max_line: usize, max_total: usize) -> Self {
        Self { pending: Vec::new(), total: 0, max_line, max_total }
    }

    /// Takes a chunk and gives the lines that it ended, without their ends; blank ones are left out.
    ///
    /// # Errors
    ///
    /// `TooLong` when a line or the whole answer is longer than its bound.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<Vec<u8>>, OllamaError> {
        self.total = self.total.saturating_add(chunk.len());
        if self.total > self.max_total {
            return Err(OllamaError::TooLong { what: "answer".into(), limit_bytes: self.max_total });
        }
        let mut lines = Vec::new();
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            if self.pending.len() + part.len() > self.max_line {
                return Err(OllamaError::TooLong { what: "line".into(), limit_bytes: self.max_line });
            }
            self.pending.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.pending);
                lines.extend(Some(line.trim_ascii().to_vec()).filter(|line| !line.is_empty()));
            }
        }
        Ok(lines)
    }

    /// What is left when the body has ended: a last line without a line end, whole or not.
    #[must_use]
    pub fn finish(self) -> Option<Vec<u8>> {
        Some(self.pending.trim_ascii().to_vec()).filter(|line| !line.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_however_the_bytes_are_cut() {
        let text = "{\"a\":\"é\"}\r\n\n  \n{\"b\":2}\nhalf".as_bytes();
        for size in 1..=text.len() {
            let mut splitter = LineSplitter::default();
            let mut lines = Vec::new();
            for chunk in text.chunks(size) {
                lines.extend(splitter.push(chunk).unwrap_or_default());
            }
            lines.extend(splitter.finish());
            assert_eq!(lines, ["{\"a\":\"é\"}".as_bytes(), b"{\"b\":2}", b"half"], "chunks of {size}");
        }
    }

    #[test]
    fn endless_lines_and_endless_answers_are_refused() {
        let mut line = LineSplitter::new(10, 1000);
        assert!(line.push(b"123456789\n").is_ok_and(|lines| lines.len() == 1));
        assert!(line.push(b"123456").is_ok());
        assert!(matches!(line.push(b"78901"), Err(OllamaError::TooLong { limit_bytes: 10, .. })));

        let mut answer = LineSplitter::new(10, 25);
        assert!(answer.push(b"123456789\n123456789\n").is_ok());
        assert!(matches!(answer.push(b"123456"), Err(OllamaError::TooLong { limit_bytes: 25, .. })));
    }
}
