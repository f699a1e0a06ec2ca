//! How much longer or shorter than usual one request takes: a factor on all its durations, whose mean is 1.

use super::{scenario::Noise, seed::Dice};

/// What the deviation of a request depends on, where it is uneven.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    /// Says which prompts are alike: they have the same deviation.
    pub(super) kind: u64,
    /// Requests that share the model, this one included.
    pub(super) sharing: usize,
}

/// Deviations of prompts lie between these multiples of the stated one; the quadratic mean is made 1.
const LEAST: f64 = 0.5;
const MOST: f64 = 1.5;
/// What every further request that shares the model adds to the deviation, and how many can.
const EACH_SHARING: f64 = 0.15;
const MOST_SHARING: usize = 4;

/// A slow request takes at least twice as long: 1 + Pareto from 1 on. The exponent leaves a variance, but hardly more.
const TAIL_EXPONENT: f64 = 2.5;
/// Mean of that Pareto.
const TAIL_MEAN: f64 = TAIL_EXPONENT / (TAIL_EXPONENT - 1.0);

/// Draws the factor of one request.
pub(super) fn factor(noise: Noise, around: Circumstances, dice: &mut Dice) -> f64 {
    let sigma = noise.request_sigma * if noise.uneven { unevenness(around) } else { 1.0 };
    let usual = (sigma * dice.normal() - sigma * sigma / 2.0).exp();
    let share = noise.tail_probability;
    if share <= 0.0 {
        return usual;
    }
    let tail = if dice.chance(share) { 1.0 + (1.0 - dice.unit()).powf(-1.0 / TAIL_EXPONENT) } else { 1.0 };
    // So that rates converge to those of the machine without tails, which are taken for the truth.
    usual * tail / (1.0 + share * TAIL_MEAN)
}

fn unevenness(around: Circumstances) -> f64 {
    let quadratic_mean = ((MOST.powi(3) - LEAST.powi(3)) / 3.0 / (MOST - LEAST)).sqrt();
    let of_prompt = Dice::new(&[around.kind]).between(LEAST, MOST) / quadratic_mean;
    of_prompt * (1.0 + EACH_SHARING * super::convert::length(around.sharing.clamp(1, MOST_SHARING) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(noise: Noise, amount: u64, around: impl Fn(u64) -> Circumstances) -> Vec<f64> {
        (0..amount).map(|number| factor(noise, around(number), &mut Dice::new(&[3, number]))).collect()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / super::super::convert::length(values.len())
    }

    fn sigma(values: &[f64]) -> f64 {
        let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
        let mid = mean(&logs);
        mean(&logs.iter().map(|log| (log - mid).powi(2)).collect::<Vec<_>>()).sqrt()
    }

    #[test]
    fn the_mean_is_one_whatever_the_shape() {
        for (uneven, tail_probability) in [(false, 0.0), (true, 0.0), (false, 0.05), (true, 0.3)] {
            let noise = Noise { request_sigma: 0.15, uneven, tail_probability, ..Noise::default() };
            let all = factors(noise, 200_000, |number| Circumstances { kind: number % 50, sharing: 3 });
            assert!((mean(&all) - 1.0).abs() < 0.01, "{noise:?}: {}", mean(&all));
        }
    }

    #[test]
    fn the_deviation_is_as_stated_and_differs_between_prompts() {
        let noise = Noise { request_sigma: 0.15, uneven: true, ..Noise::default() };
        let all = factors(noise, 200_000, |number| Circumstances { kind: number, sharing: 1 });
        assert!((sigma(&all) - 0.15).abs() < 0.003, "{}", sigma(&all));
        let of = |kind, sharing| sigma(&factors(noise, 10_000, |_| Circumstances { kind, sharing }));
        let mut each: Vec<f64> = (0..40).map(|kind| of(kind, 1)).collect();
        each.sort_by(f64::total_cmp);
        assert!(each[0] < 0.09 && each[39] > 0.19, "{each:?}");
        let more = of(1, 3) / of(1, 1);
        assert!((more - 1.3).abs() < 0.02, "{more}");
    }

    #[test]
    fn tails_are_as_frequent_as_stated_and_heavy() {
        let noise = Noise { tail_probability: 0.05, ..Noise::default() };
        let all = factors(noise, 200_000, |_| Circumstances { kind: 0, sharing: 1 });
        let beyond = |times: f64| {
            let usual = 1.0 / (1.0 + 0.05 * TAIL_MEAN);
            mean(&all.iter().map(|factor| if *factor >= times * usual { 1.0 } else { 0.0 }).collect::<Vec<_>>())
        };
        assert!((beyond(1.99) - 0.05).abs() < 0.002, "{}", beyond(1.99));
        assert!((0.000_6..0.001_8).contains(&beyond(6.0)), "{}", beyond(6.0));
    }
}
