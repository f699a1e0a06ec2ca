//! The progress of a batch on stderr: a moving display on a terminal, otherwise a line for each twentieth, and for whatever goes wrong.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    ProgressMode,
    narration::clock,
    output::{message, stderr_width},
};
use crate::{
    model::clean::clean,
    report::{
        page::shortened,
        units::{count, duration, rate},
    },
    tune::produce::{Left, ProductionEvent},
};

/// So many lines of progress where nothing can move.
const LINES: usize = 20;

/// Shows a batch while it runs.
#[derive(Debug)]
pub struct BatchProgress {
    mode: ProgressMode,
    bar: ProgressBar,
    /// Twentieths that were said.
    said: usize,
}

impl BatchProgress {
    /// A display that shows nothing yet.
    #[must_use]
    pub fn new(mode: ProgressMode) -> Self {
        let bar = match mode {
            ProgressMode::Terminal => ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr()),
            ProgressMode::Lines | ProgressMode::Quiet => ProgressBar::hidden(),
        };
        // The template is a constant, so the fallback is never needed.
        let style = ProgressStyle::with_template("{spinner} {msg}\n  {bar:12} {prefix}")
            .map_or_else(|_| ProgressStyle::default_spinner(), |style| style.progress_chars("━╸─"));
        bar.set_style(style);
        Self { mode, bar, said: 0 }
    }

    /// Shows an event that happened `elapsed` after the batch began.
    pub fn handle(&mut self, event: &ProductionEvent, elapsed: Duration) {
        if let ProductionEvent::Progress { done, of, .. } = event {
            self.bar.set_length(*of as u64);
            self.bar.set_position(*done as u64);
            let twentieth = LINES * done / (*of).max(1);
            if self.mode == ProgressMode::Lines && twentieth == self.said {
                return;
            }
            self.said = twentieth;
        }
        let line = line(event);
        match (self.mode, event) {
            (ProgressMode::Quiet, _) => {}
            (ProgressMode::Lines, _) => message(&format!("[{}] {line}", clock(elapsed))),
            (ProgressMode::Terminal, ProductionEvent::Progress { .. }) => {
                let width = stderr_width();
                self.bar.set_message(shortened(&line, width.saturating_sub(3)));
                self.bar.set_prefix(shortened(&clock(elapsed), width.saturating_sub(16)));
                self.bar.tick();
            }
            (ProgressMode::Terminal, _) => self.bar.println(format!("[{}] {line}", clock(elapsed))),
        }
    }

    /// Takes the display away, so that something else can be written.
    pub fn clear(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// What to say of an event. Pure.
fn line(event: &ProductionEvent) -> String {
    match event {
        ProductionEvent::Loaded { seconds } => format!("the model was loaded in {}", duration(*seconds)),
        ProductionEvent::Progress { done, of, lost, notes_per_minute, at_once, left } => {
            let mut parts = vec![format!("{done} of {}", count(*of, "file"))];
            parts.extend((*lost > 0).then(|| format!("{lost} lost")));
            parts.extend(notes_per_minute.map(|speed| format!("{} notes a minute", rate(speed))));
            parts.push(format!("{at_once} at once"));
            parts.extend(left.filter(|left| left.seconds >= 1.0).map(|left| time_left(&left)));
            parts.join(" · ")
        }
        ProductionEvent::Lost { file } => {
            let detail = file.detail.as_deref().map_or_else(String::new, |detail| format!(": {}", clean(detail)));
            format!("lost ({}) {}{detail}", file.cause, clean(&file.file))
        }
        ProductionEvent::Slower { at_once, why } => {
            format!("the server has too much to do: {at_once} at once from now on ({})", clean(why))
        }
        ProductionEvent::Waiting { why } => format!("waiting for the server: {}", clean(why)),
        ProductionEvent::Back { seconds } => format!("the server answers again after {}", duration(*seconds)),
    }
}

fn time_left(left: &Left) -> String {
    format!("{} left ({} to {})", duration(left.seconds), duration(left.low), duration(left.high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::production::LostFile;

    #[test]
    fn a_line_says_how_it_stands_and_how_sure_that_is() {
        let left = Some(Left { seconds: 600.0, low: 540.0, high: 690.0 });
        let event =
            ProductionEvent::Progress { done: 124, of: 812, lost: 2, notes_per_minute: Some(6.04), at_once: 2, left };
        assert_eq!(
            line(&event),
            "124 of 812 files · 2 lost · 6.04 notes a minute · 2 at once · 10 min left (9 min to 11 min 30 s)"
        );
        let file = LostFile { file: "a\u{1b}[2J.rs".into(), cause: "timed-out".into(), detail: Some("x\ny".into()) };
        assert_eq!(line(&ProductionEvent::Lost { file }), "lost (timed-out) a.rs: x y");
    }
}
