//! `ralf-tune doctor --fix`: what the program can mend of its own things, shown first and done after a yes.

use std::{fs, io, path::Path};

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
    let mut failed = 0;
    for repair in repairs {
        let done = |path: &Path, result: io::Result<()>| {
            if let Err(error) = result {
                let what = format!("cannot mend {}: {error}", path.display());
                ui::message(&ui::errors::warning(&what, Some("check who may write there (ls -ld)")));
                return 1;
            }
            0
        };
        match repair {
            Repair::RemoveFiles { paths } => {
                paths.iter().for_each(|path| failed += done(path, gone(fs::remove_file(path))))
            }
            Repair::RemoveFolders { paths } => {
                paths.iter().for_each(|path| failed += done(path, gone(fs::remove_dir_all(path))));
            }
            Repair::MakePrivate { folder } => failed += done(folder, make_private(folder)),
        }
    }
    if failed == 0 {
        ui::message("done; ralf-tune doctor looks again");
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
