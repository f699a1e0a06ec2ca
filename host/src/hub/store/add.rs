//! Packs come in.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use super::{Moment, OLDER, Places, Store, StoreError, VOTE, WAITING, Writing};
use crate::hub::{
    facts::Incoming,
    judge::{self, MOST_VOTES, Others, Why},
};

/// Votes at which a class is first judged again.
const FIRST_REJUDGED: u64 = 8;

/// Votes of a class that are judged again when its centre moves.
const MOST_REJUDGED: i64 = 1_000;

/// Hashes of one question. Shorter lists are filled up, so that the database prepares two questions and no more.
const HASHES: usize = 100;
const ONE_HASH: &str = "SELECT hash FROM hub_packs WHERE hash = $1";
static MANY_HASHES: LazyLock<String> = LazyLock::new(|| {
    let places: Vec<String> = (1..=HASHES).map(|place| format!("${place}")).collect();
    format!("SELECT hash FROM hub_packs WHERE hash IN ({})", places.join(", "))
});

/// What became of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// It counts.
    Accepted,
    /// It waits.
    Waits(Why),
    /// It was there.
    Known,
    /// Its key had its share of the day.
    Later,
}

/// Where a pack goes.
#[derive(Debug, Clone, Copy)]
struct Place {
    model: i64,
    class: i64,
    key: i64,
}

impl Store {
    /// Keeps packs that were checked, all or none; `a_day` is the most that a key may bring within a day.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add(&self, packs: &[Incoming], now: Moment, a_day: i64) -> Result<Vec<Placed>, StoreError> {
        let mut transaction = self.writing().await?;
        let mut number = take_numbers(&mut transaction, packs.len()).await?;
        let mut there = those_there(&mut transaction, packs).await?;
        let mut keys: BTreeMap<[u8; 32], (i64, i64)> = BTreeMap::new();
        let (mut given, mut waiting) = (0_i64, 0_i64);
        let mut placed = Vec::with_capacity(packs.len());
        for pack in packs {
            let (key, today) = match keys.get(&pack.key) {
                Some(known) => *known,
                None => key(&mut transaction, &pack.key, now).await?,
            };
            if there.contains(&pack.hash) {
                keys.insert(pack.key, (key, today));
                placed.push(Placed::Known);
                continue;
            }
            if today >= a_day {
                keys.insert(pack.key, (key, today));
                placed.push(Placed::Later);
                continue;
            }
            keys.insert(pack.key, (key, today + 1));
            there.insert(pack.hash);
            number += 1;
            let place = self.place_of(&mut transaction, pack, key).await?;
            let (outcome, more) = self.place(&mut transaction, pack, place, number, now).await?;
            (given, waiting) = (given + more, waiting - more);
            match outcome {
                Placed::Waits(_) => {
                    waiting += 1;
                    let released = release(&mut transaction, pack, place).await?;
                    (given, waiting) = (given + released, waiting - released);
                }
                _ => given += 1,
            }
            placed.push(outcome);
        }
        for (key, today) in keys.values() {
            count_day(&mut transaction, *key, *today, now).await?;
        }
        count(&mut transaction, "packs", given).await?;
        count(&mut transaction, "quarantined", waiting).await?;
        self.commit(transaction).await?;
        Ok(placed)
    }

    /// Judges one pack, and writes it; and how many others count from now on, because the centre is better known.
    async fn place(
        &self,
        transaction: &mut Writing,
        pack: &Incoming,
        place: Place,
        number: i64,
        now: Moment,
    ) -> Result<(Placed, i64), StoreError> {
        let mut votes = 0;
        let others = others(transaction, place).await?;
        let why = judge::waits(pack.speed, pack.tokens, pack.is_consistent, &others);
        if why.is_none() {
            let older = sqlx::query("UPDATE hub_packs SET state = $1 WHERE key = $2 AND class = $3 AND state = 0")
                .bind(OLDER)
                .bind(place.key)
                .bind(place.class)
                .execute(&mut **transaction)
                .await?;
            if older.rows_affected() == 0 {
                votes = new_vote(transaction, place, 1).await?;
            }
        }
        sqlx::query(
            "INSERT INTO hub_packs (hash, number, model, class, key, state, lot, speed, tokens, month, why, body) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(pack.hash.to_vec())
        .bind(number)
        .bind(place.model)
        .bind(place.class)
        .bind(place.key)
        .bind(if why.is_some() { WAITING } else { VOTE })
        .bind(self.lot(&pack.hash))
        .bind(pack.speed)
        .bind(pack.tokens)
        .bind(now.month())
        .bind(why.map_or("", Why::name))
        .bind(pack.body.clone())
        .execute(&mut **transaction)
        .await?;
        // Each time that it has doubled, a class is looked at anew: its first votes were judged by few.
        let is_rejudged = u64::try_from(votes).is_ok_and(|votes| votes >= FIRST_REJUDGED && votes.is_power_of_two());
        let more = if is_rejudged { rejudge(transaction, place).await? } else { 0 };
        Ok((why.map_or(Placed::Accepted, Placed::Waits), more))
    }

    /// Model and class of a pack.
    async fn place_of(&self, writing: &mut Writing, pack: &Incoming, key: i64) -> Result<Place, StoreError> {
        let name = Places::name(pack);
        if let Some((model, class)) = self.places.find(&name) {
            return Ok(Place { model, class, key });
        }
        let place = made_place(writing, pack, key).await?;
        writing.found(name, (place.model, place.class));
        Ok(place)
    }

    /// The lot of a pack: nobody but the hub can tell it before.
    fn lot(&self, hash: &[u8; 32]) -> i64 {
        let drawn = Sha256::new().chain_update(&self.secret).chain_update(hash).finalize();
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&drawn[..8]);
        i64::from_le_bytes(bytes)
    }
}

