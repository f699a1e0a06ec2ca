//! The file of a service: shown, agreed to, written; and removed likewise.

use std::{fs, io::Write as _, path::Path};

use tempfile::NamedTempFile;

use super::args::{Retune, WatchArgs};
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, places, ui},
    watch::Manager,
};

/// Variables of the environment that say what is watched, and no secret.
const KEPT: [&str; 6] = [
    "OLLAMA_HOST",
    "RALF_TUNE_HOST",
    "RALF_TUNE_MODEL",
    "RALF_TUNE_DATA_DIR",
    "RALF_TUNE_CONFIG_DIR",
    "RALF_TUNE_CACHE_DIR",
];

/// Writes it.
pub fn install(args: &WatchArgs) -> CommandResult {
    if args.retune == Retune::Ask {
        let hint = "let it measure unasked (--retune auto), or not at all (--retune never)".to_owned();
        return Err(Failure::usage("nobody answers the questions of a service".into(), Some(hint)));
    }
    let (manager, place) = manager()?;
    let program = std::env::current_exe().map_err(|error| Failure::new(ExitStatus::Unfit, error, None))?;
    let variables: Vec<(String, String)> =
        KEPT.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?))).collect();
    let program = program.to_str().and_then(|program| manager.render(program, &words(args), &variables));
    let text = program.ok_or_else(|| {
        let what = "a path or an argument has signs that cannot stand in the file of a service".to_owned();
        Failure::usage(what, None)
    })?;
    let unfit = |error: std::io::Error| {
        let error = anyhow::Error::new(error).context(format!("cannot write {}", place.display()));
        Failure::new(ExitStatus::Unfit, error, Some("check who may write there (ls -ld)".to_owned()))
    };
    let (start, stop) = manager.commands(&place);
    ui::message(&format!("{}:\n\n{}", place.display(), indented(&text)));
    if fs::read_to_string(&place).is_ok_and(|there| there == text) {
        ui::message(&format!("that is there already; to start it: {start}"));
        return Ok(ExitStatus::Done);
    }
    if !args.yes && !ui::confirm(&format!("Write {}?", place.display())) {
        ui::message("not written; run again with --yes to write it without a question");
        return Ok(ExitStatus::Done);
    }
    let folder = place.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(unfit)?;
    let mut file = NamedTempFile::new_in(folder).map_err(unfit)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(unfit)?;
    file.persist(&place).map_err(|error| unfit(error.error))?;
    ui::message(&format!("written. To start it: {start}\nto take it back: {stop} && ralf-tune watch --uninstall"));
    Ok(ExitStatus::Done)
}

/// Removes it.
pub fn uninstall(args: &WatchArgs) -> CommandResult {
    let (manager, place) = manager()?;
    let (_, stop) = manager.commands(&place);
    if !place.is_file() {
        ui::message(&format!("there is no {}", place.display()));
        return Ok(ExitStatus::Done);
    }
    if !args.yes && !ui::confirm(&format!("Remove {}?", place.display())) {
        ui::message("not removed; run again with --yes to remove it without a question");
        return Ok(ExitStatus::Done);
    }
    fs::remove_file(&place).map_err(|error| {
        let error = anyhow::Error::new(error).context(format!("cannot remove {}", place.display()));
        Failure::new(ExitStatus::Unfit, error, None)
    })?;
    ui::message(&format!("removed {}; where it still runs: {stop}", place.display()));
    Ok(ExitStatus::Done)
}

/// Who starts services here, and where the file is.
fn manager() -> Result<(Manager, std::path::PathBuf), Failure> {
    let manager = Manager::here().ok_or_else(|| {
        let hint = "let the system's own scheduler run it, such as every half hour: ralf-tune watch --once".to_owned();
        Failure::usage("services are written for systemd and launchd only".into(), Some(hint))
    })?;
    let home = places::home().ok_or_else(|| {
        let hint = "set HOME".to_owned();
        Failure::new(ExitStatus::Unfit, anyhow::anyhow!("this system names no home folder"), Some(hint))
    })?;
    let config = std::env::var_os("XDG_CONFIG_HOME").map(std::path::PathBuf::from).filter(|path| path.is_absolute());
    Ok((manager, manager.place(&home, config.as_deref())))
}

/// What was typed, as a service says it.
fn words(args: &WatchArgs) -> Vec<String> {
    let mut words = vec!["watch".to_owned(), args.profile.to_string()];
    let mut say = |flag: &str, value: Option<String>| {
        if let Some(value) = value {
            words.extend([flag.to_owned(), value]);
        }
    };
    let path = |path: &Option<std::path::PathBuf>| {
        let path = path.as_ref()?;
        Some(std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string())
    };
    say("--every", Some(format!("{}s", args.every.as_secs().max(1))));
    say("--tokens-per-day", Some(args.tokens_per_day.to_string()));
    say("--model", args.model.clone());
    say("--host", args.host.clone());
    say("--webhook", args.webhook.clone());
    say("--metrics", args.metrics.clone());
    say("--retune", Some(args.retune.name().to_owned()));
    say("--samples", path(&args.samples));
    say("--config", path(&args.config));
    for (flag, is_set) in [("--json", args.json), ("--notify", args.notify), ("--allow-remote", args.allow_remote)] {
        if is_set {
            words.push(flag.to_owned());
        }
    }
    words
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect::<Vec<_>>().concat()
}
