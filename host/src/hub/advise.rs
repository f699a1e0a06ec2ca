//! What the packs of a hub recommend: those of the nearest classes, a fair sample of each, so that an answer costs the same however many there are.

use super::{
    Hub, Problem, near,
    store::{ClassRow, StoreError},
};
use crate::{
    model::{
        hub::AskHub,
        pack::{PackedModel, SignedPack},
        recommendation::Recommendation,
        space::Parameter,
    },
    report::{
        page::Page,
        style::Style,
        table::Cell,
        units::{count, decimals, fixed, plain},
    },
    share::recommend::{Asked, Here, recommend},
};

/// Classes of the model, and of other models on such machines, that are looked at.
const MOST_CLASSES: usize = 8;
const MOST_OTHERS: usize = 4;

/// Classes that are ranked: those with most votes.
const MOST_RANKED: i64 = 2_000;

/// Votes of the nearest class; of the next half of that, and of those behind it a quarter: what is farther weighs less, and to read packs is what an answer costs.
const MOST_VOTES: [i64; 3] = [128, 64, 32];

/// The recommendation.
pub(super) async fn advise(hub: &Hub, ask: &AskHub) -> Result<Recommendation, Problem> {
    let packs = near(hub, ask).await?;
    let asked = Asked {
        hardware: ask.hardware.clone(),
        model: ask.model.clone(),
        server_version: ask.server_version.clone(),
        workload: ask.workload.clone(),
        here: Here::default(),
    };
    recommend(&asked, &packs).ok_or(Problem::Unmeasured)
}

/// The packs that are near.
async fn near(hub: &Hub, ask: &AskHub) -> Result<Vec<SignedPack>, StoreError> {
    let mut classes: Vec<ClassRow> = Vec::new();
    if let Some(model) = hub.store.model(ask.model.name.as_deref(), ask.model.digest.as_deref()).await? {
        let mut own = hub.store.classes(Some(model), 1, MOST_RANKED).await?;
        own.sort_by_cached_key(|class| near::rank(class, &ask.hardware));
        own.truncate(MOST_CLASSES);
        classes.extend(own);
    }
    if let Ok(hardware) = serde_json::to_string(&ask.hardware) {
        let of_others = hub.store.classes_of_hardware(&hardware, MOST_RANKED).await?;
        let known: Vec<i64> = classes.iter().map(|class| class.id).collect();
        classes.extend(of_others.into_iter().filter(|class| !known.contains(&class.id)).take(MOST_OTHERS));
    }
    let mut packs = Vec::new();
    let most = MOST_VOTES.into_iter().chain(std::iter::repeat(MOST_VOTES[2]));
    for (class, most) in classes.into_iter().zip(most) {
        let texts = hub.store.votes(class.id, most).await?;
        // What was kept was checked; what cannot be read is of another release.
        packs.extend(texts.iter().filter_map(|text| serde_json::from_str(text).ok()));
    }
    Ok(packs)
}

/// What the hub knows of a model that somebody names.
pub(super) async fn model(hub: &Hub, label: &str) -> Result<PackedModel, StoreError> {
    let unknown = PackedModel {
        digest: None,
        name: Some(label.to_owned()),
        family: None,
        parameters: None,
        quantization: None,
        trained_context: None,
        size_bytes: None,
    };
    let Some(model) = hub.store.model(Some(label), None).await? else { return Ok(unknown) };
    let page = hub.store.of_model(model, 0, 1).await?;
    let first: Option<SignedPack> = page.packs.first().and_then(|text| serde_json::from_str(text).ok());
    Ok(first.map_or(unknown, |signed| signed.pack.model))
}

/// For people.
pub(super) fn write(page: &mut Page, found: &Recommendation) {
    let speed = &found.notes_per_minute;
    let digits = decimals(speed.interval.high);
    let range = format!("{} and {}", fixed(speed.interval.low, digits), fixed(speed.interval.high, digits));
    page.paragraph(
        Style::Strong,
        &format!(
            "About {} notes a minute, between {range} on nineteen of twenty such machines.",
            fixed(speed.value, digits)
        ),
    );
    let behind = &found.behind;
    page.paragraph(
        Style::Plain,
        &format!(
            "{} by {} {} behind it, {} set aside as unlike the others. It is a place to begin: ralf-tune run proves it on your machine, or drops it.",
            count(behind.packs, "pack"),
            count(behind.keys, "key"),
            if behind.packs == 1 { "stands" } else { "stand" },
            behind.set_aside
        ),
    );
    let shown = [
        Parameter::MaxConcurrentRequests,
        Parameter::NumCtx,
        Parameter::NumPredict,
        Parameter::NumThread,
        Parameter::NumBatch,
        Parameter::ChunkSize,
        Parameter::MaxContentLength,
    ];
    let value = |parameter: Parameter| match (parameter, found.settings.get(parameter)) {
        (Parameter::NumThread | Parameter::NumBatch, 0.0) => "left to the server".to_owned(),
        (_, value) => plain(value),
    };
    page.facts(shown.map(|parameter| (parameter.name(), Cell::new(Style::Name, value(parameter)))));
    for what in &found.extrapolated {
        page.hanging(Style::Warning, "! ", Style::Plain, &format!("Not measured is {what}."));
    }
}
