//! How much of a long piece of work is done: a bar on a terminal, otherwise a line after each tenth.

use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{output::message, progress::ProgressMode};

/// Counts pieces of work, from any thread.
#[derive(Debug)]
pub struct Tally {
    mode: ProgressMode,
    bar: ProgressBar,
    done: AtomicUsize,
    of: usize,
    what: &'static str,
}

impl Tally {
    /// Nothing of `of` pieces is done; `what` they are, as a plural.
    #[must_use]
    pub fn new(mode: ProgressMode, of: usize, what: &'static str) -> Self {
        let bar = match mode {
            ProgressMode::Terminal => ProgressBar::with_draw_target(Some(of as u64), ProgressDrawTarget::stderr()),
            ProgressMode::Lines | ProgressMode::Quiet => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template("{spinner} {pos} of {len} {msg} {bar:20} {eta} left")
            .map_or_else(|_| ProgressStyle::default_bar(), |style| style.progress_chars("━╸─"));
        bar.set_style(style);
        bar.set_message(what);
        Self { mode, bar, done: AtomicUsize::new(0), of, what }
    }

    /// One more is done.
    pub fn add(&self) {
        self.bar.inc(1);
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.mode == ProgressMode::Lines && ends_a_tenth(done, self.of) {
            message(&format!("{done} of {} {} done", self.of, self.what));
        }
    }

    /// Takes the bar away, so that something else can be written.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// Whether another tenth is full with this piece; of few pieces, only the last one says so.
fn ends_a_tenth(done: usize, of: usize) -> bool {
    done == of || (of >= 50 && done * 10 / of != (done - 1) * 10 / of)
}

#[cfg(test)]
mod tests {
    use super::ends_a_tenth;

    #[test]
    fn says_so_ten_times_at_most() {
        let lines = |of: usize| (1..=of).filter(|done| ends_a_tenth(*done, of)).count();
        assert_eq!([lines(3), lines(50), lines(987)], [1, 10, 10]);
        assert!(ends_a_tenth(987, 987));
    }
}
