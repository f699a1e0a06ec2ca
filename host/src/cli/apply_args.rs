//! What can be typed after `ralf-tune apply`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::path::PathBuf;

use clap::Args;

use crate::settings::Overrides;

pub const EXAMPLES: &str = "\
Examples:
  ralf-tune apply                            the result of the newest study, after showing the difference
  ralf-tune apply 2a7f --config other.json
  ralf-tune apply --undo                     what the configuration was before the last change

See also: ralf-tune study list, ralf-tune verify";

#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// Name of a study, the beginning or the last four digits of one, or `last` [default: last]
    #[arg(value_name = "STUDY", conflicts_with = "undo")]
    pub study: Option<String>,

    /// Configuration to change; made when it does not exist [env: RALF_TUNE_CONFIG] [default: ~/.ralf-notes/config.json]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Put back what the configuration was before it was last changed; twice is as before
    #[arg(long)]
    pub undo: bool,

    /// Save without asking [env: RALF_TUNE_YES]
    #[arg(long, short)]
    pub yes: bool,
}

impl From<&ApplyArgs> for Overrides {
    fn from(args: &ApplyArgs) -> Self {
        Self { config: args.config.clone(), yes: args.yes.then_some(true), ..Self::default() }
    }
}
