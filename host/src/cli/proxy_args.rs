//! What can be typed after `ralf-tune proxy`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use std::path::PathBuf;

use clap::{Args, builder::NonEmptyStringValueParser};

use super::completions::candidates;
use crate::settings::{Format, Overrides};

pub const EXAMPLES: &str = "\
Examples:
  ralf-tune proxy --listen 127.0.0.1:11435
      then, for clients: OLLAMA_HOST=127.0.0.1:11435
  ralf-tune proxy --listen 127.0.0.1:11435 --advise     says what clients do that costs them time
  ralf-tune proxy --listen 127.0.0.1:11435 --apply      puts in the tuned load-time options of the newest study
  ralf-tune proxy --listen 127.0.0.1:11435 --host 192.168.0.7

  ralf-tune proxy --report                              what clients did, and whether it is still what was tuned for
  ralf-tune proxy --report --model llama3.2:3b --format json

What passes is not changed but by --apply, and not kept: records have times, sizes, counts and options, no texts.

See also: ralf-tune run --workload learned, ralf-tune doctor";

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct ProxyArgs {
    /// Address to listen on, on this machine
    #[arg(long, value_name = "ADDR", required_unless_present = "report", default_value_if("report", "true", Some("")))]
    pub listen: String,

    /// Show what the records say, by client, model and day, and end
    #[arg(long, conflicts_with_all = ["listen", "host", "advise", "apply", "no_record", "allow_remote", "config"])]
    pub report: bool,

    /// Form of what --report shows [default: text]
    #[arg(long, value_name = "FORMAT", value_enum, conflicts_with = "listen")]
    pub format: Option<Format>,

    /// Show requests for this model alone
    #[arg(long, value_name = "MODEL", value_parser = NonEmptyStringValueParser::new(), conflicts_with = "listen")]
    pub model: Option<String>,

    /// Ollama server behind it [env: RALF_TUNE_HOST, then OLLAMA_HOST] [default: 127.0.0.1:11434]
    #[arg(long, value_name = "URL")]
    pub host: Option<String>,

    /// Say on standard error what clients do that costs them time
    #[arg(long)]
    pub advise: bool,

    /// Put the tuned load-time options of a study into requests for its model that bring none [default: the newest study]
    #[arg(long, value_name = "STUDY", num_args = 0..=1, default_missing_value = "last", add = candidates::studies())]
    pub apply: Option<String>,

    /// Keep no record of requests
    #[arg(long)]
    pub no_record: bool,

    /// Listen also where other machines can reach it: whoever can may use the server
    #[arg(long)]
    pub allow_remote: bool,

    /// Configuration that may name the server [env: RALF_TUNE_CONFIG] [default: ~/.ralf-notes/config.json when it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl From<&ProxyArgs> for Overrides {
    fn from(args: &ProxyArgs) -> Self {
        Self { host: args.host.clone(), config: args.config.clone(), ..Self::default() }
    }
}
