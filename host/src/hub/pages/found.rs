//! What is known of a model on a machine: the recommendation, the distribution, who else measured, and the packs.

use std::fmt::Write as _;

use super::{
    form::{Wanted, form, shown},
    frame, words,
};
use crate::{
    hub::{FEWEST_KEYS, Hub, Problem, advise, api, near, request::Answer, store::ClassRow},
    model::hub::{AskHub, MeasuredClass},
    report::{
        figures::{
            Figure,
            plot::{Axis, Mark, Plot, Tone},
        },
        html::parts,
        page::Page,
        style::Style,
        table::{Cell, Table},
        units::{count, decimals, fixed},
    },
    stats::summary::{quantile, sorted},
};

/// Classes in the table.
const MOST_CLASSES: i64 = 500;
const MOST_SHOWN: usize = 40;

/// Votes of a distribution.
const MOST_VOTES: i64 = 512;

/// Bars of a distribution.
const MOST_BARS: usize = 16;

/// The page.
pub(super) async fn page(hub: &Hub, wanted: &Wanted, models: &[(String, i64)]) -> Result<Answer, Problem> {
    let title = format!("{} on {}", shown(&wanted.model), words::machine(&wanted.hardware));
    let mut classes = match hub.store().model(Some(&wanted.model), None).await? {
        Some(model) => hub.store().classes(Some(model), FEWEST_KEYS, MOST_CLASSES).await?,
        None => Vec::new(),
    };
    classes.sort_by_cached_key(|class| near::rank(class, &wanted.hardware));
    let mut out = String::new();
    let _ = write!(out, "<div class=\"answer\">\n{}</div>\n", answer(hub, wanted, &title).await?);
    out.push_str(&form(models, Some(wanted)));
    if let Some(nearest) = classes.first() {
        out.push_str("<section>\n<h2>How fast others are</h2>\n");
        match distribution(hub, nearest).await? {
            Some(figure) => out.push_str(&parts::figure(&figure)),
            None => out.push_str("<p>Too few have measured there for a figure.</p>\n"),
        }
        out.push_str("</section>\n");
    }
    out.push_str(&parts::blocks(&Page::record(|page| who(page, &classes)), 2));
    let address = url::form_urlencoded::byte_serialize(wanted.model.as_bytes()).collect::<String>();
    let _ = write!(
        out,
        "<section>\n<h2>Download</h2>\n<p><a href=\"/api/v1/packs?model={address}\">Packs of this model as JSON</a>, and \
         <a href=\"/api/v1/classes?model={address}\">the table above as JSON</a>. With the program: \
         <code>ralf-tune share pull --hub ADDRESS --model {}</code>.</p>\n</section>\n",
        parts::text(&wanted.model)
    );
    Ok(frame::page(200, &title, &out))
}

/// What to set, and what to expect of it.
async fn answer(hub: &Hub, wanted: &Wanted, title: &str) -> Result<String, Problem> {
    let ask = AskHub {
        hardware: wanted.hardware.clone(),
        model: advise::model(hub, &wanted.model).await?,
        server_version: None,
        workload: wanted.workload.clone(),
    };
    let advice = match advise::advise(hub, &ask).await {
        Err(Problem::Unmeasured) => None,
        other => Some(other?),
    };
    let blocks = Page::record(|page| {
        page.heading(title);
        match &advice {
            Some(advice) => advise::write(page, advice),
            None => {
                page.paragraph(
                    Style::Plain,
                    "Nobody has measured anything near that here. Be the first: ralf-tune run",
                );
            }
        }
    });
    Ok(parts::blocks(&blocks, 1))
}

