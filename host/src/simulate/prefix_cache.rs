//! The prefix cache: tokens that a previous prompt shares with a new one cost nothing.
//!
//! Every slot keeps the last prompt and answer that it saw. Since 0.30 what a slot loses goes to a cache in the machine's
//! memory and comes back when it fits again, so that alternating prompts hit as well.

use std::{collections::VecDeque, sync::Arc};

use super::tokens::Tokenized;

/// What the server may keep in the machine's memory.
const MEMORY_BYTES: u64 = 8192 << 20;
/// Entries kept at most, whatever their size: enough for any study.
const MOST_ENTRIES: usize = 128;

/// Prompts of one loaded runner, the newest last.
#[derive(Debug)]
pub(super) struct PrefixCache {
    entries: VecDeque<Entry>,
    slots: usize,
    /// Tokens that fit the cache in the machine's memory; 0 where there is none.
    memory_tokens: u64,
}

#[derive(Debug)]
struct Entry {
    text: Arc<str>,
    tokens: u64,
}

impl PrefixCache {
    /// A cache of `slots` slots, and of the machine's memory when the server `displaces` to it.
    pub(super) const fn new(slots: usize, displaces: bool, kv_bytes_per_token: u64) -> Self {
        let a_token = if kv_bytes_per_token == 0 { 1 } else { kv_bytes_per_token };
        let memory_tokens = if displaces { MEMORY_BYTES / a_token } else { 0 };
        Self { entries: VecDeque::new(), slots, memory_tokens }
    }

    /// Tokens of the prompt that need not be read again. The last one always is.
    pub(super) fn cached_tokens(&self, prompt: &Tokenized) -> usize {
        let shared = self.entries.iter().map(|entry| shared_bytes(&entry.text, &prompt.text)).max().unwrap_or(0);
        let tokens = prompt.ends.partition_point(|end| *end <= shared);
        tokens.min(prompt.count().saturating_sub(1))
    }

    /// Keeps a prompt with the answer that followed it.
    pub(super) fn keep(&mut self, text: Arc<str>, tokens: u64) {
        self.entries.push_back(Entry { text, tokens });
        let displaced = |entries: &VecDeque<Entry>, slots: usize| {
            entries.iter().rev().skip(slots).map(|entry| entry.tokens).sum::<u64>()
        };
        while self.entries.len() > MOST_ENTRIES
            || (self.entries.len() > self.slots && displaced(&self.entries, self.slots) > self.memory_tokens)
        {
            self.entries.pop_front();
        }
    }
}

/// Bytes with which both texts begin.
fn shared_bytes(one: &str, other: &str) -> usize {
    const BLOCK: usize = 512;
    let blocks = one.as_bytes().chunks(BLOCK).zip(other.as_bytes().chunks(BLOCK));
    let equal = blocks.take_while(|(one, other)| one == other).count() * BLOCK;
    let rest = |text: &str| text.as_bytes().get(equal..).unwrap_or_default().to_vec();
    let tail = rest(one).iter().zip(rest(other)).take(BLOCK).take_while(|(one, other)| **one == *other).count();
    (equal + tail).min(one.len()).min(other.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(nonce: &str) -> Tokenized {
        Tokenized::new(&format!("header {nonce} {}", "def f(x): return x\n".repeat(200)))
    }

    #[test]
    fn displaced_prompts_come_back_only_from_the_machines_memory() {
        let (a, b) = (prompt("a1"), prompt("b2"));
        for (displaces, hits) in [(true, true), (false, false)] {
            let mut cache = PrefixCache::new(1, displaces, 57_344);
            for prompt in [&a, &b] {
                assert!(cache.cached_tokens(prompt) < 5);
                cache.keep(Arc::clone(&prompt.text), prompt.count() as u64);
            }
            assert_eq!(cache.cached_tokens(&a) == a.count() - 1, hits);
            assert_eq!(cache.cached_tokens(&b), b.count() - 1);
        }
    }

    #[test]
    fn a_longer_tail_reads_only_the_tail() {
        let mut cache = PrefixCache::new(1, true, 57_344);
        let first = prompt("n");
        cache.keep(Arc::clone(&first.text), first.count() as u64);
        let longer = Tokenized::new(&format!("{}and eight tokens more", first.text));
        let new = longer.count() - cache.cached_tokens(&longer);
        assert!((1..8).contains(&new), "{new}");
    }

    #[test]
    fn shared_bytes_counts_exactly() {
        for length in [0, 1, 511, 512, 513, 1300] {
            let common = "x".repeat(length);
            assert_eq!(shared_bytes(&format!("{common}a tail"), &format!("{common}b")), length);
            assert_eq!(shared_bytes(&common, &format!("{common}b")), length);
        }
    }
}
