//! What can be typed after `ralf-tune batch`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{args::duration, common_args::NotesArgs, completions::candidates};
use crate::{model::profile::ProfileName, settings::Overrides};

pub const EXAMPLES: &str = "\
Examples:
  ralf-tune batch ./src --out ./notes              with the settings of the newest study of this model
  ralf-tune batch ./src --out ./notes 2a7f         with those of another study
  ralf-tune batch ./src --out ./notes --profile quality
  ralf-tune batch ./src --out ./notes --present    with those of your configuration
  ralf-tune batch ./src --out ./notes --simulate
      on a simulated machine, in a moment; needs a study of one: ralf-tune run --simulate --samples ./src

The same command goes on where it was stopped or killed: notes that are there are not made again.

Exit codes:
  0    every file has its note, or something else stands in its place
  1    files were lost; the same command tries them again
  2    usage or settings
  3    the server was gone for longer than --patience, or does not have the model
  5    notes cannot be written
  130  stopped; what was under way was finished

See also: ralf-tune run --keep-notes, ralf-tune study list";

#[derive(Debug, Args)]
pub struct BatchArgs {
    /// Folder of the source files
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,

    /// Study whose settings are used: its name, the beginning or last four digits of it, or `last`
    /// [default: the newest one of this model]
    #[arg(value_name = "STUDY", add = candidates::studies())]
    pub study: Option<String>,

    /// Folder for the notes: src/main.rs becomes NOTES/src/main.rs.md; made when it does not exist
    #[arg(long, value_name = "NOTES")]
    pub out: PathBuf,

    /// Profile whose settings are used: fast, balanced, quality, or your own
    #[arg(long, value_name = "NAME", conflicts_with = "study", add = candidates::profiles())]
    pub profile: Option<ProfileName>,

    /// Use the present settings instead of tuned ones
    #[arg(long, conflicts_with_all = ["study", "profile"])]
    pub present: bool,

    /// How long a server that is gone is waited for, such as 90s or 1h
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = duration, default_value = "10m")]
    pub patience: Duration,

    /// Configuration with the present settings [env: RALF_TUNE_CONFIG] [default: ~/.ralf-notes/config.json when it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    #[command(flatten)]
    pub notes: NotesArgs,
}

impl From<&BatchArgs> for Overrides {
    fn from(args: &BatchArgs) -> Self {
        Self { config: args.config.clone(), ..Self::from(&args.notes) }
    }
}
