//! What comes out over a fleet. Pure.

use crate::{
    model::fleet::{Figures, LeftOut, Surveyed, Tried, Way},
    stats::summary::{mean, quantile, sorted},
};

#[expect(clippy::cast_precision_loss, reason = "a few hundred machines")]
pub(super) fn figures(surveyed: &[Surveyed], left_out: &[LeftOut]) -> Figures {
    let pairs: Vec<(&Surveyed, &LeftOut)> =
        left_out.iter().filter_map(|left| Some((surveyed.iter().find(|one| one.index == left.index)?, left))).collect();
    if pairs.is_empty() {
        let all: Vec<(&Surveyed, &Tried)> = surveyed.iter().map(|one| (one, &one.full)).collect();
        return Figures { ways: vec![way("a full study", &all)], ..Figures::default() };
    }
    let each = |what: &str, which: &dyn Fn(&'_ Surveyed, &'_ LeftOut) -> Tried| {
        let tried: Vec<(&Surveyed, Tried)> = pairs.iter().map(|(own, left)| (*own, which(own, left))).collect();
        way(what, &tried.iter().map(|(own, tried)| (*own, tried)).collect::<Vec<_>>())
    };
    let usable: Vec<&(&Surveyed, &LeftOut)> = pairs.iter().filter(|(_, left)| !left.bare.infeasible).collect();
    let covered = usable.iter().filter(|(_, left)| {
        left.foretold
            .is_some_and(|found| (found.interval.low..=found.interval.high).contains(&left.bare.notes_per_minute))
    });
    let held: Vec<&(&Surveyed, &LeftOut)> = pairs.iter().filter(|(_, left)| left.holds).collect();
    let requests =
        |which: &dyn Fn(&(&Surveyed, &LeftOut)) -> usize| held.iter().map(|pair| which(pair)).sum::<usize>() as f64;
    Figures {
        ways: vec![
            each("the settings that were there", &|own, _| own.present.clone()),
            each("the recommendation, bare", &|_, left| left.bare.clone()),
            each("a study that begins from it", &|_, left| left.proven.clone()),
            each("a full study", &|own, _| own.full.clone()),
            each("a study that begins from a misleading one", &|_, left| left.misled.clone()),
        ],
        covered: covered.count() as f64 / usable.len().max(1) as f64,
        held: held.len() as f64 / pairs.len() as f64,
        requests_where_held: requests(&|(_, left)| left.proven.requests)
            / requests(&|(own, _)| own.full.requests).max(1.0),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred machines")]
fn way(what: &str, tried: &[(&Surveyed, &Tried)]) -> Way {
    let all = |value: &dyn Fn(&Tried) -> f64| tried.iter().map(|(_, tried)| value(tried)).collect::<Vec<f64>>();
    let regrets = all(&|tried| tried.regret.max(0.0));
    let ordered = sorted(&regrets);
    // Who had settings that cannot be used is no worse off with anything.
    let worse =
        |(own, tried): &&(&Surveyed, &Tried)| !own.present.infeasible && tried.regret > own.present.regret + 0.02;
    Way {
        what: what.to_owned(),
        machines: tried.len(),
        mean_regret: mean(&regrets),
        median_regret: quantile(&ordered, 0.5),
        ninetieth_regret: quantile(&ordered, 0.9),
        unusable: tried.iter().filter(|(_, tried)| tried.infeasible).count(),
        worse_than_present: tried.iter().filter(worse).count(),
        mean_requests: mean(&all(&|tried| tried.requests as f64)),
        mean_seconds: mean(&all(&|tried| tried.seconds)),
    }
}
