//! A transaction that writes, and what is written once at its end in place of once a pack.

use std::{
    collections::{BTreeMap, HashMap},
    ops::{Deref, DerefMut},
    sync::{Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256};
use sqlx::{Any, AnyConnection, Transaction};
use tokio::sync::OwnedMutexGuard;

use super::{Store, StoreError};
use crate::hub::facts::Incoming;

/// Classes whose numbers are remembered; those of ten millions of packs are fewer.
const MOST_PLACES: usize = 20_000;

/// Numbers of model and class by what they are called. Neither ever goes, nor gets another number.
#[derive(Debug, Default)]
pub struct Places(Mutex<HashMap<[u8; 32], (i64, i64)>>);

impl Places {
    /// What they go by here.
    pub fn name(pack: &Incoming) -> [u8; 32] {
        let mut name = Sha256::new();
        for part in [&pack.model, &pack.hardware, &pack.workload, &pack.digest] {
            name.update(part.len().to_le_bytes());
            name.update(part);
        }
        name.finalize().into()
    }

    pub fn find(&self, name: &[u8; 32]) -> Option<(i64, i64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    fn remember(&self, found: Vec<([u8; 32], (i64, i64))>) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() + found.len() > MOST_PLACES {
            places.clear();
        }
        places.extend(found.into_iter().take(MOST_PLACES));
    }
}

/// The transaction. Queries go to it as to a connection.
pub struct Writing {
    transaction: Transaction<'static, Any>,
    /// Votes that models get.
    votes: BTreeMap<i64, i64>,
    /// Classes that may have been made in it: they are there when it is over.
    found: Vec<([u8; 32], (i64, i64))>,
    /// Whose turn it is: let go last.
    _turn: OwnedMutexGuard<()>,
}

impl Deref for Writing {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

impl Writing {
    /// So many votes more for a model.
    pub fn vote(&mut self, model: i64, by: i64) {
        *self.votes.entry(model).or_default() += by;
    }

    /// Where packs of this name go.
    pub fn found(&mut self, name: [u8; 32], place: (i64, i64)) {
        self.found.push((name, place));
    }
}

impl Store {
    /// A transaction that may write: one at a time, in the order in which they came, so that numbers are in the order of commits, and nobody finds half of what
    /// another one does. Within this process they wait for their turn, without a connection; other processes of the hub for the row. SQLite has one writer anyway, who says
    /// so at once: who only wants to later may find it taken, and who polls for it waits longest when many do.
    pub(super) async fn writing(&self) -> Result<Writing, StoreError> {
        let turn = std::sync::Arc::clone(&self.turn).lock_owned().await;
        let mut transaction = self.pool.begin_with(self.dialect.begin()).await?;
        sqlx::query("UPDATE hub_counters SET value = value WHERE name = 'number'").execute(&mut *transaction).await?;
        Ok(Writing { transaction, votes: BTreeMap::new(), found: Vec::new(), _turn: turn })
    }

    /// Ends it.
    pub(super) async fn commit(&self, mut writing: Writing) -> Result<(), StoreError> {
        for (model, by) in std::mem::take(&mut writing.votes).into_iter().filter(|(_, by)| *by != 0) {
            sqlx::query("UPDATE hub_models SET votes = votes + $1 WHERE id = $2")
                .bind(by)
                .bind(model)
                .execute(&mut *writing)
                .await?;
        }
        writing.transaction.commit().await?;
        self.places.remember(writing.found);
        Ok(())
    }
}
