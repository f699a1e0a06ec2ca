//! The page of `ralf-tune arena --calibration`: what studies promise, beside what is true.

use crate::model::calibration::{Aim, CalibrationReport, Figure, FigureUnit, ReliabilityBin};

use super::{
    page::Page,
    style::Style,
    table::{Cell, Table},
    units::{count, duration, fixed, grouped, plain},
};

/// The page of a calibration.
#[must_use]
pub fn render(report: &CalibrationReport, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading(&format!("Calibration: {}", report.intensity));
    let (machines, seeds) = (count(report.machines, "machine"), count(report.seeds, "seed"));
    #[expect(clippy::cast_precision_loss, reason = "some thousand studies")]
    let studies = grouped(report.studies.len() as f64);
    page.paragraph(
        Style::Plain,
        &format!(
            "{machines}, {seeds}, {studies} studies on the virtual clock. Rules are three repeats of one prompt, thresholds and no comparison."
        ),
    );
    if report.interrupted {
        page.paragraph(Style::Warning, "Interrupted: only what was done until then is counted.");
    }
    if report.studies.is_empty() {
        return page.finish();
    }
    page.table(&figures(&report.figures));
    reliability(&mut page, "Confidence of studies", &report.reliability);
    let (shift, scale) = report.correction;
    page.paragraph(
        Style::Dim,
        &format!(
            "Of every second machine. The others would correct the log-odds of what is stated to {} + {} times themselves.",
            fixed(shift, 2),
            fixed(scale, 2)
        ),
    );
    reliability(&mut page, "Confidence of the rules", &report.rules_reliability);
    page.finish()
}

fn figures(figures: &[Figure]) -> Table {
    let mut table = Table::new().prose("").left("aim").right("studies").left("").right("of").right("rules");
    for figure in figures {
        let is_met = figure.aim.zip(figure.ours).map(|(aim, ours)| aim.is_met_by(ours.value));
        let (mark, style) = match is_met {
            None => ("", Style::Plain),
            Some(true) => ("met", Style::Good),
            Some(false) => ("missed", Style::Warning),
        };
        table.row([
            Cell::plain(&figure.what),
            Cell::plain(figure.aim.map_or_else(String::new, |aim| aim_text(aim, figure.unit))),
            Cell::new(style, figure.ours.map_or_else(String::new, |ours| number(ours.value, figure.unit))),
            Cell::new(style, mark),
            Cell::new(Style::Dim, figure.ours.map_or_else(String::new, |ours| ours.count.to_string())),
            Cell::plain(figure.rules.map_or_else(String::new, |rules| number(rules.value, figure.unit))),
        ]);
    }
    table
}

fn aim_text(aim: Aim, unit: FigureUnit) -> String {
    let bare = |value: f64| if unit == FigureUnit::Share { fixed(value * 100.0, 0) } else { plain(value) };
    let with_unit = |value: f64| match unit {
        FigureUnit::Share => format!("{} %", bare(value)),
        FigureUnit::Seconds => format!("{} s", bare(value)),
        FigureUnit::Number => bare(value),
    };
    match aim {
        Aim::AtMost(most) if most <= 0.0 => "none".into(),
        Aim::AtMost(most) => format!("≤ {}", with_unit(most)),
        Aim::AtLeast(least) => format!("≥ {}", with_unit(least)),
        Aim::Between(low, high) => format!("{} to {}", bare(low), with_unit(high)),
    }
}

fn number(value: f64, unit: FigureUnit) -> String {
    match unit {
        FigureUnit::Share => format!("{} %", fixed(value * 100.0, 1)),
        FigureUnit::Seconds if value < 60.0 => format!("{} s", fixed(value, 1)),
        FigureUnit::Seconds => duration(value),
        FigureUnit::Number if value < 10.0 => fixed(value, 3),
        FigureUnit::Number => fixed(value, 0),
    }
}

fn reliability(page: &mut Page, title: &str, bins: &[ReliabilityBin]) {
    if bins.is_empty() {
        return;
    }
    page.heading(title);
    let mut table = Table::new().left("stated").right("studies").right("mean").right("came true").left("interval");
    let points = |share: f64| fixed(share * 100.0, 0);
    for bin in bins {
        let inside = (bin.interval.low..=bin.interval.high).contains(&bin.stated);
        table.row([
            Cell::plain(format!("{} to {} %", points(bin.low), points(bin.high))),
            Cell::plain(bin.count.to_string()),
            Cell::plain(format!("{} %", points(bin.stated))),
            Cell::new(if inside { Style::Good } else { Style::Warning }, format!("{} %", points(bin.came_true))),
            Cell::new(Style::Dim, format!("{} to {} %", points(bin.interval.low), points(bin.interval.high))),
        ]);
    }
    page.table(&table);
}