/// Numbers for packs that begin to count or to wait now: the last one that is taken. Until the transaction ends, nobody else gets any.
async fn take_numbers(transaction: &mut Writing, count: usize) -> Result<i64, StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let last: i64 = sqlx::query("UPDATE hub_counters SET value = value + $1 WHERE name = 'number' RETURNING value")
        .bind(count)
        .fetch_one(&mut **transaction)
        .await?
        .try_get(0)?;
    Ok(last - count)
}

/// The number of a key, which is made where it is new, and what it brought today.
async fn key(transaction: &mut Writing, key: &[u8; 32], now: Moment) -> Result<(i64, i64), StoreError> {
    let known = sqlx::query(
        "SELECT k.id, COALESCE(d.packs, 0) FROM hub_keys k LEFT JOIN hub_days d ON d.key = k.id AND d.day = $2 \
         WHERE k.key = $1",
    )
    .bind(key.to_vec())
    .bind(now.day())
    .fetch_optional(&mut **transaction)
    .await?;
    if let Some(row) = known {
        return Ok((row.try_get(0)?, row.try_get(1)?));
    }
    let row = sqlx::query("INSERT INTO hub_keys (key) VALUES ($1) RETURNING id").bind(key.to_vec());
    Ok((row.fetch_one(&mut **transaction).await?.try_get(0)?, 0))
}

/// Hashes of those packs that are there.
async fn those_there(transaction: &mut Writing, packs: &[Incoming]) -> Result<BTreeSet<[u8; 32]>, StoreError> {
    let mut there = BTreeSet::new();
    for part in packs.chunks(HASHES) {
        let (question, asked) = if part.len() == 1 { (ONE_HASH, 1) } else { (MANY_HASHES.as_str(), HASHES) };
        let mut query = sqlx::query(question);
        for pack in part.iter().chain(part.iter().cycle()).take(asked) {
            query = query.bind(pack.hash.to_vec());
        }
        for row in query.fetch_all(&mut **transaction).await? {
            there.extend(<[u8; 32]>::try_from(row.try_get::<Vec<u8>, _>(0)?));
        }
    }
    Ok(there)
}

/// Model and class of a pack in the database, which are made where they are new.
async fn made_place(transaction: &mut Writing, pack: &Incoming, key: i64) -> Result<Place, StoreError> {
    if let Some(place) = known_place(transaction, pack, key).await? {
        return Ok(place);
    }
    sqlx::query("INSERT INTO hub_models (label) VALUES ($1) ON CONFLICT (label) DO NOTHING")
        .bind(pack.model.clone())
        .execute(&mut **transaction)
        .await?;
    if !pack.digest.is_empty() {
        sqlx::query(
            "INSERT INTO hub_digests (digest, model) SELECT $1, id FROM hub_models WHERE label = $2 \
             ON CONFLICT (digest) DO NOTHING",
        )
        .bind(pack.digest.clone())
        .bind(pack.model.clone())
        .execute(&mut **transaction)
        .await?;
    }
    sqlx::query(
        "INSERT INTO hub_classes (model, hardware, workload) SELECT id, $2, $3 FROM hub_models WHERE label = $1 \
         ON CONFLICT (model, hardware, workload) DO NOTHING",
    )
    .bind(pack.model.clone())
    .bind(pack.hardware.clone())
    .bind(pack.workload.clone())
    .execute(&mut **transaction)
    .await?;
    let place = known_place(transaction, pack, key).await?;
    place.ok_or(StoreError::Query(sqlx::Error::RowNotFound))
}

