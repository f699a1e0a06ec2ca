//! What can be typed after `ralf-tune hub`.

#![expect(clippy::doc_markdown, reason = "the comments are the help text, which is no Markdown")]

use clap::{Args, Subcommand};

const SERVE_EXAMPLES: &str = "\
Examples:
  ralf-tune hub serve
      on this machine alone, in a file of the data folder; then, in a browser: http://127.0.0.1:8750
  ralf-tune hub serve --listen 127.0.0.1:9000 --database sqlite:///srv/hub.sqlite
  ralf-tune hub serve --database postgres://hub@db.example.com/hub --behind-proxy
      behind a server that speaks HTTPS; a password belongs in PGPASSWORD or ~/.pgpass

No cookies, no scripts, and no address is written anywhere. TLS is the business of a server before it.

See also: ralf-tune share push, ralf-tune share pull, ralf-tune share withdraw";

#[derive(Debug, Subcommand)]
pub enum HubCommand {
    /// Serve packs of measurements that many share, and what they add up to
    #[command(after_long_help = SERVE_EXAMPLES)]
    Serve(HubServeArgs),
}

#[derive(Debug, Args)]
pub struct HubServeArgs {
    /// Address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8750")]
    pub listen: String,

    /// Where packs are kept: sqlite://FILE or postgres://USER@HOST/NAME [default: a file in the data folder]
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,

    /// Listen also where other machines can reach it, without encryption
    #[arg(long)]
    pub allow_remote: bool,

    /// A server before it says who asks, in X-Forwarded-For: its last address counts for limits
    #[arg(long)]
    pub behind_proxy: bool,
}
