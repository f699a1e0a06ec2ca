//! Writing to stdout and stderr, and what is known of the terminal.

use std::{
    ffi::OsStr,
    io::{self, ErrorKind, IsTerminal, Write},
};

/// Width of a page where nobody can say how wide the terminal is: a pipe or a file.
pub const PIPE_WIDTH: usize = 80;

/// Stdout cannot be written, and not because its reader has gone away: a full disk.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub struct OutputError(#[source] io::Error);

/// Writes data to stdout. A reader that has gone away (`| head`) is no error.
///
/// # Errors
/// When stdout cannot be written for another reason.
pub fn data(text: &str) -> Result<(), OutputError> {
    quiet_pipe(write_all(&mut io::stdout().lock(), text)).map_err(OutputError)
}

/// Writes a message to stderr, on lines of its own. There is nowhere to complain when that fails.
pub fn message(text: &str) {
    let _ = write_all(&mut io::stderr().lock(), &format!("{}\n", text.trim_end_matches('\n')));
}

/// Writes a question to stderr; the answer follows on the same line.
pub fn prompt(text: &str) {
    let _ = write_all(&mut io::stderr().lock(), text);
}

/// Columns of the terminal that stdout is, or [`PIPE_WIDTH`].
#[must_use]
pub fn stdout_width() -> usize {
    columns(terminal_size::terminal_size_of(io::stdout()))
}

/// Columns of the terminal that stderr is, or [`PIPE_WIDTH`].
#[must_use]
pub fn stderr_width() -> usize {
    columns(terminal_size::terminal_size_of(io::stderr()))
}

fn columns(size: Option<(terminal_size::Width, terminal_size::Height)>) -> usize {
    size.map_or(PIPE_WIDTH, |(width, _)| usize::from(width.0))
}

/// Whether a page on stdout may be coloured: a terminal that knows colours, and no `NO_COLOR` (<https://no-color.org>).
#[must_use]
pub fn stdout_colour() -> bool {
    io::stdout().is_terminal()
        && wants_colour(std::env::var_os("NO_COLOR").as_deref(), std::env::var_os("TERM").as_deref())
}

/// Whether a message on stderr may be coloured.
#[must_use]
pub fn stderr_colour() -> bool {
    io::stderr().is_terminal()
        && wants_colour(std::env::var_os("NO_COLOR").as_deref(), std::env::var_os("TERM").as_deref())
}

fn wants_colour(no_color: Option<&OsStr>, term: Option<&OsStr>) -> bool {
    no_color.is_none_or(OsStr::is_empty) && term.is_none_or(|term| term != "dumb")
}

fn write_all(stream: &mut dyn Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

fn quiet_pipe(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_counts_only_when_it_says_something() {
        let term = Some(OsStr::new("xterm-256color"));
        assert!(wants_colour(None, term));
        assert!(wants_colour(Some(OsStr::new("")), term));
        assert!(!wants_colour(Some(OsStr::new("1")), term));
        assert!(!wants_colour(None, Some(OsStr::new("dumb"))));
    }

    #[test]
    fn a_closed_pipe_is_quiet_and_a_full_disk_is_not() {
        assert!(quiet_pipe(Err(ErrorKind::BrokenPipe.into())).is_ok());
        assert!(quiet_pipe(Err(ErrorKind::StorageFull.into())).is_err());
    }
}
