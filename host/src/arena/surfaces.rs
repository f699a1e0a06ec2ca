//! The surfaces that strategies are examined on: machines with a trap each, in two halves. Parameters may be set by what happens on the first
//! half; the second shows whether they hold where nobody looked.

use super::standings;
use crate::{
    model::arena::{ArenaReport, Part},
    simulate::{Scenario, ScenarioError},
};

/// One of the halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// May be looked at while something is changed.
    Tuning,
    /// Is only looked at afterwards.
    Evaluation,
}

/// Every surface. The halves have the same traps, on other machines and of other depth.
const SURFACES: [(Half, &str); 70] = [
    (Half::Tuning, "one-slot:slots=4,dip"),
    (Half::Tuning, "one-slot:hidden-quota=3"),
    (Half::Tuning, "one-slot:slots=4,contention"),
    (Half::Tuning, "one-slot:best-batch=128"),
    (Half::Tuning, "high-end:trained=8192"),
    (Half::Tuning, "low-end:heavy-tails"),
    (Half::Tuning, "vram-cliff:temperature-trap"),
    (Half::Tuning, "one-slot:lost-middle"),
    (Half::Tuning, "mid-range:no-format"),
    (Half::Tuning, "mid-range:lottery=1"),
    // Once the other half, until it was looked at while the traps of threads, batches and temperatures were learned.
    (Half::Tuning, "high-end:dip=3"),
    (Half::Tuning, "mid-range:quota=5"),
    (Half::Tuning, "mid-range:slots=3,contention=0.4"),
    (Half::Tuning, "low-end:best-batch=64"),
    (Half::Tuning, "mid-range:trained=4096"),
    (Half::Tuning, "mid-range:heavy-tails=0.1,drift=0.1"),
    (Half::Tuning, "low-end:temperature-trap=0.3"),
    (Half::Tuning, "high-end:lost-middle=2000"),
    (Half::Tuning, "one-slot:no-format,slots=2"),
    (Half::Tuning, "one-slot:slots=4,lottery=2"),
    // And the second that took its place, on which servers are slower by up to a hundred times.
    (Half::Tuning, "vram-cliff:slots=4,dip=2.5"),
    (Half::Tuning, "mid-range:hidden-quota=4"),
    (Half::Tuning, "low-end:slots=2,contention=0.8"),
    (Half::Tuning, "mid-range:best-batch=32"),
    (Half::Tuning, "vram-cliff:trained=8192"),
    (Half::Tuning, "one-slot:heavy-tails=0.08,drift=0.15"),
    (Half::Tuning, "mid-range:temperature-trap=0.4"),
    (Half::Tuning, "mid-range:lost-middle=1000"),
    (Half::Tuning, "high-end:no-format"),
    (Half::Tuning, "high-end:lottery=3"),
    // And the third, on which the first request after a load was learned from.
    (Half::Tuning, "mid-range:dip=2.2"),
    (Half::Tuning, "flaky:hidden-quota=5"),
    (Half::Tuning, "flaky:slots=3,contention=0.5"),
    (Half::Tuning, "one-slot:best-batch=48"),
    (Half::Tuning, "one-slot:trained=6144"),
    (Half::Tuning, "high-end:heavy-tails=0.1,drift=0.1"),
    (Half::Tuning, "one-slot:temperature-trap=0.35"),
    (Half::Tuning, "low-end:lost-middle=1200"),
    (Half::Tuning, "vram-cliff:no-format"),
    (Half::Tuning, "one-slot:slots=2,lottery=5"),
    // And the fourth, on which short studies were learned from.
    (Half::Tuning, "one-slot:slots=3,dip=2.4"),
    (Half::Tuning, "low-end:hidden-quota=2"),
    (Half::Tuning, "one-slot:slots=2,contention=0.6"),
    (Half::Tuning, "flaky:best-batch=96"),
    (Half::Tuning, "mid-range:trained=7168"),
    (Half::Tuning, "vram-cliff:heavy-tails=0.06,drift=0.12"),
    (Half::Tuning, "high-end:temperature-trap=0.45"),
    (Half::Tuning, "one-slot:lost-middle=1500"),
    (Half::Tuning, "low-end:no-format"),
    (Half::Tuning, "mid-range:slots=4,lottery=7"),
    // And the fifth, on which stages learned to be asked again.
    (Half::Tuning, "high-end:slots=2,dip=2.6"),
    (Half::Tuning, "mid-range:hidden-quota=6"),
    (Half::Tuning, "flaky:slots=4,contention=0.6"),
    (Half::Tuning, "vram-cliff:best-batch=384"),
    (Half::Tuning, "vram-cliff:trained=3072"),
    (Half::Tuning, "mid-range:heavy-tails=0.05,drift=0.2"),
    (Half::Tuning, "high-end:temperature-trap=0.2"),
    (Half::Tuning, "low-end:lost-middle=3000"),
    (Half::Tuning, "one-slot:no-format,slots=3"),
    (Half::Tuning, "low-end:slots=2,lottery=13"),
    (Half::Evaluation, "high-end:dip=2.1"),
    (Half::Evaluation, "low-end:hidden-quota=3"),
    (Half::Evaluation, "flaky:slots=3,contention=0.7"),
    (Half::Evaluation, "flaky:best-batch=48"),
    (Half::Evaluation, "low-end:trained=8192"),
    (Half::Evaluation, "high-end:slots=4,heavy-tails=0.08,drift=0.11"),
    (Half::Evaluation, "flaky:temperature-trap=0.31"),
    (Half::Evaluation, "mid-range:lost-middle=1800"),
    (Half::Evaluation, "mid-range:slots=3,no-format"),
    (Half::Evaluation, "high-end:slots=2,lottery=35"),
];

