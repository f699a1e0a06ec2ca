//! The store of one call: limits, log, an empty WASI.

use std::time::Duration;

use wasmtime::{ResourceLimiter, Store};
use wasmtime_wasi::{
    HostMonotonicClock, HostWallClock, ResourceTable, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView,
    p2::pipe::MemoryOutputPipe,
};

use super::{
    bindings::shared::ralf::tune::{log, types},
    engine::{PluginEngine, TICK},
    error::{PluginError, PluginErrorKind, PluginId},
    limits::Limits,
};

/// Most tables' elements and instances of one call: far more than any toolchain makes.
const TABLE_ELEMENTS: usize = 200_000;

/// What a guest can reach during one call.
pub struct CallState {
    plugin: PluginId,
    limits: Limits,
    memory_used: usize,
    memory_refused: bool,
    log_lines: u32,
    /// The last warning: the SDK reports a panic this way, just before the trap.
    last_warning: Option<String>,
    output: MemoryOutputPipe,
    wasi: WasiCtx,
    table: ResourceTable,
}

/// A store for one call of a plugin, with its limits in force.
pub fn store(engine: &PluginEngine, plugin: &PluginId, limits: Limits) -> Store<CallState> {
    let output = MemoryOutputPipe::new(16 << 10);
    let state = CallState {
        plugin: plugin.clone(),
        limits,
        memory_used: 0,
        memory_refused: false,
        log_lines: 0,
        last_warning: None,
        wasi: empty_wasi(output.clone()),
        output,
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

/// No directory, no environment, no network, a clock that stands still and a fixed random: the toolchains of Python and
/// JavaScript import WASI, plugins must not depend on it, and the same inputs must give the same bytes.
fn empty_wasi(output: MemoryOutputPipe) -> WasiCtx {
    struct Still;
    impl HostWallClock for Still {
        fn resolution(&self) -> Duration {
            Duration::from_secs(1)
        }
        fn now(&self) -> Duration {
            Duration::ZERO
        }
    }
    impl HostMonotonicClock for Still {
        fn resolution(&self) -> u64 {
            1_000_000_000
        }
        fn now(&self) -> u64 {
            0
        }
    }
    let random = || <rand_chacha::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(0);
    WasiCtxBuilder::new()
        .stdout(output.clone())
        .stderr(output)
        .wall_clock(Still)
        .monotonic_clock(Still)
        .secure_random(random())
        .insecure_random(random())
        .insecure_random_seed(0)
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .build()
}

/// Turns what wasmtime says into what happened, with the plugin's name.
pub fn failure(store: &Store<CallState>, function: &'static str, error: &wasmtime::Error) -> PluginError {
    let state = store.data();
    let kind = if state.memory_refused {
        PluginErrorKind::OutOfMemory { limit_mib: state.limits.memory_bytes >> 20 }
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
    text.lines().next().unwrap_or_default().to_owned()
}

impl CallState {
    fn panic_text(&self) -> Option<String> {
        let printed = String::from_utf8_lossy(&self.output.contents()).into_owned();
        let text = self.last_warning.clone().or_else(|| (!printed.trim().is_empty()).then_some(printed))?;
        text.contains("panicked").then(|| text.lines().collect::<Vec<_>>().join(" ").trim().to_owned())
    }
}

impl log::Host for CallState {
    fn log(&mut self, level: log::Level, message: String) {
        self.log_lines += 1;
        if self.log_lines > self.limits.log_lines {
            return;
        }
        let plugin = &self.plugin.name;
        match level {
            log::Level::Debug => tracing::debug!(plugin, "{message}"),
            log::Level::Info => tracing::info!(plugin, "{message}"),
            log::Level::Warn => {
                tracing::debug!(plugin, "warning: {message}");
                self.last_warning = Some(message);
            }
        }
    }
}

impl types::Host for CallState {}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
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
