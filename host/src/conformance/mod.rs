//! Puts a plugin to the test: all that `ralf-tune plugin check` says.
//!
//! `examine` takes a file's bytes from the outside in: what it is, what it exports and imports, its manifest. A plugin that
//! loads goes through the suite of its kind: a scorer over recorded and odd notes, a strategy through studies that are played
//! against a small model of a server, a selector over recorded candidates. Everything is data in and findings out; the same
//! plugin gets the same findings, but for the time that its calls took.

mod cost;
mod examine;
mod mend;
pub mod notes;
pub mod recorded;
mod scorer;
mod selector;
pub mod server;
mod strategy;
mod suite;
mod variations;
pub mod walk;

pub use cost::cost;
pub use examine::{Set, Terms, examine};
pub use recorded::RecordedStudy;
pub use scorer::evaluate;

use crate::{
    model::{finding::Finding, value::Value},
    plugin::{PluginError, parameters::Arguments, registry::Plugin, strategy::Strategy},
};

/// Runs the suite of the plugin's kind with its defaults and what was set. `again` loads the same plugin into an engine of its
/// own, where that is quick.
pub fn conform(
    plugin: &Plugin,
    given: &[(String, Value)],
    again: &dyn Fn() -> Option<Result<Plugin, PluginError>>,
) -> Vec<Finding> {
    let mut suite = suite::Suite::default();
    match plugin {
        Plugin::Scorer(scorer) => scorer::conform(scorer, given, &mut suite),
        Plugin::Strategy(strategy) => strategy::conform(strategy, given, again, &mut suite),
        Plugin::Selector(selector) => selector::conform(selector, given, &mut suite),
    }
    suite.findings
}

/// Plays a stage of that many seconds after the baseline of a recorded study, against a small model of a server.
///
/// # Errors
/// When a call fails, or an answer breaks the contract.
pub fn stage(
    strategy: &Strategy,
    study: &RecordedStudy,
    seconds: f64,
    arguments: &Arguments,
) -> Result<walk::Walk, PluginError> {
    let workload = study.workload();
    let baseline = study.baseline();
    let view = study.view(&workload, &baseline, seconds);
    walk::walk(strategy, walk::Start { view, server: server::Server::default(), seconds }, arguments)
}
