//! The page of `ralf-tune arena`: how line-ups stand, and who is better than whom.

use crate::model::{
    arena::{ArenaReport, LineUpComparison, Part, Spread, Standing, Verdict},
    metric::Estimate,
};

use super::{
    page::Page,
    style::Style,
    table::{Cell, Table},
    units::{ColumnUnit, count, duration, fixed, plain, rate},
};

/// The page of an arena.
#[must_use]
pub fn render(report: &ArenaReport, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading(&format!("Arena: {}, {} a study", report.intensity, duration(report.budget_seconds)));
    let (scenarios, seeds) = (count(report.scenarios.len(), "scenario"), count(report.seeds.len(), "seed"));
    page.paragraph(
        Style::Plain,
        &format!("{scenarios}, {seeds}, {} on the virtual clock.", studies(report.studies.len())),
    );
    if report.interrupted {
        page.paragraph(Style::Warning, "Interrupted: only what was done until then is counted.");
    }
    if report.studies.is_empty() {
        return page.finish();
    }
    page.blank();
    members(&mut page, report);
    page.heading("Regret, in points: hundredths of the best speed not reached");
    page.table(&regret(report));
    page.heading("What a study took, on average");
    page.table(&effort(report));
    if report.scenarios.len() > 1 {
        page.heading("Regret by scenario");
        page.table(&by_scenario(report));
    }
    for part in &report.parts {
        page.heading(&format!("The {} half: {}", part.name, count(part.scenarios.len(), "surface")));
        page.table(&part_standings(report, part));
    }
    verdicts(&mut page, report);
    failures(&mut page, report);
    page.finish()
}

fn studies(number: usize) -> String {
    if number == 1 { "1 study".to_owned() } else { format!("{number} studies") }
}

/// Who is behind a name.
fn members(page: &mut Page, report: &ArenaReport) {
    let mut table = Table::new().left("").left("line-up").prose("strategies").left("selector");
    for (index, line_up) in report.line_ups.iter().enumerate() {
        let strategies = if line_up.strategies.is_empty() { "none".into() } else { line_up.strategies.join(", ") };
        table.row([
            Cell::new(Style::Dim, letter(index)),
            Cell::new(Style::Name, &line_up.name),
            Cell::plain(strategies),
            Cell::plain(&line_up.selector),
        ]);
    }
    page.table(&table);
}

fn name(report: &ArenaReport, line_up: usize) -> &str {
    report.line_ups.get(line_up).map_or("", |line_up| line_up.name.as_str())
}

fn regret(report: &ArenaReport) -> Table {
    let mut table = Table::new()
        .prose("line-up")
        .right("mean")
        .left("95 % interval")
        .right("median")
        .right("95th")
        .right("worst")
        .right("quality")
        .right("poor")
        .right("unfit");
    for standing in &report.standings {
        let regret = &standing.regret;
        table.row([
            Cell::new(Style::Name, name(report, standing.line_up)),
            Cell::new(Style::Strong, points(regret.mean)),
            Cell::plain(interval(regret)),
            Cell::plain(points(regret.median)),
            Cell::plain(points(regret.high)),
            Cell::plain(points(regret.most)),
            Cell::plain(fixed(standing.quality.mean, 2)),
            number(standing.below_floor),
            number(standing.infeasible_picks),
        ]);
    }
    table
}

fn effort(report: &ArenaReport) -> Table {
    let unit = ColumnUnit::of_seconds(report.standings.iter().map(|standing| standing.seconds.mean));
    let mut table = Table::new()
        .prose("line-up")
        .right("trials")
        .right("requests")
        .right("reloads")
        .right(unit.name)
        .right("budget")
        .right("late")
        .right("failed");
    for standing in &report.standings {
        table.row([
            Cell::new(Style::Name, name(report, standing.line_up)),
            Cell::plain(fixed(standing.trials.mean, 1)),
            Cell::plain(fixed(standing.requests.mean, 1)),
            Cell::plain(fixed(standing.reloads.mean, 1)),
            Cell::plain(unit.show(standing.seconds.mean)),
            Cell::plain(format!("{} %", fixed(standing.budget_share * 100.0, 0))),
            number(standing.overruns),
            number(standing.plugin_failures),
        ]);
    }
    table
}

