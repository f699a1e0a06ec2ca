//! `ralf-tune study reselect`.

use std::sync::Arc;

use super::{args::StudyReselectArgs, load};
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, plan::prepare, session, ui},
    plugin::{parameters::Arguments, registry::Plugin},
    rehearsal::{
        record::Record,
        selector::{self, Source},
    },
    report,
    settings::{Format, Overrides},
};

/// Chooses again among the candidates of a kept study, with the selector that is meant and the bundled ones beside it.
pub fn run(args: &StudyReselectArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let study = load(&env, &args.study)?;
    let registry = session::plugins(&settings, &env)?;
    let prepared = prepare(&settings, &registry)?;
    let mut record = Record::of(study);
    if !settings.quality_floor.is_default() {
        record.constraints.quality_floor = settings.quality_floor.value;
    }
    let own = (Arc::clone(&prepared.selector), prepared.selector_arguments.clone());
    let bundled: Vec<selector::Ready> = (registry.all().iter())
        .filter_map(|plugin| match plugin {
            Plugin::Selector(selector) if plugin.is_bundled() => {
                Some((Arc::clone(selector), Arguments::defaults(&selector.manifest)))
            }
            _ => None,
        })
        .collect();
    let found = selector::rehearse(&own, &bundled, &record.title(), &Source::Study(&record));
    let text = match settings.format.value {
        Format::Text => report::rehearsal::selector::render(&found, ui::stdout_width(), ui::stdout_colour()),
        Format::Json => {
            let json = serde_json::to_string_pretty(&found);
            json.map_err(|error| Failure::new(ExitStatus::Internal, error, None))? + "\n"
        }
    };
    ui::data(&text)?;
    let failed = found.study.choices.first().is_some_and(|choice| choice.failure.is_some());
    Ok(if failed { ExitStatus::Plugin } else { ExitStatus::Done })
}
