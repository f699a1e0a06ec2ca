//! What the blocks say so far: whether to go on, and what to report. Pure.

use std::time::Duration;

use super::{
    Goal,
    pairs::{self, Pair, Prediction},
};
use crate::{
    model::{
        candidate::Candidate,
        metric::{ConfidenceInterval, Estimate},
        proof::{Proof, ProofVerdict},
        study::Comparison,
        trial::Trial,
        workload::Workload,
    },
    stats::{
        interval::{LEVEL, mean_interval},
        sequential::{ALPHA, KnownNoise, Pairs},
        summary::mean,
    },
    tune::candidates::source_share,
};

/// Fewest pairs that are called a comparison.
pub const LEAST_PAIRS: usize = 2;

/// Most pairs: what is not decided then is no difference that anybody would notice.
const MOST_PAIRS: usize = 60;

/// The same where a plain difference was seen before: a fifth shows in so many unless a machine is very noisy, and what does not is left to the present settings.
const MOST_PAIRS_OF_PLAIN: usize = 10;

/// Pairs after which a gain is given up that all of the others would not prove, were they luckier than those.
const HOPELESS_PAIRS: usize = 12;

/// Rounds without a pair after which nobody goes on.
const VAIN_ROUNDS: usize = 3;

/// A gain that is not worth a change: when it is no greater for sure, there is nothing more to look for.
const TRIFLE: f64 = 1.02;

/// A gain is known well enough within 5 %, or within a quarter of it where it is larger.
const PRECISE: (f64, f64) = (0.05, 0.25);

/// A gain that no drift within a comparison explains: it needs no second round.
const BEYOND_DRIFT: f64 = 1.1;

/// Why a comparison ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Decided,
    Proven,
    Futile,
    Hopeless,
    Enough,
    Time,
    InVain,
    Stopped,
}

impl End {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Decided => "it was decided, and the gain known as well as it can be",
            Self::Proven => "it was decided, and no more was asked",
            Self::Futile => "a gain of more than 2 % was ruled out",
            Self::Hopeless => "a difference as small as it seemed would not have been proven by the pairs to come",
            Self::Enough => "so many pairs showed no difference",
            Self::Time => "its time was over",
            Self::InVain => "one side made hardly a note",
            Self::Stopped => "it was stopped",
        }
    }
}

/// Two blocks of the same files, one of each side, by their places in the history.
struct Round {
    ours: usize,
    theirs: usize,
    /// From what was measured before it: a test may not be told by the pairs that it tests.
    prediction: Prediction,
}

/// What is compared, and the rounds so far.
pub struct Rounds<'a> {
    tuned: &'a Candidate,
    baseline: &'a Candidate,
    workload: &'a Workload,
    noise: KnownNoise,
    goal: Goal,
    done: Vec<Round>,
    tuned_first: usize,
    began: Duration,
}

impl<'a> Rounds<'a> {
    /// Before the first one.
    pub fn new(
        (tuned, baseline): (&'a Candidate, &'a Candidate),
        workload: &'a Workload,
        history: &[Trial],
        goal: Goal,
        began: Duration,
    ) -> Self {
        let noise = pairs::noise(history, workload, (tuned, baseline));
        Self { tuned, baseline, workload, noise, goal, done: Vec::new(), tuned_first: 0, began }
    }

    /// Whether the last rounds gave nothing: one side does not make its notes.
    pub fn is_in_vain(&self, history: &[Trial]) -> bool {
        self.done.len() >= VAIN_ROUNDS && self.pairs(history, None).len() < LEAST_PAIRS
    }

    pub const fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// What can be predicted now of the pairs to come.
    pub fn prediction(&self, history: &[Trial]) -> Prediction {
        Prediction::of(history, self.workload, self.tuned, self.baseline)
    }

    /// Another round: the places of its trials, and what was predicted before it.
    pub fn add(&mut self, ours: usize, theirs: usize, prediction: Prediction) {
        self.tuned_first += usize::from(ours < theirs);
        self.done.push(Round { ours, theirs, prediction });
    }

