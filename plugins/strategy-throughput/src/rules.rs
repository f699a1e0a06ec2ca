//! The rules of the user's design document for levels and batches.

use ralf_tune_sdk::{strategy::prelude::Study, study::bytes};

/// The document's levels: one at a time, and with 4 threads or more 2, 4 and `min(8, threads)`.
/// An unknown machine (0 threads) is no reason to leave them out: the server answers for itself.
#[must_use]
pub fn document_levels(listed: &[f64], logical_threads: u32) -> Vec<f64> {
    let threads = f64::from(logical_threads);
    let mut levels = vec![1.0];
    if logical_threads == 0 || logical_threads >= 4 {
        levels.extend(listed.iter().map(|level| if logical_threads == 0 { *level } else { level.min(threads) }));
    }
    levels
}

/// The document's batch size: 50 files with parallel requests, else 10, times the available memory / 8 GB, at most 2.
/// The document cuts to a whole number; where the memory is not known, the factor is 1; a batch has at least one file.
#[must_use]
pub fn batch_size(parallel: f64, study: &Study) -> f64 {
    let base = if parallel > 1.0 { 50.0 } else { 10.0 };
    let available = bytes(study.machine.available_memory_bytes);
    let factor = if available > 0.0 { (available / bytes(1 << 30) / 8.0).min(2.0) } else { 1.0 };
    (base * factor).floor().max(1.0)
}

#[cfg(test)]
mod tests {
    use ralf_tune_sdk::testing::{Host, Server};

    use super::*;

    #[test]
    fn row_throughput_levels() {
        let listed = [2.0, 4.0, 8.0];
        assert_eq!(document_levels(&listed, 2), [1.0], "parallel only with four threads");
        assert_eq!(document_levels(&listed, 3), [1.0]);
        assert_eq!(document_levels(&listed, 4), [1.0, 2.0, 4.0, 4.0]);
        assert_eq!(document_levels(&listed, 6), [1.0, 2.0, 4.0, 6.0], "min(8, threads)");
        assert_eq!(document_levels(&listed, 32), [1.0, 2.0, 4.0, 8.0]);
        assert_eq!(document_levels(&listed, 0), [1.0, 2.0, 4.0, 8.0], "an unknown machine");
    }

    #[test]
    fn row_batch_size() {
        let mut study = Host::new(Server::default(), &[400]).study;
        for (gibibytes, parallel, size) in [
            (8_u64, 1.0, 10.0),
            (8, 2.0, 50.0),
            (16, 1.0, 20.0),
            (64, 4.0, 100.0),
            (4, 1.0, 5.0),
            (2, 2.0, 12.0),
            (0, 1.0, 10.0),
        ] {
            study.machine.available_memory_bytes = gibibytes << 30;
            assert_eq!(batch_size(parallel, &study), size, "{gibibytes} GiB, {parallel} at once");
        }
        study.machine.available_memory_bytes = 1 << 20;
        assert_eq!(batch_size(1.0, &study), 1.0, "never an empty batch");
    }
}
