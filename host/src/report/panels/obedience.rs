//! Which settings the server obeyed, when not all is as asked.

use crate::{
    model::{obedience::Obeyed, study::Study},
    report::{
        page::Page,
        style::Style,
        table::{Cell, Table},
    },
};

pub(in crate::report) fn write(page: &mut Page, study: &Study) {
    let remarkable = study.obedience.iter().any(|one| one.state == Obeyed::Ignored || one.notable);
    if !remarkable {
        return;
    }
    page.heading("What the server obeyed");
    let mut table = Table::new().left("").left("").prose("");
    let shown = study.obedience.iter().filter(|one| one.state != Obeyed::NoEvidence || one.notable);
    for one in shown {
        let (style, word) = match one.state {
            Obeyed::Obeyed => (Style::Good, "obeyed"),
            Obeyed::Ignored => (Style::Warning, "not obeyed"),
            Obeyed::NoEvidence => (Style::Dim, "no effect"),
        };
        table.row([Cell::new(Style::Name, &one.setting), Cell::new(style, word), Cell::new(Style::Dim, &one.evidence)]);
    }
    page.table(&table);
    let unknown: Vec<&str> = study
        .obedience
        .iter()
        .filter(|one| one.state == Obeyed::NoEvidence && !one.notable)
        .map(|one| one.setting.as_str())
        .collect();
    if !unknown.is_empty() {
        page.paragraph(Style::Dim, &format!("No evidence for or against: {}.", unknown.join(", ")));
    }
}
