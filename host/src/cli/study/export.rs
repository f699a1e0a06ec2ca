//! `ralf-tune study export` and `import`: a study goes to another machine or a colleague, and stands there beside others.

use super::{
    args::{StudyExportArgs, StudyImportArgs},
    load, store,
};
use crate::{
    cli::{CommandResult, deliver, exit::ExitStatus, failure::Failure, session, ui},
    emit::ralf_notes::ConfigChange,
    model::{clean::clean, selection::TunedConfig, study::Study},
    report,
    settings::Overrides,
    store::{Imported, StoreError, read_study},
};

/// Writes all of a study.
pub fn export(args: &StudyExportArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let study = load(&env, &args.study)?;
    let text = report::json::render(&study, true).map_err(|error| Failure::new(ExitStatus::Internal, error, None))?;
    deliver::deliver(settings.output.value.as_deref(), &text, "study")?;
    Ok(ExitStatus::Done)
}

/// Keeps what somebody exported.
pub fn import(args: &StudyImportArgs) -> CommandResult {
    let (_, env) = session::settings(&Overrides::default())?;
    let study = read_study(&args.file)?;
    check(args, &study)?;
    let (kept, summary) = match store(&env)?.import(&study)? {
        Imported::New(summary) => ("imported as study", summary),
        Imported::Known(summary) => ("it is kept already, as study", summary),
    };
    let machine = summary.machine.as_deref().map_or_else(String::new, |machine| format!(" on {}", clean(machine)));
    ui::message(&format!(
        "{kept} {}: {}, measured{machine} at {}; ralf-tune report {}",
        summary.id,
        clean(&summary.model),
        clean(&summary.started_at),
        summary.id.mark()
    ));
    Ok(ExitStatus::Done)
}

/// Whoever wrote the file may have written anything: settings that no configuration can hold are refused here, and not when they are applied.
fn check(args: &StudyImportArgs, study: &Study) -> Result<(), Failure> {
    let unlikely = |what: String| Failure::from(StoreError::NotAStudy { path: args.file.clone(), what });
    if study.trials.is_empty() {
        return Err(unlikely("nothing was measured in it".to_owned()));
    }
    let baseline = study.tuned.as_ref().map(|tuned| TunedConfig { candidate: study.baseline.clone(), ..tuned.clone() });
    let picks = study.profiles.iter().map(|profile| &profile.tuned);
    for tuned in study.tuned.iter().chain(&baseline).chain(picks) {
        ConfigChange::plan(&args.file, None, tuned)?;
    }
    Ok(())
}
