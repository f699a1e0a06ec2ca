//! A WASI with nothing in it: the toolchains of Python and JavaScript import one, plugins must not depend on it.
//!
//! No directory, no environment, no network, a clock that stands still and a fixed random: the same inputs give the same bytes.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::{
    HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder,
    cli::{IsTerminal, StdoutStream},
    clocks::{WasiClocksCtxView, WasiClocksView},
    p2::{
        DynPollable, OutputStream, Pollable, StreamResult,
        bindings::clocks::monotonic_clock::{self, Duration as Nanoseconds, Instant},
    },
};

use super::call::CallState;

/// How much of what a guest prints in one call is kept: the end of it, where a panic stands.
const PRINTED_BYTES: usize = 16 << 10;

/// Links the empty WASI.
pub fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_sync(linker)?;
    linker.allow_shadowing(true);
    monotonic_clock::add_to_linker::<CallState, NeverWaits>(linker, |state| NeverWaits::of(state.clocks()))?;
    linker.allow_shadowing(false);
    Ok(())
}

/// The context of one call, which prints to `printed`.
pub fn context(printed: Printed) -> WasiCtx {
    let random = || <rand_chacha::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(0);
    WasiCtxBuilder::new()
        .stdout(printed.clone())
        .stderr(printed)
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

/// Time does not pass.
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

/// A sleep is over at once. Otherwise a guest could wait inside the host, where no deadline ends it.
struct NeverWaits;

struct NeverWaitsView<'a>(WasiClocksCtxView<'a>);

impl HasData for NeverWaits {
    type Data<'a> = NeverWaitsView<'a>;
}

impl NeverWaits {
    fn of(clocks: WasiClocksCtxView<'_>) -> NeverWaitsView<'_> {
        NeverWaitsView(clocks)
    }
}

impl monotonic_clock::Host for NeverWaitsView<'_> {
    fn now(&mut self) -> wasmtime::Result<Instant> {
        self.0.now()
    }

    fn resolution(&mut self) -> wasmtime::Result<Nanoseconds> {
        self.0.resolution()
    }

    fn subscribe_instant(&mut self, _when: Instant) -> wasmtime::Result<Resource<DynPollable>> {
        self.0.subscribe_duration(0)
    }

    fn subscribe_duration(&mut self, _duration: Nanoseconds) -> wasmtime::Result<Resource<DynPollable>> {
        self.0.subscribe_duration(0)
    }
}

/// The end of what a guest printed. It never fills up: a guest must not fail because it talks much.
#[derive(Clone, Default)]
pub struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    /// What was kept.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl IsTerminal for Printed {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Printed {
    /// Only asked for by a later WASI, which is not linked.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Printed {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&bytes);
        let surplus = kept.len().saturating_sub(PRINTED_BYTES);
        kept.drain(..surplus);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PRINTED_BYTES)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Printed {
    async fn ready(&mut self) {}
}
