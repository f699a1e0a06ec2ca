//! Figures and verdicts from studies. Pure.

use crate::{
    model::{
        arena::{ArenaStudy, Effort, LineUpComparison, LineUpSummary, Spread, Standing, Verdict},
        metric::Estimate,
    },
    stats::{
        interval::LEVEL,
        stratified::stratified_mean,
        summary::{mean, median, quantile},
    },
};

use super::line_up::PLAN;

/// With fewer pairs not even the sign test could say anything at this level: `2 * 0.5^5` is 6 %.
pub const LEAST_PAIRS: usize = 6;

/// Up to this many line-ups each is compared with each; of more, each with one.
const COMPARED_WITH_EACH: usize = 3;

/// Every line-up over all scenarios.
#[must_use]
pub fn overall(line_ups: usize, studies: &[ArenaStudy], budget_seconds: f64) -> Vec<Standing> {
    (0..line_ups).map(|line_up| standing(line_up, None, &of(studies, line_up, None), budget_seconds)).collect()
}

/// Every line-up on each scenario.
#[must_use]
pub fn by_scenario(line_ups: usize, studies: &[ArenaStudy], budget_seconds: f64) -> Vec<Standing> {
    let mut standings = Vec::new();
    for scenario in scenarios(studies) {
        standings.extend(
            (0..line_ups).map(|line_up| {
                standing(line_up, Some(scenario), &of(studies, line_up, Some(scenario)), budget_seconds)
            }),
        );
    }
    standings
}

/// Line-ups against each other: each with each while they are few; otherwise each with the plan, or with the first. The intervals
/// are so wide that all verdicts together are right with the usual confidence (Bonferroni).
#[must_use]
pub fn comparisons(line_ups: &[LineUpSummary], studies: &[ArenaStudy]) -> Vec<LineUpComparison> {
    let pairs: Vec<(usize, usize)> = if line_ups.len() <= COMPARED_WITH_EACH {
        (0..line_ups.len()).flat_map(|first| (first + 1..line_ups.len()).map(move |second| (first, second))).collect()
    } else {
        let reference = line_ups.iter().position(|line_up| line_up.name == PLAN).unwrap_or(0);
        (0..line_ups.len()).filter(|first| *first != reference).map(|first| (first, reference)).collect()
    };
    #[expect(clippy::cast_precision_loss, reason = "a handful of line-ups")]
    let level = 1.0 - (1.0 - LEVEL) / pairs.len().max(1) as f64;
    pairs.into_iter().map(|(first, second)| compare(studies, first, second, level)).collect()
}

/// Two line-ups on the scenarios and seeds that both have.
fn compare(studies: &[ArenaStudy], first: usize, second: usize, level: f64) -> LineUpComparison {
    let groups: Vec<Vec<(&ArenaStudy, &ArenaStudy)>> = scenarios(studies)
        .into_iter()
        .map(|scenario| {
            let rivals = of(studies, second, Some(scenario));
            of(studies, first, Some(scenario))
                .into_iter()
                .filter_map(|ours| Some((ours, *rivals.iter().find(|theirs| theirs.seed == ours.seed)?)))
                .collect()
        })
        .collect();
    let difference = |value: &dyn Fn(&ArenaStudy) -> f64| -> Option<Estimate> {
        let differences: Vec<Vec<f64>> = groups
            .iter()
            .map(|pairs| pairs.iter().map(|(ours, theirs)| value(ours) - value(theirs)).collect())
            .collect();
        stratified_mean(&differences, level)
    };
    let regret = difference(&|study| study.regret);
    let pairs = groups.iter().map(Vec::len).sum();
    let same_picks = groups.iter().flatten().filter(|(ours, theirs)| ours.pick == theirs.pick).count();
    let verdict = match regret {
        _ if pairs > 0 && same_picks == pairs => Verdict::SamePicks,
        Some(_) if pairs < LEAST_PAIRS => Verdict::TooFew,
        Some(regret) if regret.interval.high < 0.0 => Verdict::FirstIsBetter,
        Some(regret) if regret.interval.low > 0.0 => Verdict::SecondIsBetter,
        Some(_) => Verdict::NoDifference,
        None => Verdict::TooFew,
    };
    LineUpComparison {
        first,
        second,
        pairs,
        same_picks,
        regret,
        requests: difference(&|study| count(study.requests)),
        reloads: difference(&|study| f64::from(study.reloads)),
        seconds: difference(&|study| study.seconds),
        verdict,
    }
}

