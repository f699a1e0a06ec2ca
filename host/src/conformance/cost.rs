//! What a plugin costs: compiling, loading, and calls over recorded inputs.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{notes, recorded, scorer, variations};
use crate::{
    model::{
        cost::{PluginCost, Timing},
        trial::Trial,
    },
    plugin::{
        PluginEngine, PluginError,
        limits::LimitChanges,
        registry::{ComponentFile, Plugin, load_limited},
    },
    stats::summary::median,
};

/// Something is repeated for so long, and so often at most; compiling a large guest happens once.
const PATIENCE: Duration = Duration::from_millis(400);
const MOST_RUNS: usize = 1000;

/// Characters of source of the notes that scorers are timed with.
const NOTE_CHARS: [usize; 4] = [500, 8_000, 64_000, 1_000_000];

/// Seconds of a stage that is asked about.
const STAGE_SECONDS: f64 = 240.0;

/// Times a component. Compiled code of the measurement is kept in `scratch`, which should be new and empty.
///
/// # Errors
/// When it does not load, or a call over a recorded input fails.
pub fn cost(file: &ComponentFile, limits: &LimitChanges, scratch: &Path) -> Result<PluginCost, PluginError> {
    let loaded = |engine: &Arc<PluginEngine>| load_limited(engine, &file.bytes, &file.name, &file.origin, limits);
    let bare = Arc::new(PluginEngine::new(None)?);
    let kept = Arc::new(PluginEngine::new(Some(scratch))?);
    let plugin = loaded(&kept)?;
    let loading = vec![
        timed("compile, link, read the manifest", &mut || loaded(&bare).map(drop))?,
        timed("the same from the cache", &mut || loaded(&kept).map(drop))?,
    ];
    let calls = calls(&plugin)?;
    let (manifest, component, limits) = (plugin.manifest(), plugin.component(), plugin.limits());
    Ok(PluginCost {
        kind: component.kind,
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        origin: file.origin.clone(),
        size_bytes: file.bytes.len(),
        loading,
        calls,
        memory_bytes: component.usage().memory_bytes,
        memory_limit_bytes: limits.memory_bytes,
        call_limit_ms: limits.call.as_millis(),
    })
}

fn calls(plugin: &Plugin) -> Result<Vec<Timing>, PluginError> {
    let arguments = variations::arguments(plugin.manifest(), &[]);
    let mut calls = Vec::new();
    match plugin {
        Plugin::Scorer(scorer) => {
            for chars in NOTE_CHARS {
                let note = notes::of_size(chars);
                let what = format!("evaluate a note of {} KB, half source, half answer", chars / 1000);
                let what = if chars < 1000 { what.replace("0 KB", &format!("{chars} bytes")) } else { what };
                calls.push(timed(&what, &mut || answered(scorer::evaluate(scorer, &note, &arguments)))?);
            }
        }
        Plugin::Strategy(strategy) => {
            let Some(study) = recorded::study() else { return Ok(calls) };
            let workload = study.workload();
            let asked = |what: &str, history: &[Trial]| {
                let view = study.view(&workload, history, STAGE_SECONDS);
                let what = format!("{what} after {} trials", history.len());
                timed(&what, &mut || {
                    if what.starts_with("ask") {
                        answered(strategy.ask(&view, &arguments))
                    } else {
                        answered(strategy.conclude(&view, &arguments))
                    }
                })
            };
            let long: Vec<Trial> = study.trials.iter().cycle().take(10 * study.trials.len()).cloned().collect();
            calls.push(asked("ask", &study.baseline())?);
            calls.push(asked("ask", &study.trials)?);
            calls.push(asked("ask", &long)?);
            calls.push(asked("conclude", &study.trials)?);
        }
        Plugin::Selector(selector) => {
            let Some(study) = recorded::study() else { return Ok(calls) };
            let workload = study.workload();
            let view = study.view(&workload, &study.trials, 0.0);
            let what =
                format!("select among {} candidates after {} trials", study.candidates.len(), study.trials.len());
            calls.push(timed(&what, &mut || answered(selector.select(&study.candidates, &view, &arguments)))?);
        }
    }
    Ok(calls)
}

/// A plugin that declines has worked too.
fn answered<T>(answer: Result<T, PluginError>) -> Result<(), PluginError> {
    match answer {
        Err(error) if !error.is_decline() => Err(error),
        _ => Ok(()),
    }
}

fn timed(what: &str, work: &mut dyn FnMut() -> Result<(), PluginError>) -> Result<Timing, PluginError> {
    let (begin, mut times) = (Instant::now(), Vec::new());
    while times.is_empty() || (begin.elapsed() < PATIENCE && times.len() < MOST_RUNS) {
        let start = Instant::now();
        work()?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    let at = |index: usize| times.get(index).copied().unwrap_or_default();
    let runs = times.len();
    Ok(Timing { what: what.to_owned(), runs, least_us: at(0), median_us: median(&times), most_us: at(runs - 1) })
}
