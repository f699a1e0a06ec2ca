//! One engine for all plugins: compilation, its cache, and the clock that ends endless calls.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use wasmtime::{
    Cache, CacheConfig, Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, component::Linker,
};

use super::{
    bindings::{judge, shared::ralf::tune::log},
    call::{CallState, TABLE_ELEMENTS},
    error::{PluginError, PluginErrorKind, PluginId},
    wasi,
};

/// How often the epoch advances, and so how exactly a call's time limit holds.
pub const TICK: Duration = Duration::from_millis(10);

/// Stack of a guest: deep recursion ends here and not in the host's stack.
const GUEST_STACK_BYTES: usize = 512 << 10;

/// Compiled components that are kept: those that were not used for longest go first. Some tens are in use by anybody.
const MOST_COMPILED: u64 = 256;

/// How much of the disk they take together, in bytes: one of Python or JavaScript compiles to some 40 MiB.
const MOST_COMPILED_BYTES: u64 = 1 << 30;

/// How thoroughly they are packed, from 1 to 22 (zstd's levels): what wasmtime begins with.
const PACKING: i32 = 3;

/// How many guests may be in a call at the same time: more than any machine has threads.
const MOST_AT_ONCE: u32 = 256;

/// What an idle memory keeps of the last guest's pages, set back to their first content, so that the next call need not fault them in
/// again: more than small guests touch.
const KEPT_BYTES: usize = 8 << 20;

/// Memories and tables that are used again. A fresh instance then costs a few microseconds in place of some forty, most of which
/// are page faults.
fn pool() -> InstanceAllocationStrategy {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(MOST_AT_ONCE)
        // Guests of Python and JavaScript consist of many modules.
        .total_core_instances(MOST_AT_ONCE * 32)
        .total_memories(MOST_AT_ONCE)
        .total_tables(MOST_AT_ONCE * 4)
        .table_elements(TABLE_ELEMENTS)
        .linear_memory_keep_resident(KEPT_BYTES)
        .table_keep_resident(KEPT_BYTES)
        // Linux tells which pages were written, so that only those are set back.
        .pagemap_scan(Enabled::Auto);
    InstanceAllocationStrategy::Pooling(pool)
}

/// Compiles components and gives their calls a deadline.
pub struct PluginEngine {
    engine: Engine,
    /// For components that import nothing but ours.
    bare: Linker<CallState>,
    /// The same with an empty WASI.
    with_wasi: Linker<CallState>,
    /// Both for scorers that ask a model; each call decides whether they may.
    asking: Linker<CallState>,
    asking_with_wasi: Linker<CallState>,
    stopped: Arc<AtomicBool>,
}

impl PluginEngine {
    /// An engine that keeps compiled code in a directory, or nowhere.
    ///
    /// The directory must be the user's own: what lies there is executed. It may be deleted at any time.
    ///
    /// # Errors
    /// When wasmtime cannot work on this machine.
    pub fn new(cache_directory: Option<&Path>) -> Result<Self, PluginError> {
        Self::build(cache_directory).map_err(|error| PluginError {
            plugin: Box::new(PluginId::unread("engine", "bundled")),
            function: None,
            kind: PluginErrorKind::Unreadable(format!("{error:#}")),
        })
    }

    fn build(cache_directory: Option<&Path>) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config.epoch_interruption(true).max_wasm_stack(GUEST_STACK_BYTES);
        if let Some(directory) = cache_directory {
            let mut cache = CacheConfig::new();
            cache.with_directory(directory);
            cache.with_file_count_soft_limit(MOST_COMPILED).with_files_total_size_soft_limit(MOST_COMPILED_BYTES);
            // By itself, the cache packs again, and as small as it can, what was used often: that takes a run now and then 170 MB and a second.
            cache.with_baseline_compression_level(PACKING).with_optimized_compression_level(PACKING);
            // A cache that cannot be used (a read-only home) costs time and nothing else.
            match Cache::new(cache) {
                Ok(cache) => drop(config.cache(Some(cache))),
                Err(error) => tracing::warn!("compiled plugins are not kept: {error:#}"),
            }
        }
        config.allocation_strategy(pool());
        let engine = Engine::new(&config).or_else(|error| {
            // The pool takes address space and no memory; a limit on address space is a reason to do without.
            tracing::debug!("plugins run without a pool: {error:#}");
            Engine::new(config.allocation_strategy(InstanceAllocationStrategy::OnDemand))
        })?;
        let mut bare = Linker::new(&engine);
        log::add_to_linker::<CallState, wasmtime::component::HasSelf<CallState>>(&mut bare, |state| state)?;
        let mut with_wasi = bare.clone();
        wasi::add_to_linker(&mut with_wasi)?;
        let mut asking = bare.clone();
        judge::add_to_linker::<CallState, wasmtime::component::HasSelf<CallState>>(&mut asking, |state| state)?;
        let mut asking_with_wasi = asking.clone();
        wasi::add_to_linker(&mut asking_with_wasi)?;

        let stopped = Arc::new(AtomicBool::new(false));
        let (ticked, stop) = (engine.weak(), Arc::clone(&stopped));
        std::thread::Builder::new().name("plugin-clock".into()).spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                std::thread::sleep(TICK);
                match ticked.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        })?;
        Ok(Self { engine, bare, with_wasi, asking, asking_with_wasi, stopped })
    }

    pub(super) fn wasmtime(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn linker(&self, needs_wasi: bool, asks: bool) -> &Linker<CallState> {
        match (needs_wasi, asks) {
            (false, false) => &self.bare,
            (true, false) => &self.with_wasi,
            (false, true) => &self.asking,
            (true, true) => &self.asking_with_wasi,
        }
    }
}

impl Drop for PluginEngine {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}
