//! What can be typed after `ralf-tune verify`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::{path::PathBuf, time::Duration};

use clap::{Args, builder::NonEmptyStringValueParser};

use super::{args::duration, completions::candidates};
use crate::settings::{DEFAULT_SCENARIO, Format, Overrides, parse_seed};

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

    /// File with the prompt that goes before each file's text [env: RALF_TUNE_PROMPT] [default: RALF Note's]
    #[arg(long, value_name = "FILE")]
    pub prompt: Option<PathBuf>,

    /// Model to make notes with [env: RALF_TUNE_MODEL] [default: the one in OLD, else the one that is loaded]
    #[arg(long, value_name = "MODEL", value_parser = NonEmptyStringValueParser::new(), add = candidates::models())]
    pub model: Option<String>,

    /// Ollama server [env: RALF_TUNE_HOST, then OLLAMA_HOST] [default: 127.0.0.1:11434]
    #[arg(long, value_name = "URL")]
    pub host: Option<String>,

    /// Seed of everything random [env: RALF_TUNE_SEED] [default: a new one]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_seed)]
    pub seed: Option<u64>,

    /// Form of the result [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,

    /// File for the result [env: RALF_TUNE_OUTPUT] [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Use a simulated machine in place of a server [env: RALF_TUNE_SIMULATE] [default scenario: mid-range]
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

/// The intensity whose budget and scorers count.
const INTENSITY: &str = "quick";

impl From<&VerifyArgs> for Overrides {
    fn from(args: &VerifyArgs) -> Self {
        Self {
            intensity: Some(INTENSITY.to_owned()),
            config: args.config.clone(),
            budget: args.budget,
            samples: args.samples.clone(),
            prompt: args.prompt.clone(),
            model: args.model.clone(),
            host: args.host.clone(),
            seed: args.seed,
            format: args.format,
            output: args.output.clone(),
            simulate: args.simulate.clone(),
            ..Self::default()
        }
    }
}
