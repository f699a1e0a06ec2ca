//! Packs in SQLite or PostgreSQL: the same tables, the same queries.
//!
//! A pack is one row, found by its hash. What is asked for stands in columns, the pack itself beside them as it was signed. The newest pack of a key in a
//! class is its *vote* there (state 0), older ones are kept (1), and what waits is not shown (2). Numbers grow in the order in which packs begin to count,
//! so that whoever asks for what is new since a number misses nothing: one row gives them, and is locked until the transaction ends.
//!
//! Each vote has a *lot*, drawn with a secret of the hub. A class is looked at through the votes with the smallest lots, so an answer costs the same
//! however many packs there are, and nobody can choose to be looked at.

mod add;
mod dialect;
mod read;
mod remove;
mod writing;

use std::sync::Arc;

use sqlx::{
    AnyPool, Row as _,
    any::AnyPoolOptions,
    migrate::{MigrateError, Migrator},
};
use tokio::sync::Mutex;

pub use add::Placed;
pub use dialect::Dialect;
pub use read::{ClassRow, Number, Page};
use writing::{Places, Writing};

/// Connections to PostgreSQL, and readers of SQLite, at once.
const MOST_CONNECTIONS: u32 = 8;

/// A vote counts, an older pack of the same key and class is kept, and one that waits is not shown.
const VOTE: i64 = 0;
const OLDER: i64 = 1;
const WAITING: i64 = 2;

/// What can go wrong with what is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An address of neither kind.
    #[error("`{0}` is no database that the hub knows")]
    Address(String),
    /// It cannot be opened or reached.
    #[error("the database cannot be opened")]
    Open(#[source] sqlx::Error),
    /// Its tables are of another release, or cannot be made.
    #[error("the tables of the database cannot be brought up to date")]
    Migrate(#[from] MigrateError),
    /// A query failed.
    #[error("the database failed")]
    Query(#[from] sqlx::Error),
}

impl StoreError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Address(_) => "name one with --database sqlite://FILE or --database postgres://USER@HOST/NAME",
            Self::Open(_) => "see whether the file can be written, or the server is there and lets you in",
            Self::Migrate(_) => "a newer release may have written it: use that one, or name another database",
            Self::Query(_) => "the log of the database says more; RALF_TUNE_LOG=warn shows what was asked",
        }
        .to_owned()
    }
}

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970, UTC.
    pub seconds: i64,
}

impl Moment {
    /// Days since 1970.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.seconds.div_euclid(86_400)
    }

    /// `2026-11`: all that is kept of the time.
    #[must_use]
    pub fn month(self) -> String {
        time::OffsetDateTime::from_unix_timestamp(self.seconds)
            .map_or_else(|_| String::new(), |at| format!("{:04}-{:02}", at.year(), u8::from(at.month())))
    }
}

/// The database of a hub.
#[derive(Debug)]
pub struct Store {
    pool: AnyPool,
    dialect: Dialect,
    /// Draws lots.
    secret: Vec<u8>,
    /// Whose turn it is to write.
    turn: Arc<Mutex<()>>,
    places: Places,
}

impl Store {
    /// Opens it, makes it where it is not there (SQLite), and brings its tables up to date.
    ///
    /// # Errors
    /// When that fails.
    pub async fn open(address: &str) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let dialect = Dialect::of(address).ok_or_else(|| StoreError::Address(dialect::without_password(address)))?;
        let options = AnyPoolOptions::new().max_connections(MOST_CONNECTIONS).after_connect(move |connection, _| {
            Box::pin(async move {
                for statement in dialect.at_start() {
                    sqlx::query(*statement).execute(&mut *connection).await?;
                }
                Ok(())
            })
        });
        let pool = options.connect(&dialect.url(address)).await.map_err(StoreError::Open)?;
        let mut migrator = Migrator::with_migrations(dialect.migrations());
        migrator.dangerous_set_table_name("hub_migrations");
        migrator.run(&pool).await?;
        let secret = secret(&pool).await?;
        Ok(Self { pool, dialect, secret, turn: Arc::default(), places: Places::default() })
    }

    /// Which kind it is.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Waits until all connections are closed.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// The secret of this hub, drawn when it was made. Whoever comes second takes that of the first.
async fn secret(pool: &AnyPool) -> Result<Vec<u8>, StoreError> {
    sqlx::query("INSERT INTO hub_secrets (name, value) VALUES ('lots', $1) ON CONFLICT (name) DO NOTHING")
        .bind(rand::random::<[u8; 32]>().to_vec())
        .execute(pool)
        .await?;
    Ok(sqlx::query("SELECT value FROM hub_secrets WHERE name = 'lots'").fetch_one(pool).await?.try_get(0)?)
}