fn standing(line_up: usize, scenario: Option<&str>, studies: &[&ArenaStudy], budget_seconds: f64) -> Standing {
    let spread = |value: &dyn Fn(&ArenaStudy) -> f64| spread(studies, value);
    let seconds = spread(&|study| study.seconds);
    let near: Vec<&ArenaStudy> = studies.iter().filter(|study| study.near.is_some()).copied().collect();
    let to_near = |value: &dyn Fn(Effort) -> f64| {
        (!near.is_empty()).then(|| self::spread(&near, &|study| study.near.map_or(0.0, value)))
    };
    let many = |what: &dyn Fn(&ArenaStudy) -> bool| studies.iter().filter(|study| what(study)).count();
    Standing {
        line_up,
        scenario: scenario.map(str::to_owned),
        studies: studies.len(),
        regret: spread(&|study| study.regret),
        quality: spread(&|study| study.quality),
        trials: spread(&|study| count(study.trials)),
        requests: spread(&|study| count(study.requests)),
        reloads: spread(&|study| f64::from(study.reloads)),
        near: near.len(),
        requests_to_near: to_near(&|effort| count(effort.requests)),
        reloads_to_near: to_near(&|effort| f64::from(effort.reloads)),
        seconds,
        budget_share: if budget_seconds > 0.0 { seconds.mean / budget_seconds } else { 0.0 },
        overruns: many(&|study| study.overrun),
        infeasible_picks: many(&|study| study.infeasible_pick),
        below_floor: many(&|study| study.below_floor && study.infeasible.is_none()),
        plugin_failures: many(&|study| !study.plugin_failures.is_empty()),
    }
}

/// Mean and interval are of scenarios of the same weight; the median is that of all studies.
fn spread(studies: &[&ArenaStudy], value: &dyn Fn(&ArenaStudy) -> f64) -> Spread {
    let mut names: Vec<&str> = studies.iter().map(|study| study.scenario.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let groups: Vec<Vec<f64>> = names
        .iter()
        .map(|name| studies.iter().filter(|study| study.scenario == *name).map(|study| value(study)).collect())
        .collect();
    let mut all: Vec<f64> = groups.concat();
    all.sort_by(f64::total_cmp);
    Spread {
        mean: mean(&groups.iter().map(|group| mean(group)).collect::<Vec<_>>()),
        interval: stratified_mean(&groups, LEVEL).map(|estimate| estimate.interval),
        median: median(&all),
        high: if all.is_empty() { 0.0 } else { quantile(&all, 0.95) },
        most: all.iter().copied().reduce(f64::max).unwrap_or(0.0),
    }
}

/// The scenarios that were played, in the order in which they were.
fn scenarios(studies: &[ArenaStudy]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for study in studies {
        if !names.contains(&study.scenario.as_str()) {
            names.push(&study.scenario);
        }
    }
    names
}

fn of<'a>(studies: &'a [ArenaStudy], line_up: usize, scenario: Option<&str>) -> Vec<&'a ArenaStudy> {
    let wanted = |study: &&ArenaStudy| study.line_up == line_up && scenario.is_none_or(|name| name == study.scenario);
    studies.iter().filter(wanted).collect()
}