/// Regret and effort on some of the scenarios; `to 5 %` is what it took to get there, of the studies that did.
fn part_standings(report: &ArenaReport, part: &Part) -> Table {
    let mut table = Table::new()
        .prose("line-up")
        .right("mean")
        .right("95th")
        .right("worst")
        .right("requests")
        .right("reloads")
        .right("near")
        .right("to 5 %")
        .right("loads")
        .right("late");
    for standing in &part.standings {
        let regret = &standing.regret;
        let mean = |spread: Option<Spread>| spread.map_or_else(String::new, |spread| fixed(spread.mean, 1));
        table.row([
            Cell::new(Style::Name, name(report, standing.line_up)),
            Cell::new(Style::Strong, points(regret.mean)),
            Cell::plain(points(regret.high)),
            Cell::plain(points(regret.most)),
            Cell::plain(fixed(standing.requests.mean, 1)),
            Cell::plain(fixed(standing.reloads.mean, 1)),
            Cell::plain(format!("{} of {}", standing.near, standing.studies)),
            Cell::plain(mean(standing.requests_to_near)),
            Cell::plain(mean(standing.reloads_to_near)),
            number(standing.overruns),
        ]);
    }
    table
}

/// Line-ups are letters here: seven names do not fit beside each other.
fn by_scenario(report: &ArenaReport) -> Table {
    let mut table = Table::new().left("scenario").right("best notes/min");
    for index in 0..report.line_ups.len() {
        table = table.right(&letter(index));
    }
    let regret = |line_up: usize, scenario: &str| {
        let of = |standing: &&Standing| standing.line_up == line_up && standing.scenario.as_deref() == Some(scenario);
        Cell::plain(report.by_scenario.iter().find(of).map_or_else(String::new, |found| points(found.regret.mean)))
    };
    for scenario in &report.scenarios {
        let best = [Cell::plain(&scenario.name), Cell::new(Style::Dim, rate(scenario.notes_per_minute))];
        let regrets = (0..report.line_ups.len()).map(|line_up| regret(line_up, &scenario.name));
        table.row(best.into_iter().chain(regrets));
    }
    table
}

/// A, B … Z, then numbers.
fn letter(index: usize) -> String {
    u8::try_from(index)
        .ok()
        .filter(|index| *index < 26)
        .map_or_else(|| (index + 1).to_string(), |index| char::from(b'A' + index).to_string())
}

fn verdicts(page: &mut Page, report: &ArenaReport) {
    let Some(level) = report.comparisons.iter().find_map(|comparison| Some(comparison.regret?.interval.level)) else {
        if !report.comparisons.is_empty() {
            page.heading("Who is better");
            page.paragraph(Style::Plain, "One seed cannot show it; give more --seeds.");
        }
        return;
    };
    page.heading("Who is better");
    for comparison in &report.comparisons {
        page.bullet(&verdict(report, comparison));
        if let Some(effort) = effort_difference(report, comparison) {
            page.hanging(Style::Plain, "  ", Style::Dim, &effort);
        }
    }
    let level = plain((level * 1000.0).round() / 10.0);
    let meaning = match report.comparisons.len() {
        1 => format!("Pairs are studies on the same scenario with the same seed; the interval is one of {level} %."),
        _ => format!(
            "Pairs are studies on the same scenario with the same seed; intervals are those of {level} %, so that all verdicts \
             together are right with 95 %."
        ),
    };
    page.blank();
    page.paragraph(Style::Dim, &meaning);
}

