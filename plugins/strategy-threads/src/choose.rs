//! Which numbers of threads to try, and which of the measured ones to take.

use ralf_tune_sdk::strategy::prelude::Study;

/// What one number of threads was measured to cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// 0: the server chooses.
    pub threads: f64,
    /// Seconds of a typical note.
    pub seconds: f64,
    /// Standard error of that.
    pub error: f64,
}

/// Numbers of threads to try, the present one (which is loaded already) first. Automatic is left out where the server
/// would take more threads than may be used: that probe could last minutes.
#[must_use]
pub fn candidates(study: &Study, present: f64) -> Vec<f64> {
    let usable = f64::from(study.machine.usable_threads);
    let physical = f64::from(study.machine.physical_cores);
    let mut wanted = vec![present, 0.0, usable, (usable / 2.0).floor()];
    // The server's own choice is the physical cores, unless it cannot use all of them.
    if study.machine.usable_threads < study.machine.logical_threads {
        wanted.push(physical);
    }
    let mut candidates: Vec<f64> = Vec::new();
    for threads in wanted {
        let allowed = if threads < 1.0 { threads == 0.0 && !overbooks(study) } else { threads <= usable };
        if allowed && !candidates.contains(&threads) {
            candidates.push(threads);
        }
    }
    candidates
}

/// Whether the server's own choice would be more threads than may be used.
#[must_use]
pub fn overbooks(study: &Study) -> bool {
    study.machine.physical_cores > study.machine.usable_threads
}

/// The fastest; among those that are no more than `tie` slower, or within the noise, automatic first, then the fewest.
#[must_use]
pub fn choose(measured: &[Measured], tie: f64) -> Option<Measured> {
    let best = measured.iter().min_by(|left, right| left.seconds.total_cmp(&right.seconds))?;
    let equal = |other: &&Measured| {
        let noise = 2.0 * (best.error.powi(2) + other.error.powi(2)).sqrt();
        other.seconds - best.seconds <= (best.seconds * tie).max(noise.min(best.seconds * tie * 2.0))
    };
    measured.iter().filter(equal).min_by(|left, right| left.threads.total_cmp(&right.threads)).copied()
}

#[cfg(test)]
mod tests {
    use ralf_tune_sdk::testing::{Host, Server};

    use super::*;

    fn measured(threads: f64, seconds: f64) -> Measured {
        Measured { threads, seconds, error: 0.0 }
    }

    #[test]
    fn ties_go_to_automatic_then_to_fewer() {
        let taken = |list: &[Measured]| choose(list, 0.05).map(|taken| taken.threads);
        assert_eq!(taken(&[measured(8.0, 10.0), measured(0.0, 10.4), measured(4.0, 10.1)]), Some(0.0));
        assert_eq!(taken(&[measured(8.0, 10.0), measured(0.0, 10.6), measured(4.0, 10.1)]), Some(4.0));
        assert_eq!(taken(&[measured(8.0, 10.0), measured(0.0, 20.0), measured(4.0, 15.0)]), Some(8.0));
        assert_eq!(taken(&[]), None);
    }

    #[test]
    fn noise_widens_a_tie_but_not_without_end() {
        let noisy = |threads, seconds| Measured { threads, seconds, error: 5.0 };
        assert_eq!(choose(&[noisy(8.0, 10.0), noisy(0.0, 10.9)], 0.05).map(|taken| taken.threads), Some(0.0));
        assert_eq!(choose(&[noisy(8.0, 10.0), noisy(0.0, 14.0)], 0.05).map(|taken| taken.threads), Some(8.0));
    }

    #[test]
    fn never_above_the_usable_threads() {
        let mut study = Host::new(Server::default(), &[400]).study;
        assert_eq!(candidates(&study, 0.0), [0.0, 8.0, 4.0]);
        study.machine.logical_threads = 16;
        study.machine.usable_threads = 16;
        assert_eq!(candidates(&study, 0.0), [0.0, 16.0, 8.0]);
        // A container with 4 of 8 cores: the server would take 8.
        study.machine.usable_threads = 4;
        assert_eq!(candidates(&study, 0.0), [4.0, 2.0]);
        assert_eq!(candidates(&study, 12.0), [4.0, 2.0], "the present setting is no exception");
        study.machine.usable_threads = 1;
        study.machine.physical_cores = 1;
        assert_eq!(candidates(&study, 0.0), [0.0, 1.0]);
    }
}
