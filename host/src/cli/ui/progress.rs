//! The progress of a study on stderr: a moving display on a terminal, otherwise one line a finished trial.
//!
//! Time comes from the caller with every event: a study on a virtual clock is shown in its own time.

use std::{
    ffi::OsStr,
    io::{self, IsTerminal},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    narration::{Narration, log_line, milestone},
    output::{message, stderr_width},
};
use crate::{model::study::StudyEvent, report::page::shortened};

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressMode {
    /// A moving display on stderr.
    Terminal,
    /// One plain line a finished trial on stderr.
    Lines,
    /// Nothing.
    Quiet,
}

impl ProgressMode {
    /// The mode for this process: quiet when asked, moving only where stderr is a terminal that can move its cursor.
    #[must_use]
    pub fn detect(quiet: bool) -> Self {
        Self::choose(quiet, io::stderr().is_terminal(), std::env::var_os("TERM").as_deref())
    }

    fn choose(quiet: bool, terminal: bool, term: Option<&OsStr>) -> Self {
        match (quiet, terminal && term.is_none_or(|term| term != "dumb")) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Terminal,
            (false, false) => Self::Lines,
        }
    }
}

/// Shows a study while it runs.
#[derive(Debug)]
pub struct Progress {
    mode: ProgressMode,
    narration: Narration,
    bar: ProgressBar,
}

impl Progress {
    /// A display that shows nothing yet.
    #[must_use]
    pub fn new(mode: ProgressMode) -> Self {
        let bar = match mode {
            ProgressMode::Terminal => ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr()),
            ProgressMode::Lines | ProgressMode::Quiet => ProgressBar::hidden(),
        };
        // Two lines; the template is a constant, so the fallback is never needed.
        let style = ProgressStyle::with_template("{spinner} {msg}\n  {bar:12} {prefix}")
            .map_or_else(|_| ProgressStyle::default_spinner(), |style| style.progress_chars("━╸─"));
        bar.set_style(style);
        Self { mode, narration: Narration::default(), bar }
    }

    /// Shows an event that happened `elapsed` after the study began.
    pub fn handle(&mut self, event: &StudyEvent, elapsed: Duration) {
        self.narration.hear(event);
        match self.mode {
            ProgressMode::Quiet => {}
            ProgressMode::Lines => {
                if let Some(line) = log_line(event, elapsed) {
                    message(&line);
                }
            }
            ProgressMode::Terminal => {
                if let Some(line) = milestone(event, elapsed) {
                    self.bar.println(line);
                }
                if matches!(event, StudyEvent::Finished { .. }) {
                    self.bar.finish_and_clear();
                } else {
                    self.show(elapsed);
                }
            }
        }
    }

    /// Lets the time left go on between events, and the spinner turn. Nothing happens before the first event.
    pub fn tick(&mut self, elapsed: Duration) {
        if self.mode == ProgressMode::Terminal && self.narration != Narration::default() && !self.bar.is_finished() {
            self.show(elapsed);
        }
    }

    /// Takes the display away, so that something else can be written.
    pub fn clear(&mut self) {
        self.bar.finish_and_clear();
    }

    fn show(&self, elapsed: Duration) {
        // Spinner and bar take 2 and 15 columns with their spaces; the last column stays free, or some terminals wrap.
        let width = stderr_width();
        self.bar.set_message(shortened(&self.narration.now(), width.saturating_sub(3)));
        self.bar.set_prefix(shortened(&self.narration.standing(elapsed), width.saturating_sub(16)));
        self.bar.set_position(self.narration.thousandths(elapsed));
        self.bar.tick();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_only_on_a_terminal_that_can() {
        let xterm = Some(OsStr::new("xterm"));
        assert_eq!(ProgressMode::choose(false, true, xterm), ProgressMode::Terminal);
        assert_eq!(ProgressMode::choose(false, false, xterm), ProgressMode::Lines);
        assert_eq!(ProgressMode::choose(false, true, Some(OsStr::new("dumb"))), ProgressMode::Lines);
        assert_eq!(ProgressMode::choose(true, true, xterm), ProgressMode::Quiet);
    }
}
