//! What can be typed after `ralf-tune study` and `ralf-tune report`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::completions::candidates;
use crate::model::plugin::PluginKind;
use crate::settings::{Format, Overrides, PluginParam, parse_param, parse_share, plugin_name};

pub const REPORT_EXAMPLES: &str = "\
Examples:
  ralf-tune report                           the newest study
  ralf-tune report 20261127-15               the one whose name begins so
  ralf-tune report 2a7f --format json        the one whose name ends so
  ralf-tune report --format html --output report.html     for a browser, with figures

See also: ralf-tune study list";

const LIST_EXAMPLES: &str = "\
Examples:
  ralf-tune study list
  ralf-tune study list --model llama3.1:8b --format json

See also: ralf-tune report, ralf-tune study reselect";

const SHOW_EXAMPLES: &str = "\
Examples:
  ralf-tune study show
  ralf-tune study show last --format json --output study.json     everything that was measured

See also: ralf-tune study list";

const RESELECT_EXAMPLES: &str = "\
Examples:
  ralf-tune study reselect last --selector fast
  ralf-tune study reselect 2a7f --quality-floor 0.99
  ralf-tune study reselect last --plugin my_selector.wasm

Nothing is measured: the candidates are those of the study. Whether another winner is faster than your present settings
for certain, only a comparison says: ralf-tune verify.";

const COMPARE_EXAMPLES: &str = "\
Examples:
  ralf-tune study compare 2a7f               with the newest
  ralf-tune study compare 20261127-15 20261130-09

See also: ralf-tune study trend";

const TREND_EXAMPLES: &str = "\
Examples:
  ralf-tune study trend                      the model of the newest study
  ralf-tune study trend --model llama3.1:8b

See also: ralf-tune study compare";

const EXPORT_EXAMPLES: &str = "\
Examples:
  ralf-tune study export 2a7f --output study.json
  ralf-tune study export > newest.json

The file is the study as JSON, with every request and its figures, and what its schema says: ralf-tune schema study. It names the
model, the server's address, the hardware and the folder of the files; no prompt, no note and no contents of a file are in it.

See also: ralf-tune study import, ralf-tune profile export";

const IMPORT_EXAMPLES: &str = "\
Examples:
  ralf-tune study import study.json

It stands among the others from then on: in `study list`, `study compare` and `report`. It is no `last`, nothing is tuned by it unasked, and
a trend is of this machine alone.

See also: ralf-tune study export, ralf-tune study compare";

const REMOVE_EXAMPLES: &str = "\
Examples:
  ralf-tune study remove 20261127-150405-2a7f

See also: ralf-tune study list";

#[derive(Debug, Subcommand)]
pub enum StudyCommand {
    /// List the studies that are kept, the newest first
    #[command(after_long_help = LIST_EXAMPLES)]
    List(StudyListArgs),
    /// Show a study: its report, or all of it as JSON
    #[command(after_long_help = SHOW_EXAMPLES)]
    Show(ReportArgs),
    /// Choose again among the candidates of a study, with any selector
    #[command(after_long_help = RESELECT_EXAMPLES)]
    Reselect(StudyReselectArgs),
    /// Show what differs between two studies, and whether it is more than noise
    #[command(after_long_help = COMPARE_EXAMPLES)]
    Compare(StudyCompareArgs),
    /// Show how fast a model was over time, and where that changed by more than noise
    #[command(after_long_help = TREND_EXAMPLES)]
    Trend(StudyTrendArgs),
    /// Write all of a study to a file, for another machine or a colleague
    #[command(after_long_help = EXPORT_EXAMPLES)]
    Export(StudyExportArgs),
    /// Keep a study that somebody exported
    #[command(after_long_help = IMPORT_EXAMPLES)]
    Import(StudyImportArgs),
    /// Forget a study
    #[command(after_long_help = REMOVE_EXAMPLES)]
    Remove(StudyRemoveArgs),
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Name of a study, the beginning or the last four digits of one, or `last`
    #[arg(value_name = "STUDY", default_value = "last", add = candidates::studies())]
    pub study: String,

