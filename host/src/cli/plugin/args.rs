//! What can be typed after `ralf-tune plugin`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::{cli::args::given, settings::Overrides};

#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// List the plugins that can take part
    List(PluginListArgs),
    /// Show one plugin: what it decides, its parameters, its limits
    Info(PluginInfoArgs),
    /// Write a project for a plugin of your own, and say what to type next
    #[command(after_long_help = NEW_EXAMPLES)]
    New(PluginNewArgs),
    /// Make a component of a core module that was linked with wit-bindgen's bindings
    Pack(PluginPackArgs),
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

const NEW_EXAMPLES: &str = "\
Examples:
  ralf-tune plugin new scorer my-scorer
  ralf-tune plugin new strategy my-search --lang c --directory plugins/my-search
  ralf-tune plugin new --list";

#[derive(Debug, Args)]
pub struct PluginNewArgs {
    /// strategy, scorer or selector
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,

    /// Name of the plugin: lower case letters, digits and hyphens
    #[arg(value_name = "NAME")]
    pub name: Option<String>,

    /// Language of the project
    #[arg(long, value_name = "LANGUAGE", default_value = "rust")]
    pub lang: String,

    /// Folder for the project, new or empty [default: the name]
    #[arg(long, value_name = "DIR")]
    pub directory: Option<PathBuf>,

    /// Rust: use the SDK of a checkout of ralf-tune instead of a copy in the project
    #[arg(long, value_name = "DIR")]
    pub sdk: Option<PathBuf>,

    /// Show kinds and languages
    #[arg(long, conflicts_with_all = ["kind", "name", "lang", "directory", "sdk"])]
    pub list: bool,
}

#[derive(Debug, Args)]
pub struct PluginPackArgs {
    /// Core module, as the linkers of C and other languages make it
    #[arg(value_name = "FILE")]
    pub module: PathBuf,

    /// Where the component goes; what is there is replaced
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
pub struct PluginInfoArgs {
    /// Name of a plugin, or file of a component
    #[arg(value_name = "NAME|FILE")]
    pub plugin: String,
}

impl From<&PluginListArgs> for Overrides {
    fn from(args: &PluginListArgs) -> Self {
        Self { intensity: args.intensity.clone(), plugins: given(&args.plugin), ..Self::default() }
    }
}
