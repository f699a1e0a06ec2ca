//! What a plugin costs: the result of `ralf-tune plugin bench`.

use serde::Serialize;

use super::plugin::PluginKind;

/// Times of one plugin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PluginCost {
    pub kind: PluginKind,
    pub name: String,
    pub version: String,
    /// `"bundled"`, or the file.
    pub origin: String,
    pub size_bytes: usize,
    /// Compiling and loading.
    pub loading: Vec<Timing>,
    /// Calls, each in a fresh instance.
    pub calls: Vec<Timing>,
    /// Most linear memory of any call, and the limit.
    pub memory_bytes: usize,
    pub memory_limit_bytes: usize,
    /// The limit of one call, in milliseconds.
    pub call_limit_ms: u128,
}

/// How long something took, on the wall clock.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timing {
    pub what: String,
    pub runs: usize,
    /// The least is what the work costs; the median has also what else the machine did.
    pub least_us: f64,
    pub median_us: f64,
    pub most_us: f64,
}
