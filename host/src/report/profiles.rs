//! The pages of `ralf-tune profile`.

use crate::model::{candidate::Candidate, profile::Profile, space::Parameter};

use super::{
    page::{Page, shortened},
    panels::profiles::meaning,
    style::Style,
    table::{Cell, Table},
    units::{bytes, fixed, percent, plain, rate},
};

/// Columns of a model's name at most.
const NAME_COLUMNS: usize = 24;

/// All that are kept.
#[must_use]
pub fn list(profiles: &[Profile], width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading("Profiles");
    if profiles.is_empty() {
        page.paragraph(
            Style::Plain,
            "None is kept yet: every `ralf-tune run` makes three, fast, balanced and quality.",
        );
        return page.finish();
    }
    let mut table = Table::new().left("profile").left("model").right("notes/min").right("quality").prose("speed");
    for profile in profiles {
        let number = |value: Option<f64>, show: &dyn Fn(f64) -> String| value.map_or_else(|| "-".to_owned(), show);
        let simulated = if profile.place.simulated { " (simulated)" } else { "" };
        table.row([
            Cell::new(Style::Name, profile.name.as_str()),
            Cell::plain(shortened(&profile.tuned.model_name, NAME_COLUMNS)),
            Cell::plain(number(profile.notes_per_minute.map(|speed| speed.value), &rate)),
            Cell::plain(number(profile.quality.map(|quality| quality.value), &|value| fixed(value, 2))),
            Cell::plain(format!("{}{simulated}", meaning(profile.standing))),
        ]);
    }
    page.table(&table);
    page.finish()
}

/// One of them, with everything that is known of it.
#[must_use]
pub fn show(profile: &Profile, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading(&format!("Profile {} of {}", profile.name, profile.tuned.model_name));
    let settings = Parameter::ALL
        .into_iter()
        .map(|setting| (setting.name(), Cell::plain(plain(profile.tuned.candidate.get(setting)))));
    page.facts(settings);
    page.heading("Where it comes from");
    let unknown = || Cell::new(Style::Dim, "unknown");
    let from = match (&profile.study, &profile.selector) {
        (None, _) => "your configuration".to_owned(),
        (Some(study), None) => format!("study {study}"),
        (Some(study), Some(selector)) => format!("study {study}, by the selector {selector}"),
    };
    let mut facts = vec![("from", Cell::plain(from)), ("date", Cell::plain(&profile.tuned.benchmark_date))];
    let speed = profile.notes_per_minute.map(|speed| {
        let interval = speed.interval;
        format!(
            "{}, {} to {} ({})",
            rate(speed.value),
            rate(interval.low),
            rate(interval.high),
            meaning(profile.standing)
        )
    });
    facts.push(("notes a minute", speed.map_or_else(unknown, Cell::plain)));
    let quality = profile.quality.map(|quality| fixed(quality.value, 2));
    facts.push(("quality", quality.map_or_else(unknown, Cell::plain)));
    facts.push(("source read", profile.source_share.map_or_else(unknown, |share| Cell::plain(percent(share)))));
    if profile.study.is_some() {
        facts.push(("confidence", Cell::plain(format!("{} %", fixed(profile.tuned.confidence.percent, 0)))));
    }
    page.facts(facts);
    page.heading("What it was found on");
    let place = &profile.place;
    let text = |value: Option<String>| value.map_or_else(unknown, Cell::plain);
    let hardware = place.cpu_model.clone().map(|cpu| {
        let memory = place.total_memory_bytes.map(|size| format!(", {}", bytes(size))).unwrap_or_default();
        std::iter::once(format!("{cpu}{memory}")).chain(place.gpus.clone()).collect::<Vec<_>>().join(", ")
    });
    page.facts([
        ("model digest", text(place.model_digest.clone())),
        ("server version", text(place.server_version.clone())),
        ("hardware", text(hardware.or_else(|| place.remote_host.clone()))),
        ("usable threads", text(place.usable_threads.map(|threads| threads.to_string()))),
    ]);
    page.finish()
}

/// The settings in which two differ; `names` say whose they are.
#[must_use]
pub fn differences(a: &Candidate, b: &Candidate, names: (&str, &str), width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    let settings = a.differences(b);
    page.heading(&format!("{} against {}", names.0, names.1));
    if settings.is_empty() {
        page.paragraph(Style::Plain, "They are the same.");
        return page.finish();
    }
    let mut table = Table::new().left("setting").right(names.0).right(names.1);
    for setting in settings {
        table.row([
            Cell::new(Style::Name, setting.name()),
            Cell::plain(plain(a.get(setting))),
            Cell::plain(plain(b.get(setting))),
        ]);
    }
    page.table(&table);
    page.finish()
}
