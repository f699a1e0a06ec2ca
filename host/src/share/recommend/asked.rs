//! A machine, its server, model and batch, as they are asked about: what a pack of it would say, and what nobody else is told.

use super::{Asked, Files, Here, LOW_CHARS_PER_TOKEN};
use crate::{
    model::{
        candidate::Candidate,
        machine::{Locality, MachineProfile, ModelProfile, ServerProfile},
        pack::{HardwareClass, WorkloadClass},
        workload::{BUILT_IN_PROMPT, Workload},
    },
    share::{hardware, names, numbers::two, of},
    stats::summary::{quantile, sorted},
};

impl Asked {
    /// What is asked about that server, model and batch, by somebody who has those settings. `salt` is that of the user's key, by which their own private models are known
    /// again.
    #[must_use]
    pub fn of(
        machine: &MachineProfile,
        server: &ServerProfile,
        model: &ModelProfile,
        workload: &Workload,
        present: &Candidate,
        salt: &[u8; 32],
    ) -> Self {
        let is_here = server.locality != Locality::Remote;
        let simulated = server.locality == Locality::Simulated;
        let unknown = HardwareClass { simulated, ..HardwareClass::UNKNOWN };
        let free = machine.gpus.iter().filter(|gpu| !gpu.unified).filter_map(|gpu| gpu.memory_free_bytes).max();
        Self {
            hardware: if is_here { hardware::class_of(machine, simulated) } else { unknown },
            model: of::model(model, salt),
            server_version: server.version.value.as_deref().and_then(names::server_version),
            workload: class(workload),
            here: Here {
                threads: machine.usable_threads.value.filter(|_| is_here),
                memory_bytes: free.or(machine.available_memory_bytes.value).filter(|_| is_here),
                kv_bytes_per_token: model.kv_bytes_per_token.value,
                trained_context: model.trained_context.value,
                files: Some(Files {
                    largest_chars: workload.batch_chars.last().copied().unwrap_or(0),
                    around_chars: workload.prompt.around_chars(),
                    chars_per_token: LOW_CHARS_PER_TOKEN,
                }),
                present: Some(present.clone()),
            },
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "characters of files, never negative"
)]
fn class(workload: &Workload) -> WorkloadClass {
    let sizes: Vec<f64> = workload.batch_chars.iter().map(|chars| *chars as f64).collect();
    let sizes = sorted(&sizes);
    let chars = |value: f64| two(value.round() as u64).max(1);
    WorkloadClass {
        files_power: sizes.len().max(1).ilog10(),
        mean_chars: chars(sizes.iter().sum::<f64>() / sizes.len().max(1) as f64),
        median_chars: chars(quantile(&sizes, 0.5)),
        large_chars: chars(quantile(&sizes, 0.9)),
        own_prompt: workload.prompt.origin == BUILT_IN_PROMPT,
        note_tokens: None,
    }
}
