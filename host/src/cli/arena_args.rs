//! What can be typed after `ralf-tune arena`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::{Args, value_parser};

use super::args::{duration, given};
use crate::{
    arena::Contender,
    model::limit::PluginLimit,
    settings::{Format, Overrides, PluginParam, parse_limit, parse_param, plugin_name},
};

pub const EXAMPLES: &str = "\
Examples:
  ralf-tune arena
      what each bundled strategy is worth: the plan, and the plan without it
  ralf-tune arena --plugin my_context.wasm
      yours in its place, against the bundled one, and against nobody there
  ralf-tune arena --strategy plan --strategy context+latency --scenario one-slot
  ralf-tune arena --selector fast --selector quality --seeds 20
  ralf-tune arena --plugin mine.wasm --format json --output arena.json

See also: ralf-tune plugin test, which looks at one plugin alone";

#[derive(Debug, Args)]
pub struct ArenaArgs {
    /// Contender: NAME takes its place in the plan, A+B are exactly these, without:NAME leaves a place empty, plan is
    /// the plan as it is; may be repeated [default: the strategies of --plugin, else every bundled one]
    #[arg(long, value_name = "CONTENDER", value_parser = contender)]
    pub strategy: Vec<Contender>,

    /// Selector that contends; may be repeated. With --strategy: every contender with every selector
    #[arg(long, value_name = "NAME", value_parser = plugin_name)]
    pub selector: Vec<String>,

    /// Simulated machine; may be repeated [default: all]
    #[arg(long, value_name = "NAME")]
    pub scenario: Vec<String>,

    /// Studies of each contender on each machine, with the seeds 1, 2, 3 …
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = value_parser!(u64).range(1..=1000))]
    pub seeds: u64,

    /// quick, normal, full, or one from your settings [env: RALF_TUNE_INTENSITY] [default: normal]
    #[arg(long, value_name = "NAME")]
    pub intensity: Option<String>,

    /// Time limit of a study, on the virtual clock [env: RALF_TUNE_BUDGET] [default: that of the intensity]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = duration)]
    pub budget: Option<Duration>,

    /// Component that contends, or scores; may be repeated [env: RALF_TUNE_PLUGIN]
    #[arg(long, value_name = "FILE")]
    pub plugin: Vec<PathBuf>,

    /// Parameter of a plugin, such as context.sizes=4096,8192; may be repeated [env: RALF_TUNE_SET]
    #[arg(long, value_name = "PLUGIN.PARAM=VALUE", value_parser = parse_param)]
    pub set: Vec<PluginParam>,

    /// Limit of a plugin, such as my-scorer.memory=128MiB; may be repeated [env: RALF_TUNE_LIMIT]
    #[arg(long, value_name = "NAME.LIMIT=VALUE", value_parser = parse_limit)]
    pub limit: Vec<PluginLimit>,

    /// Form of the result [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,

    /// File for the result [env: RALF_TUNE_OUTPUT] [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Threads that run studies; the result does not depend on it [default: as many as there are]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

impl From<&ArenaArgs> for Overrides {
    fn from(args: &ArenaArgs) -> Self {
        Self {
            intensity: args.intensity.clone(),
            budget: args.budget,
            plugins: given(&args.plugin),
            params: args.set.clone(),
            limits: args.limit.clone(),
            format: args.format,
            output: args.output.clone(),
            ..Self::default()
        }
    }
}

fn contender(text: &str) -> Result<Contender, String> {
    let contender = Contender::read(text);
    let names = match &contender {
        Contender::Plan => Vec::new(),
        Contender::InPlace(name) | Contender::Without(name) => vec![name],
        Contender::Exactly(names) => names.iter().collect(),
    };
    names.into_iter().try_for_each(|name| plugin_name(name).map(drop))?;
    Ok(contender)
}
