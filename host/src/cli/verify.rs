//! `ralf-tune verify`.

use std::path::Path;

use rand::Rng;

use super::{
    CommandResult,
    connection::connect,
    deliver,
    exit::ExitStatus,
    failure::Failure,
    lock,
    plan::{grant, prepare},
    run::{now, present_settings, refuse_report_in, target},
    session::{self, block_on},
    verify_args::VerifyArgs,
    watched::watched,
    workload::{learned, workload},
};
use crate::{
    emit::{
        ralf_notes::{ConfigError, PresentSettings},
        replace::backup_of,
    },
    model::{candidate::Candidate, study::Warning, verification::Verification},
    report,
    settings::Overrides,
    tune::verify::{self, Verify},
};

/// How settings are called that no file names.
const DEFAULTS: &str = "RALF Note's defaults (there is no configuration)";

/// One of the two: what it says, and where.
struct Side {
    present: Option<PresentSettings>,
    place: String,
}

impl Side {
    fn settings(&self) -> (Candidate, String) {
        let settings = self.present.as_ref().map_or_else(Candidate::default, |present| present.candidate.clone());
        (settings, self.place.clone())
    }
}

/// Compares two configurations, and says which is faster.
pub fn run(args: &VerifyArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let scenario = session::scenario(&settings)?;
    let (old, new) = sides(target(&settings, scenario.as_ref()).as_deref(), args.against.as_deref())?;
    for file in [&old, &new].into_iter().filter_map(|side| side.present.as_ref()) {
        refuse_report_in(Some(&file.path), &settings)?;
    }
    let registry = session::plugins(&settings, &env)?;
    let mut prepared = prepare(&settings, &registry)?;
    // Nobody judges beside a comparison: it would take the time of pairs.
    grant(&settings, &mut prepared, None)?;
    let seed = settings.seed.value.unwrap_or_else(|| if scenario.is_some() { 0 } else { rand::rng().next_u64() });
    let workload = workload(&settings, seed, learned(&settings, &env, old.present.as_ref())?)?;
    let found = block_on(scenario.is_some(), async {
        let connection = connect(&settings, scenario.as_ref(), old.present.as_ref(), &env, seed)?;
        let _lock = lock::take(&env, &connection)?;
        let server = connection.server().await?;
        let model = connection.model(&settings, old.present.as_ref(), &server).await?;
        let setup = Verify {
            client: &connection.client,
            server: &server,
            model: &model,
            workload: &workload,
            panel: &prepared.panel,
            old: old.settings(),
            new: new.settings(),
            budget: settings.intensity().budget,
            seed,
            salt: if scenario.is_some() { 0 } else { rand::rng().next_u64() },
            started_at: now(),
        };
        let found = watched(scenario.is_some(), async |stop, emit| verify::run(setup, stop, emit).await).await;
        Ok::<Verification, Failure>(found)
    })??;
    let found = with_other_models(found, &old, &new);
    let page = |width, colour| report::verification::render(&found, width, colour);
    deliver::show(&settings, "result", page, || report::verification::json(&found))?;
    Ok(status(&found))
}

/// The two sides: as named; with one file alone, what it was before the last change against what it is.
fn sides(target: Option<&Path>, against: Option<&Path>) -> Result<(Side, Side), Failure> {
    if let Some(against) = against {
        let old = match target {
            Some(path) => existing(path)?,
            None => Side { present: None, place: DEFAULTS.to_owned() },
        };
        return Ok((old, existing(against)?));
    }
    let hint = "name both: ralf-tune verify --config OLD --against NEW";
    let Some(path) = target else {
        return Err(Failure::usage("there is nothing to compare".into(), Some(hint.into())));
    };
    let new = existing(path)?;
    let backup = backup_of(path).map_err(ConfigError::from)?;
    if !backup.is_file() {
        let message = format!("{} was not changed by ralf-tune: there is no {}", path.display(), backup.display());
        return Err(Failure::usage(message, Some(format!("name what to compare it with, or {hint}"))));
    }
    Ok((existing(&backup)?, new))
}

fn existing(path: &Path) -> Result<Side, Failure> {
    match present_settings(Some(path))? {
        Some(present) => Ok(Side { present: Some(present), place: path.display().to_string() }),
        None => Err(Failure::usage(
            format!("{} does not exist", path.display()),
            Some("name a configuration that exists: ralf-tune verify --config OLD --against NEW".into()),
        )),
    }
}

/// Only settings are compared: a model that the new file names besides is not.
fn with_other_models(mut found: Verification, old: &Side, new: &Side) -> Verification {
    let model = |side: &Side| side.present.as_ref().and_then(|present| present.model_name.clone());
    if let (Some(before), Some(after)) = (model(old), model(new))
        && before != after
    {
        found.warnings.push(Warning {
            what: format!(
                "the two name different models, {before} and {after}: both settings were measured with {}",
                found.model
            ),
            advice: Some("--model names the one to measure with".into()),
        });
    }
    found
}

/// 0 whatever the verdict; what kept both from being measured at all is a failure.
fn status(found: &Verification) -> ExitStatus {
    if found.interrupted {
        return ExitStatus::Interrupted;
    }
    if found.lost_its_server().is_some() {
        return ExitStatus::Server;
    }
    let answered = found.trials.iter().flat_map(|trial| &trial.observations).any(|one| one.failure.is_none());
    if answered {
        return ExitStatus::Done;
    }
    let cause = found.trials.iter().find_map(|trial| match trial.state {
        crate::model::trial::TrialState::Failed(cause) => super::failure::status_of(cause),
        _ => None,
    });
    cause.unwrap_or(ExitStatus::Done)
}
