//! What of a prompt the model takes in: everything while it is short, less and less of the middle when it is long.

use super::{convert::length, seed::Dice};

/// Share of the things in view that a model takes in at best.
const BEST: f64 = 0.97;

/// A reader of one prompt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attention {
    prompt_bytes: f64,
    /// Share by which the prompt is longer than what is read evenly, from 0 to 1.
    excess: f64,
}

impl Attention {
    pub(super) fn new(prompt_bytes: usize, prompt_tokens: usize, effective_tokens: u32) -> Self {
        let tokens = length(prompt_tokens).max(1.0);
        Self {
            prompt_bytes: length(prompt_bytes).max(1.0),
            excess: (1.0 - f64::from(effective_tokens) / tokens).max(0.0),
        }
    }

    /// Probability that something at this byte of the prompt is taken in. The ends are always safe.
    pub(super) fn recall(&self, at: usize) -> f64 {
        let depth = length(at) / self.prompt_bytes;
        let middle = 1.0 - (2.0 * depth - 1.0).abs();
        BEST * (1.0 - (1.6 * self.excess * middle.sqrt()).min(0.95))
    }

    /// Whether it is, this time.
    pub(super) fn sees(&self, at: usize, dice: &mut Dice) -> bool {
        dice.chance(self.recall(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_middle_of_long_prompts_gets_lost() {
        let short = Attention::new(20_000, 5_000, 6_000);
        assert!((short.recall(10_000) - BEST).abs() < 1e-9);
        let long = Attention::new(40_000, 12_000, 6_000);
        let longer = Attention::new(80_000, 24_000, 6_000);
        assert!(long.recall(0) > 0.95 && long.recall(20_000) < 0.3);
        assert!(longer.recall(40_000) < long.recall(20_000));
    }
}
