//! A hub: packs of many, kept, held against each other, and given to whoever asks.
//!
//! [`Hub::answer`] is all of it but the network: a request in, an answer out. [`facts`] says what of a pack is asked for, [`judge`] whether it counts at once,
//! [`store`] keeps it, `api` and `pages` answer programs and people. Whether a pack holds by itself, and what packs add up to, is [`crate::share`]'s business.
//! [`serve`] puts it on the network, and [`client`] is the other end.
//!
//! It knows nobody: no cookie, no address in any log or table, the month in place of the day.

mod advise;
mod api;
pub mod client;
pub mod facts;
pub mod judge;
mod limits;
mod near;
mod openapi;
mod pages;
mod problem;
mod request;
pub mod serve;
pub mod signed;
pub mod store;

use std::{fmt, sync::Arc};

pub use limits::Rate;
pub use problem::Problem;
pub use request::{Answer, JSON, Request, Signed};
pub use store::{Moment, Store};

use limits::Buckets;

/// Keys that a class needs to be listed, on pages and for programs: of fewer, whoever knows the machine could tell whose it is. It counts all the same.
pub const FEWEST_KEYS: i64 = 5;

/// What time it is.
pub type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// What a hub lets others do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HubLimits {
    /// New packs of a key within a day.
    pub packs_a_day: i64,
    /// Packs of one push.
    pub packs_at_once: usize,
    /// Bytes of a body.
    pub body_bytes: usize,
    /// What an address may ask.
    pub reads: Rate,
    /// What an address may push and remove.
    pub writes: Rate,
}

impl Default for HubLimits {
    fn default() -> Self {
        Self {
            packs_a_day: 200,
            packs_at_once: 100,
            body_bytes: 1 << 20,
            reads: Rate { burst: 120.0, a_second: 10.0 },
            writes: Rate { burst: 30.0, a_second: 0.5 },
        }
    }
}

/// A hub.
pub struct Hub {
    store: Store,
    limits: HubLimits,
    clock: Clock,
    reads: Buckets,
    writes: Buckets,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("store", &self.store).field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Hub {
    /// A hub that keeps its packs there.
    #[must_use]
    pub fn new(store: Store, limits: HubLimits, clock: Clock) -> Self {
        let (reads, writes) = (Buckets::new(limits.reads), Buckets::new(limits.writes));
        Self { store, limits, clock, reads, writes }
    }

    /// What it keeps.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What it lets others do.
    #[must_use]
    pub const fn limits(&self) -> &HubLimits {
        &self.limits
    }

    /// Answers.
    pub async fn answer(&self, request: &Request<'_>) -> Answer {
        match self.answered(request).await {
            Ok(answer) => answer,
            Err(problem) if api::is_of_programs(request.path) => problem.answer(),
            Err(problem) => pages::problem(&problem),
        }
    }

    async fn answered(&self, request: &Request<'_>) -> Result<Answer, Problem> {
        let route = api::Route::of(request.method, request.path)?;
        let bucket = if route.writes() { &self.writes } else { &self.reads };
        bucket.take(request.from, 1.0).map_err(Problem::TooOften)?;
        if request.body.len() > self.limits.body_bytes {
            return Err(Problem::TooLarge(self.limits.body_bytes));
        }
        route.answer(self, request).await
    }

    fn now(&self) -> Moment {
        (self.clock)()
    }
}
