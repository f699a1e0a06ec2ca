//! What can be typed after `ralf-tune profile`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::path::PathBuf;

use clap::{Args, Subcommand, builder::NonEmptyStringValueParser};

use crate::{
    cli::completions::candidates,
    model::{plugin::PluginKind, profile::ProfileName},
    settings::{Format, Overrides, plugin_name},
};

const LIST_EXAMPLES: &str = "\
Examples:
  ralf-tune profile list
  ralf-tune profile list --model llama3.1:8b --format json

See also: ralf-tune profile use, ralf-tune study list";

const SHOW_EXAMPLES: &str = "\
Examples:
  ralf-tune profile show fast
  ralf-tune profile show quality --model llama3.1:8b --format json

See also: ralf-tune profile diff";

const USE_EXAMPLES: &str = "\
Examples:
  ralf-tune profile use fast
  ralf-tune profile use night --config other.json

It says when model, server or hardware are no longer those that the profile was found on. Back: ralf-tune apply --undo.";

const DIFF_EXAMPLES: &str = "\
Examples:
  ralf-tune profile diff fast                against your present settings
  ralf-tune profile diff fast quality

See also: ralf-tune verify, which measures the difference";

const SAVE_EXAMPLES: &str = "\
Examples:
  ralf-tune profile save night               the pick of the newest study
  ralf-tune profile save night 2a7f --selector quality
  ralf-tune profile save mine --present      what your configuration says now

See also: ralf-tune profile use";

const REMOVE_EXAMPLES: &str = "\
Examples:
  ralf-tune profile remove night

See also: ralf-tune profile list";

const EXPORT_EXAMPLES: &str = "\
Examples:
  ralf-tune profile export fast --output fast.json

The file has settings, figures and hardware; no path, prompt or note. See also: ralf-tune profile import";

const IMPORT_EXAMPLES: &str = "\
Examples:
  ralf-tune profile import fast.json --name theirs

Settings of another machine are a guess on yours: ralf-tune verify proves them. See also: ralf-tune profile use";

#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List the profiles that are kept
    #[command(after_long_help = LIST_EXAMPLES)]
    List(ProfileListArgs),
    /// Show a profile: its settings, where they come from, and what they were found on
    #[command(after_long_help = SHOW_EXAMPLES)]
    Show(ProfileShowArgs),
    /// Put a profile into your configuration, after showing the difference
    #[command(after_long_help = USE_EXAMPLES)]
    Use(ProfileUseArgs),
    /// Show in what a profile differs from your present settings, or from another one
    #[command(after_long_help = DIFF_EXAMPLES)]
    Diff(ProfileDiffArgs),
    /// Keep settings under a name of your own
    #[command(after_long_help = SAVE_EXAMPLES)]
    Save(ProfileSaveArgs),
    /// Forget a profile
    #[command(after_long_help = REMOVE_EXAMPLES)]
    Remove(ProfileRemoveArgs),
    /// Write a profile to a file, for another machine or a colleague
    #[command(after_long_help = EXPORT_EXAMPLES)]
    Export(ProfileExportArgs),
    /// Keep a profile that somebody exported
    #[command(after_long_help = IMPORT_EXAMPLES)]
    Import(ProfileImportArgs),
}

/// Which profile is meant.
#[derive(Debug, Args)]
pub struct Meant {
    /// Name of the profile: fast, balanced, quality, or your own
    #[arg(value_name = "NAME", add = candidates::profiles())]
    pub name: ProfileName,

    /// Model that it is of, where several have one of that name
    #[arg(long, value_name = "MODEL", value_parser = NonEmptyStringValueParser::new(), add = candidates::models())]
    pub model: Option<String>,
}

#[derive(Debug, Args)]
pub struct ProfileListArgs {
    /// Only profiles of this model
    #[arg(long, value_name = "MODEL", add = candidates::models())]
    pub model: Option<String>,

    /// Form of the list [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct ProfileShowArgs {
    #[command(flatten)]
    pub meant: Meant,

    /// Form of the answer [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct ProfileUseArgs {
    #[command(flatten)]
    pub meant: Meant,

