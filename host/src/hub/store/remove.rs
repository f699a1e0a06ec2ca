//! Packs go, because the owner of their key says so.

use sqlx::Row as _;

use super::{Moment, Store, StoreError, VOTE, WAITING, Writing, add::count};

impl Store {
    /// Remembers a signed request for `seconds`; `false` when it was made before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_first(&self, request: &[u8; 32], now: Moment, seconds: i64) -> Result<bool, StoreError> {
        sqlx::query("DELETE FROM hub_requests WHERE at < $1").bind(now.seconds - seconds).execute(&self.pool).await?;
        let inserted = sqlx::query("INSERT INTO hub_requests (request, at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(request.to_vec())
            .bind(now.seconds)
            .execute(&self.pool)
            .await?;
        Ok(inserted.rows_affected() == 1)
    }

    /// Removes one pack of a key; none where it has none of that hash.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_pack(&self, key: &[u8; 32], hash: &[u8; 32]) -> Result<u64, StoreError> {
        let mut transaction = self.writing().await?;
        let row = sqlx::query(
            "DELETE FROM hub_packs WHERE hash = $1 AND key = (SELECT id FROM hub_keys WHERE key = $2) \
             RETURNING model, class, key, state",
        )
        .bind(hash.to_vec())
        .bind(key.to_vec())
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else { return Ok(0) };
        let (model, class, key, state): (i64, i64, i64, i64) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        count(&mut transaction, if state == WAITING { "quarantined" } else { "packs" }, -1).await?;
        if state == VOTE {
            // The one before it is the key's vote again.
            let before = sqlx::query(
                "UPDATE hub_packs SET state = 0 WHERE number = \
                 (SELECT MAX(number) FROM hub_packs WHERE key = $1 AND class = $2 AND state = 1)",
            )
            .bind(key)
            .bind(class)
            .execute(&mut *transaction)
            .await?;
            if before.rows_affected() == 0 {
                fewer_votes(&mut transaction, model, class).await?;
            }
        }
        forget_key(&mut transaction, key).await?;
        self.commit(transaction).await?;
        Ok(1)
    }

    /// Removes all of a key, and the key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_key(&self, key: &[u8; 32]) -> Result<u64, StoreError> {
        let mut transaction = self.writing().await?;
        let row = sqlx::query("SELECT id FROM hub_keys WHERE key = $1").bind(key.to_vec());
        let Some(row) = row.fetch_optional(&mut *transaction).await? else { return Ok(0) };
        let key: i64 = row.try_get(0)?;
        let rows = sqlx::query("DELETE FROM hub_packs WHERE key = $1 RETURNING model, class, state")
            .bind(key)
            .fetch_all(&mut *transaction)
            .await?;
        let (mut given, mut waiting) = (0, 0);
        for row in &rows {
            match row.try_get::<i64, _>(2)? {
                WAITING => waiting += 1,
                VOTE => {
                    given += 1;
                    fewer_votes(&mut transaction, row.try_get(0)?, row.try_get(1)?).await?;
                }
                _ => given += 1,
            }
        }
        count(&mut transaction, "packs", -given).await?;
        count(&mut transaction, "quarantined", -waiting).await?;
        forget_key(&mut transaction, key).await?;
        self.commit(transaction).await?;
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }

    /// Forgets what is over: counts of days that have passed, and of their keys those that have nothing here. Every key that came has a count, so
    /// that no others need to be looked at.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget(&self, now: Moment) -> Result<(), StoreError> {
        let mut transaction = self.writing().await?;
        sqlx::query(
            "DELETE FROM hub_keys WHERE id IN (SELECT key FROM hub_days WHERE day < $1) \
             AND NOT EXISTS (SELECT 1 FROM hub_packs p WHERE p.key = hub_keys.id) \
             AND NOT EXISTS (SELECT 1 FROM hub_days d WHERE d.key = hub_keys.id AND d.day >= $1)",
        )
        .bind(now.day())
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM hub_days WHERE day < $1").bind(now.day()).execute(&mut *transaction).await?;
        self.commit(transaction).await?;
        Ok(())
    }
}

/// Forgets a key that has nothing here. What it brought today stays until tomorrow, or removing all would be a way around the limit of a day.
async fn forget_key(transaction: &mut Writing, key: i64) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM hub_keys WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM hub_packs WHERE key = $1) \
         AND NOT EXISTS (SELECT 1 FROM hub_days WHERE key = $1)",
    )
    .bind(key)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn fewer_votes(transaction: &mut Writing, model: i64, class: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE hub_classes SET votes = votes - 1 WHERE id = $1")
        .bind(class)
        .execute(&mut **transaction)
        .await?;
    transaction.vote(model, -1);
    Ok(())
}