async fn known_place(transaction: &mut Writing, pack: &Incoming, key: i64) -> Result<Option<Place>, StoreError> {
    let row = sqlx::query(
        "SELECT c.model, c.id FROM hub_classes c JOIN hub_models m ON m.id = c.model \
         WHERE m.label = $1 AND c.hardware = $2 AND c.workload = $3 \
         AND ($4 = '' OR EXISTS (SELECT 1 FROM hub_digests d WHERE d.digest = $4))",
    )
    .bind(pack.model.clone())
    .bind(pack.hardware.clone())
    .bind(pack.workload.clone())
    .bind(pack.digest.clone())
    .fetch_optional(&mut **transaction)
    .await?;
    Ok(match row {
        Some(row) => Some(Place { model: row.try_get(0)?, class: row.try_get(1)?, key }),
        None => None,
    })
}

/// What a pack of this place is held against: the votes of all keys but its own.
async fn others(transaction: &mut Writing, place: Place) -> Result<Others, StoreError> {
    let rows = sqlx::query(
        "SELECT speed FROM hub_packs WHERE class = $1 AND state = 0 AND speed IS NOT NULL AND key <> $2 \
         ORDER BY lot LIMIT $3",
    )
    .bind(place.class)
    .bind(place.key)
    .bind(MOST_VOTES)
    .fetch_all(&mut **transaction)
    .await?;
    let mut others = Others { speeds: numbers(&rows)?, tokens: Vec::new() };
    if others.speeds.len() < judge::FEWEST_VOTES {
        others.tokens = neighbours(transaction, place).await?;
    }
    Ok(others)
}

/// Rates of one answer of the same model and machines, whatever the batch: of each class those with the smallest lots, and of all these again. One question
/// for all would sort every vote of a class that everybody is in.
async fn neighbours(transaction: &mut Writing, place: Place) -> Result<Vec<f64>, StoreError> {
    let classes = sqlx::query(
        "SELECT id FROM hub_classes WHERE model = $2 AND hardware = (SELECT hardware FROM hub_classes WHERE id = $1)",
    )
    .bind(place.class)
    .bind(place.model)
    .fetch_all(&mut **transaction)
    .await?;
    let mut drawn: Vec<(i64, f64)> = Vec::new();
    for class in classes {
        let rows = sqlx::query(
            "SELECT lot, tokens FROM hub_packs WHERE class = $1 AND state = 0 AND tokens IS NOT NULL AND key <> $2 \
             ORDER BY lot LIMIT $3",
        )
        .bind(class.try_get::<i64, _>(0)?)
        .bind(place.key)
        .bind(MOST_VOTES)
        .fetch_all(&mut **transaction)
        .await?;
        for row in &rows {
            drawn.push((row.try_get(0)?, row.try_get(1)?));
        }
    }
    drawn.sort_unstable_by_key(|(lot, _)| *lot);
    drawn.truncate(usize::try_from(MOST_VOTES).unwrap_or(usize::MAX));
    Ok(drawn.into_iter().map(|(_, tokens)| tokens).collect())
}

/// Of each key in a class that waits its newest pack: key, speed and number. One that contradicts itself is none of them.
async fn waiting(transaction: &mut Writing, place: Place) -> Result<Vec<(i64, f64, i64)>, StoreError> {
    let rows = sqlx::query(
        "SELECT key, speed, number FROM hub_packs WHERE class = $1 AND state = 2 AND why <> 'itself' \
         AND speed IS NOT NULL ORDER BY number DESC LIMIT $2",
    )
    .bind(place.class)
    .bind(MOST_REJUDGED)
    .fetch_all(&mut **transaction)
    .await?;
    let mut newest: BTreeMap<i64, (f64, i64)> = BTreeMap::new();
    for row in &rows {
        newest.entry(row.try_get(0)?).or_insert((row.try_get(1)?, row.try_get(2)?));
    }
    Ok(newest.into_iter().map(|(key, (speed, number))| (key, speed, number)).collect())
}

/// Lets those of a class count that wait and agree with this one, where they outweigh those that count. How many more count then.
async fn release(transaction: &mut Writing, pack: &Incoming, place: Place) -> Result<i64, StoreError> {
    let Some(speed) = pack.speed.filter(|_| pack.is_consistent) else { return Ok(0) };
    let mut waiting = waiting(transaction, place).await?;
    let speeds: Vec<f64> = waiting.iter().map(|(_, speed, _)| *speed).collect();
    let votes: i64 = sqlx::query("SELECT votes FROM hub_classes WHERE id = $1")
        .bind(place.class)
        .fetch_one(&mut **transaction)
        .await?
        .try_get(0)?;
    if !judge::outweigh(speed, &speeds, u64::try_from(votes).unwrap_or(0)) {
        return Ok(0);
    }
    waiting.retain(|(_, other, _)| judge::agree(speed, *other));
    let admitted = admit(transaction, place, &waiting).await?;
    Ok(admitted - displace(transaction, place).await?)
}

