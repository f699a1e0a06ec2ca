//! Bytes of others: what the fuzzers found worth keeping, and thousands of variations of it, break no promise.
//!
//! The promises are in `fuzzing/targets`; `fuzz/` looks for more.

mod targets;

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
};

use rand::{Rng as _, RngExt as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;

use crate::architecture::root;

/// Variations of one target. Those that compile a component each time get fewer.
const VARIATIONS: usize = 3000;
const VARIATIONS_COMPILED: usize = 400;

/// What numbers, lengths and texts go wrong at.
const WORDS: [&[u8]; 16] = [
    b"",
    b"0",
    b"-1",
    b"1e308",
    b"4294967296",
    b"18446744073709551615",
    b"0.1",
    b"null",
    b"\"\"",
    b"{}",
    b"[]",
    b"\n",
    b"\x00",
    b"\xff\xff\xff\xff",
    b"\x1b[2J",
    "\u{202e}".as_bytes(),
];

#[test]
fn addresses() {
    play("address", VARIATIONS);
}

#[test]
fn answers_of_servers() {
    play("answers", VARIATIONS);
}

#[test]
fn components() {
    play("component", VARIATIONS_COMPILED);
}

#[test]
fn configurations() {
    play("config", VARIATIONS);
}

#[test]
fn requests_to_a_hub() {
    play("hub_api", VARIATIONS);
}

#[test]
fn journals() {
    play("journal", VARIATIONS);
}

#[test]
fn manifests() {
    play("manifest", VARIATIONS_COMPILED);
}

#[test]
fn packs() {
    play("pack", VARIATIONS);
}

#[test]
fn settings() {
    play("settings", VARIATIONS);
}

#[test]
fn streams() {
    play("stream", VARIATIONS);
}

/// Every target has a fuzzer, a corpus and a test, and no folder is left over.
#[test]
fn every_target_is_fuzzed() {
    let targets: BTreeSet<String> = targets::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(root().join("fuzz").join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("targets"), targets);
    assert_eq!(names("corpus"), targets);
    assert!(names("regressions").is_subset(&targets), "{:?}", names("regressions"));
    let this = include_str!("fuzzing.rs");
    for target in &targets {
        assert!(this.contains(&format!("play(\"{target}\", ")), "{target} is not played");
    }
}

/// Plays what is kept of a target, then variations of it: the same ones each time.
fn play(target: &str, variations: usize) {
    let corpus = inputs("corpus", target);
    assert!(!corpus.is_empty(), "nothing is kept of {target}");
    let kept: Vec<Vec<u8>> = corpus.into_iter().chain(inputs("regressions", target)).collect();
    for input in &kept {
        holds(target, input);
    }
    let mut chance = ChaCha8Rng::seed_from_u64(7);
    for _ in 0..variations {
        let mut input = kept.choose(&mut chance).unwrap().clone();
        for _ in 0..chance.random_range(1..4) {
            vary(&mut input, &kept, &mut chance);
        }
        holds(target, &input);
    }
}

fn inputs(folder: &str, target: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(root().join("fuzz").join(folder).join(target)) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    // The order of a folder is not that of another machine.
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Plays one input; when a promise is broken, says with which bytes.
fn holds(target: &str, input: &[u8]) {
    let played = catch_unwind(AssertUnwindSafe(|| targets::check(target, input)));
    assert!(played.is_ok(), "{target} breaks its promise with b\"{}\"", input.escape_ascii());
}

/// One change somewhere, of the kinds that fuzzers make.
fn vary(input: &mut Vec<u8>, others: &[Vec<u8>], chance: &mut ChaCha8Rng) {
    let at = chance.random_range(0..=input.len());
    let end = chance.random_range(at..=input.len().min(at + 16));
    match chance.random_range(0..6) {
        0 => input.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (chance.next_u32() % 8)),
        1 => input.iter_mut().skip(at).take(1).for_each(|byte| *byte = chance.random()),
        2 => drop(input.drain(at..end)),
        3 => drop(input.splice(at..end, WORDS.choose(chance).unwrap().iter().copied())),
        4 => {
            let part = input[at..end].to_vec();
            input.splice(at..at, part);
        }
        _ => {
            let other = others.choose(chance).unwrap();
            let from = chance.random_range(0..=other.len());
            let part = &other[from..other.len().min(from + 64)];
            input.splice(at..end, part.iter().copied());
        }
    }
}
