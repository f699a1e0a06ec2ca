//! What can be typed after `ralf-tune verify`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{args::duration, common_args::NotesArgs};
use crate::settings::Overrides;

pub const EXAMPLES: &str = "\
Examples:
  ralf-tune verify
      the configuration in use against what it was before ralf-tune changed it
  ralf-tune verify --against other.json --samples ./src
      the configuration in use against another file
  ralf-tune verify --config old.json --against new.json --budget 10m
  ralf-tune verify --simulate --against new.json

The exit code is 0 whatever the verdict, and 3 where the server went away before there was one; the JSON form
says it in comparison.proof.verdict.

See also: ralf-tune run";

#[derive(Debug, Args)]
#[command(
    mut_arg("model", |model| model.help("Model to make notes with [env: RALF_TUNE_MODEL] [default: the one in OLD, else the one that is loaded]")),
    mut_arg("format", |format| format.help("Form of the result [env: RALF_TUNE_FORMAT] [default: text]")),
    mut_arg("output", |output| output.help("File for the result [env: RALF_TUNE_OUTPUT] [default: standard output]"))
)]
pub struct VerifyArgs {
    /// The old configuration [env: RALF_TUNE_CONFIG] [default: ~/.ralf-notes/config.json when it exists]
    #[arg(long, value_name = "OLD")]
    pub config: Option<PathBuf>,

    /// The new configuration [default: OLD as it is, compared with its backup FILE.ralf-tune-backup]
    #[arg(long, value_name = "NEW")]
    pub against: Option<PathBuf>,

    /// Time limit, such as 90s, 4m or 1h30m; it ends sooner when it is decided [env: RALF_TUNE_BUDGET] [default: 4m]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = duration)]
    pub budget: Option<Duration>,

    /// Folder of the files that your batch works on [env: RALF_TUNE_SAMPLES] [default: generated samples]
    #[arg(long, value_name = "DIR")]
    pub samples: Option<PathBuf>,

    #[command(flatten)]
    pub notes: NotesArgs,
}

/// The intensity whose budget and scorers count.
const INTENSITY: &str = "quick";

impl From<&VerifyArgs> for Overrides {
    fn from(args: &VerifyArgs) -> Self {
        Self {
            intensity: Some(INTENSITY.to_owned()),
            config: args.config.clone(),
            budget: args.budget,
            samples: args.samples.clone(),
            ..Self::from(&args.notes)
        }
    }
}
