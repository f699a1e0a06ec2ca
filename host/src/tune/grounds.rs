//! Whether what was measured suffices to put another one in the place of the present settings, and the sentence that says so. Pure.

use super::{bound::Bound, short_proof::ShortProof};
use crate::model::{
    metric::{ConfidenceInterval, Estimate},
    proof::ProofVerdict,
    selection::MeasuredCandidate,
    study::Comparison,
};

/// How many times faster the slowest that a winner may be must be than the fastest that the present settings may be, where the two were
/// not compared side by side.
const FAR_APART: f64 = 1.25;

/// The same, where notes of the present settings were waited for and did not end: how long they take at least is no estimate.
const BEYOND: f64 = 1.1;

/// Pairs that are too few for a test of its own.
pub const FEW_PAIRS: usize = 8;

const UNPROVEN: &str = "there was no time to prove it faster than your present settings, so these stay";

/// How many times as wide the intervals of two pairs would have to be: they hold the truth in 81 of 100 (`docs/accuracy.md`), and 95 are said.
const TOO_SURE: f64 = 1.5;
const TOO_FEW_FOR_AN_INTERVAL: usize = 2;

/// What speaks for the winner, or does not suffice.
pub enum Grounds {
    /// The comparison proves it faster.
    Proven(String),
    /// The present settings do not do their work: anything that does is better.
    Unusable(String),
    /// No pair fitted in, or few, and the estimates of the two are far apart.
    FarApart(String),
    /// There was no time to compare notes, and short requests with both say that it is faster.
    Foretold(String),
    NotProven(String),
}

/// What the grounds are found in.
pub struct Case<'a> {
    pub winner: &'a MeasuredCandidate,
    pub baseline: &'a MeasuredCandidate,
    /// The comparison of these two, if there was time for one.
    pub comparison: Option<&'a Comparison>,
    /// Quality below which notes are too poor.
    pub floor: f64,
    /// What notes of the present settings say beside their estimate.
    pub bound: Bound,
    /// The winner's notes are surely better, by all files that both made.
    pub notes_are_better: bool,
    /// What short requests with both say, where there was no time for notes.
    pub short_proof: Option<&'a ShortProof>,
}

impl Grounds {
    /// Whether the winner may take the place of the present settings.
    #[must_use]
    pub const fn suffice(&self) -> bool {
        !matches!(self, Self::NotProven(_))
    }

    /// For people.
    #[must_use]
    pub fn into_sentence(self) -> String {
        match self {
            Self::Proven(why)
            | Self::Unusable(why)
            | Self::FarApart(why)
            | Self::Foretold(why)
            | Self::NotProven(why) => why,
        }
    }
}

