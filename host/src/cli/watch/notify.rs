//! A message on the desktop, by what the system has for it. Where it has nothing, nothing happens.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

/// What is waited for the command at most.
const LIMIT: Duration = Duration::from_secs(5);

/// Who shows messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Desktop {
    Mac,
    Windows,
    /// Any that understands the notifications of freedesktop.org.
    Other,
}

impl Desktop {
    const fn here() -> Self {
        if cfg!(target_os = "macos") {
            Self::Mac
        } else if cfg!(windows) {
            Self::Windows
        } else {
            Self::Other
        }
    }

    /// The command that shows it, with what is said as arguments or in the environment: never as part of a script. Arguments that are said begin
    /// with a letter or stand behind one that is no option, so that none of them is taken for one.
    fn command(self, title: &str, text: &str) -> Command {
        let mut command;
        match self {
            Self::Mac => {
                command = Command::new("osascript");
                command.args(MAC_SCRIPT.iter().flat_map(|line| ["-e", line])).args([title, text]);
            }
            Self::Windows => {
                command = Command::new("powershell");
                command.args(["-NoProfile", "-NonInteractive", "-Command", WINDOWS_SCRIPT]);
                command.env("RALF_TUNE_TITLE", title).env("RALF_TUNE_TEXT", text);
            }
            Self::Other => {
                command = Command::new("notify-send");
                command.args(["--app-name=ralf-tune", "--", title, &without_markup(text)]);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

/// The words that are shown are items of a list, and nothing that is run.
const MAC_SCRIPT: [&str; 3] =
    ["on run words", "display notification (item 2 of words) with title (item 1 of words)", "end run"];

/// What a variable holds is a value, whatever is in it.
const WINDOWS_SCRIPT: &str = "Add-Type -AssemblyName System.Windows.Forms; $n = New-Object System.Windows.Forms.NotifyIcon; \
     $n.Icon = [System.Drawing.SystemIcons]::Information; $n.Visible = $true; \
     $n.ShowBalloonTip(5000, $env:RALF_TUNE_TITLE, $env:RALF_TUNE_TEXT, 'Info'); Start-Sleep 4";

/// The body of a notification may have links and pictures (Desktop Notifications Specification 1.2, markup); what is said has none.
fn without_markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Shows it. False where the system has nothing that shows it.
pub async fn notify(title: &str, text: &str) -> bool {
    match Desktop::here().command(title, text).spawn() {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOSTILE: [&str; 12] = [
        "plain",
        "\" & (do shell script \"touch /tmp/x\") & \"",
        "'; Remove-Item -Recurse $HOME; '",
        "$(touch /tmp/x)",
        "`touch /tmp/x`",
        "two\nlines\r\nand a third",
        "--help",
        "-e beep",
        "%PATH% !x! ^& | > y",
        "\\\" \\\\\" ends in a backslash \\",
        "<img src='http://example.com/x'/> & <a href=\"x\">y</a>",
        "ü 中 🙂 \u{202e}",
    ];

    const TITLE: &str = "ralf-tune: m ALERT";

    fn said(desktop: Desktop, text: &str) -> (Vec<String>, Vec<(String, String)>) {
        let command = desktop.command(TITLE, text);
        let word = |word: &std::ffi::OsStr| word.to_str().unwrap().to_owned();
        let words = std::iter::once(command.get_program()).chain(command.get_args()).map(word).collect();
        let variables = command.get_envs().map(|(name, value)| (word(name), word(value.unwrap()))).collect();
        (words, variables)
    }

    /// The rest of the command is the same for every text, and the text stands in one place, whole.
    fn one_place(text: &str) {
        let (words, variables) = said(Desktop::Mac, text);
        let script: Vec<&str> = MAC_SCRIPT.iter().flat_map(|line| ["-e", line]).collect();
        let expected: Vec<&str> = ["osascript"].into_iter().chain(script).chain([TITLE, text]).collect();
        assert_eq!((words, variables.len()), (expected.iter().map(ToString::to_string).collect(), 0));

        let (words, variables) = said(Desktop::Windows, text);
        assert_eq!(words, ["powershell", "-NoProfile", "-NonInteractive", "-Command", WINDOWS_SCRIPT]);
        let expected = [("RALF_TUNE_TEXT", text), ("RALF_TUNE_TITLE", TITLE)];
        assert_eq!(variables, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));

        let (words, variables) = said(Desktop::Other, text);
        let (before, last) = words.split_at(words.len() - 1);
        assert_eq!(before, ["notify-send", "--app-name=ralf-tune", "--", TITLE]);
        assert!(variables.is_empty() && !last[0].contains(['<', '>']), "{last:?}");
        // As a desktop reads it.
        let read = last[0].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        assert_eq!(read, text);
    }

    #[test]
    fn a_hostile_text_is_no_part_of_a_script_and_no_option() {
        for text in HOSTILE {
            one_place(text);
        }
    }

    #[test]
    fn the_scripts_reach_their_shells_as_they_are_written() {
        // A command line of Windows is one text: what stands in double quotes reaches the program unchanged as long as there is neither a double
        // quote nor a backslash in it (CommandLineToArgvW). PowerShell then runs it as its own text: the only texts in it are in single quotes, and
        // the only variables are its own and the two that are set.
        assert!(!WINDOWS_SCRIPT.contains(['"', '\\', '`', '\n']) && !WINDOWS_SCRIPT.contains("$("));
        assert_eq!(WINDOWS_SCRIPT.matches('\'').count(), 2);
        let mut variables: Vec<&str> = WINDOWS_SCRIPT
            .split('$')
            .skip(1)
            .map(|rest| rest.split(|sign: char| !sign.is_alphanumeric() && sign != ':' && sign != '_').next().unwrap())
            .collect();
        variables.sort_unstable();
        variables.dedup();
        assert_eq!(variables, ["env:RALF_TUNE_TEXT", "env:RALF_TUNE_TITLE", "n", "true"]);
        // In AppleScript a text stands in double quotes, and a comment behind two dashes or a number sign.
        assert!(MAC_SCRIPT.iter().all(|line| !line.contains(['"', '#', '\\', '\u{ac}']) && !line.contains("--")));
    }

    proptest! {
        #[test]
        fn any_text_stands_in_one_place(text in "\\PC*") {
            one_place(&text);
        }
    }
}
