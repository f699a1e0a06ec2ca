//! What can be typed after `ralf-tune completions`.

use clap::{Args, ValueEnum};

pub const EXAMPLES: &str = "\
Examples:
  bash:        echo 'source <(ralf-tune completions bash)' >> ~/.bashrc
  zsh:         echo 'source <(ralf-tune completions zsh)' >> ~/.zshrc       (behind compinit)
  fish:        ralf-tune completions fish > ~/.config/fish/completions/ralf-tune.fish
  PowerShell:  ralf-tune completions powershell | Out-String | Invoke-Expression     (in $PROFILE)

Names of studies, profiles, plugins, machines to simulate and intensities are offered as they are now, and models as
the server lists them if it answers within half a second. `ralf-tune` must be on the PATH. bash splits words at colons: behind the
one of a model or a scenario it offers nothing.

See also: ralf-tune man";

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell that completes
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// A shell for which there is a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

impl Shell {
    /// As it is typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
        }
    }
}
