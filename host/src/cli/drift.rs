//! Whether clients still ask for what a study was tuned for.

use std::collections::BTreeMap;

use super::study;
use crate::{
    learning::drift::{Meant, drift},
    model::{
        exchange::{ExchangeRecord, StudyTraffic},
        learned::Drift,
        study::Study,
    },
};

/// What the requests since a study say of it; `None` where it did not keep what it was tuned for.
pub fn since(study: &Study, records: &[ExchangeRecord]) -> Option<Drift> {
    let meant = Meant::of(study)?;
    let after = study.workload.learned.as_ref().map_or(&study.started_at, |learned| &learned.to);
    Some(drift(records, &study.model.name, &meant, after))
}

/// The command that tunes for what clients ask for now.
pub fn mend(model: &str, drift: &Drift) -> Option<String> {
    let model = crate::model::clean::clean(model);
    matches!(drift, Drift::Other { .. }).then(|| format!("ralf-tune run --workload learned --model {model}"))
}

/// The same of the newest study of a model on a real server, where there is one.
pub fn of_newest(env: &BTreeMap<String, String>, model: &str, records: &[ExchangeRecord]) -> Option<StudyTraffic> {
    let (study, id) = study::last_of(env, model, false).ok().flatten()?;
    let drift = since(&study, records)?;
    let mend = mend(&study.model.name, &drift);
    Some(StudyTraffic { model: study.model.name, study: id.as_str().to_owned(), drift, mend })
}
