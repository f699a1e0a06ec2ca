//! What clients do that costs them time, from the records of their requests. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::exchange::ExchangeRecord;

/// A load that takes longer than this was one.
const LOADED_MS: f64 = 500.0;

/// Waiting for a slot counts from here, in milliseconds and as a share of the whole.
const WAITED_MS: f64 = 500.0;
const WAITED_SHARE: f64 = 0.2;

/// Bytes of a token at most, in texts that anybody writes: a prompt with more of them does not fit.
const MOST_BYTES_PER_TOKEN: f64 = 6.0;

/// How much of a context is taken when nothing was left for the prompt to grow into.
const FULL: f64 = 0.98;

/// Models that are remembered, so that names cannot fill the memory.
const MOST_MODELS: usize = 100;

/// Listens to records, and says each thing again when it has happened ten times as often.
#[derive(Debug, Default)]
pub struct Adviser {
    /// The load-time options of the last request of each model, and how often they changed.
    loads: BTreeMap<String, Loads>,
    counts: BTreeMap<(&'static str, String), u64>,
}

#[derive(Debug, Default)]
struct Loads {
    last: Option<Load>,
    seen: BTreeSet<Load>,
}

/// `num_ctx`, `num_thread`, `num_batch`, as a client sent them.
type Load = (Option<i64>, Option<i64>, Option<i64>);

impl Adviser {
    /// What to say of a request that is over; mostly nothing.
    pub fn hear(&mut self, record: &ExchangeRecord) -> Vec<String> {
        let Some(model) = record.model.clone().filter(|_| record.makes_text()) else { return Vec::new() };
        if self.loads.len() >= MOST_MODELS && !self.loads.contains_key(&model) {
            return Vec::new();
        }
        let mut said = Vec::new();
        said.extend(self.reloads(record, &model));
        said.extend(self.endless(record, &model));
        said.extend(self.cut(record, &model));
        said.extend(self.waits(record, &model));
        said
    }

