//! Packs come in.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use sqlx::{Any, Row as _, Transaction};

use super::{Moment, OLDER, Store, StoreError, VOTE, WAITING};
use crate::hub::{
    facts::Incoming,
    judge::{self, MOST_VOTES, Others, Why},
};

/// Votes at which a class is first judged again.
const FIRST_REJUDGED: u64 = 8;

/// Votes of a class that are judged again when its centre moves.
const MOST_REJUDGED: i64 = 1_000;

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
        let mut keys: BTreeMap<[u8; 32], (i64, i64)> = BTreeMap::new();
        let (mut given, mut waiting) = (0_i64, 0_i64);
        let mut placed = Vec::with_capacity(packs.len());
        for pack in packs {
            let (key, today) = match keys.get(&pack.key) {
                Some(known) => *known,
                None => key(&mut transaction, &pack.key, now).await?,
            };
            if is_there(&mut transaction, pack).await? {
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
            number += 1;
            let place = place_of(&mut transaction, pack, key).await?;
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
        transaction.commit().await?;
        Ok(placed)
    }

    /// Judges one pack, and writes it; and how many others count from now on, because the centre is better known.
    async fn place(
        &self,
        transaction: &mut Transaction<'static, Any>,
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

    /// The lot of a pack: nobody but the hub can tell it before.
    fn lot(&self, hash: &[u8; 32]) -> i64 {
        let drawn = Sha256::new().chain_update(&self.secret).chain_update(hash).finalize();
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&drawn[..8]);
        i64::from_le_bytes(bytes)
    }
}

/// Numbers for packs that begin to count or to wait now: the last one that is taken. Until the transaction ends, nobody else gets any.
async fn take_numbers(transaction: &mut Transaction<'static, Any>, count: usize) -> Result<i64, StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let last: i64 = sqlx::query("UPDATE hub_counters SET value = value + $1 WHERE name = 'number' RETURNING value")
        .bind(count)
        .fetch_one(&mut **transaction)
        .await?
        .try_get(0)?;
    Ok(last - count)
}

/// The number of a key, which is made where it is new, and what it brought today.
async fn key(
    transaction: &mut Transaction<'static, Any>,
    key: &[u8; 32],
    now: Moment,
) -> Result<(i64, i64), StoreError> {
    sqlx::query("INSERT INTO hub_keys (key) VALUES ($1) ON CONFLICT (key) DO NOTHING")
        .bind(key.to_vec())
        .execute(&mut **transaction)
        .await?;
    let row = sqlx::query(
        "SELECT k.id, COALESCE(d.packs, 0) FROM hub_keys k LEFT JOIN hub_days d ON d.key = k.id AND d.day = $2 \
         WHERE k.key = $1",
    )
    .bind(key.to_vec())
    .bind(now.day())
    .fetch_one(&mut **transaction)
    .await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

async fn is_there(transaction: &mut Transaction<'static, Any>, pack: &Incoming) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT number FROM hub_packs WHERE hash = $1").bind(pack.hash.to_vec());
    Ok(row.fetch_optional(&mut **transaction).await?.is_some())
}

/// Model and class of a pack, which are made where they are new.
async fn place_of(transaction: &mut Transaction<'static, Any>, pack: &Incoming, key: i64) -> Result<Place, StoreError> {
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

async fn known_place(
    transaction: &mut Transaction<'static, Any>,
    pack: &Incoming,
    key: i64,
) -> Result<Option<Place>, StoreError> {
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
async fn others(transaction: &mut Transaction<'static, Any>, place: Place) -> Result<Others, StoreError> {
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
        let rows = sqlx::query(
            "SELECT p.tokens FROM hub_packs p JOIN hub_classes c ON c.id = p.class WHERE p.state = 0 \
             AND p.tokens IS NOT NULL AND p.key <> $2 AND c.model = $3 \
             AND c.hardware = (SELECT hardware FROM hub_classes WHERE id = $1) ORDER BY p.lot LIMIT $4",
        )
        .bind(place.class)
        .bind(place.key)
        .bind(place.model)
        .bind(MOST_VOTES)
        .fetch_all(&mut **transaction)
        .await?;
        others.tokens = numbers(&rows)?;
    }
    Ok(others)
}

/// Of each key in a class that waits its newest pack: key, speed and number. One that contradicts itself is none of them.
async fn waiting(
    transaction: &mut Transaction<'static, Any>,
    place: Place,
) -> Result<Vec<(i64, f64, i64)>, StoreError> {
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
async fn release(
    transaction: &mut Transaction<'static, Any>,
    pack: &Incoming,
    place: Place,
) -> Result<i64, StoreError> {
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
async fn rejudge(transaction: &mut Transaction<'static, Any>, place: Place) -> Result<i64, StoreError> {
    let displaced = displace(transaction, place).await?;
    let (votes, _) = votes(transaction, place).await?;
    let mut waiting = waiting(transaction, place).await?;
    waiting.retain(|(_, speed, _)| !judge::is_far(*speed, &votes));
    Ok(admit(transaction, place, &waiting).await? - displaced)
}

/// Lets these packs count from now on. How many they are.
async fn admit(
    transaction: &mut Transaction<'static, Any>,
    place: Place,
    packs: &[(i64, f64, i64)],
) -> Result<i64, StoreError> {
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
async fn votes(transaction: &mut Transaction<'static, Any>, place: Place) -> Result<(Vec<f64>, Vec<i64>), StoreError> {
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
async fn displace(transaction: &mut Transaction<'static, Any>, place: Place) -> Result<i64, StoreError> {
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
async fn new_vote(transaction: &mut Transaction<'static, Any>, place: Place, by: i64) -> Result<i64, StoreError> {
    let votes = sqlx::query("UPDATE hub_classes SET votes = votes + $1 WHERE id = $2 RETURNING votes")
        .bind(by)
        .bind(place.class)
        .fetch_one(&mut **transaction)
        .await?
        .try_get(0)?;
    sqlx::query("UPDATE hub_models SET votes = votes + $1 WHERE id = $2")
        .bind(by)
        .bind(place.model)
        .execute(&mut **transaction)
        .await?;
    Ok(votes)
}

/// Counts what a key brought today. Days that are over are nobody's business.
async fn count_day(
    transaction: &mut Transaction<'static, Any>,
    key: i64,
    packs: i64,
    now: Moment,
) -> Result<(), StoreError> {
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
pub(super) async fn count(
    transaction: &mut Transaction<'static, Any>,
    what: &'static str,
    by: i64,
) -> Result<(), StoreError> {
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
