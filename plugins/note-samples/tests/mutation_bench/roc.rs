//! How well a score tells good from bad.

/// Scores of the good and the bad notes of one file.
#[derive(Debug, Clone, Default)]
pub struct Cluster {
    pub good: Vec<f64>,
    pub bad: Vec<f64>,
}

/// The chance that a good note scores higher than a bad one (ties count half), with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Auc {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The quantile of the normal distribution for 95 %, two-sided.
const Z95: f64 = 1.959_964;

/// Mann and Whitney's statistic. Notes of one file are alike, so the interval is that for clusters: N. A. Obuchowski, Nonparametric
/// analysis of clustered ROC curve data, Biometrics 53 (1997); of single notes it would be `DeLong`'s. `None` without good or bad ones.
#[expect(clippy::cast_precision_loss, reason = "counts of notes are far below 2^53")]
pub fn auc(clusters: &[Cluster]) -> Option<Auc> {
    let sorted = |part: fn(&Cluster) -> &Vec<f64>| {
        let mut all: Vec<f64> = clusters.iter().flat_map(part).copied().collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let (good, bad) = (sorted(|cluster| &cluster.good), sorted(|cluster| &cluster.bad));
    if good.is_empty() || bad.is_empty() {
        return None;
    }
    let (goods, bads) = (good.len() as f64, bad.len() as f64);
    // Share of `among` that lies below a value, ties half.
    let below = |value: f64, among: &[f64]| {
        let less = among.partition_point(|other| *other < value);
        let not_more = among.partition_point(|other| *other <= value);
        (less + not_more) as f64 / (2.0 * among.len() as f64)
    };
    let value = good.iter().map(|score| below(*score, &bad)).sum::<f64>() / goods;
    let (mut of_good, mut of_bad, mut of_both) = (0.0, 0.0, 0.0);
    let (mut with_good, mut with_bad) = (0.0, 0.0);
    for cluster in clusters {
        let x = cluster.good.iter().map(|score| below(*score, &bad) - value).sum::<f64>();
        let y = cluster.bad.iter().map(|score| 1.0 - below(*score, &good) - value).sum::<f64>();
        of_good += x * x;
        of_bad += y * y;
        of_both += x * y;
        with_good += f64::from(u8::from(!cluster.good.is_empty()));
        with_bad += f64::from(u8::from(!cluster.bad.is_empty()));
    }
    let factor = |count: f64| count / (count - 1.0).max(1.0);
    let variance = factor(with_good) * of_good / goods.powi(2)
        + factor(with_bad) * of_bad / bads.powi(2)
        + 2.0 * factor(clusters.len() as f64) * of_both / (goods * bads);
    let reach = Z95 * variance.max(0.0).sqrt();
    Some(Auc { value, low: (value - reach).max(0.0), high: (value + reach).min(1.0) })
}

#[test]
fn counts_pairs_and_ties() {
    let cluster = |good: &[f64], bad: &[f64]| Cluster { good: good.to_vec(), bad: bad.to_vec() };
    let of = |clusters: &[Cluster]| auc(clusters).expect("good and bad ones").value;
    assert!((of(&[cluster(&[0.9, 0.5], &[0.5, 0.1])]) - 3.5 / 4.0).abs() < 1e-12);
    assert!((of(&[cluster(&[1.0], &[1.0]), cluster(&[1.0], &[1.0])]) - 0.5).abs() < 1e-12);
    assert!(auc(&[cluster(&[1.0], &[])]).is_none());
}

/// The standard error of single notes is `DeLong`'s: for these it was worked out by hand.
#[test]
fn the_interval_of_single_notes_is_that_of_delong() {
    let single = |good: Option<f64>, bad: Option<f64>| Cluster {
        good: good.into_iter().collect(),
        bad: bad.into_iter().collect(),
    };
    let clusters = [
        single(Some(3.0), None),
        single(Some(2.0), None),
        single(Some(1.0), None),
        single(None, Some(1.5)),
        single(None, Some(0.0)),
    ];
    // Good: 1, 1, 1/2 of the bad lie below; bad: 2/3, 1 of the good above. Mean 5/6.
    let found = auc(&clusters).expect("good and bad ones");
    let variance: f64 = (1.0 / 12.0) / 3.0 + (1.0 / 18.0) / 2.0;
    assert!((found.value - 5.0 / 6.0).abs() < 1e-12);
    assert!((found.value - found.low - Z95 * variance.sqrt()).abs() < 1e-9, "{found:?}");
}