    /// All that was heard, each thing once with how often.
    #[must_use]
    pub fn summary(&self) -> Vec<String> {
        let said = |((what, model), times): (&(&'static str, String), &u64)| {
            let sentence = match *what {
                "reload" => {
                    let seen = self.loads.get(model).map_or(0, |loads| loads.seen.len());
                    format!(
                        "load-time options changed {times} times ({seen} different): each change loads the model again. Let all clients send the same, or none"
                    )
                }
                "endless" => format!(
                    "{times} requests without num_predict: an answer that does not stop holds its slot until the context is full. Send one"
                ),
                "cut" => format!(
                    "{times} prompts that their num_ctx cannot hold: the server cuts what does not fit and does not say so. Send a larger num_ctx, or less text"
                ),
                _ => format!(
                    "{times} requests waited for a slot. Send fewer at once, or start the server with a higher OLLAMA_NUM_PARALLEL"
                ),
            };
            format!("{model}: {sentence}")
        };
        self.counts.iter().map(said).collect()
    }

    /// Other load-time options than the request before: the server loads the model again.
    fn reloads(&mut self, record: &ExchangeRecord, model: &str) -> Option<String> {
        let options = record.options;
        let load = (options.num_ctx, options.num_thread, options.num_batch);
        let loads = self.loads.entry(model.to_owned()).or_default();
        if loads.seen.len() < MOST_MODELS {
            loads.seen.insert(load);
        }
        let before = loads.last.replace(load).filter(|before| *before != load)?;
        let seen = loads.seen.len();
        let times = self.happened("reload", model)?;
        let took = record.server.map(|server| server.load_ms).filter(|load| *load > LOADED_MS);
        let took = took.map_or_else(String::new, |ms| format!(", this time for {:.1} s", ms / 1000.0));
        Some(format!(
            "{model}: load-time options changed from {} to {}, so the server loads the model again{took} ({times}; {seen} different so far). Let all clients send the same, or none",
            shown(before),
            shown(load)
        ))
    }

    /// No bound of the answer: one that does not stop holds a slot until the context is full.
    fn endless(&mut self, record: &ExchangeRecord, model: &str) -> Option<String> {
        let is_bounded = record.options.num_predict.is_some_and(|most| most > 0);
        // A request without text only loads.
        if is_bounded || record.text_bytes == 0 {
            return None;
        }
        let times = self.happened("endless", model)?;
        Some(format!(
            "{model}: requests without num_predict ({times}): an answer that does not stop holds its slot until the context is full. Send one"
        ))
    }

    /// A prompt that the context cannot hold.
    #[expect(clippy::cast_precision_loss, reason = "requests are far shorter than 2^52 bytes")]
    fn cut(&mut self, record: &ExchangeRecord, model: &str) -> Option<String> {
        let context = record.options.num_ctx.filter(|context| *context > 0)? as f64;
        let least_tokens = record.text_bytes as f64 / MOST_BYTES_PER_TOKEN;
        let read = record.prompt_tokens.unwrap_or(0) as f64;
        let is_refused = record.options.truncate == Some(false);
        if is_refused || (least_tokens <= context && read < FULL * context) {
            return None;
        }
        let times = self.happened("cut", model)?;
        Some(format!(
            "{model}: a prompt of {} bytes for a context of {context} tokens: the server cuts what does not fit and does not say so ({times}). Send a larger num_ctx, or less text",
            record.text_bytes
        ))
    }

    /// More requests than slots: the others wait.
    fn waits(&mut self, record: &ExchangeRecord, model: &str) -> Option<String> {
        let server = record.server?;
        let waited = server.queue_wait_ms();
        if record.at_once < 2 || waited < WAITED_MS || waited < WAITED_SHARE * server.total_ms {
            return None;
        }
        let times = self.happened("waits", model)?;
        Some(format!(
            "{model}: with {} requests at once one waited {:.1} s for a slot ({times}). Send fewer at once, or start the server with a higher OLLAMA_NUM_PARALLEL",
            record.at_once,
            waited / 1000.0
        ))
    }

    /// Counts it; how often it has happened, when that is worth saying: 1, 10, 100 …
    fn happened(&mut self, what: &'static str, model: &str) -> Option<String> {
        let count = self.counts.entry((what, model.to_owned())).or_default();
        *count += 1;
        let is_round = count.checked_ilog10().is_some_and(|digits| *count == 10_u64.pow(digits));
        is_round.then(|| if *count == 1 { "seen for the first time".to_owned() } else { format!("seen {count} times") })
    }
}

fn shown((num_ctx, num_thread, num_batch): Load) -> String {
    let named = [("num_ctx", num_ctx), ("num_thread", num_thread), ("num_batch", num_batch)];
    let said: Vec<String> =
        named.into_iter().filter_map(|(name, value)| value.map(|value| format!("{name} {value}"))).collect();
    if said.is_empty() { "none".to_owned() } else { said.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{exchange::SentOptions, observation::ServerTimings};

    fn record(num_ctx: Option<i64>, num_predict: Option<i64>) -> ExchangeRecord {
        ExchangeRecord {
            endpoint: "/api/generate".into(),
            model: Some("m".into()),
            options: SentOptions { num_ctx, num_predict, ..SentOptions::default() },
            at_once: 1,
            text_bytes: 1000,
            prompt_tokens: Some(300),
            ..ExchangeRecord::default()
        }
    }

    #[test]
    fn a_client_that_does_well_hears_nothing() {
        let mut adviser = Adviser::default();
        for _ in 0..20 {
            assert_eq!(adviser.hear(&record(Some(4096), Some(500))), [] as [&str; 0]);
        }
        let other = ExchangeRecord { endpoint: "/api/embed".into(), ..record(None, None) };
        assert_eq!(adviser.hear(&other), [] as [&str; 0]);
    }

    #[test]
    fn what_hurts_is_said_the_first_the_tenth_and_the_hundredth_time() {
        let mut adviser = Adviser::default();
        let mut said = Vec::new();
        for turn in 0..101 {
            let num_ctx = if turn % 2 == 0 { 4096 } else { 8192 };
            said.extend(adviser.hear(&record(Some(num_ctx), Some(500))));
        }
        assert_eq!(said.len(), 3, "{said:?}");
        let all = adviser.summary();
        assert!(all.len() == 1 && all[0].contains("changed 100 times (2 different)"), "{all:?}");
        assert!(said[0].contains("num_ctx 4096 to num_ctx 8192") && said[2].contains("seen 100 times"), "{said:?}");

        let mut adviser = Adviser::default();
        let endless = adviser.hear(&record(Some(4096), None));
        assert!(endless.len() == 1 && endless[0].contains("num_predict"), "{endless:?}");
        let long = ExchangeRecord { text_bytes: 40_000, ..record(Some(4096), Some(500)) };
        let cut = adviser.hear(&long);
        assert!(cut.len() == 1 && cut[0].contains("does not say so"), "{cut:?}");
        let refused = SentOptions { truncate: Some(false), ..long.options };
        assert_eq!(adviser.hear(&ExchangeRecord { options: refused, ..long }), [] as [&str; 0]);
        let server = Some(ServerTimings { total_ms: 9000.0, load_ms: 0.0, prefill_ms: 1000.0, decode_ms: 4000.0 });
        let waits = adviser.hear(&ExchangeRecord { at_once: 4, server, ..record(Some(4096), Some(500)) });
        assert!(waits.len() == 1 && waits[0].contains("waited 4.0 s") && waits[0].contains("4 requests"), "{waits:?}");
    }
}
