//! What can be typed after `ralf-tune arena`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::path::PathBuf;

use clap::{Args, ValueEnum, value_parser};

use super::{args::given, completions::candidates, studies_args::StudiesArgs};
use crate::{
    arena::{Contender, surfaces::Half},
    model::plugin::PluginKind,
    settings::{Overrides, plugin_name},
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
  ralf-tune arena --surfaces all --noise 0.05 --strategy plan --strategy coordinate
      machines with a trap each, in two halves: one to learn from, one to be examined on
  ralf-tune arena --calibration
      are the gains, the confidence and the budgets of studies true?
  ralf-tune arena --recommendations --machines 200 --kept fleet
      what do machines lose that take over what others measured?

See also: ralf-tune plugin test, which looks at one plugin alone";

/// Halves of the surfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Surfaces {
    /// Those by which parameters may be set
    Tuning,
    /// Those that nobody looked at
    Evaluation,
    /// Both
    All,
}

impl Surfaces {
    /// The halves that are meant.
    #[must_use]
    pub const fn halves(self) -> &'static [Half] {
        match self {
            Self::Tuning => &[Half::Tuning],
            Self::Evaluation => &[Half::Evaluation],
            Self::All => &Half::ALL,
        }
    }
}

#[derive(Debug, Args)]
pub struct ArenaArgs {
    /// Contender: NAME takes its place in the plan, A+B are exactly these, without:NAME leaves a place empty, plan is
    /// the plan as it is, coordinate sweeps one setting after the other; may be repeated [default: the strategies of --plugin, else every bundled one]
    #[arg(long, value_name = "CONTENDER", value_parser = contender)]
    pub strategy: Vec<Contender>,

    /// Selector that contends; may be repeated. With --strategy: every contender with every selector
    #[arg(long, value_name = "NAME", value_parser = plugin_name, add = candidates::plugins(PluginKind::Selector))]
    pub selector: Vec<String>,

    /// Simulated machine, with conditions such as mid-range:noise=0.15,throttle; may be repeated [default: all, without
    /// conditions; `ralf-tune simulate --help` lists both]
    #[arg(long, value_name = "NAME", add = candidates::scenarios())]
    pub scenario: Vec<String>,

    /// The surfaces that strategies are examined on, one half or both: machines with a trap each; docs/arena.md lists them
    #[arg(long, value_name = "HALF", value_enum, conflicts_with = "scenario")]
    pub surfaces: Option<Surfaces>,

    /// How much requests vary on the surfaces, such as 0.05 or 0.15 [default: as on those machines]
    #[arg(long, value_name = "SIGMA", requires = "surfaces")]
    pub noise: Option<f64>,

    /// Studies of each contender on each machine, with the seeds 1, 2, 3 …
    /// [default: 10; 2 with --calibration]
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=1000))]
    pub seeds: Option<u64>,

    /// Hold what studies claim (gain, confidence, budget) against the truth of many machines, beside fixed rules; no
    /// contenders
    #[arg(long, conflicts_with_all = ["strategy", "selector", "scenario", "surfaces"])]
    pub calibration: bool,

    /// Hold what shared measurements recommend against the truth of a fleet of machines, each left out once; no contenders
    #[arg(long, conflicts_with_all = ["strategy", "selector", "scenario", "surfaces", "calibration", "seeds"])]
    pub recommendations: bool,

    /// Machines of the calibration or the fleet: the built-in ones and relatives of them [default: 21]
    #[arg(long, value_name = "N", value_parser = machines, conflicts_with_all = ["strategy", "selector", "scenario", "surfaces"])]
    pub machines: Option<usize>,

    /// Folder for what is done of a fleet: it goes on from there
    #[arg(long, value_name = "FOLDER", requires = "recommendations")]
    pub kept: Option<PathBuf>,

    /// Component that contends, or scores; may be repeated [env: RALF_TUNE_PLUGIN]
    #[arg(long, value_name = "FILE")]
    pub plugin: Vec<PathBuf>,

    #[command(flatten)]
    pub studies: StudiesArgs,
}

impl From<&ArenaArgs> for Overrides {
    fn from(args: &ArenaArgs) -> Self {
        args.studies.overrides(given(&args.plugin))
    }
}

fn machines(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=1000) => Ok(number),
        _ => Err("a whole number from 1 to 1000 is needed".into()),
    }
}

fn contender(text: &str) -> Result<Contender, String> {
    let contender = Contender::read(text);
    let names = match &contender {
        Contender::Plan | Contender::Coordinate => Vec::new(),
        Contender::InPlace(name) | Contender::Without(name) => vec![name],
        Contender::Exactly(names) => names.iter().collect(),
    };
    names.into_iter().try_for_each(|name| plugin_name(name).map(drop))?;
    Ok(contender)
}
