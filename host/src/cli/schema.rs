//! `ralf-tune schema`: the JSON Schemas of what other programs read and write.

use clap::{Args, CommandFactory as _, ValueEnum};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use super::{CommandResult, args::Cli, exit::ExitStatus, ui};
use crate::{
    install::LockFile,
    model::{exchange::Traffic, pack::PackFile, profile::Profile, recommendation::Recommendation, study::Study},
    settings,
    watch::Entry,
};

pub const EXAMPLES: &str = "\
Examples:
  ralf-tune schema settings > ralf-tune.schema.json
      for an editor; the first line of ralf-tune.toml then is: #:schema ./ralf-tune.schema.json
  ralf-tune schema study > study.schema.json
      what `--format json` gives of a study

New fields may appear in what the program writes: that is no other schema_version.

See also: ralf-tune config show, ralf-tune report --format json";

#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// What is described
    #[arg(value_name = "WHAT", value_enum)]
    pub what: Described,
}

/// What there is a schema of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Described {
    /// A settings file: config.toml, ralf-tune.toml
    Settings,
    /// A study, as `study export` and `--format json` of run, report and study show write it
    Study,
    /// A profile, as `profile export` writes and `profile import` reads it
    Profile,
    /// A file of packs, as `share export` writes and `share import` reads it
    Pack,
    /// What `recommend --format json` writes
    Recommendation,
    /// What `proxy --report --format json` writes
    Traffic,
    /// A line that `watch --json` writes, to webhooks as well
    Watch,
    /// The file that says which plugins are installed
    PluginLock,
}

/// Prints a schema.
pub fn run(args: &SchemaArgs) -> CommandResult {
    let schema = match args.what {
        Described::Settings => settings::schema(|key| help_of(key.flag)),
        Described::Study => of::<Study>("A study of ralf-tune"),
        Described::Profile => of::<Profile>("A profile of ralf-tune"),
        Described::Pack => of::<PackFile>("Measurements of ralf-tune, for others"),
        Described::Recommendation => of::<Recommendation>("What others' measurements recommend"),
        Described::Traffic => of::<Traffic>("What clients did, as ralf-tune's proxy saw it"),
        Described::Watch => of::<Entry>("What ralf-tune tells of watching"),
        Described::PluginLock => of::<LockFile>("The plugins that ralf-tune has installed"),
    };
    ui::data(&format!("{schema:#}\n"))?;
    Ok(ExitStatus::Done)
}

/// The schema of what is written of a type.
fn of<T: JsonSchema>(title: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    if let Value::Object(members) = &mut schema {
        members.insert("title".into(), title.into());
    }
    schema
}

/// What the help says of a flag of `ralf-tune run`, or `share push`, without where else it can be said.
fn help_of(flag: &str) -> Option<String> {
    let program = Cli::command();
    let commands = [program.find_subcommand("run"), program.find_subcommand("share")?.find_subcommand("push")];
    let mut arguments = commands.into_iter().flatten().flat_map(clap::Command::get_arguments);
    let argument = arguments.find(|argument| argument.get_long() == flag.strip_prefix("--"))?;
    let help = argument.get_help()?.to_string();
    Some(help.split(" [env: ").next().unwrap_or_default().to_owned())
}
