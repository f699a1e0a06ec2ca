//! What can be typed after `ralf-tune apply`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::path::PathBuf;

use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};

use crate::{cli::completions::candidates, emit::server::Platform, settings::Overrides};

pub const EXAMPLES: &str = "\
Examples:
  ralf-tune apply                            the result of the newest study, after showing the difference
  ralf-tune apply 2a7f --config other.json
  ralf-tune apply fast                       a profile: ralf-tune profile list
  ralf-tune apply --to env > tuned.env       the settings alone, for other programs
  ralf-tune apply --to modelfile --output Modelfile
  ralf-tune apply --to ollama-model --name llama3.1-tuned
  ralf-tune apply --to server --platform systemd
  ralf-tune apply --undo                     what the configuration was before the last change
  ralf-tune apply --undo --output Modelfile

A name that is both is said with what is meant: study:2a7f, profile:2a7f.

See also: ralf-tune study list, ralf-tune profile list, ralf-tune verify";

#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// Name of a study, the beginning or the last four digits of one, `last`, or a profile [default: last]
    #[arg(value_name = "STUDY|PROFILE", conflicts_with = "undo", add = candidates::studies_and_profiles())]
    pub meant: Option<String>,

    /// Model that the profile is of, where several have one of that name
    #[arg(long, value_name = "MODEL", requires = "meant", value_parser = NonEmptyStringValueParser::new(), add = candidates::models())]
    pub model: Option<String>,

    /// What the result becomes
    #[arg(long, value_name = "TARGET", value_enum, default_value_t, hide_default_value = true)]
    pub to: Target,

    /// Configuration to change; made when it does not exist [env: RALF_TUNE_CONFIG] [default: ~/.ralf-notes/config.json]
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    pub config: Option<PathBuf>,

    /// File for every target but ralf-notes and ollama-model [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// What the model of --to ollama-model is called
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new(), required_if_eq("to", "ollama-model"))]
    pub name: Option<String>,

    /// Let --to ollama-model take the place of a model that has that name
    #[arg(long)]
    pub replace: bool,

    /// Server that gets the model [env: RALF_TUNE_HOST, then OLLAMA_HOST] [default: the one that was measured]
    #[arg(long, value_name = "URL")]
    pub host: Option<String>,

    /// What starts the server, for --to server [default: that of this machine]
    #[arg(long, value_name = "PLATFORM", value_enum)]
    pub platform: Option<Platform>,

    /// Put back what the file was before it was last changed; twice is as before
    #[arg(long)]
    pub undo: bool,

    /// Save without asking [env: RALF_TUNE_YES]
    #[arg(long, short)]
    pub yes: bool,
}

/// What a result becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Target {
    /// Keys of RALF Note's configuration, the rest of which stays [default]
    #[default]
    RalfNotes,
    /// A Modelfile with the settings that a model can keep, for `ollama create`
    Modelfile,
    /// Lines for a shell: RALF_TUNED_NUM_CTX=8192
    Env,
    /// The settings alone as TOML
    Toml,
    /// The settings alone as JSON
    Json,
    /// A model on the server, made of the tuned one with what a model can keep
    OllamaModel,
    /// What is known of the server's own settings, for the platform that starts it
    Server,
}

impl Target {
    /// As it is typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RalfNotes => "ralf-notes",
            Self::Modelfile => "modelfile",
            Self::Env => "env",
            Self::Toml => "toml",
            Self::Json => "json",
            Self::OllamaModel => "ollama-model",
            Self::Server => "server",
        }
    }
}

impl From<&ApplyArgs> for Overrides {
    fn from(args: &ApplyArgs) -> Self {
        Self { config: args.config.clone(), host: args.host.clone(), yes: args.yes.then_some(true), ..Self::default() }
    }
}
