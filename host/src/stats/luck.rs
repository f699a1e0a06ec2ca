//! Chance for tests of formulas: the same in every run.

use statrs::distribution::{ContinuousCDF, Normal};

/// `SplitMix64` (Steele, Lea and Flood 2014).
pub struct Luck(u64);

impl Luck {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Above 0 and below 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits")]
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((((bits ^ (bits >> 31)) >> 12) as f64) + 0.5) / (1_u64 << 52) as f64
    }

    /// A standard normal value.
    pub fn normal(&mut self) -> f64 {
        Normal::standard().inverse_cdf(self.unit())
    }
}
