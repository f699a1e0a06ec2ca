//! What several `ralf-tune` that make one study together know of it: its pieces of work, who is at work on which, and what came of them. In an
//! `SQLite` file or in `PostgreSQL`, with the same statements but for a clock and the locks of rows.
//!
//! A piece is held by a lease that expires: whoever dies keeps nothing from the others. All moments are those of the database, so that no two
//! machines have to agree on the time.

mod sql;

use std::{future::Future, sync::mpsc, time::Duration};

use sqlx::{AnyPool, Row as _, any::AnyPoolOptions};
use tokio::runtime::Runtime;

use sql::Statements;

/// How long a piece is held, and a place at the head, without a word, in seconds; the word is given every third of it.
pub const LEASE_SECONDS: f64 = 30.0;

/// Connections at the same time: one for each host and one for the word.
const CONNECTIONS: u32 = 4;

/// Longest wait for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longest wait for one answer: whoever held something until then holds it no longer.
const ANSWER: Duration = Duration::from_secs(30);

/// Tries of what another one may get in the way of.
const TRIES: usize = 20;

/// Why the shared store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SharedError {
    #[error("`{0}` is not the address of a shared store")]
    Address(String),
    #[error("the shared store cannot be used")]
    Database(#[from] sqlx::Error),
    #[error("the shared store cannot be used")]
    Runtime(#[from] std::io::Error),
    #[error("the shared store does not answer")]
    Silent,
    #[error("others get in the way again and again")]
    Crowded,
}

impl SharedError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Address(_) => "write --store postgres://USER:PASSWORD@HOST/DATABASE or --store sqlite://FILE".into(),
            Self::Crowded => "run it again".into(),
            _ => "see whether the database runs, and whether its user may make tables; without --store a study needs none".into(),
        }
    }
}

/// What a study is to whoever asks for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Role {
    /// Nobody makes it: whoever asked begins it, or goes on with one whose first `ralf-tune` is gone.
    Lead(Terms),
    /// Another one makes it, and can be helped.
    Help(Terms),
}

/// What all that make a study have to have alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    pub seed: u64,
    pub salt: u64,
    /// Seconds since it began.
    pub age_seconds: f64,
}

/// A piece of work that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub piece: String,
    pub work: String,
}

/// How a study stands for whoever helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Running,
    /// Its first `ralf-tune` gives no word any more.
    Orphaned,
    /// With the result.
    Over(String),
}

/// The shared store, of one study and one `ralf-tune`. Calls wait for the database: not for a runtime that measures at the same time.
pub struct SharedStore {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    pool: AnyPool,
    sql: &'static Statements,
    study: String,
    me: String,
}

impl Drop for SharedStore {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // It may be dropped where nobody may wait.
            runtime.shutdown_background();
        }
    }
}

impl SharedStore {
    /// Opens it, and makes its tables where there are none. `me` is a name that no other process has.
    ///
    /// # Errors
    /// When the address is none, or the database cannot be used.
    pub fn open(address: &str, study: &str, me: &str) -> Result<Self, SharedError> {
        sqlx::any::install_default_drivers();
        let (sql, address) = match address.split_once("://").map_or("", |(scheme, _)| scheme) {
            "postgres" | "postgresql" => (&sql::POSTGRES, address.to_owned()),
            "sqlite" if address.len() > "sqlite://".len() => {
                let made = if address.contains('?') { "" } else { "?mode=rwc" };
                (&sql::SQLITE, format!("{address}{made}"))
            }
            scheme => return Err(SharedError::Address(scheme.to_owned())),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let connecting = async move {
            AnyPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE).connect(&address).await
        };
        let pool = wait_for(&runtime, connecting)??;
        let store = Self { runtime: Some(runtime), pool, sql, study: study.to_owned(), me: me.to_owned() };
        store.make_tables()?;
        Ok(store)
    }

    fn make_tables(&self) -> Result<(), SharedError> {
        let (pool, sql) = (self.pool.clone(), self.sql);
        self.call(async move {
            let mut transaction = pool.begin().await?;
            for statement in sql.tables {
                sqlx::query(*statement).execute(&mut *transaction).await?;
            }
            transaction.commit().await
        })
    }

