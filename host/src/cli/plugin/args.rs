//! What can be typed after `ralf-tune plugin`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::test_args::{self, PluginTestArgs};
use crate::{
    cli::{args::given, completions::candidates},
    model::{digest::Digest, limit::PluginLimit},
    settings::{Format, Overrides, PluginParam, parse_limit, parse_param, plugin_name},
};

#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// List the plugins that can take part, and what each intensity runs
    List(PluginListArgs),
    /// Show one plugin: what it decides, its parameters, its limits, what it may do
    Info(PluginInfoArgs),
    /// Install a plugin, after showing what it is and may do
    #[command(after_long_help = ADD_EXAMPLES)]
    Add(PluginAddArgs),
    /// Fetch installed plugins again, and show what changes
    Update(PluginUpdateArgs),
    /// Take an installed plugin away
    Remove(PluginRemoveArgs),
    /// Put a plugin to the test: what it is, what it asks for, how it behaves. Nothing is installed
    Check(PluginCheckArgs),
    /// Time a plugin: compile, load, calls over recorded inputs, memory
    Bench(PluginBenchArgs),
    /// Write a project for a plugin of your own, and say what to type next
    #[command(after_long_help = NEW_EXAMPLES)]
    New(PluginNewArgs),
    /// See what a plugin answers, beside the bundled ones: notes, studies, candidates
    #[command(after_long_help = test_args::EXAMPLES)]
    Test(PluginTestArgs),
    /// Make a component of a core module that was linked with wit-bindgen's bindings
    Pack(PluginPackArgs),
}

const ADD_EXAMPLES: &str = "\
Examples:
  ralf-tune plugin add ./my_scorer.wasm
  ralf-tune plugin add https://example.org/my_scorer.wasm --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  ralf-tune plugin add oci://ghcr.io/somebody/my-scorer:1.0 --yes

It takes part where it is named: ralf-tune run --scorer my-scorer";

/// What every command has that loads plugins.
#[derive(Debug, Args)]
pub struct LimitArgs {
    /// Limit of a plugin, such as my-scorer.memory=128MiB; may be repeated [env: RALF_TUNE_LIMIT]
    #[arg(long, value_name = "NAME.LIMIT=VALUE", value_parser = parse_limit)]
    pub limit: Vec<PluginLimit>,
}

#[derive(Debug, Args)]
pub struct PluginListArgs {
    /// Only those that take part at this intensity, in the order of the plan
    #[arg(long, value_name = "NAME", add = candidates::intensities())]
    pub intensity: Option<String>,

    /// Component to list too; may be repeated [env: RALF_TUNE_PLUGIN]
    #[arg(long, value_name = "FILE")]
    pub plugin: Vec<PathBuf>,

    #[command(flatten)]
    pub limits: LimitArgs,

    /// Form of the answer [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum, conflicts_with = "intensity")]
    pub format: Option<Format>,
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
    #[arg(value_name = "NAME|FILE", add = candidates::plugins_and_files())]
    pub plugin: String,

    #[command(flatten)]
    pub limits: LimitArgs,

    /// Form of the answer [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct PluginAddArgs {
    /// A file, an address (https://…), or an artifact (oci://registry/repository:tag)
    #[arg(value_name = "PATH|URL|OCI")]
    pub source: String,

    /// What the file must contain: its SHA-256, as the author publishes it
    #[arg(long, value_name = "HEX")]
    pub sha256: Option<Digest>,

    #[command(flatten)]
    pub limits: LimitArgs,

    /// Install without asking
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct PluginUpdateArgs {
    /// Name of an installed plugin [default: all]
    #[arg(value_parser = plugin_name, add = candidates::installed_plugins())]
    pub name: Option<String>,

    /// What the new file must contain: its SHA-256, as the author publishes it
    #[arg(long, value_name = "HEX", requires = "name")]
    pub sha256: Option<Digest>,

    #[command(flatten)]
    pub limits: LimitArgs,

    /// Update without asking
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct PluginRemoveArgs {
    /// Name of an installed plugin
    #[arg(value_parser = plugin_name, add = candidates::installed_plugins())]
    pub name: String,
}

#[derive(Debug, Args)]
pub struct PluginBenchArgs {
    /// File of a component, or name of a bundled plugin
    #[arg(value_name = "FILE|NAME", add = candidates::plugins_and_files())]
    pub plugin: String,

    #[command(flatten)]
    pub limits: LimitArgs,

    /// Form of the answer [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct PluginCheckArgs {
    /// File of a component, or name of a bundled plugin
    #[arg(value_name = "FILE|NAME", add = candidates::plugins_and_files())]
    pub plugin: String,

    /// Value in place of a parameter's default; may be repeated
    #[arg(long, value_name = "PLUGIN.PARAM=VALUE", value_parser = parse_param)]
    pub set: Vec<PluginParam>,

    #[command(flatten)]
    pub limits: LimitArgs,

    /// Form of the answer [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,
}

impl From<&PluginListArgs> for Overrides {
    fn from(args: &PluginListArgs) -> Self {
        Self {
            intensity: args.intensity.clone(),
            plugins: given(&args.plugin),
            limits: args.limits.limit.clone(),
            format: args.format,
            ..Self::default()
        }
    }
}

impl From<&PluginAddArgs> for Overrides {
    fn from(args: &PluginAddArgs) -> Self {
        Self { limits: args.limits.limit.clone(), ..Self::default() }
    }
}

impl From<&PluginUpdateArgs> for Overrides {
    fn from(args: &PluginUpdateArgs) -> Self {
        Self { limits: args.limits.limit.clone(), ..Self::default() }
    }
}
