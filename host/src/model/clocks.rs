//! Where the time of a note goes, and how long requests take.

use serde::{Deserialize, Serialize};

/// Where the time of the requests of one note goes, each part on its own clock. Milliseconds a note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Clocks {
    /// Notes and requests that the figures are means of.
    pub notes: usize,
    /// Requests behind the figures.
    pub requests: usize,
    /// Server clock: loading, which is next to nothing while the model stays loaded.
    pub load_ms: f64,
    /// Server clock: waiting for a slot.
    pub queue_wait_ms: f64,
    /// Server clock: reading the prompt.
    pub prefill_ms: f64,
    /// Server clock: writing the answer.
    pub decode_ms: f64,
    /// Client clock less the server's: connection, transport, this program.
    pub client_overhead_ms: f64,
    /// The delay after each request.
    pub delay_ms: f64,
    /// Client clock: from sending a request to its first token; the mean of the requests.
    pub time_to_first_token_ms: Option<f64>,
    /// The share of a request's latency that is the client's, at the median.
    pub client_overhead_share: f64,
    /// Latencies of a request on the client's clock, in milliseconds: the 50th, 95th and 99th percentile.
    pub latency_ms: Vec<Percentile>,
    /// The longest latency of a request, by the client's clock.
    pub longest_latency_ms: f64,
}

impl Clocks {
    /// All parts together.
    #[must_use]
    pub fn total_ms(&self) -> f64 {
        self.load_ms + self.queue_wait_ms + self.prefill_ms + self.decode_ms + self.client_overhead_ms + self.delay_ms
    }
}

/// What most of the time of a note goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bottleneck {
    /// The model is loaded again and again.
    Load,
    /// Requests wait for a slot.
    Slots,
    /// Reading prompts, which is bound by arithmetic.
    Arithmetic,
    /// Writing answers, which is bound by memory bandwidth.
    MemoryBandwidth,
    /// The way to the server and back, and this program.
    Connection,
    /// The delays that the settings ask for.
    Pauses,
}

impl Clocks {
    /// What the largest part is bound by.
    #[must_use]
    pub fn bottleneck(&self) -> Bottleneck {
        let parts = [
            (self.load_ms, Bottleneck::Load),
            (self.queue_wait_ms, Bottleneck::Slots),
            (self.prefill_ms, Bottleneck::Arithmetic),
            (self.client_overhead_ms, Bottleneck::Connection),
            (self.delay_ms, Bottleneck::Pauses),
        ];
        let writing = (self.decode_ms, Bottleneck::MemoryBandwidth);
        parts.into_iter().fold(writing, |most, part| if part.0 > most.0 { part } else { most }).1
    }
}

/// A percentile with an interval that holds for any distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Percentile {
    /// 0 to 1: 0.95 for the 95th.
    pub share: f64,
    /// The estimate: not more than the largest value seen, so that far out it is too low.
    pub value: f64,
    /// `None` when the sample is too small for a limit on that side: then nothing is known there.
    pub low: Option<f64>,
    /// Where it may end; absent where too few requests say it.
    pub high: Option<f64>,
}
