//! `ralf-tune share push`: what would leave is shown, and leaves with a yes.

use std::{collections::BTreeMap, path::Path};

use super::{hub_args::SharePushArgs, named};
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, places, session, study, ui},
    files,
    model::{
        clean::clean_within,
        hub::{PushOutcome, PushedPack},
        pack::{Pack, SignedPack},
    },
    share::{self, Key, MOST_FILE_BYTES},
};

pub fn run(args: &SharePushArgs) -> CommandResult {
    let (hub, env) = named(args.hub.as_ref())?;
    let packs = packs(&args.what, &env)?;
    // All that leaves, to the byte, but for the spaces.
    ui::data(&share::file(packs.clone()))?;
    let question = format!("send this to {}? {}", hub.url(), count(packs.len()));
    if !args.yes && !ui::confirm(&question) {
        ui::message("nothing was sent; --yes sends it without asking");
        return Ok(ExitStatus::Done);
    }
    let outcomes = session::block_on(false, hub.push(&packs))??;
    let mut refused = 0;
    for PushedPack { hash, outcome, why } in &outcomes {
        let what = match outcome {
            PushOutcome::Accepted => "accepted",
            PushOutcome::Quarantined => "kept until others agree",
            PushOutcome::Known => "was there already",
            PushOutcome::Refused => "refused",
            PushOutcome::Later => "not today",
        };
        let why = why.as_deref().map_or_else(String::new, |why| format!(": {}", clean_within(why, 300)));
        ui::message(format!("{} {what}{why}", clean_within(hash, 64)).trim_start());
        refused += usize::from(matches!(outcome, PushOutcome::Refused | PushOutcome::Later));
    }
    Ok(if refused == 0 { ExitStatus::Done } else { ExitStatus::NothingFeasible })
}

/// The packs of all that was named: a file is what has a path or ends so, all else is a study.
fn packs(named: &[String], env: &BTreeMap<String, String>) -> Result<Vec<SignedPack>, Failure> {
    let newest = ["last".to_owned()];
    let named = if named.is_empty() { &newest[..] } else { named };
    let mut packs = Vec::new();
    for name in named {
        let path = Path::new(name);
        let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        if is_json || path.components().count() > 1 {
            packs.extend(of_file(path)?);
            continue;
        }
        let study = study::load(env, name)?;
        let key = Key::load_or_make(&places::needed_data(env)?)?;
        let pack = Pack::of(&study, key.salt()).map_err(|error| {
            let error = anyhow::Error::new(error).context(format!("study {name} cannot be shared"));
            Failure::new(ExitStatus::Usage, error, Some("see which can: ralf-tune study list".to_owned()))
        })?;
        packs.push(key.sign_pack(pack));
    }
    Ok(packs)
}

fn of_file(path: &Path) -> Result<Vec<SignedPack>, Failure> {
    let failed = |error: anyhow::Error| {
        let error = error.context(format!("{} cannot be shared", path.display()));
        Failure::new(ExitStatus::Usage, error, Some("make one: ralf-tune share export --output packs.json".to_owned()))
    };
    let bytes = files::bytes(path, MOST_FILE_BYTES).map_err(|error| failed(error.into()))?;
    let read = share::read(&bytes).map_err(|error| failed(error.into()))?;
    if let Some((why, count)) = read.refused.first_key_value() {
        return Err(failed(anyhow::anyhow!("{count} of its packs do not hold: {why}")));
    }
    Ok(read.good)
}

fn count(packs: usize) -> String {
    if packs == 1 { "(1 pack)".to_owned() } else { format!("({packs} packs)") }
}
