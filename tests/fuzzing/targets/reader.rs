//! Choices out of the first bytes of an input.

/// Takes an input apart from its beginning. When it is used up, everything is 0.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Two bytes, the lower one first.
    pub fn number(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// What is left, as text. What is no UTF-8 is replaced, as a terminal would.
    pub fn text(self) -> String {
        String::from_utf8_lossy(self.0).into_owned()
    }

    /// The parts between bytes that no text has; the last one takes the rest.
    pub fn parts<const N: usize>(&self) -> [&'a [u8]; N] {
        let mut parts = self.0.splitn(N, |byte| *byte == 0xff);
        std::array::from_fn(|_| parts.next().unwrap_or_default())
    }
}
