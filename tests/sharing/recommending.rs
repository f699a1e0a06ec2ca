//! A recommendation is what many agree on: a tenth of liars move it by less than 3 %, and one key cannot speak for many.

use ralf_tune::{
    model::{
        candidate::Candidate,
        pack::{HardwareClass, Pack, SignedPack},
        recommendation::Recommendation,
    },
    share::recommend::{Asked, Files, Here, recommend},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{key, measured, pack};

fn asked() -> Asked {
    let like = pack(10.0);
    Asked {
        hardware: like.hardware,
        model: like.model,
        server_version: like.server_version,
        workload: like.workload,
        here: Here::default(),
    }
}

/// Recommendations read no signature: packs are checked where they come in.
fn by(key: usize, pack: Pack) -> SignedPack {
    SignedPack { pack, key: format!("{key:064x}"), signature: String::new() }
}

/// Machines of one class differ by an eighth.
fn honest(count: usize, seed: u64) -> Vec<SignedPack> {
    let mut luck = StdRng::seed_from_u64(seed);
    (0..count)
        .map(|number| {
            let normal: f64 = (0..12).map(|_| luck.random::<f64>()).sum::<f64>() - 6.0;
            let mut pack = pack(10.0 * (0.12 * normal).exp());
            pack.pick.as_mut().unwrap().chosen.settings.max_concurrent_requests = 2 + u32::from(number % 2 == 1);
            by(number, pack)
        })
        .collect()
}

fn found(packs: &[SignedPack]) -> Recommendation {
    recommend(&asked(), packs).unwrap()
}

#[test]
fn a_tenth_of_liars_moves_it_by_less_than_three_percent() {
    let lies: [(&str, f64); 5] =
        [("far too fast", 1e4), ("twice", 20.0), ("half", 5.0), ("a bit", 14.0), ("stopped", 0.01)];
    for seed in 0..8 {
        let truth = honest(90, seed);
        let before = found(&truth);
        for (what, lie) in lies {
            let liars = (0..10).map(|number| {
                let mut pack = pack(lie);
                let absurd = Candidate {
                    num_ctx: 100_000,
                    max_concurrent_requests: 64,
                    num_thread: 1,
                    num_batch: 1,
                    temperature: 2.0,
                    ..Candidate::default()
                };
                pack.pick.as_mut().unwrap().chosen = measured(absurd, lie);
                by(1_000 + number, pack)
            });
            let packs: Vec<SignedPack> = truth.iter().cloned().chain(liars).collect();
            let after = found(&packs);
            let moved = (after.notes_per_minute.value / before.notes_per_minute.value - 1.0).abs();
            assert!(moved < 0.03, "{what}, seed {seed}: {moved}");
            assert_eq!(after.settings, before.settings, "{what}, seed {seed}");
        }
    }
}

#[test]
fn one_key_has_one_vote() {
    let truth = honest(20, 1);
    let before = found(&truth);
    let flood: Vec<SignedPack> = truth.iter().cloned().chain((0..5_000).map(|_| by(999, pack(13.0)))).collect();
    let after = found(&flood);
    let moved = (after.notes_per_minute.value / before.notes_per_minute.value - 1.0).abs();
    assert!(moved < 0.06, "{moved}");
    assert_eq!(after.behind.keys, 21);
}

#[test]
fn the_nearest_decide_and_what_is_concluded_is_said() {
    let mut packs = honest(6, 3);
    // Many of another kind of machine.
    packs.extend((100..160).map(|number| {
        let mut pack = pack(2.0);
        pack.hardware = HardwareClass { gpu: None, ..pack.hardware };
        by(number, pack)
    }));
    let near = found(&packs);
    assert!((7.0..14.0).contains(&near.notes_per_minute.value), "{:?}", near.notes_per_minute);
    assert!(near.extrapolated.is_empty(), "{:?}", near.extrapolated);
    assert!(near.nearest[0].distance < 1e-9 && near.nearest[0].differs.is_empty());
    // A model of twice the size, which nobody measured.
    let mut asked = asked();
    asked.model.digest = Some("cd".repeat(32));
    asked.model.name = None;
    asked.model.size_bytes = Some(9_800_000_000);
    let other = recommend(&asked, &packs).unwrap();
    assert!(other.extrapolated.iter().any(|what| what.starts_with("the model")), "{:?}", other.extrapolated);
    let half = near.notes_per_minute.value / 2.0;
    assert!((other.notes_per_minute.value / half - 1.0).abs() < 0.2, "{:?}", other.notes_per_minute);
    let width = |found: &Recommendation| found.notes_per_minute.interval.high / found.notes_per_minute.interval.low;
    assert!(width(&other) > width(&near), "what is farther is less sure");
    assert!(other.nearest[0].distance > near.nearest[0].distance);
    // Of a simulated machine nothing is concluded for a real one, and of nothing nothing.
    for one in &mut packs {
        one.pack.hardware.simulated = true;
    }
    assert_eq!(recommend(&self::asked(), &packs), None);
    assert_eq!(recommend(&self::asked(), &[]), None);
}

#[test]
fn settings_fit_the_machine_that_asks() {
    let packs = honest(9, 5);
    let here = |largest_chars, memory_bytes| Here {
        threads: Some(12),
        memory_bytes: Some(memory_bytes),
        kv_bytes_per_token: Some(131_072),
        trained_context: Some(131_072),
        files: Some(Files { largest_chars, around_chars: 1_000, chars_per_token: 2.7 }),
    };
    let with = |here| recommend(&Asked { here, ..asked() }, &packs).unwrap().settings;
    let (small, large) = (with(here(1_000, 64 << 30)), with(here(40_000, 64 << 30)));
    assert!(small.num_ctx < large.num_ctx, "{} {}", small.num_ctx, large.num_ctx);
    // What is read of the largest file, the prompt around it and the answer have room.
    let needs = (f64::from(large.max_content_length) + 1_000.0) / 2.7 + f64::from(large.num_predict);
    assert!(f64::from(large.num_ctx) >= needs, "{} {needs}", large.num_ctx);
    // 4.9 GB of weights in 6 GiB: what is left holds less.
    let tight = with(here(40_000, 6 << 30));
    assert!(tight.num_ctx < large.num_ctx && tight.max_content_length < large.max_content_length, "{tight:?}");
    let needs = (f64::from(tight.max_content_length) + 1_000.0) / 2.7 + f64::from(tight.num_predict);
    assert!(f64::from(tight.num_ctx) >= needs, "{tight:?} {needs}");
    // Threads are a share of those that there are.
    let mut threaded = packs.clone();
    for one in &mut threaded {
        one.pack.pick.as_mut().unwrap().chosen.settings.num_thread = 8;
    }
    let found = recommend(&Asked { here: here(1_000, 64 << 30), ..asked() }, &threaded).unwrap();
    assert_eq!(found.settings.num_thread, 6, "half of 12, as 8 is of 16");
    // And of a real key's packs the same comes out.
    let signed: Vec<SignedPack> = packs.iter().map(|one| key(3).sign_pack(one.pack.clone())).collect();
    assert!(recommend(&asked(), &signed).is_some());
}