/// Judges a class anew: who is far from its centre waits, who waits and is near counts. How many more count then.
async fn rejudge(transaction: &mut Writing, place: Place) -> Result<i64, StoreError> {
    let displaced = displace(transaction, place).await?;
    let (votes, _) = votes(transaction, place).await?;
    let mut waiting = waiting(transaction, place).await?;
    waiting.retain(|(_, speed, _)| !judge::is_far(*speed, &votes));
    Ok(admit(transaction, place, &waiting).await? - displaced)
}

/// Lets these packs count from now on. How many they are.
async fn admit(transaction: &mut Writing, place: Place, packs: &[(i64, f64, i64)]) -> Result<i64, StoreError> {
    let mut number = take_numbers(transaction, packs.len()).await?;
    for (key, _, was) in packs {
        number += 1;
        let older = sqlx::query("UPDATE hub_packs SET state = $1 WHERE key = $2 AND class = $3 AND state = 0")
            .bind(OLDER)
            .bind(*key)
            .bind(place.class)
            .execute(&mut **transaction)
            .await?;
        if older.rows_affected() == 0 {
            new_vote(transaction, place, 1).await?;
        }
        sqlx::query("UPDATE hub_packs SET state = $1, number = $2, why = '' WHERE number = $3")
            .bind(VOTE)
            .bind(number)
            .bind(*was)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(i64::try_from(packs.len()).unwrap_or(i64::MAX))
}

/// Speeds of the votes of a class, and their numbers.
async fn votes(transaction: &mut Writing, place: Place) -> Result<(Vec<f64>, Vec<i64>), StoreError> {
    let rows = sqlx::query(
        "SELECT speed, number FROM hub_packs WHERE class = $1 AND state = 0 AND speed IS NOT NULL ORDER BY lot LIMIT $2",
    )
    .bind(place.class)
    .bind(MOST_REJUDGED)
    .fetch_all(&mut **transaction)
    .await?;
    let of_rows = rows.iter().map(|row| row.try_get(1)).collect::<Result<_, _>>()?;
    Ok((numbers(&rows)?, of_rows))
}

/// Lets those wait that are far from the centre of a class, now that it is another one. How many they are.
async fn displace(transaction: &mut Writing, place: Place) -> Result<i64, StoreError> {
    let (speeds, numbers) = votes(transaction, place).await?;
    let mut displaced = 0;
    for (number, _) in numbers.iter().zip(&speeds).filter(|(_, speed)| judge::is_far(**speed, &speeds)) {
        sqlx::query("UPDATE hub_packs SET state = $1, why = $2 WHERE number = $3")
            .bind(WAITING)
            .bind(Why::Class.name())
            .bind(*number)
            .execute(&mut **transaction)
            .await?;
        new_vote(transaction, place, -1).await?;
        displaced += 1;
    }
    Ok(displaced)
}

/// A key more, or less, that has a vote in a class; how many there are now.
async fn new_vote(transaction: &mut Writing, place: Place, by: i64) -> Result<i64, StoreError> {
    let votes = sqlx::query("UPDATE hub_classes SET votes = votes + $1 WHERE id = $2 RETURNING votes")
        .bind(by)
        .bind(place.class)
        .fetch_one(&mut **transaction)
        .await?
        .try_get(0)?;
    transaction.vote(place.model, by);
    Ok(votes)
}

/// Counts what a key brought today. Days that are over are nobody's business.
async fn count_day(transaction: &mut Writing, key: i64, packs: i64, now: Moment) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM hub_days WHERE key = $1 AND day < $2")
        .bind(key)
        .bind(now.day())
        .execute(&mut **transaction)
        .await?;
    sqlx::query(
        "INSERT INTO hub_days (key, day, packs) VALUES ($1, $2, $3) ON CONFLICT (key, day) DO UPDATE SET packs = $3",
    )
    .bind(key)
    .bind(now.day())
    .bind(packs)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Changes how many there are.
pub(super) async fn count(transaction: &mut Writing, what: &'static str, by: i64) -> Result<(), StoreError> {
    if by != 0 {
        sqlx::query("UPDATE hub_counters SET value = value + $1 WHERE name = $2")
            .bind(by)
            .bind(what)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

/// The first column of rows.
fn numbers(rows: &[sqlx::any::AnyRow]) -> Result<Vec<f64>, StoreError> {
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}
