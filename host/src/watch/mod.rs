//! Watching over time: probes become a series, a series that changes its level becomes an alert, and evidence names the cause.
//!
//! Pure but for `serve` and `webhook`, which speak HTTP. `state` is what is kept between two runs, and what one probe more makes of it; `series` keeps
//! levels and asks [`crate::stats::change`] whether they changed; `cause` reads the evidence; `event` is what is told of it, in JSON lines and in the
//! audit log; `metrics` the same for Prometheus; `units` makes files for systemd and launchd.

mod cause;
mod event;
pub mod metrics;
mod series;
mod serve;
mod state;
mod units;
mod webhook;

pub use cause::{Cause, CauseKind};
pub use event::{Entry, Event, Skip};
pub use series::{Level, Point, Series};
pub use serve::{Shown, serve};
pub use state::{
    Alert, AlertKind, BASELINE_PROBES, LEAST_CHANGE, Measured, OnTrial, Surroundings, Verdict, WATCH_SCHEMA_VERSION,
    WatchState,
};
pub use units::Manager;
pub use webhook::{Webhook, WebhookError};
