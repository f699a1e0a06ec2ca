//! Liars: one of ten keys lies, in every way that they could think of, and what the hub says stays.

use ralf_tune::{
    hub::{Hub, HubLimits},
    model::pack::{Pack, SignedPack},
    share,
    stats::summary::median,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{
    asking::{ask, hub, open, question, run},
    databases::sqlite,
    packs::{Kind, MODELS, USUAL, pack},
};

/// Honest keys of a class, and how their speeds spread: machines of a class differ by about a sixth.
const HONEST: usize = 45;
const SPREAD: f64 = 0.15;

/// One of ten.
const LIARS: usize = HONEST / 9;

/// What a recommendation may move by.
const MOST_MOVED: f64 = 0.03;

/// What a liar tells, of a class whose centre is this one.
type Lie = fn(usize, f64) -> f64;

/// All high, all low, in both directions, just within what is not noticed, and what pays most for who wants to be believed.
const LIES: [(&str, Lie); 8] = [
    ("ten times as fast", |_, centre| centre * 10.0),
    ("a tenth as fast", |_, centre| centre * 0.1),
    ("both", |liar, centre| if liar % 2 == 0 { centre * 30.0 } else { centre / 30.0 }),
    ("just not noticed, fast", |_, centre| centre * 1.9),
    ("just not noticed, slow", |_, centre| centre / 1.9),
    ("a fifth better", |_, centre| centre * 1.2),
    ("a third better", |_, centre| centre * 1.33),
    ("half as fast again", |_, centre| centre * 1.5),
];

/// Normal numbers as they are in the mean of many crowds, in no order: what is measured is what lies do, not how a crowd happens to be.
fn crowd() -> [f64; HONEST] {
    const FINE: usize = 201;
    let mut chance = ChaCha8Rng::seed_from_u64(5);
    let mut draws: Vec<f64> =
        (0..HONEST * FINE).map(|_| (0..12).map(|_| chance.random::<f64>()).sum::<f64>() - 6.0).collect();
    draws.sort_by(f64::total_cmp);
    std::array::from_fn(|at| draws[(at * 17 % HONEST) * FINE + FINE / 2])
}

/// Signed by a key of its own for each number.
fn signed(number: usize, pack: Pack) -> SignedPack {
    let mut secret = [3; 32];
    secret[..8].copy_from_slice(&(number as u64).to_le_bytes());
    share::Key::from_bytes(&secret, secret).sign_pack(pack)
}

async fn push(hub: &Hub, packs: &[SignedPack]) {
    for part in packs.chunks(100) {
        let (answer, value) = ask(hub, "POST", "/api/v1/packs", share::file(part.to_vec()).as_bytes()).await;
        assert_eq!(answer.status, 200, "{value}");
        assert!(value["packs"].as_array().unwrap().iter().all(|one| one["outcome"] != "refused"), "{value}");
    }
}

/// The speed that the hub recommends for a kind, and what its page shows beside it, the median of the class.
async fn shown(hub: &Hub, kind: &Kind) -> [f64; 2] {
    let (answer, value) = ask(hub, "POST", "/api/v1/recommend", question(kind).to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{value}");
    let recommended = value["notes_per_minute"]["value"].as_f64().unwrap();
    let hardware = serde_json::to_string(&super::packs::hardware(kind.machine)).unwrap();
    let model = hub.store().model(Some(kind.model), None).await.unwrap();
    let classes = hub.store().classes(model, 1, 100).await.unwrap();
    let class = classes.iter().find(|class| class.hardware == hardware).unwrap();
    [recommended, median(&hub.store().speeds(class.id, 512).await.unwrap())]
}

/// Two models on two classes of machines each, and the centre of each: speeds of which three digits, as recommendations have them, say enough.
fn kinds() -> [(Kind, f64); 4] {
    let kind = |model, machine, centre| (Kind { model, machine, ..USUAL }, centre);
    [kind(MODELS[0], 3, 72.0), kind(MODELS[0], 1, 45.0), kind(MODELS[1], 3, 60.0), kind(MODELS[1], 1, 36.0)]
}

fn honest() -> Vec<SignedPack> {
    let mut packs = Vec::new();
    for (number, (kind, centre)) in kinds().iter().enumerate() {
        for (key, normal) in crowd().into_iter().enumerate() {
            packs.push(signed(1000 * number + key, pack(kind, centre * (SPREAD * normal).exp())));
        }
    }
    packs
}

fn limits() -> HubLimits {
    HubLimits { packs_a_day: 10_000, ..open() }
}

/// Lies about the kinds of these numbers.
fn lies(lie: Lie, about: &[usize], liars: usize) -> Vec<SignedPack> {
    let mut packs = Vec::new();
    for (number, (kind, centre)) in kinds().iter().enumerate().filter(|(number, _)| about.contains(number)) {
        packs.extend((0..liars).map(|liar| {
            let little = 1.0 + f64::from(u32::try_from(liar).unwrap()) / 1000.0;
            signed(500_000 + 1000 * number + liar, pack(kind, lie(liar, *centre) * little))
        }));
    }
    packs
}

#[test]
fn one_liar_of_ten_moves_little() {
    let mut worst = (0.0_f64, "");
    for (name, lie) in LIES {
        // After the honest, and before them.
        for liars_first in [false, true] {
            run(async {
                let (honest, lies) = (honest(), lies(lie, &[0, 1, 2, 3], LIARS));
                let (clean, poisoned) = (sqlite(), sqlite());
                let (clean, poisoned) = (hub(&clean, limits()).await, hub(&poisoned, limits()).await);
                push(&clean, &honest).await;
                let order = if liars_first { [&lies, &honest] } else { [&honest, &lies] };
                for packs in order {
                    push(&poisoned, packs).await;
                }
                for (kind, _) in &kinds() {
                    for (before, after) in shown(&clean, kind).await.into_iter().zip(shown(&poisoned, kind).await) {
                        let moved = (after / before - 1.0).abs();
                        assert!(moved < MOST_MOVED, "{name}, first: {liars_first}: {before} became {after}");
                        if moved > worst.0 {
                            worst = (moved, name);
                        }
                    }
                }
            });
        }
    }
    println!("the most that anything moved: {:.2} % ({})", 100.0 * worst.0, worst.1);
}

/// All liars of the hub on one class, where they are nearly a third of the votes: what is far still counts for nothing.
#[test]
fn liars_who_agree_on_one_class_are_kept_and_not_believed() {
    run(async {
        let database = sqlite();
        let hub = hub(&database, limits()).await;
        push(&hub, &honest()).await;
        let mut before = Vec::new();
        for (kind, _) in &kinds() {
            before.push(shown(&hub, kind).await);
        }
        push(&hub, &lies(|_, centre| centre * 3.0, &[0], 4 * LIARS)).await;
        for ((kind, _), before) in kinds().iter().zip(before) {
            for (before, after) in before.into_iter().zip(shown(&hub, kind).await) {
                assert!((after / before - 1.0).abs() < 1e-9, "{kind:?}: {before} became {after}");
            }
        }
        assert_eq!(hub.store().counts().await.unwrap(), (4 * 45, 20));
    });
}
