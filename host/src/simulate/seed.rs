//! Seeded randomness that depends on nothing but its seeds: the same request always gets the same luck.

use super::convert::float;

/// A small deterministic generator (`SplitMix64`, Steele et al. 2014): cheap to start, one for each request.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// A generator for this combination of seeds.
    pub(super) fn new(seeds: &[u64]) -> Self {
        let mut dice = Self(0x9E37_79B9_7F4A_7C15);
        for seed in seeds {
            dice.0 ^= *seed;
            dice.0 = dice.next();
        }
        dice
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in `0.0..1.0`.
    pub(super) fn unit(&mut self) -> f64 {
        float(self.next() >> 11) / float(1 << 53)
    }

    /// Uniform in `0..bound`; 0 when the bound is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        match bound as u64 {
            0 => 0,
            bound => usize::try_from(self.next() % bound).unwrap_or(0),
        }
    }

    /// True with that probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform in `low..high`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A standard normal value (Box and Muller 1958).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// One of the items; `None` when there is none.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

/// A hash of a text that no release of a library will change (FNV-1a over words of eight bytes).
pub(super) fn hash(text: &str) -> u64 {
    let mut value = 0xCBF2_9CE4_8422_2325_u64;
    for chunk in text.as_bytes().chunks(8) {
        let word = chunk.iter().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
        value = (value ^ word).wrapping_mul(0x0100_0000_01B3).rotate_left(23);
    }
    value ^ text.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_values_have_mean_zero_and_deviation_one() {
        let mut dice = Dice::new(&[7]);
        let values: Vec<f64> = (0..20_000).map(|_| dice.normal()).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "mean {mean}, variance {variance}");
    }

    #[test]
    fn seeds_are_not_interchangeable() {
        assert_ne!(Dice::new(&[1, 2]).next(), Dice::new(&[2, 1]).next());
        assert_eq!(Dice::new(&[1, 2]).next(), Dice::new(&[1, 2]).next());
    }
}
