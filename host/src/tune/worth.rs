//! How long a study may take for a batch of known size: no longer than it can save. Pure.

use crate::model::{metric::Estimate, study::Warning};

/// Share of the batch's time at the present settings that tuning may take: what a gain of a third saves.
const MOST_SHARE: f64 = 0.25;

/// Seconds of measuring below which nothing is learned that could be acted on.
const LEAST_SECONDS: f64 = 20.0;

/// What a batch of known size allows.
#[derive(Debug, Clone, PartialEq)]
pub struct Worth {
    /// Seconds, of the whole study.
    pub total_seconds: f64,
    pub warning: Warning,
}

/// The time for a batch of `files` at `speed` notes a minute, after `elapsed` seconds of a budget. `None` when the budget is not too much.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "batches have far fewer than 2^52 files")]
pub fn worth(files: usize, speed: Estimate, elapsed_seconds: f64, budget_seconds: f64) -> Option<Worth> {
    let batch_seconds = 60.0 * files as f64 / speed.value;
    let most = MOST_SHARE * batch_seconds;
    if !most.is_finite() || most >= budget_seconds {
        return None;
    }
    let batch = format!("the batch of {files} files takes about {} with your present settings", minutes(batch_seconds));
    let advice = Some("leave --files out to tune all the same".to_owned());
    if most < elapsed_seconds + LEAST_SECONDS {
        let what = format!("{batch}: tuning could not save more than it costs, so nothing else was measured");
        return Some(Worth { total_seconds: elapsed_seconds, warning: Warning { what, advice } });
    }
    let what = format!("{batch}, so tuning was given no more than {}", minutes(most));
    Some(Worth { total_seconds: most, warning: Warning { what, advice } })
}

fn minutes(seconds: f64) -> String {
    if seconds < 90.0 { format!("{seconds:.0} s") } else { format!("{:.0} min", seconds / 60.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metric::ConfidenceInterval;

    fn of(files: usize) -> Option<Worth> {
        let speed = Estimate { value: 2.0, interval: ConfidenceInterval { low: 1.0, high: 3.0, level: 0.95 } };
        worth(files, speed, 60.0, 480.0)
    }

    #[test]
    fn a_small_batch_is_not_tuned_for_longer_than_it_can_save() {
        // Half a minute a file.
        assert_eq!(of(1000), None);
        let some = of(20).unwrap();
        assert!((some.total_seconds - 150.0).abs() < 1e-9, "{some:?}");
        let none = of(8).unwrap();
        assert!((none.total_seconds - 60.0).abs() < 1e-9 && none.warning.what.contains("4 min"), "{none:?}");
    }
}
