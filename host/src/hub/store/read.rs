//! What is asked for.

use sqlx::{Row as _, any::AnyRow};

use super::{Store, StoreError};

/// Where a page of packs ends: the number of its last one.
pub type Number = i64;

/// A page of packs as they were signed, in the order in which they began to count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Each as JSON.
    pub packs: Vec<String>,
    /// From where it goes on; `None` at the end.
    pub next: Option<Number>,
}

/// A class and its votes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassRow {
    /// Its number.
    pub id: i64,
    /// What the model goes by.
    pub model: String,
    /// The machines, as JSON.
    pub hardware: String,
    /// The batches, in a word.
    pub workload: String,
    /// Keys that have a vote.
    pub votes: i64,
}

impl ClassRow {
    fn of(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get(0)?,
            model: row.try_get(1)?,
            hardware: row.try_get(2)?,
            workload: row.try_get(3)?,
            votes: row.try_get(4)?,
        })
    }
}

impl Store {
    /// How many packs are given to others, and how many wait.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn counts(&self) -> Result<(i64, i64), StoreError> {
        let rows = sqlx::query(
            "SELECT value FROM hub_counters WHERE name = 'packs' UNION ALL \
             SELECT value FROM hub_counters WHERE name = 'quarantined'",
        )
        .fetch_all(&self.pool)
        .await?;
        let count = |index: usize| rows.get(index).map_or(Ok(0), |row| row.try_get(0));
        Ok((count(0)?, count(1)?))
    }

    /// Bytes of the database.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bytes(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query(self.dialect.size()).fetch_one(&self.pool).await?.try_get(0)?)
    }

    /// Packs that began to count after a number, of all models.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn since(&self, since: Number, most: i64) -> Result<Page, StoreError> {
        let rows =
            sqlx::query("SELECT number, body FROM hub_packs WHERE number > $1 AND state < 2 ORDER BY number LIMIT $2")
                .bind(since)
                .bind(most)
                .fetch_all(&self.pool)
                .await?;
        page(&rows, most)
    }

    /// The same of one model.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_model(&self, model: i64, since: Number, most: i64) -> Result<Page, StoreError> {
        let rows = sqlx::query(
            "SELECT number, body FROM hub_packs WHERE model = $1 AND number > $2 AND state < 2 \
             ORDER BY number LIMIT $3",
        )
        .bind(model)
        .bind(since)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        page(&rows, most)
    }

    /// Votes of a class: those whose lots are the smallest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn votes(&self, class: i64, most: i64) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("SELECT body FROM hub_packs WHERE class = $1 AND state = 0 ORDER BY lot LIMIT $2")
            .bind(class)
            .bind(most)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }

    /// Notes a minute of the same votes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn speeds(&self, class: i64, most: i64) -> Result<Vec<f64>, StoreError> {
        let rows = sqlx::query(
            "SELECT speed FROM hub_packs WHERE class = $1 AND state = 0 AND speed IS NOT NULL ORDER BY lot LIMIT $2",
        )
        .bind(class)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }

    /// The number of a model, by its label or its digest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn model(&self, label: Option<&str>, digest: Option<&str>) -> Result<Option<i64>, StoreError> {
        if let Some(label) = label.filter(|label| !label.is_empty()) {
            let row = sqlx::query("SELECT id FROM hub_models WHERE label = $1")
                .bind(label.to_owned())
                .fetch_optional(&self.pool)
                .await?;
            if let Some(row) = row {
                return Ok(Some(row.try_get(0)?));
            }
        }
        let Some(digest) = digest.filter(|digest| !digest.is_empty()) else { return Ok(None) };
        let row = sqlx::query("SELECT model FROM hub_digests WHERE digest = $1")
            .bind(digest.to_owned())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// Models with most votes, by their labels.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn models(&self, most: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = sqlx::query(
            "SELECT label, votes FROM hub_models WHERE votes > 0 AND label <> '' ORDER BY votes DESC, label LIMIT $1",
        )
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?)
    }

    /// Classes with most votes, of one model or of all; those with `least` votes at least.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn classes(&self, model: Option<i64>, least: i64, most: i64) -> Result<Vec<ClassRow>, StoreError> {
        let rows = match model {
            Some(model) => {
                sqlx::query(
                    "SELECT c.id, m.label, c.hardware, c.workload, c.votes FROM hub_classes c \
                     JOIN hub_models m ON m.id = c.model WHERE c.model = $1 AND c.votes >= $2 \
                     ORDER BY c.votes DESC, c.id LIMIT $3",
                )
                .bind(model)
                .bind(least)
                .bind(most)
                .fetch_all(&self.pool)
                .await?
            }
            None => {
                sqlx::query(
                    "SELECT c.id, m.label, c.hardware, c.workload, c.votes FROM hub_classes c \
                     JOIN hub_models m ON m.id = c.model WHERE c.votes >= $1 ORDER BY c.votes DESC, c.id LIMIT $2",
                )
                .bind(least)
                .bind(most)
                .fetch_all(&self.pool)
                .await?
            }
        };
        Ok(rows.iter().map(ClassRow::of).collect::<Result<_, _>>()?)
    }

    /// Classes with most votes of one class of machines, whatever the model.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn classes_of_hardware(&self, hardware: &str, most: i64) -> Result<Vec<ClassRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT c.id, m.label, c.hardware, c.workload, c.votes FROM hub_classes c \
             JOIN hub_models m ON m.id = c.model WHERE c.hardware = $1 AND c.votes > 0 \
             ORDER BY c.votes DESC, c.id LIMIT $2",
        )
        .bind(hardware.to_owned())
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.iter().map(ClassRow::of).collect::<Result<_, _>>()?)
    }
}

/// A page of rows with number and pack.
fn page(rows: &[AnyRow], most: i64) -> Result<Page, StoreError> {
    let mut page = Page::default();
    for row in rows {
        page.packs.push(row.try_get(1)?);
    }
    let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows >= most);
    page.next = rows.last().filter(|_| is_full).map(|row| row.try_get(0)).transpose()?;
    Ok(page)
}
