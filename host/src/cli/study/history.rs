//! `ralf-tune study compare` and `ralf-tune study trend`.

use super::{
    args::{StudyCompareArgs, StudyTrendArgs},
    load_named, store,
};
use crate::{
    cli::{CommandResult, exit::ExitStatus, session, ui},
    model::machine::same_model,
    report,
    settings::Overrides,
};

/// Studies that a trend goes back to.
const MOST_STUDIES: usize = 30;

/// Shows what differs between two studies.
pub fn compare(args: &StudyCompareArgs) -> CommandResult {
    let (_, env) = session::settings(&Overrides::default())?;
    let (first, second) = (load_named(&env, &args.first)?, load_named(&env, &args.second)?);
    // The earlier one first, however they were typed.
    let (a, b) = if first.0.started_at <= second.0.started_at { (first, second) } else { (second, first) };
    let page = report::history::compare((&a.1, &a.0), (&b.1, &b.0), ui::stdout_width(), ui::stdout_colour());
    ui::data(&page)?;
    Ok(ExitStatus::Done)
}

/// Shows how the speed of a model went over time.
pub fn trend(args: &StudyTrendArgs) -> CommandResult {
    let (_, env) = session::settings(&Overrides::default())?;
    let store = store(&env)?;
    // The speed of another machine is no change of this one's.
    let (kept, elsewhere): (Vec<_>, Vec<_>) = store.list()?.studies.into_iter().partition(|one| !one.imported);
    let model = match (&args.model, kept.first()) {
        (Some(model), _) => model.clone(),
        (None, Some(newest)) => newest.model.clone(),
        (None, None) => return Err(crate::store::StoreError::Empty.into()),
    };
    let mut studies = Vec::new();
    for one in kept.into_iter().filter(|one| same_model(&one.model, &model)).take(MOST_STUDIES) {
        let study = store.load(&one.id)?;
        studies.push((one.id, study));
    }
    ui::data(&report::history::trend(&model, &studies, ui::stdout_width(), ui::stdout_colour()))?;
    let left_out = elsewhere.iter().filter(|one| same_model(&one.model, &model)).count();
    if left_out > 0 {
        ui::message(&format!(
            "left out: {left_out} of it that were imported; ralf-tune study compare shows one beside another"
        ));
    }
    Ok(ExitStatus::Done)
}