    /// Configuration to change; made when it does not exist [env: RALF_TUNE_CONFIG] [default: ~/.ralf-notes/config.json]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Server to look at, whether the profile still fits [env: RALF_TUNE_HOST, then OLLAMA_HOST] [default: 127.0.0.1:11434]
    #[arg(long, value_name = "URL")]
    pub host: Option<String>,

    /// Save without asking [env: RALF_TUNE_YES]
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct ProfileDiffArgs {
    #[command(flatten)]
    pub meant: Meant,

    /// Another profile [default: your present settings]
    #[arg(value_name = "OTHER", add = candidates::profiles())]
    pub other: Option<ProfileName>,

    /// Configuration with the present settings [env: RALF_TUNE_CONFIG] [default: ~/.ralf-notes/config.json when it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ProfileSaveArgs {
    /// Name of the profile: small letters, digits, `-`, `_` and `.`
    #[arg(value_name = "NAME")]
    pub name: ProfileName,

    /// Name of a study, the beginning or the last four digits of one, or `last`
    #[arg(value_name = "STUDY", default_value = "last", conflicts_with = "present", add = candidates::studies())]
    pub study: String,

    /// Selector whose pick is kept: fast, balanced or quality [default: what the study recommends]
    #[arg(long, value_name = "NAME", value_parser = plugin_name, conflicts_with = "present", add = candidates::plugins(PluginKind::Selector))]
    pub selector: Option<String>,

    /// Keep what your configuration says now
    #[arg(long)]
    pub present: bool,

    /// Model of the present settings [env: RALF_TUNE_MODEL] [default: the one in your config]
    #[arg(long, value_name = "MODEL", requires = "present", value_parser = NonEmptyStringValueParser::new(), add = candidates::models())]
    pub model: Option<String>,

    /// Configuration with the present settings [env: RALF_TUNE_CONFIG] [default: ~/.ralf-notes/config.json when it exists]
    #[arg(long, value_name = "FILE", requires = "present")]
    pub config: Option<PathBuf>,

    /// Replace a profile of that name without asking [env: RALF_TUNE_YES]
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct ProfileRemoveArgs {
    #[command(flatten)]
    pub meant: Meant,
}

#[derive(Debug, Args)]
pub struct ProfileExportArgs {
    #[command(flatten)]
    pub meant: Meant,

    /// File for the profile [env: RALF_TUNE_OUTPUT] [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ProfileImportArgs {
    /// File that `profile export` wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Name to keep it under [default: its own]
    #[arg(long, value_name = "NAME")]
    pub name: Option<ProfileName>,

    /// Replace a profile of that name without asking [env: RALF_TUNE_YES]
    #[arg(long, short)]
    pub yes: bool,
}

impl ProfileUseArgs {
    /// What was typed, about the model of the profile.
    pub fn overrides(&self, model: &str) -> Overrides {
        Overrides {
            config: self.config.clone(),
            host: self.host.clone(),
            model: Some(model.to_owned()),
            yes: self.yes.then_some(true),
            ..Overrides::default()
        }
    }
}

impl From<&ProfileListArgs> for Overrides {
    fn from(args: &ProfileListArgs) -> Self {
        Self { format: args.format, ..Self::default() }
    }
}

impl From<&ProfileShowArgs> for Overrides {
    fn from(args: &ProfileShowArgs) -> Self {
        Self { format: args.format, ..Self::default() }
    }
}

impl From<&ProfileDiffArgs> for Overrides {
    fn from(args: &ProfileDiffArgs) -> Self {
        Self { config: args.config.clone(), ..Self::default() }
    }
}

impl From<&ProfileSaveArgs> for Overrides {
    fn from(args: &ProfileSaveArgs) -> Self {
        Self {
            config: args.config.clone(),
            model: args.model.clone(),
            yes: args.yes.then_some(true),
            ..Self::default()
        }
    }
}

impl From<&ProfileExportArgs> for Overrides {
    fn from(args: &ProfileExportArgs) -> Self {
        Self { output: args.output.clone(), ..Self::default() }
    }
}

impl From<&ProfileImportArgs> for Overrides {
    fn from(args: &ProfileImportArgs) -> Self {
        Self { yes: args.yes.then_some(true), ..Self::default() }
    }
}
