//! What can be typed after `ralf-tune share push`, `pull` and `withdraw`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::path::PathBuf;

use clap::{Args, builder::NonEmptyStringValueParser};

use crate::cli::completions::candidates;

pub const PUSH_EXAMPLES: &str = "\
Examples:
  ralf-tune share push --hub https://hub.example.com               the newest study
  ralf-tune share push 2a7f 20261127-15 --hub https://hub.example.com
  ralf-tune share push packs.json --hub https://hub.example.com    what was exported

Every byte is shown, and nothing leaves without your yes.

See also: ralf-tune share withdraw, ralf-tune hub serve";

pub const PULL_EXAMPLES: &str = "\
Examples:
  ralf-tune share pull --hub https://hub.example.com --model qwen2.5-coder:7b --output packs.json
  ralf-tune share pull --hub http://127.0.0.1:8750

What does not hold is left out, and counted.

See also: ralf-tune share push";

pub const WITHDRAW_EXAMPLES: &str = "\
Examples:
  ralf-tune share withdraw --hub https://hub.example.com     all that your key has there

One pack alone is named by --pack and its hash, which `ralf-tune share push` shows.

See also: ralf-tune share push";

#[derive(Debug, Args)]
pub struct SharePushArgs {
    /// Studies, or files of packs [default: the newest study]
    #[arg(value_name = "STUDY|FILE", add = candidates::studies())]
    pub what: Vec<String>,

    /// Hub to send packs to [env: RALF_TUNE_HUB] [default: that of your own settings]
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub hub: Option<String>,

    /// Send without asking; what is sent is shown all the same
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct SharePullArgs {
    /// Hub to get them from [env: RALF_TUNE_HUB] [default: that of your own settings]
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub hub: Option<String>,

    /// Packs of this model alone
    #[arg(long, value_name = "MODEL", value_parser = NonEmptyStringValueParser::new(), add = candidates::models())]
    pub model: Option<String>,

    /// Packs at most
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub most: u32,

    /// File for the packs [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ShareWithdrawArgs {
    /// Hub that they are on [env: RALF_TUNE_HUB] [default: that of your own settings]
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub hub: Option<String>,

    /// This pack alone, by its hash
    #[arg(long, value_name = "HASH", value_parser = parse_hash)]
    pub pack: Option<String>,

    /// Take them back without asking
    #[arg(long, short)]
    pub yes: bool,
}

fn parse_hash(text: &str) -> Result<String, String> {
    let digest: crate::model::digest::Digest = text.parse().map_err(|error| format!("{error}"))?;
    Ok(digest.hex().to_owned())
}
