//! What is kept of packs, and what comes out again.

use ralf_tune::{
    hub::{
        facts::Incoming,
        judge::Why,
        store::{Moment, Placed, Store},
    },
    model::pack::{Pack, SignedPack},
};

use super::{
    databases::all,
    packs::{Kind, USUAL, pack},
};

/// The first of December 2026, at noon.
const NOON: Moment = Moment { seconds: 1_796_126_400 };

const A_DAY: i64 = 100;

/// A pack of somebody, as it is kept. Who checks signatures comes before.
fn of(key: u8, pack: Pack) -> Incoming {
    let key = format!("{key:02x}").repeat(32);
    Incoming::of(&SignedPack { pack, key, signature: "0".repeat(128) }).unwrap()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Does the same with an empty hub on each database.
#[expect(clippy::needless_pass_by_value, reason = "closures that are written in place")]
fn on_each(test: impl AsyncFn(&Store)) {
    for database in all() {
        run(async {
            let store = Store::open(&database.address).await.unwrap();
            test(&store).await;
            store.close().await;
        });
    }
}

#[test]
fn a_pack_is_kept_once_and_comes_out_as_it_was_signed() {
    on_each(async |store| {
        let first = of(1, pack(&USUAL, 10.0));
        let second = of(2, pack(&USUAL, 11.0));
        let both = [first.clone(), second.clone()];
        assert_eq!(store.add(&both, NOON, A_DAY).await.unwrap(), [Placed::Accepted, Placed::Accepted]);
        assert_eq!(store.add(&both, NOON, A_DAY).await.unwrap(), [Placed::Known, Placed::Known]);
        // Signed again by somebody else it is the same measurement.
        assert_eq!(store.add(&[of(3, pack(&USUAL, 10.0))], NOON, A_DAY).await.unwrap(), [Placed::Known]);
        let all = store.since(0, 10).await.unwrap();
        assert_eq!((all.packs, all.next), (vec![first.body, second.body], None));
        assert_eq!(store.counts().await.unwrap(), (2, 0));
    });
}

#[test]
fn pages_go_on_where_they_ended_and_miss_nothing() {
    on_each(async |store| {
        let other = Kind { model: "llama3.1:8b", ..USUAL };
        for key in 0..6 {
            let kind = if key % 2 == 0 { &USUAL } else { &other };
            store.add(&[of(key, pack(kind, 10.0 + f64::from(key) / 10.0))], NOON, A_DAY).await.unwrap();
        }
        let (mut since, mut seen) = (0, Vec::new());
        loop {
            let page = store.since(since, 2).await.unwrap();
            seen.extend(page.packs);
            let Some(next) = page.next else { break };
            assert!(next > since);
            since = next;
        }
        assert_eq!(seen, store.since(0, 100).await.unwrap().packs);
        assert_eq!(seen.len(), 6);
        let model = store.model(Some("llama3.1:8b"), None).await.unwrap().unwrap();
        let by_digest = store.model(None, Some(&super::packs::digest("llama3.1:8b"))).await.unwrap();
        assert_eq!(by_digest, Some(model));
        assert_eq!(store.of_model(model, 0, 100).await.unwrap().packs.len(), 3);
        assert_eq!(store.model(Some("mistral:7b"), None).await.unwrap(), None);
        // What comes later has a larger number.
        let last = store.since(since, 100).await.unwrap();
        assert_eq!((last.packs.len(), last.next), (0, None));
        store.add(&[of(9, pack(&USUAL, 12.0))], NOON, A_DAY).await.unwrap();
        assert_eq!(store.since(since, 100).await.unwrap().packs.len(), 1);
    });
}

#[test]
fn a_key_has_one_vote_in_a_class() {
    on_each(async |store| {
        for speed in [10.0, 11.0, 12.0] {
            store.add(&[of(1, pack(&USUAL, speed))], NOON, A_DAY).await.unwrap();
        }
        store.add(&[of(2, pack(&USUAL, 20.0))], NOON, A_DAY).await.unwrap();
        let model = store.model(Some(USUAL.model), None).await.unwrap();
        let classes = store.classes(model, 1, 10).await.unwrap();
        assert_eq!(classes.len(), 1);
        assert_eq!(classes[0].votes, 2);
        let mut speeds = store.speeds(classes[0].id, 10).await.unwrap();
        speeds.sort_by(f64::total_cmp);
        assert_eq!(speeds, [12.0, 20.0], "the newest counts");
        assert_eq!(store.models(10).await.unwrap(), [(USUAL.model.to_owned(), 2)]);
        assert_eq!(store.classes_of_hardware(&classes[0].hardware, 10).await.unwrap(), classes);
    });
}

#[test]
fn what_is_far_waits_until_more_agree_than_count() {
    on_each(async |store| {
        for key in 0..6 {
            store.add(&[of(key, pack(&USUAL, 10.0 + f64::from(key) / 10.0))], NOON, A_DAY).await.unwrap();
        }
        // Six say something else; the same key again is still one.
        for key in 10..16 {
            let other = of(key, pack(&USUAL, 40.0 + f64::from(key) / 10.0));
            assert_eq!(store.add(&[other], NOON, A_DAY).await.unwrap(), [Placed::Waits(Why::Class)]);
        }
        for more in 0..5 {
            store.add(&[of(10, pack(&USUAL, 50.0 + f64::from(more)))], NOON, A_DAY).await.unwrap();
        }
        assert_eq!(store.counts().await.unwrap(), (6, 11));
        let before = store.since(0, 100).await.unwrap().packs;
        assert_eq!(before.len(), 6, "what waits is not given to others");
        // The seventh makes them more than those that count.
        let last = store.since(0, 6).await.unwrap().next.unwrap();
        store.add(&[of(16, pack(&USUAL, 41.05))], NOON, A_DAY).await.unwrap();
        assert_eq!(store.counts().await.unwrap(), (13, 5));
        let after = store.since(last, 100).await.unwrap().packs;
        assert_eq!(after.len(), 7, "who has asked before gets those that count since then");
        let model = store.model(Some(USUAL.model), None).await.unwrap();
        assert_eq!(store.classes(model, 1, 10).await.unwrap()[0].votes, 13);
    });
}

#[test]
fn what_contradicts_itself_waits_for_good() {
    on_each(async |store| {
        for key in 0..8 {
            let mut own = pack(&USUAL, 100.0 + f64::from(key));
            own.curves[0].points.iter_mut().for_each(|point| point.estimate = super::packs::estimate(1.0));
            assert_eq!(store.add(&[of(key, own)], NOON, A_DAY).await.unwrap(), [Placed::Waits(Why::Itself)]);
        }
        assert_eq!(store.counts().await.unwrap(), (0, 8));
    });
}

#[test]
fn a_key_has_a_share_of_the_day() {
    on_each(async |store| {
        let speeds = [10.0, 11.0, 12.0];
        let packs: Vec<Incoming> = speeds.iter().map(|speed| of(1, pack(&USUAL, *speed))).collect();
        let placed = store.add(&packs, NOON, 2).await.unwrap();
        assert_eq!(placed, [Placed::Accepted, Placed::Accepted, Placed::Later]);
        // What is there already costs nothing, and others have their own share.
        let placed = store.add(&[packs[0].clone(), of(2, pack(&USUAL, 13.0))], NOON, 2).await.unwrap();
        assert_eq!(placed, [Placed::Known, Placed::Accepted]);
        let tomorrow = Moment { seconds: NOON.seconds + 86_400 };
        assert_eq!(store.add(&packs[2..], tomorrow, 2).await.unwrap(), [Placed::Accepted]);
    });
}

#[test]
fn the_owner_of_a_key_takes_back() {
    on_each(async |store| {
        let packs = [10.0, 11.0].map(|speed| of(1, pack(&USUAL, speed)));
        store.add(&packs, NOON, A_DAY).await.unwrap();
        store.add(&[of(2, pack(&USUAL, 12.0))], NOON, A_DAY).await.unwrap();
        let (own, other) = ([1; 32], [2; 32]);
        assert_eq!(store.remove_pack(&other, &packs[1].hash).await.unwrap(), 0, "it is not theirs");
        assert_eq!(store.remove_pack(&own, &packs[1].hash).await.unwrap(), 1);
        assert_eq!(store.remove_pack(&own, &packs[1].hash).await.unwrap(), 0);
        let model = store.model(Some(USUAL.model), None).await.unwrap();
        let class = store.classes(model, 1, 10).await.unwrap().remove(0);
        let mut speeds = store.speeds(class.id, 10).await.unwrap();
        speeds.sort_by(f64::total_cmp);
        assert_eq!((class.votes, speeds), (2, vec![10.0, 12.0]), "the pack before it is the vote again");
        assert_eq!(store.remove_key(&own).await.unwrap(), 1);
        assert_eq!(store.counts().await.unwrap(), (1, 0));
        assert_eq!(store.classes(model, 1, 10).await.unwrap()[0].votes, 1);
        assert_eq!(store.remove_key(&own).await.unwrap(), 0);
        store.forget(Moment { seconds: NOON.seconds + 86_400 }).await.unwrap();
        // Taken back, it may come again.
        assert_eq!(store.add(&packs[..1], NOON, A_DAY).await.unwrap(), [Placed::Accepted]);
    });
}

#[test]
fn a_signed_request_is_taken_once() {
    on_each(async |store| {
        let later = Moment { seconds: NOON.seconds + 700 };
        assert!(store.is_first(&[7; 32], NOON, 600).await.unwrap());
        assert!(!store.is_first(&[7; 32], NOON, 600).await.unwrap());
        assert!(store.is_first(&[8; 32], NOON, 600).await.unwrap());
        assert!(store.is_first(&[7; 32], later, 600).await.unwrap(), "it is forgotten when it would be too old");
    });
}

#[test]
fn tables_are_made_once_and_kept() {
    for database in all() {
        run(async {
            let store = Store::open(&database.address).await.unwrap();
            store.add(&[of(1, pack(&USUAL, 10.0))], NOON, A_DAY).await.unwrap();
            store.close().await;
            let store = Store::open(&database.address).await.unwrap();
            assert_eq!(store.counts().await.unwrap(), (1, 0), "{}", database.name);
            assert!(store.bytes().await.unwrap() > 10_000);
            store.close().await;
        });
    }
}

#[test]
fn many_at_once_lose_nothing() {
    on_each(async |store| {
        let pushes = (0..8_u8).map(async |key| {
            for turn in 0..4_u8 {
                let speed = 10.0 + f64::from(key) / 10.0 + f64::from(turn) / 100.0;
                store.add(&[of(key, pack(&USUAL, speed))], NOON, A_DAY).await.unwrap();
            }
        });
        futures_util::future::join_all(pushes).await;
        assert_eq!(store.counts().await.unwrap(), (32, 0));
        let model = store.model(Some(USUAL.model), None).await.unwrap();
        assert_eq!(store.classes(model, 1, 10).await.unwrap()[0].votes, 8);
        assert_eq!(store.since(0, 100).await.unwrap().packs.len(), 32);
    });
}

#[test]
fn those_who_push_at_once_wait_for_each_other_and_all_is_counted() {
    on_each(async |store| {
        let pushes = (0..24_u8).map(|number| async move {
            let packs = [
                of(number, pack(&USUAL, 10.0 + f64::from(number) / 50.0)),
                of(100 + number, pack(&Kind { mean_chars: 18_000, ..USUAL }, 10.0 + f64::from(number) / 90.0)),
            ];
            store.add(&packs, NOON, A_DAY).await.unwrap()
        });
        let placed = futures_util::future::join_all(pushes).await;
        assert!(placed.iter().flatten().all(|one| *one == Placed::Accepted), "{placed:?}");
        assert_eq!(store.counts().await.unwrap(), (48, 0));
        let model = store.model(Some(USUAL.model), None).await.unwrap();
        let votes: Vec<i64> = store.classes(model, 1, 10).await.unwrap().iter().map(|class| class.votes).collect();
        assert_eq!(votes, [24, 24]);
        assert_eq!(store.models(10).await.unwrap(), [(USUAL.model.to_owned(), 48)]);
    });
}

#[test]
fn a_key_is_forgotten_with_its_last_pack_and_its_day() {
    on_each(async |store| {
        let pack = of(1, pack(&USUAL, 10.0));
        store.add(std::slice::from_ref(&pack), NOON, 1).await.unwrap();
        assert_eq!(store.remove_pack(&pack.key, &pack.hash).await.unwrap(), 1);
        // What it brought today still counts, or it could bring more by taking some away.
        assert_eq!(store.add(std::slice::from_ref(&pack), NOON, 1).await.unwrap(), [Placed::Later]);
        let tomorrow = Moment { seconds: NOON.seconds + 86_400 };
        store.forget(tomorrow).await.unwrap();
        assert_eq!(store.remove_key(&pack.key).await.unwrap(), 0);
        assert_eq!(store.add(std::slice::from_ref(&pack), tomorrow, 1).await.unwrap(), [Placed::Accepted]);
    });
}
