//! The store of one call: limits, log, an empty WASI.

use std::{sync::Arc, time::Instant};

use wasmtime::{ResourceLimiter, Store};
use wasmtime_wasi::{ResourceTable, WasiCtx, WasiCtxView, WasiView};

use super::{
    bindings::shared::ralf::tune::{log, types},
    convert,
    engine::{PluginEngine, TICK},
    error::{PluginError, PluginErrorKind, PluginId},
    judge::{AskEnded, Asking},
    limits::Limits,
    meter::{Meter, Usage},
    wasi::{self, Printed},
};
use crate::model::plugin::{Grant, PluginKind};

/// Most tables' elements and instances of one call: far more than any toolchain makes.
pub const TABLE_ELEMENTS: usize = 200_000;

/// What a guest can reach during one call.
pub struct CallState {
    plugin: PluginId,
    limits: Limits,
    memory_used: usize,
    memory_refused: bool,
    log_lines: u32,
    output_bytes: usize,
    started: Instant,
    meter: Arc<Meter>,
    /// The last warning: the SDK reports a panic this way, just before the trap.
    last_warning: Option<String>,
    printed: Printed,
    /// None where it may not ask a model.
    pub(super) asking: Option<Asking>,
    /// Made when it is first asked for: most guests have no WASI, and it costs as much as a call.
    wasi: Option<WasiCtx>,
    table: ResourceTable,
}

/// A store for one call of a plugin, with its limits in force.
pub fn store(engine: &PluginEngine, plugin: &PluginId, limits: Limits, meter: &Arc<Meter>) -> Store<CallState> {
    let state = CallState {
        plugin: plugin.clone(),
        limits,
        memory_used: 0,
        memory_refused: false,
        log_lines: 0,
        output_bytes: 0,
        started: Instant::now(),
        meter: Arc::clone(meter),
        last_warning: None,
        asking: None,
        wasi: None,
        printed: Printed::default(),
        table: ResourceTable::new(),
    };
    let mut store = Store::new(engine.wasmtime(), state);
    store.limiter(|state| state);
    // One tick more: the first one may come at once.
    let ticks = limits.call.as_millis().div_ceil(TICK.as_millis()) + 1;
    store.set_epoch_deadline(u64::try_from(ticks).unwrap_or(u64::MAX));
    store.set_hostcall_fuel(limits.output_bytes);
    store
}

/// Turns what wasmtime says into what happened, with the plugin's name.
pub fn failure(store: &Store<CallState>, function: &'static str, error: &wasmtime::Error) -> PluginError {
    let state = store.data();
    let kind = if state.memory_refused {
        PluginErrorKind::OutOfMemory { limit_mib: state.limits.memory_bytes >> 20 }
    } else if let Some(ended) = error.downcast_ref::<AskEnded>() {
        match ended {
            AskEnded::NotGranted => PluginErrorKind::NotGranted(Grant::Judge),
            AskEnded::TooOften | AskEnded::Unsettled => PluginErrorKind::AskedTooOften(ended.to_string()),
        }
    } else if let Some(trap) = error.downcast_ref::<wasmtime::Trap>() {
        match (trap, state.panic_text()) {
            (wasmtime::Trap::Interrupt, _) => PluginErrorKind::TimedOut { milliseconds: state.limits.call.as_millis() },
            (_, Some(text)) => PluginErrorKind::Panicked(text),
            (trap, None) => PluginErrorKind::Trapped(trap.to_string()),
        }
    } else {
        let text = format!("{error:#}");
        if text.contains("fuel allocated for hostcalls has been exhausted") {
            PluginErrorKind::TooMuchOutput { limit_kib: state.limits.output_bytes >> 10 }
        } else {
            PluginErrorKind::Trapped(first_line(&text))
        }
    };
    PluginError { plugin: Box::new(state.plugin.clone()), function: Some(function), kind }
}

fn first_line(text: &str) -> String {
    convert::clean(text.lines().next().unwrap_or_default())
}

impl CallState {
    /// Remembers how much a call handed over: texts and lists, in bytes.
    pub fn handed_over(&mut self, bytes: usize) {
        self.output_bytes = self.output_bytes.max(bytes);
    }

    /// The panic that a guest reported, by the SDK or by its standard library, just before it trapped.
    fn panic_text(&self) -> Option<String> {
        let printed = self.printed.text();
        let text = self.last_warning.as_deref().unwrap_or(&printed);
        let begin = text.rfind("panicked at")?;
        // The line may begin before: `thread 'main' panicked`.
        let line = text.get(..begin)?.rfind('\n').map_or(0, |end| end + 1);
        text.get(line..).map(convert::clean)
    }
}

impl log::Host for CallState {
    fn log(&mut self, level: log::Level, message: String) {
        // A panic comes last, whatever was said before.
        if matches!(level, log::Level::Warn) {
            self.last_warning = Some(message.clone());
        }
        self.handed_over(message.len());
        let PluginId { kind, name: plugin, version, .. } = &self.plugin;
        let (kind, version) = (kind.map_or("plugin", PluginKind::name), version.as_deref().unwrap_or("unknown"));
        self.log_lines = self.log_lines.saturating_add(1);
        if self.log_lines > self.limits.log_lines {
            if self.log_lines == self.limits.log_lines.saturating_add(1) {
                tracing::debug!(
                    plugin,
                    version,
                    kind,
                    "what it says beyond {} lines is dropped",
                    self.limits.log_lines
                );
            }
            return;
        }
        let message = convert::clean(&message);
        match level {
            log::Level::Debug => tracing::debug!(plugin, version, kind, "{message}"),
            log::Level::Info => tracing::info!(plugin, version, kind, "{message}"),
            log::Level::Warn => tracing::debug!(plugin, version, kind, "warning: {message}"),
        }
    }
}

impl Drop for CallState {
    /// A call ends when its store does, however it ended.
    fn drop(&mut self) {
        self.meter.add(Usage {
            calls: 1,
            memory_bytes: self.memory_used,
            slowest: self.started.elapsed(),
            output_bytes: self.output_bytes,
            log_lines: self.log_lines,
        });
    }
}

impl types::Host for CallState {}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let ctx = self.wasi.get_or_insert_with(|| wasi::context(self.printed.clone()));
        WasiCtxView { ctx, table: &mut self.table }
    }
}

impl ResourceLimiter for CallState {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let used = self.memory_used.saturating_sub(current).saturating_add(desired);
        if used > self.limits.memory_bytes {
            self.memory_refused = true;
            return Err(wasmtime::format_err!("memory limit"));
        }
        self.memory_used = used;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}
