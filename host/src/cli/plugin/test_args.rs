//! What can be typed after `ralf-tune plugin test`.

use std::path::PathBuf;

use clap::{Args, value_parser};

use crate::cli::{completions::candidates, studies_args::StudiesArgs};

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
    #[arg(value_name = "FILE|NAME", add = candidates::plugins_and_files())]
    pub plugin: String,

    /// Scorers: notes as JSON lines. Strategies and selectors: a study as JSON [default: what comes with the program]
    #[arg(long, value_name = "FILE")]
    pub cases: Option<PathBuf>,

    /// Strategies: simulated machine; may be repeated [default: mid-range, one-slot, vram-cliff]
    #[arg(long, value_name = "NAME", conflicts_with = "cases", add = candidates::scenarios())]
    pub scenario: Vec<String>,

    /// Strategies: studies on each machine [default: 3]
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=1000), conflicts_with = "cases")]
    pub seeds: Option<u64>,

    #[command(flatten)]
    pub studies: StudiesArgs,
}