    /// Form of the report [env: RALF_TUNE_FORMAT, text or json] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<ReportFormat>,

    /// File for the report [env: RALF_TUNE_OUTPUT] [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// How the report of a kept study is written: the forms of every result, and those that only a report has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people, on a terminal
    Text,
    /// For a browser: one page with figures, which needs no network and no script
    Html,
    /// For a document or an issue, with the data of the figures as tables
    Markdown,
    /// For programs: the only form that keeps its shape from version to version
    Json,
}

#[derive(Debug, Args)]
pub struct StudyListArgs {
    /// Only studies of this model
    #[arg(long, value_name = "MODEL", add = candidates::models())]
    pub model: Option<String>,

    /// Form of the list [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct StudyReselectArgs {
    /// Name of a study, the beginning or the last four digits of one, or `last`
    #[arg(value_name = "STUDY", default_value = "last", add = candidates::studies())]
    pub study: String,

    /// Selector that chooses; it stands beside the bundled ones [env: RALF_TUNE_SELECTOR] [default: balanced]
    #[arg(long, value_name = "NAME", value_parser = plugin_name, add = candidates::plugins(PluginKind::Selector))]
    pub selector: Option<String>,

    /// Component with a selector; it chooses when nobody is named [env: RALF_TUNE_PLUGIN]
    #[arg(long, value_name = "FILE")]
    pub plugin: Vec<PathBuf>,

    /// Parameter of the selector; may be repeated
    #[arg(long, value_name = "PLUGIN.PARAM=VALUE", value_parser = parse_param)]
    pub set: Vec<PluginParam>,

    /// Least quality, as a share of the best that was attained [env: RALF_TUNE_QUALITY_FLOOR] [default: that of the selector]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = parse_share)]
    pub quality_floor: Option<f64>,

    /// Form of the answer [env: RALF_TUNE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct StudyCompareArgs {
    /// Name of a study, the beginning or the last four digits of one
    #[arg(value_name = "STUDY", add = candidates::studies())]
    pub first: String,

    /// Another one
    #[arg(value_name = "OTHER", default_value = "last", add = candidates::studies())]
    pub second: String,
}

#[derive(Debug, Args)]
pub struct StudyTrendArgs {
    /// Model whose studies are shown [default: that of the newest study]
    #[arg(long, value_name = "MODEL", add = candidates::models())]
    pub model: Option<String>,
}

#[derive(Debug, Args)]
pub struct StudyExportArgs {
    /// Name of a study, the beginning or the last four digits of one, or `last`
    #[arg(value_name = "STUDY", default_value = "last", add = candidates::studies())]
    pub study: String,

    /// File for the study [env: RALF_TUNE_OUTPUT] [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct StudyImportArgs {
    /// File that `study export` wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub struct StudyRemoveArgs {
    /// Name of a study, the beginning or the last four digits of one, or `last`
    #[arg(value_name = "STUDY", add = candidates::studies())]
    pub study: String,
}

impl From<&ReportArgs> for Overrides {
    fn from(args: &ReportArgs) -> Self {
        let format = match args.format {
            Some(ReportFormat::Text) => Some(Format::Text),
            Some(ReportFormat::Json) => Some(Format::Json),
            // The settings know no other: what only a report has is looked up where it is written.
            Some(ReportFormat::Html | ReportFormat::Markdown) | None => None,
        };
        Self { format, output: args.output.clone(), ..Self::default() }
    }
}

impl From<&StudyExportArgs> for Overrides {
    fn from(args: &StudyExportArgs) -> Self {
        Self { output: args.output.clone(), ..Self::default() }
    }
}

impl From<&StudyListArgs> for Overrides {
    fn from(args: &StudyListArgs) -> Self {
        Self { format: args.format, ..Self::default() }
    }
}

impl From<&StudyReselectArgs> for Overrides {
    fn from(args: &StudyReselectArgs) -> Self {
        Self {
            selector: args.selector.clone(),
            plugins: crate::cli::args::given(&args.plugin),
            params: args.set.clone(),
            quality_floor: args.quality_floor,
            format: args.format,
            ..Self::default()
        }
    }
}
