//! Files with which systemd and launchd start the watching, as text.

use std::path::{Path, PathBuf};

/// Who starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    Systemd,
    Launchd,
}

/// The name of the service.
const UNIT: &str = "ralf-tune-watch.service";
const LABEL: &str = "org.ralf-tune.watch";

impl Manager {
    /// That of this system, if it has one.
    #[must_use]
    pub const fn here() -> Option<Self> {
        if cfg!(target_os = "linux") {
            Some(Self::Systemd)
        } else if cfg!(target_os = "macos") {
            Some(Self::Launchd)
        } else {
            None
        }
    }

    /// Where the user's own are kept. `config` is the user's folder of configuration, where it is another one than usual.
    #[must_use]
    pub fn place(self, home: &Path, config: Option<&Path>) -> PathBuf {
        match self {
            Self::Systemd => {
                config.map_or_else(|| home.join(".config"), Path::to_owned).join("systemd/user").join(UNIT)
            }
            Self::Launchd => home.join("Library/LaunchAgents").join(format!("{LABEL}.plist")),
        }
    }

    /// The command that starts it, and the one that stops it.
    #[must_use]
    pub fn commands(self, place: &Path) -> (String, String) {
        match self {
            Self::Systemd => (
                format!("systemctl --user daemon-reload && systemctl --user enable --now {UNIT}"),
                format!("systemctl --user disable --now {UNIT}"),
            ),
            Self::Launchd => (
                format!("launchctl bootstrap gui/$(id -u) '{}'", place.display()),
                format!("launchctl bootout gui/$(id -u)/{LABEL}"),
            ),
        }
    }

    /// The file. `None` where a word cannot be said in one.
    #[must_use]
    pub fn render(self, program: &str, words: &[String], variables: &[(String, String)]) -> Option<String> {
        let all: Vec<&str> = std::iter::once(program).chain(words.iter().map(String::as_str)).collect();
        let said =
            all.iter().copied().chain(variables.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]));
        if said.flat_map(str::chars).any(char::is_control) {
            return None;
        }
        Some(match self {
            Self::Systemd => systemd(&all, variables),
            Self::Launchd => launchd(&all, variables),
        })
    }
}

fn systemd(words: &[&str], variables: &[(String, String)]) -> String {
    let command: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    let environment = variables
        .iter()
        .map(|(name, value)| format!("Environment={}\n", quoted(&format!("{name}={value}"))))
        .collect::<Vec<_>>()
        .concat();
    format!(
        "# Written by ralf-tune watch --install. Back: ralf-tune watch --uninstall
[Unit]
Description=ralf-tune watch: are the tuned settings still what they were?
After=network.target

[Service]
ExecStart={}
{environment}Restart=on-failure
RestartSec=60
Nice=10
NoNewPrivileges=yes

[Install]
WantedBy=default.target
",
        command.join(" ")
    )
}

/// A word of a command line of systemd: `%` and `$` mean something there, as quotes and backslashes do.
fn quoted(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{escaped}\"")
}

fn launchd(words: &[&str], variables: &[(String, String)]) -> String {
    let arguments =
        words.iter().map(|word| format!("    <string>{}</string>\n", xml(word))).collect::<Vec<_>>().concat();
    let environment = variables
        .iter()
        .map(|(name, value)| format!("    <key>{}</key>\n    <string>{}</string>\n", xml(name), xml(value)))
        .collect::<Vec<_>>()
        .concat();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">
<!-- Written by ralf-tune watch -install. Back: ralf-tune watch with uninstall in its place. -->
<plist version=\"1.0\">
<dict>
  <key>Label</key>
  <string>{LABEL}</string>
  <key>ProgramArguments</key>
  <array>
{arguments}  </array>
  <key>EnvironmentVariables</key>
  <dict>
{environment}  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ProcessType</key>
  <string>Background</string>
</dict>
</plist>
"
    )
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn words_stay_what_they_are() {
        let unit = Manager::Systemd
            .render("/opt/my tools/ralf-tune", &words(&["watch", "--webhook", "https://x/?a=%20$b\"c\\"]), &[])
            .unwrap();
        let line = unit.lines().find(|line| line.starts_with("ExecStart=")).unwrap();
        assert_eq!(line, r#"ExecStart="/opt/my tools/ralf-tune" "watch" "--webhook" "https://x/?a=%%20$$b\"c\\""#);
        let plist = Manager::Launchd
            .render("/r", &words(&["--webhook", "https://x/?a=1&b=<2>"]), &[("OLLAMA_HOST".into(), "h".into())])
            .unwrap();
        assert!(plist.contains("<string>https://x/?a=1&amp;b=&lt;2&gt;</string>"), "{plist}");
        assert!(plist.contains("<key>OLLAMA_HOST</key>\n    <string>h</string>"), "{plist}");
        assert_eq!(Manager::Systemd.render("/r", &words(&["a\nExecStart=/bin/evil"]), &[]), None);
    }
}
