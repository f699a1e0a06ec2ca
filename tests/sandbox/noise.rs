//! Files that are nothing, or damaged: an error each, never a panic and never a hang.

use std::time::Duration;

use ralf_tune::plugin::{Limits, component::check, registry::load};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::engine;
use crate::support::guests;

#[test]
fn random_bytes_are_no_plugin() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for round in 0..2000 {
        let mut bytes = vec![0; random.random_range(0..600)];
        random.fill_bytes(&mut bytes);
        // Half of them begin as a component does, and so come further.
        if round % 2 == 0 {
            bytes.splice(..0, *b"\0asm\x0d\0\x01\0");
        }
        assert!(check(engine(), &bytes, "noise", "noise.wasm").is_err(), "round {round}: {bytes:?}");
    }
}

#[test]
fn damaged_components_are_refused_or_run_within_their_limits() {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let limits = Limits { call: Duration::from_millis(50), ..Limits::default() };
    let whole = [guests::bytes("other_shape"), guests::bytes("no_kind"), guests::bytes("scorer")];
    let (mut refused, mut taken) = (0, 0);
    for round in 0..300 {
        // The large one seldom: what is still valid is compiled.
        let mut bytes = whole[if round % 10 == 0 { 2 } else { round % 2 }].clone();
        if round % 3 == 0 {
            bytes.truncate(random.random_range(8..bytes.len()));
        } else {
            for _flip in 0..random.random_range(1..20) {
                let at = random.random_range(8..bytes.len());
                bytes[at] = random.random();
            }
        }
        match load(engine(), &bytes, "damaged", "damaged.wasm", limits) {
            Ok(_) => taken += 1,
            Err(error) => {
                refused += 1;
                assert!(error.to_string().len() < 4000, "round {round}: {error}");
            }
        }
    }
    assert!(refused > 200, "{refused} refused, {taken} taken");
}
