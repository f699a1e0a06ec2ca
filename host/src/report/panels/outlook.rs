//! What to expect of the whole batch: how long it takes, and what it may lose.

use crate::{
    model::study::Study,
    report::{
        page::Page,
        style::Style,
        units::{count, duration, fixed},
    },
};

/// Below this share a number of lost files is as good as none, and digits behind it would pretend to know.
const HARDLY_ANY: f64 = 0.005;

pub(in crate::report) fn write(page: &mut Page, study: &Study) {
    let Some(outlook) = &study.outlook else { return };
    let lost = outlook.expected_lost_files;
    let lost =
        if lost < HARDLY_ANY { "less than 0.01".to_owned() } else { fixed(lost, if lost < 0.1 { 2 } else { 1 }) };
    page.heading("Your batch");
    page.paragraph(
        Style::Plain,
        &format!(
            "{} in about {} ({} to {}); expected lost files {lost} in {}; P(ends unattended without a lost file) {} %.",
            count(outlook.files, "file"),
            duration(60.0 * outlook.expected_minutes),
            duration(60.0 * outlook.interval.low),
            duration(60.0 * outlook.interval.high),
            outlook.files,
            certain(outlook.unattended_probability),
        ),
    );
    page.paragraph(
        Style::Dim,
        &format!(
            "From {}: {} failed, {} stalled or given up.",
            count(outlook.requests, "request"),
            outlook.failed_requests,
            outlook.stalled_requests,
        ),
    );
}

/// A probability in percent, with a digit, and never rounded up to certainty.
fn certain(probability: f64) -> String {
    fixed((probability * 1000.0).floor() / 10.0, 1)
}
