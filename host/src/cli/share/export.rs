//! `ralf-tune share export`: what leaves is shown whole, and leaves with a yes.

use std::{collections::BTreeMap, path::Path};

use super::args::ShareExportArgs;
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, places, plugin::agreed, session, study, ui},
    emit::replace::put,
    model::{
        clean::clean,
        pack::{Pack, SignedPack},
    },
    settings::Overrides,
    share::{Key, file},
};

/// Shows every byte, or writes them after a question.
pub fn run(args: &ShareExportArgs) -> CommandResult {
    let (_, env) = session::settings(&Overrides::default())?;
    let key = Key::load_or_make(&places::needed_data(&env)?)?;
    let mut packs: Vec<SignedPack> = Vec::new();
    for meant in &args.studies {
        let pack = key.sign_pack(pack(&env, meant, &key)?);
        if !packs.contains(&pack) {
            packs.push(pack);
        }
    }
    let count = packs.len();
    let text = file(packs);
    let Some(path) = args.output.as_deref().filter(|_| !args.preview) else {
        ui::data(&text)?;
        return Ok(ExitStatus::Done);
    };
    let shown = clean(&path.display().to_string());
    let packs = if count == 1 { "1 pack".to_owned() } else { format!("{count} packs") };
    ui::message(&format!(
        "{packs}, {} bytes, signed by the key {}: classes and numbers; `ralf-tune share export --preview` shows every byte",
        text.len(),
        key.public().get(..8).unwrap_or_default()
    ));
    if !agreed(&format!("Write {packs} to {shown}?"), args.yes, "written")? {
        ui::message("not written");
        return Ok(ExitStatus::Done);
    }
    write(path, &text)?;
    ui::message(&format!("written to {shown}; it was sent nowhere"));
    Ok(ExitStatus::Done)
}

/// What a study says to others.
fn pack(env: &BTreeMap<String, String>, meant: &str, key: &Key) -> Result<Pack, Failure> {
    let (study, id) = study::load_named(env, meant)?;
    if study::is_imported(env, &id) {
        let what = format!("the study {id} was made elsewhere");
        return Err(Failure::usage(what, Some("whoever made it can share it; yours: ralf-tune study list".into())));
    }
    Pack::of(&study, key.salt()).map_err(|why| {
        let what = format!("the study {id} makes no pack: {why}");
        Failure::usage(what, Some("`ralf-tune study list` shows others".into()))
    })
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    put(path, text.as_bytes(), 0o644).map_err(|error| {
        let hint = Some("name another file with --output".to_owned());
        let error = anyhow::Error::new(error).context(format!("cannot write {}", path.display()));
        Failure::new(ExitStatus::Unfit, error, hint)
    })
}
