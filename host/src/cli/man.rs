//! `ralf-tune man`: the manual pages, from the same descriptions as `--help`.

use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _};
use clap_mangen::Man;

use super::{CommandResult, args::Cli, exit::ExitStatus, failure::Failure, ui};
use crate::emit::replace;

pub const EXAMPLES: &str = "\
Examples:
  ralf-tune man | man -l -
  ralf-tune man --output ~/.local/share/man/man1     one page a command; then man ralf-tune-run

See also: ralf-tune completions";

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder for the pages of all commands; those that are there are replaced [default: the first page, on standard output]
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// Prints the page of the program, or writes those of all commands.
pub fn run(args: &ManArgs) -> CommandResult {
    let pages = pages().map_err(|error| Failure::new(ExitStatus::Internal, error, None))?;
    let Some(folder) = &args.output else {
        ui::data(pages.first().map_or("", |page| page.text.as_str()))?;
        return Ok(ExitStatus::Done);
    };
    write(folder, &pages)?;
    ui::message(&format!("{} pages are in {}", pages.len(), folder.display()));
    Ok(ExitStatus::Done)
}

/// The mode of a page, which the user's mask narrows.
const ORDINARY: u32 = 0o666;

fn write(folder: &Path, pages: &[Page]) -> Result<(), Failure> {
    let failed = |path: &Path, error: std::io::Error| {
        let error = anyhow::Error::new(error).context(format!("cannot write {}", path.display()));
        Failure::new(ExitStatus::Unfit, error, Some("name a folder that you may write to with --output".into()))
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for page in pages {
        let path = folder.join(&page.file);
        replace::put(&path, page.text.as_bytes(), ORDINARY).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}

/// One manual page.
struct Page {
    file: String,
    text: String,
}

/// The page of the program, and behind it those of its commands.
fn pages() -> std::io::Result<Vec<Page>> {
    let mut program = without_help_command(Cli::command());
    // Fills in what commands inherit, and their names as they are typed.
    program.build();
    let mut pages = Vec::new();
    add(&program, &mut pages)?;
    Ok(pages)
}

/// `help` is another way to ask for what the pages say.
fn without_help_command(command: clap::Command) -> clap::Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help_command)
}

fn add(command: &clap::Command, pages: &mut Vec<Page>) -> std::io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let man = Man::new(command.clone()).source(concat!("ralf-tune ", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let behind = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned() + &sections(&behind);
    pages.push(Page { file: format!("{name}.1"), text });
    for sub in command.get_subcommands() {
        add(sub, pages)?;
    }
    Ok(())
}

/// What stands behind the options of `--help`, as sections: a line that ends with a colon begins one, `See also: …` is one.
fn sections(text: &str) -> String {
    let mut roff = String::new();
    for line in text.lines() {
        let heading = line.strip_suffix(':').filter(|heading| !line.starts_with(' ') && !heading.is_empty());
        if let Some(heading) = heading {
            // Examples keep their lines until the next heading, which fills again.
            roff.extend([".fi\n.SH \"", &escaped(heading).to_uppercase(), "\"\n.nf\n"]);
        } else if let Some(also) = line.strip_prefix("See also: ") {
            roff.extend([".fi\n.SH \"SEE ALSO\"\n", &escaped(also), "\n"]);
        } else {
            roff.extend([escaped(line).as_str(), "\n"]);
        }
    }
    roff
}

/// A line whose characters mean themselves.
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
}