    /// Both were as often early as late.
    fn is_balanced(&self) -> bool {
        !self.done.is_empty() && self.done.len() == 2 * self.tuned_first
    }

    fn trials<'h>(&self, history: &'h [Trial], place: impl Fn(&Round) -> usize) -> Vec<&'h Trial> {
        self.done.iter().filter_map(|round| history.get(place(round))).collect()
    }

    /// The pairs of all rounds, each by the prediction that was made before it, or all by a later one.
    fn pairs(&self, history: &[Trial], later: Option<&Prediction>) -> Vec<Pair> {
        let of = |round: &Round| {
            let (ours, theirs) = (history.get(round.ours)?, history.get(round.theirs)?);
            let prediction = later.unwrap_or(&round.prediction);
            Some(pairs::pairs((ours, theirs), (self.tuned, self.baseline), self.workload, prediction))
        };
        pairs::undisturbed(self.done.iter().filter_map(of).flatten().collect())
    }

    fn summed(&self, pairs: &[Pair]) -> Pairs {
        let differences: Vec<f64> = pairs.iter().map(|pair| pair.log_ratio).collect();
        Pairs::alike(&differences, self.noise, f64::midpoint(shared_luck(self.tuned), shared_luck(self.baseline)))
    }

    /// Whether the comparison can end here.
    pub fn end(&self, history: &[Trial]) -> Option<End> {
        let pairs = self.pairs(history, None);
        if pairs.len() < LEAST_PAIRS {
            return None;
        }
        let most = if self.goal == Goal::ProofOfPlain { MOST_PAIRS_OF_PLAIN } else { MOST_PAIRS };
        let made = pairs.len();
        let all_were_made = made >= most;
        let pairs = self.summed(&pairs);
        if all_were_made {
            let undecided = verdict(&pairs) == ProofVerdict::Undecided;
            return Some(if undecided { End::Enough } else { End::Decided });
        }
        let estimate = pairs.estimate()?;
        let precise = estimate.interval.high - estimate.value <= PRECISE.0.max(PRECISE.1 * estimate.value.abs());
        let settled = self.is_balanced() || estimate.interval.low > BEYOND_DRIFT.ln();
        let futile = pairs.anytime_interval().is_some_and(|interval| interval.high < TRIFLE.ln());
        match verdict(&pairs) {
            ProofVerdict::Undecided if futile && self.is_balanced() => Some(End::Futile),
            ProofVerdict::Undecided
                if self.goal != Goal::Verdict
                    && made >= HOPELESS_PAIRS
                    && self.is_balanced()
                    && is_hopeless(&pairs, made, most) =>
            {
                Some(End::Hopeless)
            }
            ProofVerdict::Undecided => None,
            ProofVerdict::Faster | ProofVerdict::Slower if precise && settled => Some(End::Decided),
            ProofVerdict::Faster | ProofVerdict::Slower => {
                let is_enough = !matches!(self.goal, Goal::Gain | Goal::Verdict);
                (is_enough && settled).then_some(End::Proven)
            }
        }
    }

    /// What is reported. `None` with too few files that both made.
    pub fn confirmed(&self, history: &[Trial], end: End, now: Duration) -> Option<Comparison> {
        let found = self.pairs(history, Some(&self.prediction(history)));
        if found.len() < LEAST_PAIRS {
            return None;
        }
        let (summed, tested) = (self.summed(&found), self.summed(&self.pairs(history, None)));
        let ours = self.trials(history, |round| round.ours);
        let theirs = self.trials(history, |round| round.theirs);
        let (tuned, baseline, workload) = (self.tuned, self.baseline, self.workload);
        let qualities = pairs::qualities(&ours, &theirs);
        let side = |of: &dyn Fn(&(f64, f64)) -> f64| {
            (!qualities.is_empty()).then(|| mean(&qualities.iter().map(of).collect::<Vec<_>>()))
        };
        let speed = |of: &dyn Fn(&Pair) -> f64| 60_000.0 / mean(&found.iter().map(of).collect::<Vec<_>>());
        let differences: Vec<f64> = qualities.iter().map(|(ours, theirs)| ours - theirs).collect();
        Some(Comparison {
            challenger: Some(tuned.clone()),
            baseline_notes_per_minute: speed(&|pair| pair.their_ms),
            tuned_notes_per_minute: speed(&|pair| pair.our_ms),
            speed_ratio: ratio(&summed),
            baseline_quality: side(&|(_, theirs)| *theirs),
            tuned_quality: side(&|(ours, _)| *ours),
            pairs: found.len(),
            baseline_source_share: source_share(&workload.batch_chars, baseline),
            tuned_source_share: source_share(&workload.batch_chars, tuned),
            proof: Proof {
                verdict: verdict(&tested),
                evidence_faster: tested.evidence_above(),
                evidence_slower: tested.evidence_below(),
                anytime: tested.anytime_interval().map(exponential),
                blocks: u32::try_from(self.done.len()).unwrap_or(u32::MAX),
                drift_cancelled: self.done.len() >= 2,
                ended: end.sentence().to_owned(),
                quality_difference: mean_interval(&differences),
                baseline_lost: pairs::lost(&theirs),
                tuned_lost: pairs::lost(&ours),
                prompts_cut: pairs::prompts_cut(&ours) + pairs::prompts_cut(&theirs),
                seconds: now.saturating_sub(self.began).as_secs_f64(),
            },
        })
    }
}

