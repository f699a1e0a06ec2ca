//! What can be typed after `ralf-tune plugin test`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::{Args, value_parser};

use crate::{
    cli::args::duration,
    model::limit::PluginLimit,
    settings::{Format, Overrides, PluginParam, parse_limit, parse_param},
};

pub const EXAMPLES: &str = "\
Examples:
  ralf-tune plugin test my_scorer.wasm
      good and bad notes that come with the program
  ralf-tune plugin test my_scorer.wasm --cases notes.jsonl
      one note a line: {\"path\": …, \"language\": …, \"source\": …, \"answer\": …, \"label\": \"good\"}
  ralf-tune plugin test my_strategy.wasm --scenario one-slot --seeds 5
      whole simulated studies, against the bundled strategy and against nobody
  ralf-tune plugin test my_strategy.wasm --cases study.json
      what it would have asked in a study that `run --format json` recorded
  ralf-tune plugin test my_selector.wasm --cases study.json

Exit codes: 0 it answered every time, 4 it failed at least once.

See also: ralf-tune plugin check, ralf-tune arena";

#[derive(Debug, Args)]
pub struct PluginTestArgs {
    /// File of a component, or name of a bundled plugin
    #[arg(value_name = "FILE|NAME")]
    pub plugin: String,

    /// Scorers: notes as JSON lines. Strategies and selectors: a study as JSON [default: what comes with the program]
    #[arg(long, value_name = "FILE")]
    pub cases: Option<PathBuf>,

    /// Strategies: simulated machine; may be repeated [default: mid-range, one-slot, vram-cliff]
    #[arg(long, value_name = "NAME", conflicts_with = "cases")]
    pub scenario: Vec<String>,

    /// Strategies: studies on each machine [default: 3]
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=1000), conflicts_with = "cases")]
    pub seeds: Option<u64>,

    /// Strategies: quick, normal, full, or one from your settings [env: RALF_TUNE_INTENSITY] [default: normal]
    #[arg(long, value_name = "NAME")]
    pub intensity: Option<String>,

    /// Strategies: time limit of a study, on the virtual clock [env: RALF_TUNE_BUDGET] [default: that of the intensity]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = duration)]
    pub budget: Option<Duration>,

    /// Parameter of a plugin; may be repeated [env: RALF_TUNE_SET]
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

    /// Strategies: threads that run studies [default: as many as there are]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

impl PluginTestArgs {
    /// As settings, with the file of the plugin when it is one.
    pub fn overrides(&self, file: Option<PathBuf>) -> Overrides {
        Overrides {
            intensity: self.intensity.clone(),
            budget: self.budget,
            plugins: Some(file.into_iter().collect()),
            params: self.set.clone(),
            limits: self.limit.clone(),
            format: self.format,
            output: self.output.clone(),
            ..Overrides::default()
        }
    }
}
