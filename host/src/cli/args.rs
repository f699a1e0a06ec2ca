//! What can be typed. Nothing is done here: the values go to [`crate::settings`], which also reads the environment
//! (so that each value remembers where it comes from; hence no `env` of clap's).

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, builder::NonEmptyStringValueParser};

use super::{
    apply::args::{self as apply_args, ApplyArgs},
    arena_args::{self, ArenaArgs},
    batch_args::{self, BatchArgs},
    common_args::SimulationArgs,
    completions::{
        args::{self as completions_args, CompletionsArgs},
        candidates,
    },
    config::args::ConfigCommand,
    doctor::args::{self as doctor_args, DoctorArgs},
    hub::args::HubCommand,
    man::{self, ManArgs},
    plugin::args::PluginCommand,
    profile::args::ProfileCommand,
    proxy_args::{self, ProxyArgs},
    schema::{self, SchemaArgs},
    share::args::{RECOMMEND_EXAMPLES, RecommendArgs, ShareCommand},
    study::args::{REPORT_EXAMPLES, ReportArgs, StudyCommand},
    verify_args::{self, VerifyArgs},
    watch::args::{self as watch_args, WatchArgs},
};
use crate::model::{
    limit::PluginLimit,
    plugin::{Grant, PluginKind},
};
use crate::settings::{
    DEFAULT_SCENARIO, DurationError, Format, Overrides, PluginParam, ScorerChoice, WorkloadChoice, parse_duration,
    parse_files, parse_grant, parse_limit, parse_param, parse_scorer, parse_seed, parse_share, plugin_name,
};

/// How long a recommendation is measured at most, where nothing else is wanted.
const PROVING: Duration = Duration::from_secs(30);

const WHAT: &str = "What to tune";
const HOW: &str = "How to tune";
const PLUGINS: &str = "Plugins";
const RESULT: &str = "What happens with the result";
const SIMULATION: &str = "Simulation";

const EXAMPLES: &str = "\
Examples:
  ralf-tune machine                          what is there
  ralf-tune run --quick --samples ~/notes    a few minutes, on your own files
  ralf-tune run --simulate                   try it without a server

Exit codes:
  0    done
  1    finished, but nothing meets the constraints, or files of a batch are lost
  2    usage or settings
  3    server unreachable or failing, or model missing
  4    plugin
  5    unfit environment
  6    watch: the settings are no longer what they were
  70   internal error
  130  interrupted

Settings, the strongest first:
  the command line
  RALF_TUNE_* variables (lists with commas, plugin files like PATH, RALF_TUNE_SET with semicolons)
  ralf-tune.toml in the working directory
  config.toml in the ralf-tune folder of your configuration directory, or in RALF_TUNE_CONFIG_DIR
  the defaults";

