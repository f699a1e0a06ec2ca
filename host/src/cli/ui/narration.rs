//! What to say of a study while it runs. Pure: events and elapsed time in, texts out.

use std::time::Duration;

use crate::{
    model::{
        clean::clean,
        study::{StudyEvent, Warning},
        trial::TrialState,
    },
    report::units::{duration, fixed, plain, rate},
};

/// Where the study is, from the events so far.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Narration {
    budget_seconds: f64,
    stage: String,
    trial: String,
    incumbent: String,
}

impl Narration {
    /// Takes an event in.
    pub fn hear(&mut self, event: &StudyEvent) {
        match event {
            StudyEvent::Started { budget_seconds, .. } => self.budget_seconds = *budget_seconds,
            StudyEvent::StageStarted { name, index, of } => {
                self.stage = format!("stage {} of {of}: {}", (index + 1).min(*of), clean(name));
                self.trial.clear();
            }
            StudyEvent::TrialStarted { number, what, of, .. } => {
                let of = of.map_or_else(String::new, |of| format!(" of {of}"));
                self.trial = format!("trial {}{of}: {}", number + 1, clean(what));
            }
            StudyEvent::Incumbent { notes_per_minute, quality } => {
                let quality = quality.map_or_else(String::new, |quality| format!(", quality {}", fixed(quality, 2)));
                self.incumbent = format!("best {} notes/min{quality}", rate(*notes_per_minute));
            }
            StudyEvent::TrialFinished { .. }
            | StudyEvent::StageFinished { .. }
            | StudyEvent::Warned { .. }
            | StudyEvent::Finished { .. } => {}
        }
    }

    /// What it does now.
    pub fn now(&self) -> String {
        joined([self.stage.as_str(), self.trial.as_str()])
    }

    /// How it stands: time left of the budget, and the best so far.
    pub fn standing(&self, elapsed: Duration) -> String {
        let left = self.budget_seconds - elapsed.as_secs_f64();
        let left = if left > 0.0 {
            format!("{} left of {}", duration(left), duration(self.budget_seconds))
        } else {
            format!("the budget of {} is used up; finishing", duration(self.budget_seconds))
        };
        joined([left.as_str(), self.incumbent.as_str()])
    }

    /// Share of the budget that is gone, in thousandths.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000")]
    pub fn thousandths(&self, elapsed: Duration) -> u64 {
        let share = elapsed.as_secs_f64() / self.budget_seconds.max(f64::MIN_POSITIVE);
        (share.clamp(0.0, 1.0) * 1000.0) as u64
    }
}

/// The line of a plain log that an event deserves: one a finished trial, and the warnings.
pub(super) fn log_line(event: &StudyEvent, elapsed: Duration) -> Option<String> {
    let clock = clock(elapsed);
    match event {
        StudyEvent::TrialFinished { number, stage, what, state, seconds, headline } => {
            let verdict = match state {
                TrialState::Complete => String::new(),
                TrialState::Pruned => "pruned, ".to_owned(),
                TrialState::Failed(cause) => format!("failed ({}), ", cause.name()),
            };
            let result = joined([clean(what).as_str(), clean(headline).as_str()]);
            let (number, stage, took) = (number + 1, clean(stage), duration(*seconds));
            Some(format!("[{clock}] trial {number}, {stage}: {result} ({verdict}{took})"))
        }
        StudyEvent::Warned { warning } => Some(format!("[{clock}] {}", warned(warning))),
        _ => None,
    }
}

/// The line that stays above the moving display: what a stage decided, and the warnings.
pub(super) fn milestone(event: &StudyEvent, elapsed: Duration) -> Option<String> {
    let clock = clock(elapsed);
    match event {
        StudyEvent::StageFinished { name, decided } if decided.is_empty() => {
            Some(format!("[{clock}] {}: nothing to change", clean(name)))
        }
        StudyEvent::StageFinished { name, decided } => {
            let decided: Vec<String> =
                decided.iter().map(|(setting, value)| format!("{} {}", clean(setting), plain(*value))).collect();
            Some(format!("[{clock}] {}: {}", clean(name), decided.join(", ")))
        }
        StudyEvent::Warned { warning } => Some(format!("[{clock}] {}", warned(warning))),
        _ => None,
    }
}

fn warned(warning: &Warning) -> String {
    format!("warning: {}", clean(&warning.what))
}

/// `4:07`, right-aligned to five columns so that the lines of an hour stand under each other.
pub(super) fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    format!("{:>5}", format!("{}:{:02}", seconds / 60, seconds % 60))
}

fn joined<const N: usize>(parts: [&str; N]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::observation::FailureCause;

    fn finished(state: TrialState, headline: &str) -> StudyEvent {
        StudyEvent::TrialFinished {
            number: 6,
            stage: "throughput".to_owned(),
            what: "4 at once".to_owned(),
            state,
            seconds: 12.3,
            headline: headline.to_owned(),
        }
    }

    #[test]
    fn a_finished_trial_is_one_clean_line() {
        let at = Duration::from_secs(72);
        let line = log_line(&finished(TrialState::Complete, "7.1 requests/min\u{1b}[2J\nnext"), at);
        assert_eq!(line.as_deref(), Some("[ 1:12] trial 7, throughput: 4 at once · 7.1 requests/min next (12 s)"));
        let line = log_line(&finished(TrialState::Failed(FailureCause::TimedOut), ""), at);
        assert_eq!(line.as_deref(), Some("[ 1:12] trial 7, throughput: 4 at once (failed (timed-out), 12 s)"));
    }

    #[test]
    fn knows_where_the_study_is_and_what_is_left() {
        let mut narration = Narration::default();
        for event in [
            StudyEvent::Started { budget_seconds: 480.0, stages: vec!["context".to_owned()] },
            StudyEvent::StageStarted { name: "throughput".to_owned(), index: 1, of: 4 },
            StudyEvent::TrialStarted {
                number: 6,
                stage: "throughput".to_owned(),
                what: "4 at once".to_owned(),
                of: None,
            },
            StudyEvent::Incumbent { notes_per_minute: 7.049, quality: Some(0.914) },
        ] {
            narration.hear(&event);
        }
        assert_eq!(narration.now(), "stage 2 of 4: throughput · trial 7: 4 at once");
        let standing = narration.standing(Duration::from_secs(260));
        assert_eq!(standing, "3 min 40 s left of 8 min · best 7.05 notes/min, quality 0.91");
        assert_eq!(narration.thousandths(Duration::from_mins(2)), 250);
        assert!(narration.standing(Duration::from_secs(481)).starts_with("the budget of 8 min is used up"));
    }
}
