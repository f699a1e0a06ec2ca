//! What can be typed after `ralf-tune config`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::ffi::OsString;

use clap::{Args, Subcommand};

use crate::settings::Format;

const SHOW_EXAMPLES: &str = "\
Examples:
  ralf-tune config show
  ralf-tune config show --format json
  ralf-tune config show -- --quick --model llama3.2:3b     what `ralf-tune run` with these would use

See also: ralf-tune doctor, ralf-tune run --dry-run";

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show every setting with its value, and who said it
    #[command(after_long_help = SHOW_EXAMPLES)]
    Show(ConfigShowArgs),
}

#[derive(Debug, Args)]
pub struct ConfigShowArgs {
    /// Form of the answer [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,

    /// What would be typed behind `ralf-tune run`
    #[arg(value_name = "ARGUMENTS", last = true)]
    pub run: Vec<OsString>,
}
