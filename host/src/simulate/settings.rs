//! Load-time settings, and when a change of them reloads the model.

use super::performance::automatic_batch;

/// What a runner is loaded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LoadSettings {
    /// Tokens of context of one slot, clamped to what the model was trained on.
    pub(super) num_ctx: u32,
    /// Neither request nor Modelfile said so.
    pub(super) num_ctx_automatic: bool,
    pub(super) num_batch: Option<u32>,
    pub(super) num_thread: Option<u32>,
    pub(super) num_gpu: Option<u32>,
    pub(super) main_gpu: i64,
    pub(super) use_mmap: bool,
    /// A launch flag of the runner since 0.30.
    pub(super) shift: bool,
}

impl Default for LoadSettings {
    fn default() -> Self {
        Self {
            num_ctx: 4096,
            num_ctx_automatic: false,
            num_batch: None,
            num_thread: None,
            num_gpu: None,
            main_gpu: 0,
            use_mmap: false,
            shift: true,
        }
    }
}

impl LoadSettings {
    /// Tokens of one prefill batch.
    pub(super) fn batch(&self, slots: u32) -> u32 {
        let automatic = automatic_batch(u64::from(self.num_ctx) * u64::from(slots.max(1)));
        self.num_batch.unwrap_or(automatic).clamp(1, self.num_ctx.max(1))
    }

    /// Whether a runner with these settings must be reloaded for a request that wants others.
    pub(super) fn must_reload_for(&self, wanted: &Self, slots: u32) -> bool {
        let context = self.num_ctx != wanted.num_ctx && !(self.num_ctx_automatic && wanted.num_ctx_automatic);
        let batch = match (self.num_batch, wanted.num_batch) {
            (None, None) => false,
            // An explicit batch that the server had chosen itself changes nothing.
            (None, Some(wanted)) => wanted != self.batch(slots),
            (loaded, wanted) => loaded != wanted,
        };
        // A request that says nothing of the GPU takes what is there.
        let gpu = wanted.num_gpu.is_some() && wanted.num_gpu != self.num_gpu;
        context
            || batch
            || gpu
            || self.num_thread != wanted.num_thread
            || self.main_gpu != wanted.main_gpu
            || self.use_mmap != wanted.use_mmap
            || self.shift != wanted.shift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reload_matrix_of_a_real_server() {
        let loaded = LoadSettings { num_ctx: 2048, ..LoadSettings::default() };
        let reloads = |loaded: LoadSettings, wanted: LoadSettings| loaded.must_reload_for(&wanted, 1);
        for wanted in [
            LoadSettings { num_ctx: 2049, ..loaded },
            LoadSettings { num_batch: Some(256), ..loaded },
            LoadSettings { num_thread: Some(2), ..loaded },
            LoadSettings { num_gpu: Some(0), ..loaded },
            LoadSettings { use_mmap: true, ..loaded },
            LoadSettings { main_gpu: 1, ..loaded },
            LoadSettings { shift: false, ..loaded },
        ] {
            assert!(reloads(loaded, wanted), "{wanted:?}");
        }
        let automatic = LoadSettings { num_ctx: 4096, num_ctx_automatic: true, ..loaded };
        assert!(!reloads(automatic, LoadSettings { num_ctx_automatic: false, ..automatic }));
        assert!(!reloads(loaded, LoadSettings { num_batch: Some(512), ..loaded }));
        assert!(!reloads(LoadSettings { num_gpu: Some(0), ..loaded }, loaded));
        assert!(reloads(LoadSettings { num_batch: Some(512), ..loaded }, loaded));
        assert!(reloads(LoadSettings { num_thread: Some(2), ..loaded }, loaded));
    }
}
