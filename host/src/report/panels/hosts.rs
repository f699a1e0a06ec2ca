//! The machines that shared a study: whether they are alike, and what each of them did.

use crate::{
    model::{
        fleet::{HostReport, Likeness},
        study::Study,
    },
    report::{
        page::Page,
        style::Style,
        table::{Cell, Table},
        units::duration,
    },
};

pub(in crate::report) fn write(page: &mut Page, study: &Study) {
    let Some(fleet) = &study.fleet else { return };
    page.heading("Hosts");
    let mut table = Table::new().left("host").left("is").right("requests").prose("how it compares");
    for host in &fleet.hosts {
        table.row([
            Cell::new(Style::Name, &host.name),
            Cell::new(style(host), standing(host)),
            Cell::plain(host.requests.to_string()),
            Cell::plain(verdict(host)),
        ]);
    }
    page.table(&table);
    let hosts = fleet.taking_part();
    page.paragraph(
        Style::Plain,
        &format!(
            "Trials were spread over {hosts} host{}; every speed is that of one of them. A batch that is dealt out to all of them is made that many times as fast.",
            if hosts == 1 { "" } else { "s" }
        ),
    );
}

fn style(host: &HostReport) -> Style {
    if host.lost_after_seconds.is_some() || !host.likeness.takes_part() { Style::Warning } else { Style::Plain }
}

const fn standing(host: &HostReport) -> &'static str {
    if host.lost_after_seconds.is_some() {
        return "lost";
    }
    match host.likeness {
        Likeness::Reference => "the reference",
        Likeness::Alike => "alike",
        Likeness::NotShown => "perhaps alike",
        Likeness::Unlike => "not alike",
        Likeness::OtherModel => "of another model",
        Likeness::Silent => "silent",
    }
}

fn verdict(host: &HostReport) -> String {
    match host.lost_after_seconds {
        Some(seconds) => format!("{}; it did not answer any more after {}", host.verdict, duration(seconds)),
        None => host.verdict.clone(),
    }
}