/// Finds the best settings for batch work with a local model on Ollama, by measuring the machine
#[derive(Debug, Parser)]
#[command(name = "ralf-tune", version, arg_required_else_help = true, after_long_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure, choose, show the difference, and save it when you agree
    #[command(after_long_help = RUN_EXAMPLES)]
    Run(Box<RunArgs>),
    /// Show the machine, the server and the model as seen, and how each fact was found
    #[command(after_long_help = MACHINE_EXAMPLES)]
    Machine(MachineArgs),
    /// Look for what stands in the way, and mend it or say what does
    #[command(after_long_help = doctor_args::EXAMPLES)]
    Doctor(DoctorArgs),
    /// Stand before a server, and say what clients do with it
    #[command(after_long_help = proxy_args::EXAMPLES)]
    Proxy(ProxyArgs),
    /// Serve a simulated Ollama over HTTP
    #[command(after_long_help = SIMULATE_EXAMPLES)]
    Simulate(SimulateArgs),
    /// Look at, check, write and install strategies, scorers and selectors
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Run many simulated studies, and say which strategy or selector is better
    #[command(after_long_help = arena_args::EXAMPLES)]
    Arena(ArenaArgs),
    /// Compare two configurations, and say which is faster and how sure that is
    #[command(after_long_help = verify_args::EXAMPLES)]
    Verify(VerifyArgs),
    /// Put a study's result or a profile where the batch reads it, or take that back
    #[command(after_long_help = apply_args::EXAMPLES)]
    Apply(ApplyArgs),
    /// Make a note of every file with tuned settings; stopped or killed, it goes on
    #[command(after_long_help = batch_args::EXAMPLES)]
    Batch(BatchArgs),
    /// Say when tuned settings are no longer what they were, since when, and why
    #[command(after_long_help = watch_args::EXAMPLES)]
    Watch(Box<WatchArgs>),
    /// Show the report of a study again
    #[command(after_long_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// List, show, compare, export and import studies that are kept; choose again in one
    #[command(subcommand)]
    Study(StudyCommand),
    /// Share what studies measured without saying whose it was, and keep what others share
    #[command(subcommand)]
    Share(ShareCommand),
    /// Serve what many share
    #[command(subcommand, hide = true)]
    Hub(HubCommand),
    /// Say what the measurements of others recommend for this machine
    #[command(after_long_help = RECOMMEND_EXAMPLES)]
    Recommend(RecommendArgs),
    /// Keep settings under names, such as fast, balanced, quality or yours, and use one
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Look at the settings that count, and who said them
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the script with which a shell completes commands, studies, models and plugins
    #[command(after_long_help = completions_args::EXAMPLES)]
    Completions(CompletionsArgs),
    /// Print the JSON Schema of settings, studies, profiles, or the list of plugins
    #[command(after_long_help = schema::EXAMPLES)]
    Schema(SchemaArgs),
    /// Print the manual page, or write those of all commands
    #[command(after_long_help = man::EXAMPLES, hide = true)]
    Man(ManArgs),
}

const RUN_EXAMPLES: &str = "\
Examples:
  ralf-tune run
      eight minutes; shows what it found and asks before it saves
  ralf-tune run --budget 1h30m --model llama3.2:3b --samples ./src --seed 1
  ralf-tune run --no-save --format json --output result.json
  ralf-tune run --workload learned --samples ./src    for requests like those that went through ralf-tune proxy
  ralf-tune run --plugin my-scorer.wasm --set my-scorer.strict=true
  ralf-tune run --simulate mid-range --yes --config /tmp/config.json
  ralf-tune run --prove                      is what others measured better here? half a minute
  ralf-tune run --resume
      goes on where one was interrupted; what was measured is not measured again

See also: ralf-tune machine, ralf-tune plugin list";

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "one field a flag; settings make types of them")]
pub struct RunArgs {
    /// Model to tune [env: RALF_TUNE_MODEL] [default: the one in your config, else the one that is loaded]
    #[arg(long, value_name = "MODEL", value_parser = NonEmptyStringValueParser::new(), add = candidates::models(), help_heading = WHAT)]
    pub model: Option<String>,

    /// Ollama server [env: RALF_TUNE_HOST, then OLLAMA_HOST] [default: 127.0.0.1:11434]
    ///
    /// Once for each of several machines that are alike: they share the trials of one study. Whether they are alike is measured first.
    #[arg(long, value_name = "URL", help_heading = WHAT)]
    pub host: Vec<String>,

    /// Where several ralf-tune share the study: postgres://USER@HOST/DATABASE or sqlite://FILE [env: RALF_TUNE_STORE]
    ///
    /// The same command on other machines, each with its own --host, helps the first one; each piece of work is held by one of them, and taken by
    /// another when it gives no word for half a minute.
    #[arg(long, value_name = "URL", conflicts_with = "keep_notes", help_heading = HOW)]
    pub store: Option<String>,

    /// Folder of the files that your batch works on [env: RALF_TUNE_SAMPLES] [default: generated samples]
    #[arg(long, value_name = "DIR", help_heading = WHAT)]
    pub samples: Option<PathBuf>,

    /// What to tune for: the samples, or requests like those that `ralf-tune proxy` recorded, with texts of the samples
    /// [env: RALF_TUNE_WORKLOAD] [default: samples]
    #[arg(long, value_name = "WHAT", value_enum, hide_possible_values = true, help_heading = WHAT)]
    pub workload: Option<WorkloadChoice>,

    /// Files of your batch: tuning takes no longer than it can save [env: RALF_TUNE_FILES] [default: as many as samples]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_files, help_heading = WHAT)]
    pub files: Option<usize>,

