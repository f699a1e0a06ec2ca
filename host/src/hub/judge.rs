//! Whether a pack counts at once, or waits until others agree: pure, of logarithms of rates.
//!
//! The centre of a class is the median of its keys' votes, and what lies far from it by the median of absolute deviations (MAD; Hampel, *The influence curve
//! and its role in robust estimation*, 1974) waits. Both stand until half of the votes lie. A liar within the bound is not found, and moves a median
//! by no more than his share of the votes.

use crate::stats::summary::median;

/// Votes that a centre needs. With fewer there is nothing to be far from.
pub const FEWEST_VOTES: usize = 5;

/// Votes of a class that are looked at: the error of a median of so many is an eighth of the spread.
pub const MOST_VOTES: i64 = 64;

/// A MAD of normally distributed values is this share of their standard deviation.
const MAD_OF_NORMAL: f64 = 0.6745;

/// Standard deviations beyond which nothing honest lies.
const FARTHEST: f64 = 5.0;

/// Machines of one class differ by this factor without being wrong: a class has processors and cards of several years.
const ALWAYS_ALLOWED: f64 = 2.0;

/// Why a pack waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It has more notes than its own curves allow.
    Itself,
    /// It is far from its class.
    Class,
    /// Its class is small, and it is far from the same model and machine with other batches.
    Neighbours,
}

impl Why {
    /// As it is kept.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Itself => "itself",
            Self::Class => "class",
            Self::Neighbours => "neighbours",
        }
    }

    /// For whoever pushed it.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Itself => "it has more notes a minute than its own curves allow",
            Self::Class => "its speed is far from what others measured with this model on such machines",
            Self::Neighbours => "its rate is far from that of this model on such machines with other batches",
        }
    }
}

/// What a pack is held against: votes of its class, and rates of one answer of the same model and machines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Others {
    /// Notes a minute.
    pub speeds: Vec<f64>,
    /// Tokens a second; needed where there are too few speeds.
    pub tokens: Vec<f64>,
}

/// Why a pack of this speed and rate has to wait, if it has to.
#[must_use]
pub fn waits(speed: Option<f64>, tokens: Option<f64>, is_consistent: bool, others: &Others) -> Option<Why> {
    if !is_consistent {
        return Some(Why::Itself);
    }
    if others.speeds.len() >= FEWEST_VOTES {
        return speed.filter(|speed| is_far(*speed, &others.speeds)).map(|_| Why::Class);
    }
    let is_compared = others.tokens.len() >= FEWEST_VOTES;
    tokens.filter(|tokens| is_compared && is_far(*tokens, &others.tokens)).map(|_| Why::Neighbours)
}

/// Whether a class has so many that wait and agree that they count from now on: more than those that count already. Liars who are fewer
/// than the honest never are.
#[must_use]
pub fn outweigh(speed: f64, waiting: &[f64], counting: u64) -> bool {
    let near = waiting.iter().filter(|other| agree(speed, **other)).count();
    near >= FEWEST_VOTES && u64::try_from(near).is_ok_and(|near| near > counting)
}

/// Whether two rates may be of one class.
#[must_use]
pub fn agree(one: f64, other: f64) -> bool {
    (one / other).ln().abs() <= ALWAYS_ALLOWED.ln()
}

/// Whether a positive value is far from the others' centre.
#[must_use]
pub fn is_far(value: f64, others: &[f64]) -> bool {
    let logs: Vec<f64> = others.iter().map(|other| other.ln()).collect();
    let centre = median(&logs);
    let deviations: Vec<f64> = logs.iter().map(|log| (log - centre).abs()).collect();
    let bound = (FARTHEST * median(&deviations) / MAD_OF_NORMAL).max(ALWAYS_ALLOWED.ln());
    (value.ln() - centre).abs() > bound
}

#[cfg(test)]
mod tests {
    use super::*;

    fn others(speeds: &[f64], tokens: &[f64]) -> Others {
        Others { speeds: speeds.to_vec(), tokens: tokens.to_vec() }
    }

    #[test]
    fn what_is_far_waits_and_what_is_unusual_does_not() {
        let class = others(&[10.0, 11.0, 9.0, 10.5, 10.2, 9.7], &[]);
        assert_eq!(waits(Some(18.0), None, true, &class), None);
        assert_eq!(waits(Some(21.0), None, true, &class), Some(Why::Class));
        assert_eq!(waits(Some(4.0), None, true, &class), Some(Why::Class));
        assert_eq!(waits(Some(10.0), None, false, &class), Some(Why::Itself));
        // A class that is wide by itself allows more.
        let wide = others(&[5.0, 10.0, 20.0, 8.0, 13.0, 30.0], &[]);
        assert_eq!(waits(Some(40.0), None, true, &wide), None);
    }

    #[test]
    fn a_small_class_is_held_against_its_neighbours() {
        let small = others(&[10.0, 11.0], &[50.0, 52.0, 49.0, 51.0, 50.5]);
        assert_eq!(waits(Some(500.0), Some(55.0), true, &small), None, "other batches have other speeds");
        assert_eq!(waits(Some(10.0), Some(500.0), true, &small), Some(Why::Neighbours));
        assert_eq!(waits(Some(10.0), Some(500.0), true, &others(&[10.0], &[50.0])), None, "nobody knows");
    }

    #[test]
    fn half_of_the_votes_that_lie_move_no_centre() {
        let votes = [10.0, 10.0, 10.0, 10.0, 10.0, 1000.0, 1000.0, 1000.0, 1000.0];
        assert_eq!(waits(Some(10.0), None, true, &others(&votes, &[])), None);
        assert_eq!(waits(Some(1000.0), None, true, &others(&votes, &[])), Some(Why::Class));
    }

    #[test]
    fn those_who_wait_count_when_they_are_more_and_agree() {
        assert!(outweigh(30.0, &[30.0, 31.0, 29.0, 30.0, 33.0, 28.0], 5));
        assert!(!outweigh(30.0, &[30.0, 31.0, 29.0, 30.0, 33.0, 28.0], 6), "as many as count");
        assert!(!outweigh(30.0, &[30.0, 310.0, 290.0, 3.0, 33.0, 28.0], 0), "they say different things");
        assert!(!outweigh(30.0, &[30.0, 31.0, 29.0, 30.0], 0), "too few");
    }
}
