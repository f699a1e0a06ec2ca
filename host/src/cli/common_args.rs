//! Options that several commands have alike.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::path::PathBuf;

use clap::{Args, builder::NonEmptyStringValueParser};

use super::completions::candidates;
use crate::settings::{DEFAULT_SCENARIO, Format, Overrides, parse_seed};

/// A simulated machine in place of a server. The command must have `--host` as well.
#[derive(Debug, Args)]
pub struct SimulationArgs {
    /// Use a simulated machine in place of a server [env: RALF_TUNE_SIMULATE] [default scenario: mid-range]
    #[arg(
        long,
        value_name = "SCENARIO",
        num_args = 0..=1,
        default_missing_value = DEFAULT_SCENARIO,
        conflicts_with = "host",
        add = candidates::scenarios()
    )]
    pub simulate: Option<String>,
}

/// Where notes are made, with what, and where the report goes.
#[derive(Debug, Args)]
pub struct NotesArgs {
    /// File with the prompt that goes before each file's text [env: RALF_TUNE_PROMPT] [default: RALF Note's]
    #[arg(long, value_name = "FILE")]
    pub prompt: Option<PathBuf>,

    /// Model to make notes with [env: RALF_TUNE_MODEL] [default: that of STUDY, of your config, or the loaded one]
    #[arg(long, value_name = "MODEL", value_parser = NonEmptyStringValueParser::new(), add = candidates::models())]
    pub model: Option<String>,

    /// Ollama server [env: RALF_TUNE_HOST, then OLLAMA_HOST] [default: 127.0.0.1:11434]
    #[arg(long, value_name = "URL")]
    pub host: Option<String>,

    /// Seed of everything random [env: RALF_TUNE_SEED] [default: a new one]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_seed)]
    pub seed: Option<u64>,

    /// Form of the report [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,

    /// File for the report [env: RALF_TUNE_OUTPUT] [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    pub simulation: SimulationArgs,
}

impl From<&NotesArgs> for Overrides {
    fn from(args: &NotesArgs) -> Self {
        Self {
            prompt: args.prompt.clone(),
            model: args.model.clone(),
            host: args.host.clone(),
            seed: args.seed,
            format: args.format,
            output: args.output.clone(),
            simulate: args.simulation.simulate.clone(),
            ..Self::default()
        }
    }
}
