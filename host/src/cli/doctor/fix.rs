//! `ralf-tune doctor --fix`: what the program can mend of its own things, shown first and done after a yes.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    cli::ui,
    model::{
        checkup::{Found, Repair},
        clean::clean,
    },
};

/// Shows what would be done, asks, and does it. What cannot be done is said, and keeps nothing else from being done.
pub fn carry_out(found: &[Found], yes: bool) {
    let repairs: Vec<&Repair> = found.iter().filter_map(|one| one.repair.as_ref()).collect();
    if repairs.is_empty() {
        ui::message("nothing that was found is the program's own to mend");
        return;
    }
    for repair in &repairs {
        for line in repair.lines() {
            ui::message(&format!("to do: {}", clean(&line)));
        }
    }
    if !yes && !ui::confirm("Do it?") {
        ui::message("nothing was changed; run again with --yes to do it without a question");
        return;
    }
    let failed = repairs.into_iter().flat_map(mend).filter(|(path, result)| {
        let Err(error) = result else { return false };
        let what = format!("cannot mend {}: {error}", path.display());
        ui::message(&ui::errors::warning(&what, Some("check who may write there (ls -ld)")));
        true
    });
    if failed.count() == 0 {
        ui::message("done; ralf-tune doctor looks again");
    }
}

/// Does it, and says of each place how that went.
fn mend(repair: &Repair) -> Vec<(&PathBuf, io::Result<()>)> {
    match repair {
        Repair::RemoveFiles { paths } => paths.iter().map(|path| (path, gone(fs::remove_file(path)))).collect(),
        Repair::RemoveFolders { paths } => paths.iter().map(|path| (path, gone(fs::remove_dir_all(path)))).collect(),
        Repair::MakePrivate { folder } => vec![(folder, make_private(folder))],
    }
}

/// Somebody else may have removed it meanwhile.
fn gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Takes the right to write there from everybody but the owner.
fn make_private(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mut permissions = fs::metadata(folder)?.permissions();
        permissions.set_mode(permissions.mode() & !0o022);
        fs::set_permissions(folder, permissions)?;
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