/// Notes a minute of one class as bars.
async fn distribution(hub: &Hub, class: &ClassRow) -> Result<Option<Figure>, Problem> {
    let speeds = sorted(&hub.store().speeds(class.id, MOST_VOTES).await?);
    let (Some(low), Some(high)) = (speeds.first().copied(), speeds.last().copied()) else { return Ok(None) };
    if speeds.len() < 2 || high <= low {
        return Ok(None);
    }
    let middle = quantile(&speeds, 0.5);
    let (quarter, three) = (quantile(&speeds, 0.25), quantile(&speeds, 0.75));
    let bars = bars(&speeds, low, high);
    let most = bars.iter().map(|bar| bar.keys).max().unwrap_or(1);
    let digits = decimals(high);
    let mut data = Table::new().right("from, notes a minute").right("to").right("keys");
    let mut marks = Vec::new();
    for bar in &bars {
        let keys = whole(bar.keys);
        // A gap between bars, so that each is one.
        let gap = (bar.to - bar.from) * 0.06;
        marks.push(Mark::Bar { from: (bar.from + gap, 0.0), to: (bar.to - gap, keys), tone: Tone::Decode });
        data.row([
            Cell::plain(fixed(bar.from, digits)),
            Cell::plain(fixed(bar.to, digits)),
            Cell::plain(bar.keys.to_string()),
        ]);
    }
    marks.push(Mark::Border { x: middle, tone: Tone::Tuned });
    marks.push(Mark::Label { at: (middle, whole(most)), text: format!("median {}", fixed(middle, digits)) });
    let machine = serde_json::from_str(&class.hardware).map_or_else(|_| String::new(), |own| words::machine(&own));
    let margin = (high - low) * 0.06;
    let says = format!(
        "{} on {machine}, {}: half of {} are between {} and {} notes a minute with their best settings.",
        shown(&class.model),
        class.workload,
        count(speeds.len(), "key"),
        fixed(quarter, digits),
        fixed(three, digits)
    );
    let x =
        Axis { label: "notes a minute".to_owned(), low: (low - margin).max(0.0), high: high + margin, is_whole: false };
    let plot = Plot {
        x,
        y: Axis::from_zero("keys", [whole(most) * 1.15]).whole(),
        marks,
        key: vec![(Tone::Decode, "keys with that speed".to_owned()), (Tone::Tuned, "median".to_owned())],
    };
    Ok(Some(Figure { id: "distribution", title: "Notes a minute on the nearest class of machines", says, plot, data }))
}

struct Bar {
    from: f64,
    to: f64,
    keys: usize,
}

/// Bars of equal width: as many as the root of the number of values, within reason.
fn bars(sorted: &[f64], low: f64, high: f64) -> Vec<Bar> {
    let wanted = (2..MOST_BARS).find(|bars| bars * bars >= sorted.len()).unwrap_or(MOST_BARS);
    let width = (high - low) / whole(wanted);
    let edge = |index: usize| if index == wanted { high } else { whole(index).mul_add(width, low) };
    (0..wanted)
        .map(|index| {
            let (from, to) = (edge(index), edge(index + 1));
            let is_last = index + 1 == wanted;
            let keys = sorted.iter().filter(|value| **value >= from && (**value < to || is_last)).count();
            Bar { from, to, keys }
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "hundreds at most")]
const fn whole(value: usize) -> f64 {
    value as f64
}

/// Who else measured: classes.
fn who(page: &mut Page, classes: &[ClassRow]) {
    page.heading("Who else measured");
    let measured: Vec<MeasuredClass> = classes.iter().take(MOST_SHOWN).cloned().filter_map(api::measured).collect();
    if measured.is_empty() {
        page.paragraph(
            Style::Plain,
            &format!("No class of machines and batches has {FEWEST_KEYS} keys yet: a class of fewer is not listed."),
        );
        return;
    }
    page.paragraph(
        Style::Plain,
        &format!(
            "Classes of machines and batches, the nearest to yours first. A key stands for one who measured, and for nobody's name: a class of fewer than {FEWEST_KEYS} is not listed."
        ),
    );
    let mut table = Table::new().prose("machines").prose("batches").right("keys");
    for class in &measured {
        table.row([
            Cell::plain(words::machine(&class.hardware)),
            Cell::plain(&class.workload),
            Cell::plain(class.keys.to_string()),
        ]);
    }
    page.table(&table);
    if classes.len() > measured.len() {
        page.paragraph(Style::Dim, &format!("And {} more.", classes.len() - measured.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_one_bar() {
        let values: Vec<f64> = (0..100).map(|value| f64::from(value * value)).collect();
        let bars = bars(&values, 0.0, 99.0 * 99.0);
        assert_eq!(bars.len(), 10);
        assert_eq!(bars.iter().map(|bar| bar.keys).sum::<usize>(), 100);
        assert!(bars.iter().zip(bars.iter().skip(1)).all(|(one, next)| (one.to - next.from).abs() < 1e-9));
    }
}
