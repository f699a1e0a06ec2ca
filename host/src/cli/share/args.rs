//! What can be typed after `ralf-tune share` and `ralf-tune recommend`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::path::PathBuf;

use clap::{Args, Subcommand, builder::NonEmptyStringValueParser};

use super::hub_args::{
    PULL_EXAMPLES, PUSH_EXAMPLES, SharePullArgs, SharePushArgs, ShareWithdrawArgs, WITHDRAW_EXAMPLES,
};
use crate::{
    cli::completions::candidates,
    settings::{DEFAULT_SCENARIO, Format, Overrides},
};

const EXPORT_EXAMPLES: &str = "\
Examples:
  ralf-tune share export --preview                       every byte that would leave, and nothing else
  ralf-tune share export --output packs.json             the newest study, after a question
  ralf-tune share export 2a7f 9c01 --output packs.json --yes

A pack says classes and numbers: no host, user, path, file name, prompt, answer, serial or day, and no name of a private model.
docs/sharing.md says what becomes of each fact. The file is written here and sent nowhere.

See also: ralf-tune schema pack, ralf-tune share import";

const IMPORT_EXAMPLES: &str = "\
Examples:
  ralf-tune share import packs.json
  ralf-tune share import ~/packs                         every .json file of a folder
  ralf-tune share import https://example.org/packs.json

Each pack is checked for itself: its signature, its form, and whether each of its numbers can have been measured. Those that fail are counted
and not taken.

See also: ralf-tune recommend, ralf-tune share list";

const LIST_EXAMPLES: &str = "\
Examples:
  ralf-tune share list
  ralf-tune share list --format json

See also: ralf-tune share forget, ralf-tune recommend";

const FORGET_EXAMPLES: &str = "\
Examples:
  ralf-tune share forget 3f6a0c92                        what the key that begins so signed
  ralf-tune share forget --all

See also: ralf-tune share list";

pub const RECOMMEND_EXAMPLES: &str = "\
Examples:
  ralf-tune recommend                                    for this server, its model and your files
  ralf-tune recommend --model llama3.1:8b --samples ./src
  ralf-tune recommend --simulate mid-range --format json

It asks nobody: it reads the packs that you imported. The settings are a guess until they are proven: ralf-tune run --prove

See also: ralf-tune share import, ralf-tune run --prior shared";

#[derive(Debug, Subcommand)]
pub enum ShareCommand {
    /// Write what studies measured to a file, without anything that says whose it was
    #[command(after_long_help = EXPORT_EXAMPLES)]
    Export(ShareExportArgs),
    /// Keep what others measured
    #[command(after_long_help = IMPORT_EXAMPLES)]
    Import(ShareImportArgs),
    /// List what is kept of others, by machine and model
    #[command(after_long_help = LIST_EXAMPLES)]
    List(ShareListArgs),
    /// Forget what a key signed, or everything that is kept of others
    #[command(after_long_help = FORGET_EXAMPLES)]
    Forget(ShareForgetArgs),
    /// Show what a study says to others, and send it to a hub when you agree
    #[command(after_long_help = PUSH_EXAMPLES)]
    Push(SharePushArgs),
    /// Get what others measured from a hub
    #[command(after_long_help = PULL_EXAMPLES)]
    Pull(SharePullArgs),
    /// Take back what your key has on a hub
    #[command(after_long_help = WITHDRAW_EXAMPLES)]
    Withdraw(ShareWithdrawArgs),
}

#[derive(Debug, Args)]
pub struct ShareExportArgs {
    /// Names of studies, the beginnings or the last four digits of some, or `last`
    #[arg(value_name = "STUDY", default_value = "last", add = candidates::studies())]
    pub studies: Vec<String>,

    /// File to write
    #[arg(long, value_name = "FILE", required_unless_present = "preview")]
    pub output: Option<PathBuf>,

    /// Print every byte that the file would have, and write none
    #[arg(long, conflicts_with_all = ["output", "yes"])]
    pub preview: bool,

    /// Write without asking
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct ShareImportArgs {
    /// File of packs, folder of such files, or address of one
    #[arg(value_name = "FILE|DIR|URL", value_parser = NonEmptyStringValueParser::new())]
    pub source: String,
}

#[derive(Debug, Args)]
pub struct ShareListArgs {
    /// Form of the list [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct ShareForgetArgs {
    /// Key, or its first digits, eight at least
    #[arg(value_name = "KEY", required_unless_present = "all", value_parser = key)]
    pub key: Option<String>,

    /// Everything that is kept of others
    #[arg(long, conflicts_with = "key")]
    pub all: bool,
}

#[derive(Debug, Args)]
pub struct RecommendArgs {
    /// Model to recommend for [env: RALF_TUNE_MODEL] [default: the one in your config, else the one that is loaded]
    #[arg(long, value_name = "MODEL", value_parser = NonEmptyStringValueParser::new(), add = candidates::models())]
    pub model: Option<String>,

    /// Ollama server [env: RALF_TUNE_HOST, then OLLAMA_HOST] [default: 127.0.0.1:11434]
    #[arg(long, value_name = "URL")]
    pub host: Option<String>,

    /// Folder of the files that your batch works on [env: RALF_TUNE_SAMPLES] [default: generated samples]
    #[arg(long, value_name = "DIR")]
    pub samples: Option<PathBuf>,

    /// Form of the answer [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,

    /// File for the answer [env: RALF_TUNE_OUTPUT] [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Recommend for a simulated machine [env: RALF_TUNE_SIMULATE] [default scenario: mid-range]
    ///
    /// `ralf-tune simulate --help` lists the scenarios.
    #[arg(
        long,
        value_name = "SCENARIO",
        num_args = 0..=1,
        default_missing_value = DEFAULT_SCENARIO,
        add = candidates::scenarios(),
        conflicts_with = "host"
    )]
    pub simulate: Option<String>,
}

impl From<&RecommendArgs> for Overrides {
    fn from(args: &RecommendArgs) -> Self {
        Self {
            model: args.model.clone(),
            host: args.host.clone(),
            samples: args.samples.clone(),
            format: args.format,
            output: args.output.clone(),
            simulate: args.simulate.clone(),
            ..Self::default()
        }
    }
}

impl From<&ShareListArgs> for Overrides {
    fn from(args: &ShareListArgs) -> Self {
        Self { format: args.format, ..Self::default() }
    }
}

fn key(text: &str) -> Result<String, String> {
    let is_key = (8..=64).contains(&text.len()) && text.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
    if is_key { Ok(text.to_owned()) } else { Err("the first 8 to 64 hexadecimal digits of a key are needed".into()) }
}
