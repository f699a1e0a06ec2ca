//! The record of a request from its beginning to its end, whatever that is.

use std::sync::{
    Arc, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use tokio::time::Instant;

use super::{Hear, body::SharedTap};
use crate::model::exchange::ExchangeRecord;

/// A request under way. Dropped, it is over, and its record is heard.
pub(super) struct Ticket {
    pub record: ExchangeRecord,
    tap: SharedTap,
    began: Instant,
    under_way: Arc<AtomicUsize>,
    hear: Hear,
}

impl Ticket {
    pub fn new(mut record: ExchangeRecord, tap: SharedTap, under_way: &Arc<AtomicUsize>, hear: &Hear) -> Self {
        record.at_once = under_way.fetch_add(1, Ordering::Relaxed) + 1;
        Self { record, tap, began: Instant::now(), under_way: Arc::clone(under_way), hear: Arc::clone(hear) }
    }

    /// Milliseconds since it came.
    pub fn elapsed_ms(&self) -> f64 {
        self.began.elapsed().as_secs_f64() * 1000.0
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        self.record.total_ms = self.elapsed_ms();
        self.tap.lock().unwrap_or_else(PoisonError::into_inner).tap.fill(&mut self.record);
        (self.hear)(std::mem::take(&mut self.record));
    }
}
