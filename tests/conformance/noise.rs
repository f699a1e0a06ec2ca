//! Whatever bytes are given to `plugin check`: findings, never a panic, and never a hang.

use std::time::{Duration, Instant};

use ralf_tune::{
    conformance::{Terms, examine},
    model::finding::FindingState,
    plugin::{Limits, inspect::inspect, limits::LimitChanges, registry::ComponentFile},
};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::{guests, studies::engine};

/// How many are tried. Mutations that stay valid are compiled and called, which takes its time where nothing is optimised.
const RANDOM: usize = 10_000;
const MUTATED: usize = if cfg!(debug_assertions) { 300 } else { 2_000 };

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// Calls that end soon: a guest that loops is ended, and there are many.
fn limits() -> LimitChanges {
    let usual = Limits { call: Duration::from_millis(20), ..Limits::default() };
    LimitChanges { usual, ..LimitChanges::default() }
}

/// Examines bytes; the findings must be complete, clean and short. Whether it could be used.
fn tried(bytes: Vec<u8>, what: &str) -> bool {
    let started = Instant::now();
    let file = ComponentFile { bytes, name: "noise".to_owned(), origin: "noise.wasm".to_owned() };
    let examination = examine(engine(), &file, &Terms { limits: limits(), ..Terms::default() });
    for finding in &examination.findings {
        assert!(finding.seen.len() < 4000 && !finding.seen.chars().any(char::is_control), "{what}: {finding:?}");
        assert_eq!(
            finding.mend.is_some(),
            matches!(finding.state, FindingState::Failed | FindingState::Warning),
            "{what}"
        );
    }
    assert!(examination.findings.len() >= 8, "{what}: {:?}", examination.findings);
    // Far above what the slowest takes on a busy machine: it is a hang that is looked for.
    assert!(started.elapsed() < Duration::from_mins(1), "{what}: {:?}", started.elapsed());
    examination.is_ok()
}

/// LEB128, the form of numbers in WebAssembly.
fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

#[test]
fn random_bytes_are_findings() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    for round in 0..RANDOM {
        let mut noise = vec![0; random.random_range(0..600)];
        random.fill_bytes(&mut noise);
        let bytes = match round % 5 {
            0 => noise,
            1 => [COMPONENT, &noise].concat(),
            2 => [b"\0asm\x01\0\0\0", noise.as_slice()].concat(),
            // Sections of a component with their right length and nothing right inside.
            3 => {
                let mut bytes = COMPONENT.to_vec();
                for part in noise.chunks(random.random_range(1..80)) {
                    bytes.push(random.random_range(0..13));
                    bytes.extend(leb(part.len()));
                    bytes.extend(part);
                }
                bytes
            }
            // A core module with noise in its sections, inside a component.
            _ => {
                let mut module = b"\0asm\x01\0\0\0".to_vec();
                module.push(random.random_range(0..13));
                module.extend(leb(noise.len()));
                module.extend(&noise);
                [COMPONENT, &[1], &leb(module.len()), &module].concat()
            }
        };
        assert!(!tried(bytes, &format!("round {round}")), "round {round} is a plugin");
    }
    eprintln!("{RANDOM} random byte strings");
}

#[test]
fn mutated_components_are_findings_or_plugins() {
    let mut random = ChaCha8Rng::seed_from_u64(12);
    // The last three pass whole: what stays valid is compiled, called and put to the test.
    let whole = ["other_shape", "foreign_import", "scorer", "strategy", "claims"].map(guests::bytes);
    let (mut refused, mut taken) = (0, 0);
    for round in 0..MUTATED {
        let from = &whole[round % 5];
        let mut bytes = from.clone();
        let length = bytes.len();
        match round % 4 {
            0 => {
                for _flip in 0..random.random_range(1..12) {
                    bytes[random.random_range(8..length)] ^= 1 << random.random_range(0..8);
                }
            }
            1 => bytes.truncate(random.random_range(8..length)),
            // A piece of another component in the place of a piece of this one.
            2 => {
                let other = &whole[random.random_range(0..5)];
                let from = random.random_range(8..other.len());
                let piece = &other[from..other.len().min(from + random.random_range(1..2000))];
                let at = random.random_range(8..length);
                bytes.splice(at..length.min(at + piece.len()), piece.iter().copied());
            }
            // Whole sections, twice.
            _ => {
                let sections = sections(&bytes);
                let (begin, end) = sections[random.random_range(0..sections.len())];
                let copy = bytes[begin..end].to_vec();
                let (_, at) = sections[random.random_range(0..sections.len())];
                bytes.splice(at..at, copy);
            }
        }
        if tried(bytes, &format!("round {round}")) { taken += 1 } else { refused += 1 }
    }
    eprintln!("{MUTATED} mutated components: {refused} refused, {taken} taken");
    assert!(refused > MUTATED / 2 && taken > MUTATED / 50);
}

/// Where each section of a component begins and ends.
fn sections(bytes: &[u8]) -> Vec<(usize, usize)> {
    let (mut found, mut at) = (Vec::new(), COMPONENT.len());
    while at < bytes.len() {
        let (mut length, mut shift, mut next) = (0_usize, 0, at + 1);
        loop {
            length |= usize::from(bytes[next] & 0x7f) << shift;
            shift += 7;
            next += 1;
            if bytes[next - 1] < 0x80 {
                break;
            }
        }
        found.push((at, next + length));
        at = next + length;
    }
    found
}

#[test]
fn a_component_that_is_cut_anywhere_is_refused_or_whole() {
    let bytes = guests::bytes("other_shape");
    let mut whole = 0;
    for length in 0..bytes.len() {
        // What is still read to its end is a component that lost its last sections: names, and nothing that matters.
        whole += usize::from(inspect(&bytes[..length]).is_ok());
    }
    assert!(whole < 40, "{whole} beginnings are taken for whole");
    for length in (0..bytes.len()).step_by(101) {
        tried(bytes[..length].to_vec(), &format!("the first {length} bytes"));
    }
}

/// 3 KB that took the compiler seconds, and more of the same minutes: see `plugin/compile_cost.rs`.
#[test]
fn code_that_takes_minutes_to_compile_is_refused() {
    let nested = |locals: usize, loops: usize| {
        let mut body = [leb(1), leb(locals), vec![0x7f]].concat();
        body.extend([0x03, 0x40].repeat(loops));
        body.extend([0x20, 0, 0x0d, 0, 0x0b].repeat(loops));
        body.extend([0x20, 0, 0x0b]);
        let section = |id: u8, content: Vec<u8>| [vec![id], leb(content.len()), content].concat();
        let code = section(10, [leb(1), leb(body.len()), body].concat());
        [b"\0asm\x01\0\0\0".to_vec(), section(1, b"\x01\x60\x01\x7f\x01\x7f".to_vec()), section(3, vec![1, 0]), code]
            .concat()
    };
    let with = |module: Vec<u8>| {
        let mut bytes = guests::bytes("claims");
        bytes.push(1);
        bytes.extend(leb(module.len()));
        bytes.extend(module);
        inspect(&bytes)
    };
    assert!(with(nested(10, 10)).is_ok());
    for (locals, loops) in [(300, 300), (1, 2000), (40_000, 50)] {
        let error = with(nested(locals, loops)).unwrap_err();
        assert!(error.to_string().contains("too long to compile"), "{locals}, {loops}: {error}");
    }
}
