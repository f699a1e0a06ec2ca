//! Which temperature is surely better?

use ralf_tune_sdk::study::{PairedDifference, count, paired_difference};

/// Scores by file at one temperature.
pub type Scores = Vec<(u32, f64)>;

/// One temperature against the present one, on the files that both have.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    pub temperature: f64,
    pub difference: PairedDifference,
}

/// Compares every temperature with the present one. The more values are tried, the likelier one of them looks better by
/// accident: so each interval's level is raised until all of them hold together (Bonferroni).
#[must_use]
pub fn compare(present: &Scores, others: &[(f64, Scores)], level: f64) -> Vec<Compared> {
    let each = 1.0 - (1.0 - level) / count(others.len().max(1));
    let against = |scores: &Scores| {
        let pair = |(file, score): &(u32, f64)| {
            present.iter().find(|(other, _)| other == file).map(|(_, present)| score - present)
        };
        scores.iter().filter_map(pair).collect::<Vec<f64>>()
    };
    others
        .iter()
        .map(|(temperature, scores)| Compared {
            temperature: *temperature,
            difference: paired_difference(&against(scores), each),
        })
        .collect()
}

/// The temperature with the greatest gain among those whose interval lies wholly above 0.
#[must_use]
pub fn better(compared: &[Compared]) -> Option<&Compared> {
    compared
        .iter()
        .filter(|other| other.difference.low > 0.0)
        .max_by(|left, right| left.difference.mean.total_cmp(&right.difference.mean))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(values: &[f64]) -> Scores {
        values.iter().copied().zip(0..).map(|(value, file)| (file, value)).collect()
    }

    #[test]
    fn only_a_difference_that_is_no_accident_counts() {
        let present = scores(&[0.5, 0.6, 0.7, 0.8]);
        let surely = scores(&[0.6, 0.71, 0.8, 0.91]);
        let perhaps = scores(&[0.9, 0.4, 0.9, 0.9]);
        let compared = compare(&present, &[(0.0, perhaps), (0.3, surely)], 0.95);
        assert_eq!(better(&compared).map(|other| other.temperature), Some(0.3));
        assert_eq!(better(&compared[..1]), None);
    }

    #[test]
    fn worse_is_never_better_and_more_values_need_more_certainty() {
        let present = scores(&[0.5, 0.6, 0.7]);
        let worse = scores(&[0.4, 0.5, 0.6]);
        assert_eq!(better(&compare(&present, &[(0.7, worse)], 0.95)), None);
        // 0.06, 0.10, 0.08: at 95 % 0.030 to 0.130; shared among eight values the interval reaches below 0.
        let gain = scores(&[0.56, 0.70, 0.78]);
        assert!(better(&compare(&present, &[(0.3, gain.clone())], 0.95)).is_some());
        let eight: Vec<_> = (0..8).map(|_| (0.3, gain.clone())).collect();
        assert!(better(&compare(&present, &eight, 0.95)).is_none());
    }

    #[test]
    fn files_without_a_partner_do_not_count() {
        let compared = compare(&scores(&[0.5]), &[(0.3, scores(&[0.9, 0.9, 0.9]))], 0.95);
        assert_eq!(compared[0].difference.pairs, 1);
        assert_eq!(better(&compared), None);
    }
}