    /// File with the prompt that goes before each file's text [env: RALF_TUNE_PROMPT] [default: RALF Note's]
    #[arg(long, value_name = "FILE", help_heading = WHAT)]
    pub prompt: Option<PathBuf>,

    /// Configuration to read the present settings from and to save to; made when it does not exist
    /// [env: RALF_TUNE_CONFIG] [default: ~/.ralf-notes/config.json when it exists]
    #[arg(long, value_name = "FILE", help_heading = WHAT)]
    pub config: Option<PathBuf>,

    /// Fewer questions, within 4 minutes; the same as --intensity quick
    #[arg(long, conflicts_with_all = ["full", "intensity"], help_heading = HOW)]
    pub quick: bool,

    /// All questions, within 15 minutes; the same as --intensity full
    #[arg(long, conflicts_with = "intensity", help_heading = HOW)]
    pub full: bool,

    /// quick, normal, full, or one from your settings [env: RALF_TUNE_INTENSITY] [default: normal]
    #[arg(long, value_name = "NAME", add = candidates::intensities(), help_heading = HOW)]
    pub intensity: Option<String>,

    /// Time limit, such as 90s, 4m or 1h30m [env: RALF_TUNE_BUDGET] [default: that of the intensity]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = duration, help_heading = HOW)]
    pub budget: Option<Duration>,

    /// Least quality, as a share of the best that this model attains [env: RALF_TUNE_QUALITY_FLOOR] [default: 0.95]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = parse_share, help_heading = HOW)]
    pub quality_floor: Option<f64>,

    /// Seed of everything random, to repeat a study [env: RALF_TUNE_SEED] [default: a new one]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_seed, help_heading = HOW)]
    pub seed: Option<u64>,

    /// Component that takes part; may be repeated [env: RALF_TUNE_PLUGIN]
    #[arg(long, value_name = "FILE", help_heading = PLUGINS)]
    pub plugin: Vec<PathBuf>,

    /// Strategy that takes part, in place of the intensity's; may be repeated [env: RALF_TUNE_STRATEGY]
    #[arg(long, value_name = "NAME", value_parser = plugin_name, add = candidates::plugins(PluginKind::Strategy), help_heading = PLUGINS)]
    pub strategy: Vec<String>,

    /// Scorer that takes part, and how much it counts; may be repeated [env: RALF_TUNE_SCORER]
    #[arg(long, value_name = "NAME[=WEIGHT]", value_parser = parse_scorer, add = candidates::plugins(PluginKind::Scorer), help_heading = PLUGINS)]
    pub scorer: Vec<ScorerChoice>,

    /// Selector that chooses the winner [env: RALF_TUNE_SELECTOR]
    #[arg(long, value_name = "NAME", value_parser = plugin_name, add = candidates::plugins(PluginKind::Selector), help_heading = PLUGINS)]
    pub selector: Option<String>,

    /// Parameter of a plugin, such as context.sizes=4096,8192; may be repeated [env: RALF_TUNE_SET]
    #[arg(long, value_name = "PLUGIN.PARAM=VALUE", value_parser = parse_param, help_heading = PLUGINS)]
    pub set: Vec<PluginParam>,

    /// Limit of a plugin, such as my-scorer.memory=128MiB; may be repeated [env: RALF_TUNE_LIMIT]
    #[arg(long, value_name = "NAME.LIMIT=VALUE", value_parser = parse_limit, help_heading = PLUGINS)]
    pub limit: Vec<PluginLimit>,

    /// What plugins may do beyond computing: judge (ask the model); may be repeated [env: RALF_TUNE_ALLOW]
    #[arg(long, value_name = "WHAT", value_parser = parse_grant, help_heading = PLUGINS)]
    pub allow: Vec<Grant>,

    /// Save the result, after showing the difference and asking [env: RALF_TUNE_SAVE] [default: yes]
    #[arg(long, conflicts_with_all = ["no_save", "dry_run"], help_heading = RESULT)]
    pub save: bool,

    /// Do not save, and do not ask
    #[arg(long, help_heading = RESULT)]
    pub no_save: bool,

    /// Save without asking [env: RALF_TUNE_YES]
    #[arg(long, short, help_heading = RESULT)]
    pub yes: bool,

    /// Show the report [env: RALF_TUNE_REPORT] [default: yes]
    #[arg(long, conflicts_with = "no_report", help_heading = RESULT)]
    pub report: bool,

