//! What can be typed after `ralf-tune doctor`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::path::PathBuf;

use clap::Args;

use crate::{cli::args::MachineArgs, settings::Overrides};

pub const EXAMPLES: &str = "\
Examples:
  ralf-tune doctor
  ralf-tune doctor --host 192.168.0.7 --model llama3.2:3b --format json
  ralf-tune doctor --config project/config.json
  ralf-tune doctor --fix                     mends what is the program's own, after showing it and asking

What --fix removes is files of the program's own that nobody can read or needs any more. Your configuration, notes and server it leaves alone.

See also: ralf-tune machine, ralf-tune run";

#[derive(Debug, Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    pub look: MachineArgs,

    /// Configuration to look at [env: RALF_TUNE_CONFIG] [default: ~/.ralf-notes/config.json when it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Mend what is the program's own: damaged leftovers, stale profiles of studies, compiled plugins of earlier releases
    #[arg(long)]
    pub fix: bool,

    /// Mend without asking [env: RALF_TUNE_YES]
    #[arg(long, short, requires = "fix")]
    pub yes: bool,
}

impl From<&DoctorArgs> for Overrides {
    fn from(args: &DoctorArgs) -> Self {
        Self { yes: args.yes.then_some(true), config: args.config.clone(), ..Self::from(&args.look) }
    }
}