impl Half {
    /// Both, the one that may be looked at first.
    pub const ALL: [Self; 2] = [Self::Tuning, Self::Evaluation];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tuning => "tuning",
            Self::Evaluation => "evaluation",
        }
    }
}

/// The surfaces of these halves, with requests that vary by `noise`, where it is given, instead of as they do on those machines.
///
/// # Errors
/// When `noise` is none that a scenario can have.
pub fn surfaces(halves: &[Half], noise: Option<f64>) -> Result<Vec<(Half, Scenario)>, ScenarioError> {
    let wanted = SURFACES.into_iter().filter(|(half, _)| halves.contains(half));
    let named = |name: &str| noise.map_or_else(|| name.to_owned(), |noise| format!("{name},noise={noise}"));
    wanted.map(|(half, name)| Ok((half, named(name).parse()?))).collect()
}

/// Adds to a report how line-ups stand on each half of the surfaces.
pub fn divide(report: &mut ArenaReport, surfaces: &[(Half, Scenario)]) {
    for half in Half::ALL {
        let own = surfaces.iter().filter(|(of, _)| *of == half);
        let scenarios: Vec<String> = own.map(|(_, scenario)| scenario.name.clone()).collect();
        if scenarios.is_empty() {
            continue;
        }
        let studies: Vec<_> =
            report.studies.iter().filter(|study| scenarios.contains(&study.scenario)).cloned().collect();
        let standings = standings::overall(report.line_ups.len(), &studies, report.budget_seconds);
        report.parts.push(Part { name: half.name().to_owned(), scenarios, standings });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_have_nothing_in_common() {
        let of = |half| surfaces(&[half], None).unwrap();
        let (tuning, evaluation) = (of(Half::Tuning), of(Half::Evaluation));
        assert!(evaluation.len() >= 7 && tuning.len() >= evaluation.len());
        let mut names: Vec<_> = tuning.iter().chain(&evaluation).map(|(_, scenario)| scenario.name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SURFACES.len());
        let noisy = surfaces(&Half::ALL, Some(0.15)).unwrap();
        assert!(noisy.iter().all(|(_, scenario)| (scenario.noise.request_sigma - 0.15).abs() < 1e-12));
        assert!(surfaces(&Half::ALL, Some(3.0)).is_err());
    }
}