impl Case<'_> {
    /// What was found.
    #[must_use]
    pub fn grounds(&self) -> Grounds {
        if let Some(why) = self.unusable() {
            return Grounds::Unusable(why);
        }
        let Some(theirs) = self.baseline.notes_per_minute else { return self.without_a_note() };
        let Some(comparison) = self.comparison else { return self.without_a_pair(theirs) };
        let ratio = stated(comparison);
        let found = format!(
            "{:.2}x, {:.2} to {:.2}, from {} pairs",
            ratio.value, ratio.interval.low, ratio.interval.high, comparison.pairs
        );
        match comparison.proof.verdict {
            ProofVerdict::Faster => Grounds::Proven(format!("proven faster than your present settings ({found})")),
            ProofVerdict::Slower => {
                Grounds::NotProven(format!("proven slower than your present settings ({found}), so these stay"))
            }
            ProofVerdict::Undecided if self.all_agree(comparison, theirs) => Grounds::FarApart(format!(
                "there was time for few notes side by side ({found}), and all others say the same: {:.2} notes a minute at most, and at least {:.2} with these",
                self.at_most(theirs),
                self.at_least().unwrap_or(0.0)
            )),
            ProofVerdict::Undecided if self.both_agree(comparison) => Grounds::Foretold(format!(
                "there was time for few notes side by side ({found}), and with them {}",
                self.short_proof.map(ShortProof::describe).unwrap_or_default()
            )),
            ProofVerdict::Undecided => {
                Grounds::NotProven(format!("not proven faster than your present settings ({found}), so these stay"))
            }
        }
    }

    /// The fewest notes a minute that the winner may make.
    fn at_least(&self) -> Option<f64> {
        self.winner.notes_per_minute.map(|speed| speed.interval.low)
    }

    /// Whether the least that the winner may make is so many times the most that the present settings may make.
    fn is_apart(&self, times: f64, theirs: Estimate) -> bool {
        let most = self.bound.at_most.map_or(f64::INFINITY, |bound| bound * BEYOND).min(times * theirs.interval.high);
        self.at_least().is_some_and(|ours| ours > most)
    }

    /// The most notes a minute that the present settings may make.
    fn at_most(&self, theirs: Estimate) -> f64 {
        self.bound.at_most.unwrap_or(f64::INFINITY).min(theirs.interval.high)
    }

    /// Whether notes, few as they may be, do not say that the winner is the slower one.
    fn at_most_as_slow(&self, theirs: Estimate) -> bool {
        self.winner.notes_per_minute.is_some_and(|ours| ours.value >= theirs.value)
    }

    fn without_a_pair(&self, theirs: Estimate) -> Grounds {
        if self.winner.candidate.works_like(&self.baseline.candidate) {
            let why = "it makes the same notes in the same time as your present settings, so these stay";
            return Grounds::NotProven(why.into());
        }
        if !self.is_apart(FAR_APART, theirs)
            && let Some(proof) = self.short_proof
            && self.at_most_as_slow(theirs)
        {
            return short(proof);
        }
        if !self.is_apart(FAR_APART, theirs) {
            return Grounds::NotProven(UNPROVEN.into());
        }
        Grounds::FarApart(format!(
            "your present settings are too slow to be compared side by side in this time: {:.2} notes a minute at most, and these make at least {:.2}",
            self.at_most(theirs),
            self.at_least().unwrap_or(0.0)
        ))
    }

    /// Whether a comparison that had no time to prove anything says the same as all other notes: that the gain is a large one, or, where the
    /// pairs alone would do for a single look at them, that there is one at all.
    fn all_agree(&self, comparison: &Comparison, theirs: Estimate) -> bool {
        let ratio = stated(comparison);
        comparison.pairs <= FEW_PAIRS
            && ratio.value > FAR_APART
            && comparison.proof.evidence_faster > 1.0
            && (self.is_apart(FAR_APART, theirs) || (ratio.interval.low > 1.0 && self.is_apart(1.0, theirs)))
    }

    /// Whether few pairs and short requests, which are independent of each other, together leave no doubt: their mean, each by what is known of it (Cochran 1954). The
    /// interval of pairs as few as these is taken as wide as that of two.
    fn both_agree(&self, comparison: &Comparison) -> bool {
        let Some(proof) = self.short_proof.filter(|_| comparison.pairs <= FEW_PAIRS) else { return false };
        let of = |ratio: &Estimate, too_sure: f64| {
            let half = (ratio.interval.high / ratio.interval.low).ln() / 2.0 * too_sure;
            (ratio.value.ln(), half.max(1e-6).powi(-2))
        };
        let ((pairs, pairs_weigh), (short, short_weigh)) =
            (of(&comparison.speed_ratio, TOO_SURE), of(&proof.ratio, 1.0));
        let all = pairs_weigh + short_weigh;
        pairs > 0.0 && short > 0.0 && (pairs * pairs_weigh + short * short_weigh) / all > all.powf(-0.5)
    }

    /// Where no note of the present settings ended in the time that they had, another one wins that is surely faster than they can be.
    fn without_a_note(&self) -> Grounds {
        match (self.at_least(), self.bound.at_most) {
            (Some(speed), Some(bound)) if self.bound.made_notes && speed > FAR_APART * bound => Grounds::FarApart(format!(
                "your present settings make {bound:.2} notes a minute at most, by notes that had the server to themselves, and these make at least {speed:.2}"
            )),
            (Some(speed), Some(bound)) if !self.bound.made_notes && speed > bound => Grounds::Unusable(format!(
                "no note could be made with your present settings in the time that they had: {bound:.2} notes a minute at most, and these make at least {speed:.2}"
            )),
            (_, None) if !self.bound.made_notes => {
                Grounds::Unusable("no note could be made with your present settings in the time that they had".into())
            }
            _ if self.short_proof.is_some_and(ShortProof::is_faster) => {
                self.short_proof.map_or_else(|| Grounds::NotProven(String::new()), short)
            }
            _ if self.bound.made_notes => Grounds::NotProven(UNPROVEN.into()),
            _ => Grounds::NotProven(
                "no note could be made with your present settings in the time that they had, and these are not known to be faster, so those stay".into(),
            ),
        }
    }

    /// Why the present settings do not do their work, where they surely do not: something is violated, or their notes are below the floor, and
    /// clearly worse.
    fn unusable(&self) -> Option<String> {
        let baseline = self.baseline;
        if !baseline.violations.is_empty() {
            return Some(format!("your present settings cannot be used: {}", baseline.violations.join("; ")));
        }
        let (theirs, ours) = (baseline.quality?, self.winner.quality?);
        let apart = theirs.interval.high < ours.interval.low;
        let paired = self
            .comparison
            .and_then(|comparison| comparison.proof.quality_difference)
            .is_some_and(|difference| difference.interval.low > 0.0);
        (theirs.value < self.floor && (apart || paired || self.notes_are_better)).then(|| {
            format!(
                "the notes of your present settings are too poor: quality {:.2}, and {:.2} with these",
                theirs.value, ours.value
            )
        })
    }
}

