//! What can be typed after `ralf-tune watch`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};

use crate::{
    cli::{args::duration, common_args::SimulationArgs, completions::candidates},
    model::profile::ProfileName,
    settings::{Overrides, parse_seed},
};

pub const EXAMPLES: &str = "\
Examples:
  ralf-tune watch                                  the profile balanced, every half hour, until Ctrl-C
  ralf-tune watch fast --every 10m --json          one line of JSON for each thing that happens
  ralf-tune watch --once                           for cron; the next run goes on with what this one kept
  ralf-tune watch --metrics 127.0.0.1:9464         for Prometheus
  ralf-tune watch --webhook https://example.com/hook --notify
  ralf-tune watch --log                            changes and decisions so far
  ralf-tune watch --install --metrics 127.0.0.1:9464
      as a service of yours: systemd or launchd, after showing the file; back: ralf-tune watch --uninstall
  ralf-tune watch --simulate mid-range:slowdown --probes 72
      three days of a simulated machine, in a moment; needs a study of one: ralf-tune run --simulate

Nothing is loaded for a probe, and none is made while the server is at work.

Exit codes:
  0    the settings are what they were, or no probe could be made
  2    usage or settings, or no such profile
  3    the server cannot be reached or fails (--once)
  5    what is kept of it cannot be read or written
  6    the settings are no longer what they were (--once, --probes)
  130  stopped

See also: ralf-tune profile list, ralf-tune verify, ralf-tune doctor";

const WHAT: &str = "What is watched";
const WHEN: &str = "How often";
const TELL: &str = "Who is told";
const MEND: &str = "What is done about it";
const SERVICE: &str = "As a service";

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "one field a flag")]
#[command(mut_arg("simulate", |simulate| {
    simulate.help("Watch a simulated machine in place of a server [env: RALF_TUNE_SIMULATE] [default scenario: mid-range]")
}))]
pub struct WatchArgs {
    /// Profile whose settings are watched: fast, balanced, quality, or your own
    #[arg(value_name = "PROFILE", default_value = "balanced", add = candidates::profiles(), help_heading = WHAT)]
    pub profile: ProfileName,

    /// Model of the profile, where several have one of that name [env: RALF_TUNE_MODEL]
    #[arg(long, value_name = "MODEL", value_parser = NonEmptyStringValueParser::new(), add = candidates::models(), help_heading = WHAT)]
    pub model: Option<String>,

    /// Ollama server [env: RALF_TUNE_HOST, then OLLAMA_HOST] [default: 127.0.0.1:11434]
    #[arg(long, value_name = "URL", help_heading = WHAT)]
    pub host: Option<String>,

    /// Time between two probes
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = duration, default_value = "30m", help_heading = WHEN)]
    pub every: Duration,

    /// One probe, or none where it would disturb, and the end
    #[arg(long, conflicts_with_all = ["every", "probes", "metrics"], help_heading = WHEN)]
    pub once: bool,

    /// End after so many times [default: go on until stopped; 96 in simulations]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = WHEN)]
    pub probes: Option<u64>,

    /// Tokens that probes may take in a day (of UTC); one takes about 1000
    #[arg(long, value_name = "N", default_value_t = 60_000, help_heading = WHEN)]
    pub tokens_per_day: u64,

    /// One line of JSON for each thing that happens
    #[arg(long, help_heading = TELL)]
    pub json: bool,

    /// Address that gets each alert, recovery and decision as JSON, by POST
    #[arg(long, value_name = "URL", help_heading = TELL)]
    pub webhook: Option<String>,

    /// A message on the desktop for each of them, where there is one
    #[arg(long, help_heading = TELL)]
    pub notify: bool,

    /// Serve metrics for Prometheus on this address
    #[arg(long, value_name = "ADDR", help_heading = TELL)]
    pub metrics: Option<String>,

    /// Let --metrics listen where other machines reach it
    #[arg(long, requires = "metrics", help_heading = TELL)]
    pub allow_remote: bool,

    /// Show the log of changes and decisions; nothing is measured
    #[arg(long, help_heading = TELL)]
    pub log: bool,

    /// When an alert comes, measure the knobs that drifted anew: never, after a question, or unasked
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, hide_possible_values = true, help_heading = MEND)]
    pub retune: Retune,

    /// Folder of the files to measure with [env: RALF_TUNE_SAMPLES] [default: generated samples]
    #[arg(long, value_name = "DIR", help_heading = MEND)]
    pub samples: Option<PathBuf>,

    /// Configuration that new settings are written to [env: RALF_TUNE_CONFIG] [default: ~/.ralf-notes/config.json when it exists]
    #[arg(long, value_name = "FILE", help_heading = MEND)]
    pub config: Option<PathBuf>,

    /// Write the file of a service that watches like this, after showing it
    #[arg(long, conflicts_with_all = ["once", "log", "simulate", "probes"], help_heading = SERVICE)]
    pub install: bool,

    /// Remove that file
    #[arg(long, conflicts_with_all = ["install", "once", "log", "simulate"], help_heading = SERVICE)]
    pub uninstall: bool,

    /// Do not ask before the file of a service is written or removed
    #[arg(long, short, help_heading = SERVICE)]
    pub yes: bool,

    /// Seed of everything random [env: RALF_TUNE_SEED] [default: a new one]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_seed)]
    pub seed: Option<u64>,

    #[command(flatten)]
    pub simulation: SimulationArgs,
}

/// Whether something is measured anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Retune {
    #[default]
    Never,
    Ask,
    Auto,
}

impl Retune {
    /// As it is typed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Ask => "ask",
            Self::Auto => "auto",
        }
    }
}

impl From<&WatchArgs> for Overrides {
    fn from(args: &WatchArgs) -> Self {
        Self {
            model: args.model.clone(),
            host: args.host.clone(),
            samples: args.samples.clone(),
            config: args.config.clone(),
            seed: args.seed,
            simulate: args.simulation.simulate.clone(),
            ..Self::default()
        }
    }
}