/// One sentence that says who is better, by how much, and how sure that is.
fn verdict(report: &ArenaReport, comparison: &LineUpComparison) -> String {
    let (first, second) = (name(report, comparison.first), name(report, comparison.second));
    let by = |better: &str, worse: &str, sign: f64| match comparison.regret {
        Some(regret) => format!("{better} is better than {worse} by {}", difference(regret, sign)),
        None => format!("{better} is better than {worse}"),
    };
    let same = match comparison.same_picks {
        0 => String::new(),
        same => format!("; {same} of {} picks are the same", comparison.pairs),
    };
    match comparison.verdict {
        Verdict::FirstIsBetter => by(first, second, -1.0) + &same,
        Verdict::SecondIsBetter => by(second, first, 1.0) + &same,
        Verdict::NoDifference if comparison.regret.is_some_and(is_nothing) => {
            format!("{first} and {second} have the same regret in every study{same}")
        }
        Verdict::NoDifference => {
            let found = comparison.regret.map_or_else(String::new, |regret| format!(": {}", difference(regret, 1.0)));
            format!("{first} and {second}: no difference that these seeds can show{found}{same}")
        }
        Verdict::SamePicks => format!("{first} and {second} pick the same in every study"),
        Verdict::TooFew => {
            format!("{first} and {second}: {} cannot show a difference; give more --seeds", pairs(comparison.pairs))
        }
    }
}

fn pairs(number: usize) -> String {
    if number == 1 { "1 pair of studies".to_owned() } else { format!("{number} pairs of studies") }
}

/// No difference, and no doubt about it.
fn is_nothing(estimate: Estimate) -> bool {
    [estimate.value, estimate.interval.low, estimate.interval.high].iter().all(|value| value.abs() < 1e-9)
}

/// What the first took more or less than the second, where that is more than luck.
fn effort_difference(report: &ArenaReport, comparison: &LineUpComparison) -> Option<String> {
    let certain = |estimate: Option<Estimate>, what: &str, decimals: usize| {
        let estimate = estimate.filter(|estimate| estimate.interval.low > 0.0 || estimate.interval.high < 0.0)?;
        let more = if estimate.value > 0.0 { "more" } else { "fewer" };
        Some(format!("{} {more} {what}", fixed(estimate.value.abs(), decimals)))
    };
    let found: Vec<String> = [
        certain(comparison.requests, "requests", 1),
        certain(comparison.reloads, "reloads", 1),
        certain(comparison.seconds, "seconds", 0),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!found.is_empty()).then(|| format!("{} takes {}", name(report, comparison.first), found.join(", ")))
}

fn failures(page: &mut Page, report: &ArenaReport) {
    let mut said: Vec<(usize, &str, usize)> = Vec::new();
    for study in &report.studies {
        for failure in &study.plugin_failures {
            match said.iter_mut().find(|(line_up, known, _)| *line_up == study.line_up && *known == failure) {
                Some((_, _, times)) => *times += 1,
                None => said.push((study.line_up, failure, 1)),
            }
        }
    }
    if said.is_empty() {
        return;
    }
    page.heading("Plugins that failed");
    for (line_up, failure, times) in said.iter().take(MOST_FAILURES) {
        let times = if *times == 1 { "once".to_owned() } else { format!("{times} times") };
        page.bullet(&format!("{}, {times}: {failure}", name(report, *line_up)));
    }
    if said.len() > MOST_FAILURES {
        page.bullet(&format!("and {} others; --format json has all", said.len() - MOST_FAILURES));
    }
}

/// Kinds of failure that are shown.
const MOST_FAILURES: usize = 8;

/// A share in hundredths, without a minus before nothing.
fn points(share: f64) -> String {
    let text = fixed(share * 100.0, 1);
    if text == "-0.0" { "0.0".to_owned() } else { text }
}

fn interval(spread: &Spread) -> String {
    spread
        .interval
        .map_or_else(String::new, |interval| format!("{} to {}", points(interval.low), points(interval.high)))
}

/// A difference of regrets with its interval, turned over for a `sign` of -1.
fn difference(regret: Estimate, sign: f64) -> String {
    let (low, high) = if sign < 0.0 {
        (-regret.interval.high, -regret.interval.low)
    } else {
        (regret.interval.low, regret.interval.high)
    };
    format!("{} points [{}, {}]", points(sign * regret.value), points(low), points(high))
}

/// Something that should not happen, and stands out when it does.
fn number(times: usize) -> Cell {
    Cell::new(if times == 0 { Style::Dim } else { Style::Warning }, times.to_string())
}