/// Whether even luck would not let the pairs to come prove that ours is faster.
#[expect(clippy::cast_precision_loss, reason = "some dozen pairs")]
fn is_hopeless(pairs: &Pairs, made: usize, most: usize) -> bool {
    let all = pairs.count() * most as f64 / made.max(1) as f64;
    verdict(&pairs.prolonged(all)) != ProofVerdict::Faster
}

/// How much of their luck notes share that are made beside each other: they slow each other down. With half of it, equal settings that ask for four at once are told
/// apart in 3 of 40 comparisons; with as much for four as for two it was 8 (`docs/accuracy.md`).
const SHARED_LUCK: f64 = 0.5;

/// Notes that say as much as one: the design effect of clusters as large as what is asked at once (Kish 1965, *Survey Sampling*, 5.4).
fn shared_luck(candidate: &Candidate) -> f64 {
    SHARED_LUCK.mul_add(f64::from(candidate.max_concurrent_requests.max(1)) - 1.0, 1.0)
}

fn verdict(pairs: &Pairs) -> ProofVerdict {
    let proves = |evidence: f64| evidence >= 1.0 / ALPHA;
    if proves(pairs.evidence_above()) {
        ProofVerdict::Faster
    } else if proves(pairs.evidence_below()) {
        ProofVerdict::Slower
    } else {
        ProofVerdict::Undecided
    }
}

/// The ratio with its interval; with nothing known of the noise, it is not known at all.
fn ratio(pairs: &Pairs) -> Estimate {
    let unknown = ConfidenceInterval { level: LEVEL, low: 0.0, high: f64::MAX };
    let interval = pairs.estimate().map_or(unknown, |estimate| exponential(estimate.interval));
    Estimate { value: pairs.mean().exp(), interval }
}

fn exponential(interval: ConfidenceInterval) -> ConfidenceInterval {
    ConfidenceInterval { level: interval.level, low: interval.low.exp(), high: interval.high.min(700.0).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_luck_would_not_prove_is_hopeless() {
        // Twelve pairs with noise of 0.1, around a mean.
        let around = |mean: f64| {
            let differences: Vec<f64> = (0..12).map(|pair| mean + if pair % 2 == 0 { 0.1 } else { -0.1 }).collect();
            Pairs::alike(&differences, KnownNoise::default(), 1.0)
        };
        assert!(is_hopeless(&around(0.0), 12, MOST_PAIRS) && is_hopeless(&around(-0.1), 12, MOST_PAIRS));
        assert!(!is_hopeless(&around(0.05), 12, MOST_PAIRS));
        assert!(is_hopeless(&around(0.02), 12, 24), "fewer are to come");
        assert!(!is_hopeless(&around(0.03), 12, MOST_PAIRS));
    }
}
