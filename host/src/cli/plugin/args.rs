//! What can be typed after `ralf-tune plugin`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::{
    cli::args::given,
    settings::{Format, Overrides, PluginParam, parse_param},
};

#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// List the plugins that can take part
    List(PluginListArgs),
    /// Show one plugin: what it decides, its parameters, its limits
    Info(PluginInfoArgs),
    /// Put a plugin to the test: what it is, what it asks for, how it behaves. Nothing is installed
    Check(PluginCheckArgs),
}

#[derive(Debug, Args)]
pub struct PluginListArgs {
    /// Only those that take part at this intensity, in the order of the plan
    #[arg(long, value_name = "NAME")]
    pub intensity: Option<String>,

    /// Component to list too; may be repeated [env: RALF_TUNE_PLUGIN]
    #[arg(long, value_name = "FILE")]
    pub plugin: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct PluginInfoArgs {
    /// Name of a plugin, or file of a component
    #[arg(value_name = "NAME|FILE")]
    pub plugin: String,
}

#[derive(Debug, Args)]
pub struct PluginCheckArgs {
    /// File of a component, or name of a bundled plugin
    #[arg(value_name = "FILE|NAME")]
    pub plugin: String,

    /// Value in place of a parameter's default; may be repeated
    #[arg(long, value_name = "PLUGIN.PARAM=VALUE", value_parser = parse_param)]
    pub set: Vec<PluginParam>,

    /// Form of the answer [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,
}

impl From<&PluginListArgs> for Overrides {
    fn from(args: &PluginListArgs) -> Self {
        Self { intensity: args.intensity.clone(), plugins: given(&args.plugin), ..Self::default() }
    }
}
