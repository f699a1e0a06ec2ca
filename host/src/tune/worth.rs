//! How long a study may take for a batch of known size: tuning and the batch together shall be over as soon as may be. Pure.
//!
//! What a study has not found yet after `t` seconds falls off as `exp(-t / tau)`: with a batch of `b` seconds, of which settings save the share `s` at
//! best, tuning and batch together take `t + b (1 - s (1 - exp(-t / tau)))`, which is least at `t = tau ln(b s / tau)`.

use crate::model::{metric::Estimate, study::Warning};

/// Share of a batch's time that a study saves on average where it has the time to: on the built-in machines 0.56, of which two have nothing to gain.
const SAVED: f64 = 0.5;

/// Time constant of finding: so many seconds, and so many notes with the present settings. On the built-in machines half of what is found at all is
/// found within 60 s, but one note of the present settings is part of that.
const FINDING_SECONDS: f64 = 45.0;
const FINDING_NOTES: f64 = 1.0;

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
    let note_seconds = 60.0 / speed.value;
    let batch_seconds = files as f64 * note_seconds;
    let finding = FINDING_SECONDS + FINDING_NOTES * note_seconds;
    let best = finding * (batch_seconds * SAVED / finding).ln();
    if !best.is_finite() || best >= budget_seconds {
        return None;
    }
    let batch = format!("the batch of {files} files takes about {} with your present settings", minutes(batch_seconds));
    let advice = Some("leave --files out to tune all the same".to_owned());
    if best < elapsed_seconds + LEAST_SECONDS {
        let what = format!("{batch}: tuning could not save more than it costs, so nothing else was measured");
        return Some(Worth { total_seconds: elapsed_seconds, warning: Warning { what, advice } });
    }
    let what = format!("{batch}, so tuning was given no more than {}", minutes(best));
    Some(Worth { total_seconds: best, warning: Warning { what, advice } })
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
        // Half a minute a file: 75 s ln(files x 30 s x 0.5 / 75 s).
        assert_eq!(of(10_000), None);
        let (many, some) = (of(1000).unwrap(), of(100).unwrap());
        assert!((many.total_seconds - 75.0 * 200_f64.ln()).abs() < 1e-9, "{many:?}");
        assert!((some.total_seconds - 75.0 * 20_f64.ln()).abs() < 1e-9, "{some:?}");
        let none = of(8).unwrap();
        assert!((none.total_seconds - 60.0).abs() < 1e-9 && none.warning.what.contains("4 min"), "{none:?}");
    }

    #[test]
    fn no_other_time_makes_tuning_and_batch_shorter() {
        let (files, note, finding) = (300.0, 30.0, 75.0);
        let whole = |tuning: f64| tuning + files * note * (1.0 - SAVED * (1.0 - f64::exp(-tuning / finding)));
        let best = of(300).unwrap().total_seconds;
        assert!((1..480).all(|tuning| whole(f64::from(tuning)) >= whole(best) - 1e-9), "{best}");
    }
}