    /// Show only the outcome
    #[arg(long, help_heading = RESULT)]
    pub no_report: bool,

    /// Form of the report [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = RESULT)]
    pub format: Option<Format>,

    /// File for the report [env: RALF_TUNE_OUTPUT] [default: standard output]
    #[arg(long, value_name = "FILE", help_heading = RESULT)]
    pub output: Option<PathBuf>,

    /// Show the plan, measure nothing
    #[arg(long, help_heading = RESULT)]
    pub dry_run: bool,

    /// Folder for the notes that the study makes of your samples, so that your batch can skip them
    #[arg(long, value_name = "DIR", conflicts_with = "dry_run", help_heading = RESULT)]
    pub keep_notes: Option<PathBuf>,

    /// Earlier study whose settings are checked first, shared for what others measured, or none [default: the newest that fits, else
    /// shared where something near is kept; none in simulations]
    #[arg(long, value_name = "STUDY", add = candidates::studies(), help_heading = HOW)]
    pub prior: Option<String>,

    /// Check what others measured, or the --prior, in at most 30 seconds: adopt it or say why not, and search for nothing else
    #[arg(long, conflicts_with = "resume", help_heading = HOW)]
    pub prove: bool,

    /// Go on with a study that was interrupted or killed, with what was typed then [default: the newest]
    #[arg(
        long,
        value_name = "STUDY",
        num_args = 0..=1,
        default_missing_value = "last",
        exclusive = true,
        add = candidates::unfinished(),
        help_heading = RESULT
    )]
    pub resume: Option<String>,

    /// Tune a simulated machine in place of a server [env: RALF_TUNE_SIMULATE] [default scenario: mid-range]
    ///
    /// Conditions may stand behind its name: mid-range:noise=0.15,throttle. `ralf-tune simulate --help` lists scenarios and conditions.
    /// Once for each of several machines that share a study.
    #[arg(
        long,
        value_name = "SCENARIO",
        num_args = 0..=1,
        default_missing_value = DEFAULT_SCENARIO,
        action = clap::ArgAction::Append,
        add = candidates::scenarios(),
        conflicts_with = "host",
        help_heading = SIMULATION
    )]
    pub simulate: Vec<String>,
}

const MACHINE_EXAMPLES: &str = "\
Examples:
  ralf-tune machine
  ralf-tune machine --host 192.168.0.7 --model llama3.2:3b --format json

See also: ralf-tune run";

/// What a machine that is looked at may be, in short and at length.
const MACHINE_SIMULATE: (&str, &str) = (
    "Look at a simulated machine [env: RALF_TUNE_SIMULATE] [default scenario: mid-range]",
    "Look at a simulated machine [env: RALF_TUNE_SIMULATE] [default scenario: mid-range]\n\n`ralf-tune simulate --help` lists the scenarios.",
);

#[derive(Debug, Args)]
#[command(mut_arg("simulate", |simulate| simulate.help(MACHINE_SIMULATE.0).long_help(MACHINE_SIMULATE.1)))]
pub struct MachineArgs {
    /// Form of the answer [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,

    /// Ollama server [env: RALF_TUNE_HOST, then OLLAMA_HOST] [default: 127.0.0.1:11434]
    #[arg(long, value_name = "URL")]
    pub host: Option<String>,

    /// Model to look at [env: RALF_TUNE_MODEL] [default: the one in your config, else the one that is loaded]
    #[arg(long, value_name = "MODEL", value_parser = NonEmptyStringValueParser::new(), add = candidates::models())]
    pub model: Option<String>,

    #[command(flatten)]
    pub simulation: SimulationArgs,
}

const SIMULATE_EXAMPLES: &str = "\
Scenarios:
  low-end, mid-range, high-end, one-slot, vram-cliff, flaky, slow