/// What short requests with both say.
fn short(proof: &ShortProof) -> Grounds {
    let said = proof.describe();
    if proof.is_faster() {
        Grounds::Foretold(format!("there was no time to compare notes: {said}"))
    } else {
        Grounds::NotProven(format!("there was no time to compare notes, and {said}, so your present settings stay"))
    }
}

/// How many times as fast, as it is said: the interval of two pairs is made as wide as it would have to be to hold what it says.
#[must_use]
pub fn stated(comparison: &Comparison) -> Estimate {
    let ratio = comparison.speed_ratio;
    if comparison.pairs > TOO_FEW_FOR_AN_INTERVAL {
        return ratio;
    }
    let wider = |end: f64| ratio.value * (end / ratio.value).powf(TOO_SURE);
    let interval =
        ConfidenceInterval { low: wider(ratio.interval.low), high: wider(ratio.interval.high), ..ratio.interval };
    Estimate { interval, ..ratio }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{candidate::Candidate, proof::Proof};

    fn candidate(is_baseline: bool, speed: Option<(f64, f64)>) -> MeasuredCandidate {
        let estimate = |(low, high): (f64, f64)| Estimate {
            value: f64::midpoint(low, high),
            interval: ConfidenceInterval { level: 0.95, low, high },
        };
        let mut settings = Candidate::default();
        settings.num_ctx += u32::from(!is_baseline) * 256;
        MeasuredCandidate {
            id: u32::from(!is_baseline),
            candidate: settings,
            is_baseline,
            notes_per_minute: speed.map(estimate),
            quality: None,
            scored_notes: 0,
            source_share: 1.0,
            lost_share: 0.0,
            peak_memory_bytes: None,
            spilled: false,
            violations: Vec::new(),
            trials: Vec::new(),
        }
    }

    fn suffice(ours: Option<(f64, f64)>, theirs: Option<(f64, f64)>, bound: Option<f64>) -> bool {
        let (winner, baseline) = (candidate(false, ours), candidate(true, theirs));
        Case { bound: Bound { at_most: bound, made_notes: theirs.is_some() }, ..case(&winner, &baseline) }
            .grounds()
            .suffice()
    }

    /// A case of which nothing else is known.
    fn case<'a>(winner: &'a MeasuredCandidate, baseline: &'a MeasuredCandidate) -> Case<'a> {
        Case {
            winner,
            baseline,
            comparison: None,
            floor: 0.0,
            bound: Bound::default(),
            notes_are_better: false,
            short_proof: None,
        }
    }

    #[test]
    fn settings_without_a_note_give_way_to_what_is_surely_faster() {
        assert!(suffice(Some((0.9, 1.1)), None, Some(0.8)));
        assert!(!suffice(Some((0.7, 1.1)), None, Some(0.8)), "it may be slower");
        assert!(!suffice(None, None, Some(0.8)), "nobody knows how fast it is");
        assert!(suffice(Some((0.9, 1.1)), None, None), "notes that fail are no notes, however long they took");
    }

    #[test]
    fn notes_that_are_surely_better_suffice_where_the_present_ones_are_too_poor() {
        let said = |theirs: f64, notes_are_better: bool| {
            let quality = |value: f64, half| Some(estimate(value, value - half, value + half));
            let winner = MeasuredCandidate { quality: quality(0.95, 0.05), ..candidate(false, Some((2.0, 4.0))) };
            let baseline = MeasuredCandidate { quality: quality(theirs, 0.2), ..candidate(true, Some((2.0, 3.5))) };
            Case { floor: 0.87, notes_are_better, ..case(&winner, &baseline) }.grounds().suffice()
        };
        assert!(!said(0.8, false) && said(0.8, true), "the intervals of the two overlap");
        assert!(!said(0.9, true), "good enough is no reason");
    }

    #[test]
    fn without_pairs_the_two_must_be_far_apart() {
        assert!(suffice(Some((1.9, 2.1)), Some((0.4, 1.5)), None));
        assert!(!suffice(Some((1.9, 2.1)), Some((0.4, 1.6)), None));
        assert!(suffice(Some((1.9, 2.1)), Some((0.4, 1.6)), Some(1.4)), "a note that did not end says more than rates");
    }

    fn estimate(value: f64, low: f64, high: f64) -> Estimate {
        Estimate { value, interval: ConfidenceInterval { level: 0.95, low, high } }
    }

    fn pairs(speed_ratio: Estimate, pairs: usize) -> Comparison {
        Comparison {
            challenger: None,
            baseline_notes_per_minute: 2.0,
            tuned_notes_per_minute: 2.0 * speed_ratio.value,
            speed_ratio,
            baseline_quality: None,
            tuned_quality: None,
            pairs,
            baseline_source_share: 1.0,
            tuned_source_share: 1.0,
            proof: Proof::default(),
        }
    }

    #[test]
    fn few_pairs_and_short_requests_prove_together_what_neither_proves() {
        let (winner, baseline) = (candidate(false, Some((2.9, 4.0))), candidate(true, Some((2.0, 3.5))));
        let said = |pairs: &Comparison, proof: Option<&ShortProof>| {
            let case = case(&winner, &baseline);
            Case {
                comparison: Some(pairs),
                bound: Bound { at_most: None, made_notes: true },
                short_proof: proof,
                ..case
            }
            .grounds()
            .suffice()
        };
        let short = |ratio| ShortProof { ratio, note_seconds: (10.0, 14.0), trials: (1, 1) };
        let (some, none) = (estimate(1.27, 0.94, 1.70), estimate(0.97, 0.75, 1.25));
        let agrees = short(estimate(1.36, 0.97, 1.93));
        assert!(!said(&pairs(some, 2), None) && said(&pairs(some, 2), Some(&agrees)));
        assert!(!said(&pairs(none, 2), Some(&agrees)), "the pairs say otherwise");
        assert!(!said(&pairs(some, 2), Some(&short(none))), "short requests say otherwise");
        assert!(!said(&pairs(some, 9), Some(&agrees)), "so many pairs speak for themselves");
    }

    #[test]
    fn without_pairs_short_requests_suffice_unless_notes_say_otherwise() {
        let proof = ShortProof { ratio: estimate(1.6, 1.2, 2.1), note_seconds: (10.0, 16.0), trials: (1, 1) };
        let said = |ours, theirs, proof: Option<&ShortProof>| {
            let (winner, baseline) = (candidate(false, ours), candidate(true, theirs));
            let case = case(&winner, &baseline);
            Case { bound: Bound { at_most: Some(3.0), made_notes: theirs.is_some() }, short_proof: proof, ..case }
                .grounds()
                .suffice()
        };
        assert!(!said(Some((2.0, 4.0)), None, None) && said(Some((2.0, 4.0)), None, Some(&proof)));
        assert!(said(Some((2.0, 4.0)), Some((1.8, 3.0)), Some(&proof)));
        assert!(!said(Some((1.0, 2.0)), Some((1.8, 3.0)), Some(&proof)), "its notes took longer");
    }

    #[test]
    fn notes_that_were_made_are_not_said_to_be_none() {
        let said = |ours, at_most, made_notes| {
            let (winner, baseline) = (candidate(false, ours), candidate(true, None));
            Case { bound: Bound { at_most, made_notes }, ..case(&winner, &baseline) }.grounds()
        };
        assert!(!said(Some((2.0, 4.0)), None, true).suffice(), "nobody knows how fast several at once are");
        assert!(!said(Some((2.0, 4.0)), Some(1.8), true).suffice(), "they may be as fast");
        let far = said(Some((2.6, 4.0)), Some(2.0), true);
        assert!(far.suffice() && far.into_sentence().contains("2.00 notes a minute at most"));
    }

    #[test]
    fn the_interval_of_two_pairs_is_said_to_be_wider_than_it_is_calculated() {
        let ratio = estimate(2.0, 1.0, 4.0);
        let two = stated(&pairs(ratio, 2)).interval;
        assert!((two.low - 2.0 / 2.0_f64.powf(1.5)).abs() < 1e-9 && (two.high - 2.0 * 2.0_f64.powf(1.5)).abs() < 1e-9);
        assert_eq!(stated(&pairs(ratio, 3)), ratio);
    }
}