#[expect(clippy::cast_precision_loss, reason = "some hundred requests")]
const fn count(value: usize) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{candidate::Candidate, study::Outcome};

    fn study(line_up: usize, scenario: &str, seed: u32, regret: f64) -> ArenaStudy {
        ArenaStudy {
            line_up,
            scenario: scenario.into(),
            seed: seed.into(),
            outcome: Outcome::Improved,
            pick: Candidate { temperature: regret, ..Candidate::default() },
            notes_per_minute: 1.0,
            quality: 1.0,
            regret,
            infeasible: None,
            infeasible_pick: false,
            below_floor: false,
            trials: 10,
            requests: 40 + line_up,
            reloads: 2,
            near: None,
            seconds: 100.0,
            overrun: false,
            plugin_failures: Vec::new(),
        }
    }

    /// Regrets of two line-ups on two scenarios that have little in common.
    fn studies(seeds: u32, gap: f64) -> Vec<ArenaStudy> {
        (1..=seeds)
            .flat_map(|seed| {
                let luck = (f64::from(seed) * 2.4).sin() * 0.01;
                [("a", 0.02), ("b", 0.4)].into_iter().flat_map(move |(scenario, base)| {
                    let own_luck = (f64::from(seed) * 1.7).cos() * 0.002;
                    let first = study(0, scenario, seed, base + luck);
                    [first, study(1, scenario, seed, base + luck + gap + own_luck)]
                })
            })
            .collect()
    }

    fn line_ups(names: &[&str]) -> Vec<LineUpSummary> {
        let line_up =
            |name: &&str| LineUpSummary { name: (*name).to_owned(), strategies: Vec::new(), selector: String::new() };
        names.iter().map(line_up).collect()
    }

    #[test]
    fn a_difference_is_found_where_there_is_one() {
        let names = line_ups(&["a", "b"]);
        let verdict = |seeds, gap| comparisons(&names, &studies(seeds, gap))[0].clone();
        let better = verdict(10, 0.013);
        assert_eq!((better.verdict, better.pairs), (Verdict::FirstIsBetter, 20));
        let regret = better.regret.unwrap();
        assert!((regret.value + 0.013).abs() < 0.001 && (regret.interval.level - 0.95).abs() < 1e-12, "{regret:?}");
        assert_eq!(verdict(10, -0.013).verdict, Verdict::SecondIsBetter);
        assert_eq!(verdict(10, 0.0).verdict, Verdict::NoDifference);
        assert_eq!(verdict(2, 0.2).verdict, Verdict::TooFew);
        assert_eq!(verdict(1, 0.2).regret, None);
        assert!((better.requests.unwrap().value + 1.0).abs() < 1e-12);
    }

    #[test]
    fn line_ups_that_pick_the_same_are_said_to() {
        let mut both = studies(10, 0.0);
        let firsts: Vec<ArenaStudy> = both.iter().filter(|study| study.line_up == 0).cloned().collect();
        both.retain(|study| study.line_up == 0);
        both.extend(firsts.into_iter().map(|study| ArenaStudy { line_up: 1, ..study }));
        assert_eq!(comparisons(&line_ups(&["a", "b"]), &both)[0].verdict, Verdict::SamePicks);
    }

    #[test]
    fn many_are_compared_with_the_plan_and_less_easily() {
        let pairs = comparisons(&line_ups(&["a", "b", "plan", "c"]), &studies(3, 0.1));
        let named: Vec<_> = pairs.iter().map(|pair| (pair.first, pair.second)).collect();
        assert_eq!(named, [(0, 2), (1, 2), (3, 2)]);
        let three = comparisons(&line_ups(&["a", "b", "c"]), &studies(3, 0.1));
        let level = three[0].regret.unwrap().interval.level;
        assert!((level - (1.0 - 0.05 / 3.0)).abs() < 1e-12);
    }

    #[test]
    fn every_scenario_counts_the_same() {
        let mut some = studies(10, 0.0);
        some.retain(|study| study.scenario == "a" || study.seed <= 2);
        let standing = &overall(1, &some, 200.0)[0];
        assert!((standing.regret.mean - 0.21).abs() < 0.01, "{standing:?}");
        assert!((standing.budget_share - 0.5).abs() < 1e-12 && standing.studies == 12);
        let of_scenarios = by_scenario(2, &some, 200.0);
        assert_eq!(of_scenarios.len(), 4);
        assert!(of_scenarios[2].regret.mean > 0.38 && of_scenarios[0].regret.median < 0.04);
    }
}