Conditions, behind a colon and with commas between them:
  noise=SIGMA           requests vary, some prompts more than others
  heavy-tails[=SHARE]   some requests take several times as long
  throttle[=SHARE]      speed that is lost within minutes of work
  drift=SHARE           speed that comes and goes slowly
  competitor[=SECONDS]  another client sends requests
  thrash[=SECONDS]      another client has the model reloaded
  cold-files            the first load reads from the disk
  ignores=NAME[+NAME]   num_thread, num_batch, num_ctx: not heeded
  slots=N               requests that the server works on at a time
  faults=SHARE          requests that fail
  stalls=SHARE          requests that pause for 5 to 40 seconds
  dip[=TIMES]           two or three requests at once are slower than one
  contention[=SHARE]    the more threads, the more requests slow each other
  quota=N               threads that a container may use
  hidden-quota=N        the same, and nothing says so
  best-batch=N          num_batch with which prompts are read fastest
  trained=TOKENS        the most context that the model was made for
  lost-middle[=TOKENS]  the middle of longer prompts gets lost
  temperature-trap[=BELOW]  lines repeat below, the format breaks above
  no-format             answers are one sentence, over and over
  lottery=NUMBER        speed by chance, from the table of that number
  slowdown[=SHARE]      after a day everything takes longer, at once
  fading[=SHARE]        the same, bit by bit within 8 hours
  upgrade[=SHARE]       after a day another version of the server, and slower
  slower[=SHARE]        everything takes that share longer from the start: one of several hosts, for example
  newcomer[=SECONDS]    after a day another client sends requests
  squeeze[=GIB]         after a day another program takes memory of the GPU

Examples:
  ralf-tune simulate --scenario mid-range --listen 127.0.0.1:11500
  ralf-tune simulate --scenario one-slot:noise=0.15,competitor --listen 127.0.0.1:11500
  OLLAMA_HOST=127.0.0.1:11500 ralf-tune run --quick --model llama3.1:8b     (in another terminal)

See also: ralf-tune run --simulate, which needs no second terminal and no waiting";

#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// The machine and model to imitate, and the conditions there
    #[arg(long, value_name = "NAME", add = candidates::scenarios())]
    pub scenario: String,

    /// Address to listen on
    #[arg(long, value_name = "ADDR")]
    pub listen: String,

    /// Seed of the noise
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_seed, default_value_t = 0)]
    pub seed: u64,

    /// Print the best settings of the scenario, and how fast they are, before serving
    #[arg(long)]
    pub best: bool,
}

impl From<&RunArgs> for Overrides {
    fn from(args: &RunArgs) -> Self {
        let (intensity, intensity_flag) = match (args.quick, args.full) {
            (true, _) => (Some("quick".to_owned()), Some("--quick")),
            (_, true) => (Some("full".to_owned()), Some("--full")),
            _ => (args.intensity.clone(), None),
        };
        Self {
            intensity,
            intensity_flag,
            budget: if args.prove { Some(args.budget.unwrap_or(PROVING).min(PROVING)) } else { args.budget },
            model: args.model.clone(),
            host: args.host.first().cloned(),
            mates: args.host.iter().skip(1).cloned().collect(),
            samples: args.samples.clone(),
            workload: args.workload,
            plugins: given(&args.plugin),
            strategies: given(&args.strategy),
            scorers: given(&args.scorer),
            selector: args.selector.clone(),
            params: args.set.clone(),
            limits: args.limit.clone(),
            allow: given(&args.allow),
            save: either(args.save, args.no_save),
            report: either(args.report, args.no_report),
            yes: args.yes.then_some(true),
            config: args.config.clone(),
            seed: args.seed,
            files: args.files,
            quality_floor: args.quality_floor,
            prompt: args.prompt.clone(),
            format: args.format,
            output: args.output.clone(),
            hub: None,
            store: args.store.clone(),
            simulate: args.simulate.first().cloned(),
            simulated_mates: args.simulate.iter().skip(1).cloned().collect(),
        }
    }
}

impl From<&MachineArgs> for Overrides {
    fn from(args: &MachineArgs) -> Self {
        Self {
            format: args.format,
            host: args.host.clone(),
            model: args.model.clone(),
            simulate: args.simulation.simulate.clone(),
            ..Self::default()
        }
    }
}

pub(super) fn given<T: Clone>(list: &[T]) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.to_vec())
}

const fn either(yes: bool, no: bool) -> Option<bool> {
    match (yes, no) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

pub(in crate::cli) fn duration(text: &str) -> Result<Duration, DurationError> {
    parse_duration(text)
}

#[cfg(test)]
#[path = "args_tests.rs"]
mod tests;
