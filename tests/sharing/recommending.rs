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

/// Settings of packs whose speed is set by hand.
fn tuned() -> Candidate {
    Candidate { num_ctx: 6_000, max_concurrent_requests: 2, max_content_length: 8_000, ..Candidate::default() }
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

/// Packs of another kind of machine, which is nearly as near.
fn with_memory(packs: Vec<SignedPack>, gib: u32) -> Vec<SignedPack> {
    let other = |mut one: SignedPack| {
        one.pack.hardware.memory_gib = Some(gib);
        one
    };
    packs.into_iter().map(other).collect()
}

#[test]
fn where_several_classes_are_near_a_tenth_of_liars_moves_it_as_little() {
    // Three classes of which none has enough keys alone, and whose centres differ by more than machines of one class do. Each is as crowds are in the mean: what is
    // measured is what lies do, not how a crowd happens to be.
    let class = |gib: u32, centre: f64, seed: u64, first: usize| {
        let mut luck = StdRng::seed_from_u64(seed);
        let mut draws: Vec<f64> =
            (0..18 * 101).map(|_| (0..12).map(|_| luck.random::<f64>()).sum::<f64>() - 6.0).collect();
        draws.sort_by(f64::total_cmp);
        let packs = (0..18).map(|number| {
            let mut one = pack(10.0);
            one.pick.as_mut().unwrap().chosen = measured(tuned(), centre * (0.12 * draws[101 * number + 50]).exp());
            by(first + number, one)
        });
        with_memory(packs.collect(), gib)
    };
    let centres = [(32, 10.0), (16, 7.0), (64, 14.0)];
    for seed in 0..8 {
        let classes = centres.iter().zip(0..).flat_map(|((gib, centre), number)| {
            class(*gib, *centre, 100 * seed + number, 1_000 * usize::try_from(number).unwrap())
        });
        let truth: Vec<SignedPack> = classes.collect();
        let before = found(&truth);
        for lie in [0.01, 0.77, 1.3, 1.9, 100.0] {
            let liars = centres.iter().zip(0..).flat_map(|((gib, centre), number)| {
                let liars = (0..2).map(|liar| by(9_000 + 10 * number + liar, pack(centre * lie))).collect();
                with_memory(liars, *gib)
            });
            let packs: Vec<SignedPack> = truth.iter().cloned().chain(liars).collect();
            let moved = (found(&packs).notes_per_minute.value / before.notes_per_minute.value - 1.0).abs();
            assert!(moved < 0.03, "{lie}, seed {seed}: {moved}");
        }
        // Each of the liars alone in a class of their own, all as fast as can be without being noticed.
        let alone = (0..6).flat_map(|number| {
            let liar = pack(13.0);
            with_memory(vec![by(9_000 + number, liar)], 96 + u32::try_from(number).unwrap())
        });
        let packs: Vec<SignedPack> = truth.iter().cloned().chain(alone).collect();
        let moved = (found(&packs).notes_per_minute.value / before.notes_per_minute.value - 1.0).abs();
        assert!(moved < 0.03, "alone, seed {seed}: {moved}");
    }
}

#[test]
fn a_class_that_everybody_has_does_not_drown_a_nearer_one() {
    let near = honest(8, 1);
    let alone = found(&near);
    let crowd = honest(400, 2).into_iter().enumerate().map(|(number, mut one)| {
        one.pack.pick.as_mut().unwrap().chosen = measured(tuned(), 20.0);
        one.pack.hardware.gpu.as_mut().unwrap().memory_gib = Some(32);
        by(1_000 + number, one.pack)
    });
    let packs: Vec<SignedPack> = near.into_iter().chain(crowd).collect();
    let both = found(&packs);
    assert!(both.notes_per_minute.value < 16.0, "{:?} {:?}", alone.notes_per_minute, both.notes_per_minute);
    // And what enough near ones say, nobody who is farther changes at all.
    let enough = honest(40, 3);
    let packs: Vec<SignedPack> = enough.iter().cloned().chain(packs.into_iter().skip(8)).collect();
    assert!((found(&packs).notes_per_minute.value - found(&enough).notes_per_minute.value).abs() < 1e-9);
}

#[test]
fn what_is_read_of_a_file_stays_as_it_is() {
    let packs = honest(9, 5);
    let present = Candidate { max_content_length: 12_000, num_predict: 700, temperature: 0.3, ..Candidate::default() };
    let files = Files { largest_chars: 40_000, around_chars: 1_000, chars_per_token: 2.7 };
    let here = Here { files: Some(files), present: Some(present.clone()), ..Here::default() };
    let settings = recommend(&Asked { here, ..asked() }, &packs).unwrap().settings;
    assert_eq!((settings.max_content_length, settings.num_predict), (12_000, 700));
    assert_eq!((settings.temperature, settings.chunk_size), (0.3, present.chunk_size));
    assert!(f64::from(settings.num_ctx) >= 13_000.0 / 2.7 + 700.0, "and what is read has room: {}", settings.num_ctx);
    assert!(settings.max_concurrent_requests > 1, "what makes it fast is taken over");
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
        present: None,
    };
    let with = |here| recommend(&Asked { here, ..asked() }, &packs).unwrap().settings;
    let (small, large) = (with(here(1_000, 64 << 30)), with(here(40_000, 64 << 30)));
    assert!(small.num_ctx < large.num_ctx, "{} {}", small.num_ctx, large.num_ctx);
    // What is read of the largest file, the prompt around it and the answer have room.
    let needs = (f64::from(large.max_content_length) + 1_000.0) / 2.7 + f64::from(large.num_predict);
    assert!(f64::from(large.num_ctx) >= needs, "{} {needs}", large.num_ctx);
    // 4.9 GB of weights in 6 GiB: what is left holds less.
    let tight = with(here(40_000, 6 << 30));
    assert!(tight.num_ctx < large.num_ctx && tight.chunk_size < large.chunk_size, "{tight:?}");
    assert_eq!(tight.max_content_length, large.max_content_length, "as much is read, in more pieces");
    let needs = (f64::from(tight.chunk_size) + 1_000.0) / 2.7 + f64::from(tight.num_predict);
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
