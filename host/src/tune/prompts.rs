//! Prompts that no cache can know: every one begins with a nonce of its own.

use std::cell::Cell;

/// A source of nonces: never twice the same within a study, and not the same as another study's.
#[derive(Debug)]
pub struct Nonces {
    seed: u64,
    next: Cell<u64>,
}

impl Nonces {
    /// Nonces of a study. `salt` tells two studies of the same seed apart; a simulated study has salt 0 so that it can be repeated.
    #[must_use]
    pub fn new(seed: u64, salt: u64) -> Self {
        Self { seed: mix(seed ^ mix(salt)), next: Cell::new(0) }
    }

    /// Nonces of one of several hosts: each has its own, so that it does not matter which host is faster. The first has those of a study of one host.
    #[must_use]
    pub fn of_host(seed: u64, salt: u64, host: u32) -> Self {
        let own = if host == 0 { 0 } else { mix(u64::from(host)) };
        Self::new(seed ^ own, salt)
    }

    /// The next nonce: 16 hexadecimal digits.
    #[must_use]
    pub fn next(&self) -> String {
        let count = self.next.get();
        self.next.set(count + 1);
        format!("{:016x}", mix(self.seed.wrapping_add(count.wrapping_mul(0x9E37_79B9_7F4A_7C15))))
    }

    /// A number from the next nonce, to seed a generated text with.
    #[must_use]
    pub fn next_seed(&self) -> u64 {
        let count = self.next.get();
        self.next.set(count + 1);
        mix(self.seed ^ count)
    }
}

/// The finalizer of `SplitMix64` (Steele, Lea and Flood 2014): spreads neighbouring numbers over all bits.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_differ_from_the_first_character_on() {
        let nonces = Nonces::new(7, 0);
        let all: std::collections::BTreeSet<String> = (0..1000).map(|_| nonces.next()).collect();
        assert_eq!(all.len(), 1000);
        assert_ne!(Nonces::new(7, 0).next(), Nonces::new(7, 1).next());
        assert_eq!(Nonces::new(7, 0).next(), Nonces::new(7, 0).next());
    }
}