    /// Begins the study, goes on with it, or joins those that make it. `fresh` are the terms of a new one.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn begin(&self, fresh: &Terms) -> Result<Role, SharedError> {
        let (pool, sql, study, me) = (self.pool.clone(), self.sql, self.study.clone(), self.me.clone());
        let (seed, salt) = (fresh.seed.to_string(), fresh.salt.to_string());
        self.call(async move {
            let is_new = sqlx::query(sql.begin).bind(&study).bind(&seed).bind(&salt).bind(&me).bind(LEASE_SECONDS);
            let mut leads = is_new.execute(&pool).await?.rows_affected() > 0;
            if !leads {
                let again =
                    sqlx::query(sql.begin_again).bind(&study).bind(&seed).bind(&salt).bind(&me).bind(LEASE_SECONDS);
                leads = again.execute(&pool).await?.rows_affected() > 0;
                if leads {
                    sqlx::query(sql.forget_pieces).bind(&study).execute(&pool).await?;
                    sqlx::query(sql.forget_hosts).bind(&study).execute(&pool).await?;
                }
            }
            if !leads {
                let taken = sqlx::query(sql.take_over).bind(&study).bind(&me).bind(LEASE_SECONDS);
                leads = taken.execute(&pool).await?.rows_affected() > 0;
                if leads {
                    // Work that is asked for again is offered again; what came of the rest is known.
                    sqlx::query(sql.forget_open_pieces).bind(&study).execute(&pool).await?;
                }
            }
            let row = sqlx::query(sql.terms).bind(&study).fetch_one(&pool).await?;
            let number = |index: usize| row.try_get::<String, _>(index).map(|text| text.parse().unwrap_or(0));
            let terms = Terms { seed: number(0)?, salt: number(1)?, age_seconds: row.try_get::<f64, _>(2)?.max(0.0) };
            Ok(if leads { Role::Lead(terms) } else { Role::Help(terms) })
        })
    }

    /// Gives the word that whoever leads is there.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn beat(&self) -> Result<(), SharedError> {
        let (pool, sql, study, me) = (self.pool.clone(), self.sql, self.study.clone(), self.me.clone());
        self.call(async move {
            sqlx::query(sql.beat).bind(&study).bind(&me).bind(LEASE_SECONDS).execute(&pool).await.map(drop)
        })
    }

    /// How the study stands.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn standing(&self) -> Result<Standing, SharedError> {
        let (pool, sql, study) = (self.pool.clone(), self.sql, self.study.clone());
        self.call(async move {
            let row = sqlx::query(sql.standing).bind(&study).fetch_one(&pool).await?;
            if let Some(result) = row.try_get::<Option<String>, _>(0)? {
                return Ok(Standing::Over(result));
            }
            Ok(if row.try_get::<f64, _>(1)? > 0.0 { Standing::Running } else { Standing::Orphaned })
        })
    }

    /// Ends the study with its result.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn end(&self, result: &str) -> Result<(), SharedError> {
        let (pool, sql, study, me) = (self.pool.clone(), self.sql, self.study.clone(), self.me.clone());
        let result = result.to_owned();
        self.call(
            async move { sqlx::query(sql.end).bind(&study).bind(&me).bind(&result).execute(&pool).await.map(drop) },
        )
    }

    /// What every other host is compared with, as text, once it is known.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn reference(&self) -> Result<Option<String>, SharedError> {
        let (pool, sql, study) = (self.pool.clone(), self.sql, self.study.clone());
        self.call(async move {
            let row = sqlx::query(sql.reference).bind(&study).fetch_one(&pool).await?;
            row.try_get::<Option<String>, _>(0)
        })
    }

    /// Makes that known.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn publish_reference(&self, reference: &str) -> Result<(), SharedError> {
        let (pool, sql, study) = (self.pool.clone(), self.sql, self.study.clone());
        let reference = reference.to_owned();
        self.call(async move {
            sqlx::query(sql.publish_reference).bind(&study).bind(&reference).execute(&pool).await.map(drop)
        })
    }

    /// A place among the hosts for one more, from `least` on.
    ///
    /// # Errors
    /// When the database cannot be used, or others take every place first.
    pub fn join(&self, least: u32, report: &str) -> Result<u32, SharedError> {
        for _ in 0..TRIES {
            let (pool, sql, study, me) = (self.pool.clone(), self.sql, self.study.clone(), self.me.clone());
            let report = report.to_owned();
            let joined = self.call(async move {
                let row = sqlx::query(sql.join)
                    .bind(&study)
                    .bind(i64::from(least))
                    .bind(&me)
                    .bind(&report)
                    .bind(LEASE_SECONDS);
                row.fetch_one(&pool).await?.try_get::<i64, _>(0)
            });
            match joined {
                Ok(place) => return Ok(u32::try_from(place).unwrap_or(u32::MAX)),
                Err(SharedError::Database(sqlx::Error::Database(error))) if error.is_unique_violation() => {}
                Err(error) => return Err(error),
            }
        }
        Err(SharedError::Crowded)
    }

    /// What is said of a host that joined, and the word that it is still there; without `is_there`, that it is not.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn report(&self, place: u32, report: &str, is_there: bool) -> Result<(), SharedError> {
        let (pool, sql, study) = (self.pool.clone(), self.sql, self.study.clone());
        let (report, lease) = (report.to_owned(), if is_there { LEASE_SECONDS } else { -1.0 });
        self.call(async move {
            let said = sqlx::query(sql.report).bind(&study).bind(i64::from(place)).bind(&report).bind(lease);
            said.execute(&pool).await.map(drop)
        })
    }

    /// Every host that joined: its place, what is said of it, and whether it is there now.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn hosts(&self) -> Result<Vec<(u32, String, bool)>, SharedError> {
        let (pool, sql, study) = (self.pool.clone(), self.sql, self.study.clone());
        self.call(async move {
            let rows = sqlx::query(sql.hosts).bind(&study).fetch_all(&pool).await?;
            let host = |row: &sqlx::any::AnyRow| {
                let place = u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or(u32::MAX);
                Ok((place, row.try_get(1)?, row.try_get::<f64, _>(2)? > 0.0))
            };
            rows.iter().map(host).collect()
        })
    }

    /// Offers a piece of work; one that is known stays as it is.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn offer(&self, piece: &str, number: u32, work: &str) -> Result<(), SharedError> {
        let (pool, sql, study) = (self.pool.clone(), self.sql, self.study.clone());
        let (piece, work) = (piece.to_owned(), work.to_owned());
        self.call(async move {
            let offered = sqlx::query(sql.offer).bind(&study).bind(&piece).bind(i64::from(number)).bind(&work);
            offered.execute(&pool).await.map(drop)
        })
    }

    /// Takes the first piece that nobody holds, or whose holder gave no word. Two that ask at the same moment get two pieces, and neither waits.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn claim(&self) -> Result<Option<Held>, SharedError> {
        let (pool, sql, study, me) = (self.pool.clone(), self.sql, self.study.clone(), self.me.clone());
        self.call(async move {
            let row = sqlx::query(sql.claim).bind(&study).bind(&me).bind(LEASE_SECONDS).fetch_optional(&pool).await?;
            row.map(|row| Ok(Held { piece: row.try_get(0)?, work: row.try_get(1)? })).transpose()
        })
    }

    /// Gives the word that a piece is worked on, for so many seconds more; 0 gives it back. Whether it is still ours.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn renew(&self, piece: &str, seconds: f64) -> Result<bool, SharedError> {
        let (pool, sql, study, me) = (self.pool.clone(), self.sql, self.study.clone(), self.me.clone());
        let piece = piece.to_owned();
        self.call(async move {
            let renewed = sqlx::query(sql.renew).bind(&study).bind(&piece).bind(&me).bind(seconds);
            Ok(renewed.execute(&pool).await?.rows_affected() > 0)
        })
    }

    /// Says what came of a piece. False where it was taken away, or done by another.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn finish(&self, piece: &str, result: &str) -> Result<bool, SharedError> {
        let (pool, sql, study, me) = (self.pool.clone(), self.sql, self.study.clone(), self.me.clone());
        let (piece, result) = (piece.to_owned(), result.to_owned());
        self.call(async move {
            let finished = sqlx::query(sql.finish).bind(&study).bind(&piece).bind(&me).bind(&result);
            Ok(finished.execute(&pool).await?.rows_affected() > 0)
        })
    }

    /// What came of a piece, once that is known.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn result(&self, piece: &str) -> Result<Option<String>, SharedError> {
        let (pool, sql, study, piece) = (self.pool.clone(), self.sql, self.study.clone(), piece.to_owned());
        self.call(async move {
            let row = sqlx::query(sql.result).bind(&study).bind(&piece).fetch_optional(&pool).await?;
            row.map_or(Ok(None), |row| row.try_get::<Option<String>, _>(0))
        })
    }

    /// Waits, on the real clock, whatever clock the study has.
    ///
    /// # Errors
    /// When there is nobody to wait.
    pub fn pause(&self, duration: Duration) -> Result<(), SharedError> {
        self.call(async move {
            tokio::time::sleep(duration).await;
            Ok(())
        })
    }

    fn call<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, sqlx::Error>> + Send + 'static,
    ) -> Result<T, SharedError> {
        let runtime = self.runtime.as_ref().ok_or(SharedError::Silent)?;
        let within = async move { tokio::time::timeout(ANSWER, work).await };
        Ok(wait_for(runtime, within)?.map_err(|_| SharedError::Silent)??)
    }
}

/// Waits for work on another runtime: the caller's clock may be one that jumps whenever somebody waits on it.
fn wait_for<T: Send + 'static>(
    runtime: &Runtime,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, SharedError> {
    let (done, result) = mpsc::channel();
    runtime.spawn(async move {
        // Nobody waits any more where this fails.
        let _ = done.send(work.await);
    });
    result.recv().map_err(|_| SharedError::Silent)
}
