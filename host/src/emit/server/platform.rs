//! How a server is told its settings on each platform, and how that is taken back.

use super::evidence::Known;
use crate::emit::by;
use crate::model::selection::TunedConfig;

/// What starts the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Platform {
    /// Linux: a drop-in for the service
    Systemd,
    /// macOS: commands for a terminal
    Launchd,
    /// Windows: commands for a prompt
    Windows,
    /// A container: a file beside compose.yaml
    Compose,
}

impl Platform {
    /// That of this machine.
    #[must_use]
    pub const fn at_hand() -> Self {
        if cfg!(target_os = "macos") {
            Self::Launchd
        } else if cfg!(windows) {
            Self::Windows
        } else {
            Self::Systemd
        }
    }

    /// What begins a comment.
    const fn sign(self) -> &'static str {
        match self {
            Self::Windows => "rem",
            _ => "#",
        }
    }
}

/// The text that sets what is known, with the evidence and the way back in comments. None where nothing is known.
#[must_use]
pub fn render(platform: Platform, known: &[Known], tuned: &TunedConfig) -> Option<String> {
    let set: Vec<(&str, &str)> =
        known.iter().filter_map(|one| Some((one.variable.name(), one.value.as_deref()?))).collect();
    if set.is_empty() {
        return None;
    }
    let sign = platform.sign();
    let mut text = by::comment(sign, tuned);
    let mut say = |line: &str| text.extend([sign, " ", line, "\n"]);
    say("The server was so while it was measured; what is left out is not known to matter.");
    for one in known {
        say(&match &one.value {
            Some(value) => format!("{}={value}: {}", one.variable.name(), one.why),
            None => format!("{} left out: {}", one.variable.name(), one.why),
        });
    }
    let (make, undo) = commands(platform, &set);
    for (what, lines) in [("To make it so:", &make), ("To undo it:", &undo)] {
        if !lines.is_empty() {
            say(what);
            for line in lines {
                say(&format!("  {line}"));
            }
        }
    }
    text.push_str(&body(platform, &set));
    Some(text)
}

/// Where systemd looks for additions to the service that Ollama's installer makes.
const DROP_IN: &str = "/etc/systemd/system/ollama.service.d/ralf-tune.conf";

const RESTART: &str = "sudo systemctl daemon-reload && sudo systemctl restart ollama";

/// What to type to make it so, where the text itself is not that, and to undo it.
fn commands(platform: Platform, set: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<String>>();
    match platform {
        Platform::Systemd => (
            vec![format!("sudo install -D -m 644 THIS-FILE {DROP_IN}"), RESTART.to_owned()],
            vec![format!("sudo rm {DROP_IN}"), RESTART.to_owned()],
        ),
        Platform::Launchd => {
            let undo = set.iter().map(|(name, _)| format!("launchctl unsetenv {name}"));
            let again = "quit Ollama in the menu bar and start it again; a restart of the machine undoes it, too";
            (
                owned(&["the lines below, then quit Ollama in the menu bar and start it again"]),
                undo.chain([again.to_owned()]).collect(),
            )
        }
        Platform::Windows => {
            let undo = set.iter().map(|(name, _)| format!("reg delete HKCU\\Environment /v {name} /f"));
            let again = "quit Ollama in the task bar and start it again";
            (
                owned(&["the lines below, then quit Ollama in the task bar and start it again"]),
                undo.chain([again.to_owned()]).collect(),
            )
        }
        Platform::Compose => (
            owned(&["docker compose -f compose.yaml -f THIS-FILE up -d ollama"]),
            owned(&["docker compose -f compose.yaml up -d ollama"]),
        ),
    }
}

fn body(platform: Platform, set: &[(&str, &str)]) -> String {
    let lines = |line: fn(&str, &str) -> String| set.iter().map(|(name, value)| line(name, value)).collect::<String>();
    match platform {
        Platform::Systemd => {
            format!("[Service]\n{}", lines(|name, value| format!("Environment=\"{name}={value}\"\n")))
        }
        Platform::Launchd => lines(|name, value| format!("launchctl setenv {name} {value}\n")),
        Platform::Windows => lines(|name, value| format!("setx {name} {value}\n")),
        Platform::Compose => format!(
            "services:\n  ollama:\n    environment:\n{}",
            lines(|name, value| format!("      {name}: \"{value}\"\n"))
        ),
    }
}

impl Known {
    /// What is known in one line: `OLLAMA_NUM_PARALLEL: …`.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{}: {}", self.variable.name(), self.why)
    }
}
