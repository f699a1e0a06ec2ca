//! Runs of words, as numbers that can be compared.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

/// A set of runs. They are hashed already.
pub type Grams = HashSet<u64, BuildHasherDefault<Ready>>;

/// Takes a number that is a hash already for what it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.rotate_left(5) ^ number;
    }
}

/// Longer words are cut: a loop without spaces is a loop all the same.
const LONGEST_WORD: u32 = 24;

/// FNV-1a, 64 bits: <https://datatracker.ietf.org/doc/draft-eastlake-fnv/>.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// The words of a text as hashes: in lower case, all digits alike (a loop that counts is a loop), signs left out. Scripts that
/// write no spaces (from U+2E80 on) count each sign as a word.
pub fn words(text: &str) -> Vec<u64> {
    let mut words = Vec::with_capacity(text.len() / 6);
    let (mut hash, mut length, mut digit) = (FNV_OFFSET, 0, false);
    for sign in text.chars() {
        if !sign.is_alphanumeric() {
            push(&mut words, &mut hash, &mut length);
            digit = false;
            continue;
        }
        let is_digit = sign.is_numeric();
        // A number is one sign, however long.
        if !(is_digit && digit) {
            let plain = if is_digit { '0' } else { sign.to_lowercase().next().unwrap_or(sign) };
            hash = (hash ^ u64::from(u32::from(plain))).wrapping_mul(FNV_PRIME);
            length += 1;
        }
        digit = is_digit;
        if length >= LONGEST_WORD || sign >= '\u{2E80}' {
            push(&mut words, &mut hash, &mut length);
        }
    }
    push(&mut words, &mut hash, &mut length);
    words
}

fn push(words: &mut Vec<u64>, hash: &mut u64, length: &mut u32) {
    if *length > 0 {
        words.push(*hash);
    }
    (*hash, *length) = (FNV_OFFSET, 0);
}

/// Every run of `size` words, as one number each.
pub fn grams(words: &[u64], size: usize) -> impl Iterator<Item = u64> + '_ {
    words
        .windows(size)
        .map(|run| run.iter().fold(FNV_OFFSET, |hash, word| (hash.rotate_left(23) ^ word).wrapping_mul(FNV_PRIME)))
}

/// Share of the words that stand in a run which is known.
pub fn covered(words: &[u64], size: usize, known: &Grams) -> f64 {
    let marks: Vec<bool> = grams(words, size).map(|gram| known.contains(&gram)).collect();
    share_in_runs(words.len(), size, &marks)
}

/// Share of `count` words that stand in a marked run; `marks` says it of the run that starts at each word.
pub fn share_in_runs(count: usize, size: usize, marks: &[bool]) -> f64 {
    let mut inside = 0_u32;
    let mut until = 0;
    for position in 0..count {
        if marks.get(position).copied().unwrap_or(false) {
            until = position + size;
        }
        inside += u32::from(position < until);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of words are far below 2^53")]
    let count = count.max(1) as f64;
    f64::from(inside) / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_forget_case_signs_and_numbers() {
        assert_eq!(words("Load_12 (path)"), words("load 7, PATH!"));
        assert_eq!(words("漢字").len(), 2);
        assert_eq!(words(&"x".repeat(100)).len(), 5);
        assert!(words(" \n#-").is_empty());
    }

    #[test]
    fn covers_whole_runs() {
        let text = words("a b c d e f g h");
        let known: Grams = grams(&words("b c d"), 3).collect();
        assert!((covered(&text, 3, &known) - 3.0 / 8.0).abs() < 1e-12);
        assert!(covered(&words("a"), 3, &known).abs() < 1e-12);
        assert!(covered(&[], 3, &known).abs() < 1e-12);
    }
}
