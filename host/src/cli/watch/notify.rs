//! A message on the desktop, by what the system has for it. Where it has nothing, nothing happens.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

/// What is waited for the command at most.
const LIMIT: Duration = Duration::from_secs(5);

/// The command that shows it, with what is said as arguments or in the environment: never as part of a script.
fn command(title: &str, text: &str) -> Command {
    let mut command;
    if cfg!(target_os = "macos") {
        command = Command::new("osascript");
        command.args([
            "-e",
            "on run words",
            "-e",
            "display notification (item 2 of words) with title (item 1 of words)",
            "-e",
            "end run",
            title,
            text,
        ]);
    } else if cfg!(windows) {
        command = Command::new("powershell");
        command.args([
            "-NoProfile",
            "-NonInteractive",
            "-Command",
            "Add-Type -AssemblyName System.Windows.Forms; $n = New-Object System.Windows.Forms.NotifyIcon; \
             $n.Icon = [System.Drawing.SystemIcons]::Information; $n.Visible = $true; \
             $n.ShowBalloonTip(5000, $env:RALF_TUNE_TITLE, $env:RALF_TUNE_TEXT, 'Info'); Start-Sleep 4",
        ]);
        command.env("RALF_TUNE_TITLE", title).env("RALF_TUNE_TEXT", text);
    } else {
        command = Command::new("notify-send");
        command.args(["--app-name=ralf-tune", "--", title, text]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Shows it. False where the system has nothing that shows it.
pub async fn notify(title: &str, text: &str) -> bool {
    match command(title, text).spawn() {
        Ok(child) => ended(child).await,
        Err(_) => false,
    }
}

async fn ended(mut child: Child) -> bool {
    let waited = async {
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(_) => return false,
            }
        }
    };
    if let Ok(shown) = tokio::time::timeout(LIMIT, waited).await {
        return shown;
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}
