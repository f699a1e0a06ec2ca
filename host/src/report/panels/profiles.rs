//! The profiles: what other priorities would choose from the same measurements.

use crate::{
    model::{
        profile::{Standing, StudyProfile},
        study::Study,
    },
    report::{
        page::Page,
        style::Style,
        table::{Cell, Table},
        units::{ColumnUnit, fixed, percent, rate},
        view::{View, differences},
    },
};

pub(in crate::report) fn write(page: &mut Page, study: &Study) {
    let Some(first) = study.profiles.first() else { return };
    page.heading("Profiles");
    let names: Vec<&str> = study.profiles.iter().map(|profile| profile.name.as_str()).collect();
    if study.profiles.iter().all(|profile| profile.tuned.candidate.works_like(&first.tuned.candidate)) {
        let which = if first.standing == Standing::Present { "your present settings" } else { "these settings" };
        page.paragraph(Style::Plain, &format!("{}: all of them choose {which}.", names.join(", ")));
        return;
    }
    page.table(&table(study));
    page.paragraph(
        Style::Dim,
        "To take one: ralf-tune profile use NAME; to prove one against yours: ralf-tune verify.",
    );
}

fn table(study: &Study) -> Table {
    let recommended = View::new(study).tuned();
    let measured = |profile: &StudyProfile| study.candidates.iter().find(|one| one.id == profile.winner);
    let memory = ColumnUnit::of_bytes(study.profiles.iter().filter_map(|one| measured(one)?.peak_memory_bytes));
    let mut table = Table::new()
        .left("profile")
        .right("notes/min")
        .right("quality")
        .right("source")
        .right(memory.name)
        .prose(if recommended.is_some() { "differs from the tuned settings in" } else { "differs from yours in" });
    let missing = || Cell::new(Style::Dim, "-");
    for profile in &study.profiles {
        let Some(one) = measured(profile) else { continue };
        let own = &profile.tuned.candidate;
        let text = match (profile.standing, recommended) {
            (Standing::Present, _) => "your present settings".to_owned(),
            (_, Some(tuned)) if own.works_like(tuned) => "the tuned settings".to_owned(),
            (standing, tuned) => {
                format!("{}: {}", meaning(standing), differences(own, tuned.unwrap_or(&study.baseline)))
            }
        };
        table.row([
            Cell::new(Style::Name, &profile.name),
            one.notes_per_minute.map_or_else(missing, |speed| Cell::plain(rate(speed.value))),
            one.quality.map_or_else(missing, |quality| Cell::plain(fixed(quality.value, 2))),
            Cell::plain(percent(one.source_share)),
            one.peak_memory_bytes.map_or_else(missing, |bytes| Cell::plain(memory.show(bytes))),
            Cell::plain(text),
        ]);
    }
    table
}

/// How far the speed of settings is known, in words.
pub(in crate::report) const fn meaning(standing: Standing) -> &'static str {
    match standing {
        Standing::Present => "present settings",
        Standing::Proven => "proven faster",
        Standing::Estimated => "estimated, not compared",
        Standing::OwnWord => "not measured",
    }
}
