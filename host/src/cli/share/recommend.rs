//! `ralf-tune recommend`: what the measurements of others say of this machine.

use std::collections::BTreeMap;

use super::args::RecommendArgs;
use crate::{
    cli::{
        CommandResult,
        arena::json,
        connection::{Looked, look},
        deliver,
        exit::ExitStatus,
        failure::Failure,
        places, run, session, workload,
    },
    model::{
        candidate::Candidate,
        machine::{MachineProfile, ModelProfile, ServerProfile},
        pack::SignedPack,
        workload::Workload,
    },
    report,
    settings::Overrides,
    share::{
        Key,
        recommend::{Asked, recommend},
        store::PackStore,
    },
};

/// Looks at the machine, and says what others say.
pub fn run(args: &RecommendArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let packs = others(&env)?;
    let scenario = session::scenario(&settings)?;
    let target = run::target(&settings, scenario.as_ref());
    let present = run::present_settings(target.as_deref())?;
    let Looked { connection, server, model } = look(&settings, scenario.as_ref(), present.as_ref(), &env)?;
    let server = server?;
    let model = match model {
        Some(model) => model?,
        None => return Err(Failure::usage("no model is known".to_owned(), Some("name one with --model".into()))),
    };
    let batch = workload::workload(&settings, settings.seed.value.unwrap_or(0), None)?;
    let asked =
        asked(&env, &connection.machine, &server, &model, &batch, &workload::baseline(present.as_ref(), &batch))?;
    let Some(found) = recommend(&asked, &packs) else {
        let what = format!("none of the {} packs that are kept is of a machine and a model like these", packs.len());
        return Err(Failure::new(
            ExitStatus::NothingFeasible,
            anyhow::anyhow!(what),
            Some("ralf-tune run measures".into()),
        ));
    };
    let own = present.as_ref().map(|present| &present.candidate);
    deliver::show(
        &settings,
        "recommendation",
        |width, colour| report::sharing::recommendation(&found, own, width, colour),
        || json(&found),
    )?;
    Ok(ExitStatus::Done)
}

/// The packs that are kept of others.
pub fn others(env: &BTreeMap<String, String>) -> Result<Vec<SignedPack>, Failure> {
    let (packs, _) = PackStore::new(&places::needed_data(env)?).load()?;
    if packs.is_empty() {
        let hint = "ralf-tune share import FILE|DIR|URL brings some; ralf-tune run measures".to_owned();
        return Err(Failure::usage("nothing of others is kept yet".to_owned(), Some(hint)));
    }
    Ok(packs)
}

/// What is asked: by the user's own key, where there is one, their private models are known again.
pub fn asked(
    env: &BTreeMap<String, String>,
    machine: &MachineProfile,
    server: &ServerProfile,
    model: &ModelProfile,
    batch: &Workload,
    present: &Candidate,
) -> Result<Asked, Failure> {
    let key = Key::load(&places::needed_data(env)?)?;
    let salt = key.map_or([0; 32], |key| *key.salt());
    Ok(Asked::of(machine, server, model, batch, present, &salt))
}
