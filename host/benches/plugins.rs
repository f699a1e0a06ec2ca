//! What plugins cost: compiling, loading, calling, and ending a call. Prints a table of docs/performance.md.
//!
//! `cargo bench -p ralf-tune --bench plugins`. The guest that returns at once is one of tests/components, which are built first.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod figures;
mod interruption;
#[expect(dead_code, clippy::unwrap_used, reason = "the tests' support, of which only a plain guest is needed")]
#[path = "../../tests/support"]
mod support {
    pub mod cargo;
    pub mod guests;
}

use std::{fs, path::Path, sync::Arc, time::Duration};

use figures::{Result, human, repeat, row, spread, wanted};
use ralf_tune::{
    model::{
        observation::FinishReason,
        score::{NoteEvidence, RequestEvidence},
        value::Value,
    },
    plugin::{
        Limits, PluginEngine, Registry,
        parameters::{Arguments, resolve},
        registry::{Plugin, load},
        scorer::Scorer,
    },
};

fn main() -> Result<()> {
    if !wanted() {
        return Ok(());
    }
    let guest = fs::read(support::guests::guest("scorer"))?;
    let cache = tempfile::tempdir()?;
    loading(&guest, cache.path())?;
    calling(&guest)?;
    ending(&guest)?;
    let bundled = support::cargo::target_directory().join(support::cargo::PLAIN).join("plugin");
    interruption::compare(&fs::read(bundled.join("scorer_repetition.wasm"))?)
}

/// From a file to a plugin whose manifest is known.
fn loading(guest: &[u8], cache: &Path) -> Result<()> {
    let cold = repeat(5, || {
        let engine = Arc::new(PluginEngine::new(None)?);
        Ok(Registry::bundled(&engine)?)
    })?;
    row("all bundled components, compiled", &spread(&cold), "2 s");
    let engine = Arc::new(PluginEngine::new(None)?);
    let one = repeat(20, || scorer(&engine, guest, Limits::default()))?;
    row(&format!("one component of {} KB, compiled", guest.len() / 1000), &spread(&one), "");

    Registry::bundled(&Arc::new(PluginEngine::new(Some(cache))?))?;
    let all = repeat(20, || {
        let engine = Arc::new(PluginEngine::new(Some(cache))?);
        Ok(Registry::bundled(&engine)?)
    })?;
    row("all bundled components, from the cache, manifests read", &spread(&all), "");
    let engine = Arc::new(PluginEngine::new(Some(cache))?);
    let cached = repeat(500, || scorer(&engine, guest, Limits::default()))?;
    row("one component from the cache, manifest read", &spread(&cached), "0.3 ms");
    Ok(())
}

/// A call, each in a fresh instance.
fn calling(guest: &[u8]) -> Result<()> {
    let engine = Arc::new(PluginEngine::new(None)?);
    let at_once = scorer(&engine, guest, Limits::default())?;
    let note = note();
    let arguments = mode("fine");
    let times = repeat(5000, || Ok(at_once.evaluate(&note, &arguments)?))?;
    row("a scorer that returns at once, called with 8 KB in a fresh instance", &spread(&times), "30 µs");

    let bundled = Registry::bundled(&engine)?.scorer("repetition")?;
    let arguments = resolve(&bundled.manifest, &[])?;
    let times = repeat(2000, || Ok(bundled.evaluate(&note, &arguments)?))?;
    row("a scorer that reads its 8 KB (`repetition`), in a fresh instance", &spread(&times), "");
    Ok(())
}

/// A call that never ends is ended: how long after its time was over?
fn ending(guest: &[u8]) -> Result<()> {
    let engine = Arc::new(PluginEngine::new(None)?);
    let deadline = Duration::from_millis(200);
    let endless = scorer(&engine, guest, Limits { call: deadline, ..Limits::default() })?;
    let (note, arguments) = (note(), mode("loop"));
    let times = repeat(10, || match endless.evaluate(&note, &arguments) {
        Ok(_) => Err("an endless loop ended by itself".into()),
        Err(error) => Ok(error),
    })?;
    let latest = times.iter().max().copied().unwrap_or_default();
    let late = human(latest.saturating_sub(deadline));
    row("an endless loop, ended after its deadline (the latest of 10)", &late, "50 ms");
    Ok(())
}

fn scorer(engine: &Arc<PluginEngine>, component: &[u8], limits: Limits) -> Result<Arc<Scorer>> {
    match load(engine, component, "guest", "guest.wasm", limits)? {
        Plugin::Scorer(scorer) => Ok(scorer),
        _ => Err("the guest is no scorer".into()),
    }
}

/// What the guest of tests/components is told to do.
fn mode(what: &str) -> Arguments {
    Arguments(vec![("mode".into(), Value::Text(what.into()))])
}

/// A note of 8 KB in all: half of it the source, half of it the answer.
fn note() -> NoteEvidence {
    let line = "let total = items.iter().map(|item| item.price * item.count).sum::<f64>();\n";
    let text = line.repeat(4096 / line.len());
    NoteEvidence {
        path: "total.rs".into(),
        language: "rust".into(),
        requests: vec![RequestEvidence {
            prompt: "Describe it.".into(),
            answer: text.clone(),
            finish: FinishReason::Stop,
            prompt_tokens: 1000,
            answer_tokens: 1000,
            truncated: false,
            start_char: 0,
            end_char: text.len(),
        }],
        source: text,
        settings: Vec::new(),
    }
}
