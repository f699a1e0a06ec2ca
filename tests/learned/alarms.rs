//! How often a change of use is said that is none, and how often one is seen.

use ralf_tune::{
    learning::{
        drift::{FALSE_ALARMS, Meant, drift},
        learn,
    },
    model::{
        exchange::{ExchangeEnd, ExchangeRecord},
        learned::{Drift, Learned},
    },
};
use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

#[path = "../../host/src/learning/made_up.rs"]
mod made_up;

use made_up::request;

/// Requests of a sitting.
const REQUESTS: u32 = 40;

/// Sittings of which each has a character of its own, as far as `apart` says.
fn use_of(random: &mut impl Rng, from_day: f64, sittings: usize, apart: f64, larger: f64) -> Vec<ExchangeRecord> {
    let mut normal = || -> f64 { StandardNormal.sample(random) };
    let mut records = Vec::new();
    for sitting in 0..sittings {
        let (own, wide) = (apart * normal(), (1.0 - apart * apart).sqrt());
        for number in 0..REQUESTS {
            let chars = larger * 6000.0 * (0.8 * (own + wide * normal())).exp();
            let tokens = 300.0 * (0.5 * (own + wide * normal())).exp();
            let at_once = 1 + (normal().abs() * 1.5) as usize;
            let seconds = 86_400.0 * (from_day + sitting as f64 / 2.0) + f64::from(number) * 20.0;
            records.push(request(seconds, chars, tokens, at_once));
        }
    }
    records
}

fn meant(learned: Learned) -> Meant {
    Meant { prompt_chars: learned.prompt_chars, answer_tokens: learned.answer_tokens, at_once: Some(learned.at_once) }
}

/// The share of looks that say that requests are others.
fn alarms(looks: u32, sittings: usize, apart: f64, larger: f64) -> f64 {
    let mut others = 0;
    for seed in 0..looks {
        let mut random = ChaCha8Rng::seed_from_u64(u64::from(seed));
        let mut records = use_of(&mut random, 0.0, sittings, apart, 1.0);
        let then = learn(&records, "m", None).unwrap();
        let after = then.to.clone();
        let from_day = random.random_range(20.0..40.0);
        records.extend(use_of(&mut random, from_day, sittings, apart, larger));
        others += u32::from(matches!(drift(&records, "m", &meant(then), &after), Drift::Other { .. }));
    }
    f64::from(others) / f64::from(looks)
}

#[test]
fn false_alarms_are_as_rare_as_it_says_and_what_changed_is_seen() {
    let looks = std::env::var("RALF_TUNE_TEST_LOOKS").map_or(150, |looks| looks.parse().unwrap());
    // Three standard errors above the rate that is stated.
    let most = FALSE_ALARMS + 3.0 * (FALSE_ALARMS / f64::from(looks)).sqrt();
    for (sittings, apart) in [(5, 0.0), (14, 0.0), (5, 0.6), (14, 0.6), (28, 0.6)] {
        let (same, larger) = (alarms(looks, sittings, apart, 1.0), alarms(looks, sittings, apart, 2.0));
        println!("| {sittings} | {apart} | {:.2} % | {:.0} % |", 100.0 * same, 100.0 * larger);
        assert!(same <= most, "{sittings} sittings, {apart} apart: {same}");
        // Of five sittings hardly anything is known; a week of two a day is enough.
        assert!(sittings < 10 || apart > 0.0 || larger > 0.95, "{sittings} sittings: {larger}");
    }
}
