//! Which classes are near: to choose what is looked at, and in which order it is shown.

use super::store::ClassRow;
use crate::model::pack::HardwareClass;

/// How far a class is, coarsely, and then how few votes it has: the nearest first.
pub(super) fn rank(class: &ClassRow, wanted: &HardwareClass) -> (u32, i64) {
    let far = serde_json::from_str::<HardwareClass>(&class.hardware).map_or(u32::MAX, |own| distance(&own, wanted));
    (far, -class.votes)
}

/// How far two classes of machines are: what decides speed weighs most. Only to choose what is looked at more closely.
fn distance(one: &HardwareClass, other: &HardwareClass) -> u32 {
    let steps = |one: Option<u32>, other: Option<u32>| match (one, other) {
        (Some(one), Some(other)) => quarters(one, other),
        (None, None) => 0,
        _ => 2,
    };
    let graphics = match (&one.gpu, &other.gpu) {
        (None, None) => 0,
        (Some(one), Some(other)) => {
            steps(one.memory_gib, other.memory_gib) * 2
                + 6 * u32::from(one.vendor != other.vendor)
                + 4 * u32::from(one.unified != other.unified)
                + 2 * u32::from(one.several != other.several)
        }
        _ => 40,
    };
    let unlike = |differ: bool, by: u32| if differ { by } else { 0 };
    graphics
        + steps(one.threads, other.threads)
        + steps(one.memory_gib, other.memory_gib)
        + unlike(one.processor != other.processor, 2)
        + unlike(one.system != other.system, 1)
        + unlike(one.simulated != other.simulated, 100)
}

/// How many quarters of a doubling lie between two sizes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "128 at most: 32 bits have so many doublings"
)]
fn quarters(one: u32, other: u32) -> u32 {
    let doublings = (f64::from(one.max(1)) / f64::from(other.max(1))).log2().abs();
    (4.0 * doublings).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        machine::GpuVendor,
        pack::{GpuClass, ProcessorClass, SystemClass},
    };

    #[test]
    fn graphics_decide_most() {
        let class = |threads, graphics: Option<u32>| HardwareClass {
            simulated: false,
            system: SystemClass::Linux,
            processor: ProcessorClass::Amd,
            threads: Some(threads),
            memory_gib: Some(32),
            gpu: graphics.map(|memory| GpuClass {
                vendor: GpuVendor::Nvidia,
                memory_gib: Some(memory),
                unified: false,
                several: false,
            }),
        };
        let wanted = class(16, Some(24));
        let near = [class(16, Some(24)), class(12, Some(24)), class(16, Some(16)), class(16, Some(8)), class(16, None)];
        let far: Vec<u32> = near.iter().map(|one| distance(one, &wanted)).collect();
        assert_eq!(far.first(), Some(&0));
        assert!(far.is_sorted_by(|one, other| one < other), "{far:?}");
    }
}
