//! What can be typed where simulated studies are run.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::Args;

use super::{args::duration, completions::candidates, plugin::args::LimitArgs};
use crate::settings::{Format, Overrides, PluginParam, parse_param};

#[derive(Debug, Args)]
pub struct StudiesArgs {
    /// quick, normal, full, or one from your settings [env: RALF_TUNE_INTENSITY] [default: normal]
    #[arg(long, value_name = "NAME", add = candidates::intensities())]
    pub intensity: Option<String>,

    /// Time limit of a study, on the virtual clock [env: RALF_TUNE_BUDGET] [default: that of the intensity]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = duration)]
    pub budget: Option<Duration>,

    /// Parameter of a plugin, such as context.sizes=4096,8192; may be repeated [env: RALF_TUNE_SET]
    #[arg(long, value_name = "PLUGIN.PARAM=VALUE", value_parser = parse_param)]
    pub set: Vec<PluginParam>,

    #[command(flatten)]
    pub limits: LimitArgs,

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

impl StudiesArgs {
    /// As settings, with the files of plugins; none leaves those of the settings.
    pub fn overrides(&self, plugins: Option<Vec<PathBuf>>) -> Overrides {
        Overrides {
            intensity: self.intensity.clone(),
            budget: self.budget,
            plugins,
            params: self.set.clone(),
            limits: self.limits.limit.clone(),
            format: self.format,
            output: self.output.clone(),
            ..Overrides::default()
        }
    }
}
