//! A circuit breaker: a server that is gone is not asked for one file after the other until all are lost, but waited for.
//!
//! It opens when a request cannot reach the server with any of its tries, or when some requests in a row are lost for the server's sake. While it is
//! open only `/api/version` is asked, with pauses that double. Then one request feels the way; an answer closes it (Nygard 2007, "Release It!").

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::{model::observation::FailureCause, ollama::client::Client};

/// So many requests in a row that are lost for the server's sake: it is not the files.
const IN_A_ROW: u32 = 3;

/// Longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// A server that takes longer for its version is not back.
const LOOK: Duration = Duration::from_secs(10);

/// What requests say of the server.
#[derive(Debug)]
pub struct Outage {
    patience: Duration,
    in_a_row: u32,
    /// When it began, as far as nothing was answered since.
    since: Option<Instant>,
    /// Looks since then: the pause doubles with each.
    looks: u32,
    last_words: String,
    answers: usize,
}

/// How waiting ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waited {
    /// It answers again. `was_gone` is false when it answered at the first look.
    Back { looks: u32, was_gone: bool },
    /// It was waited for long enough; what it said last.
    GaveUp { why: String },
}

impl Outage {
    /// A server that is waited for so long, counted from its last answer.
    #[must_use]
    pub fn new(patience: Duration) -> Self {
        Self { patience, in_a_row: 0, since: None, looks: 0, last_words: String::new(), answers: 0 }
    }

    /// The server answered, be it with a refusal of this one request.
    pub fn answered(&mut self) {
        (self.in_a_row, self.since, self.looks) = (0, None, 0);
        self.answers += 1;
    }

    /// How many requests were answered.
    #[must_use]
    pub const fn answers(&self) -> usize {
        self.answers
    }

    /// A request is lost for the server's sake; true when no more should be sent.
    pub fn failed(&mut self, cause: FailureCause, words: &str) -> bool {
        self.in_a_row += 1;
        words.clone_into(&mut self.last_words);
        cause == FailureCause::Unreachable || self.in_a_row >= IN_A_ROW || self.since.is_some()
    }

    /// What was said when a request was lost last.
    #[must_use]
    pub fn last_words(&self) -> &str {
        &self.last_words
    }

    /// Waits until the server answers, or for as long as the patience lasts.
    pub fn wait<'a>(&mut self, client: &'a Client) -> impl Future<Output = Waited> + use<'a> {
        let until = *self.since.get_or_insert_with(Instant::now) + self.patience;
        let (mut looks, mut why) = (self.looks, self.last_words.clone());
        async move {
            let mut was_gone = false;
            loop {
                if Instant::now() >= until {
                    return Waited::GaveUp { why };
                }
                sleep(pause(looks).min(until - Instant::now())).await;
                looks = looks.saturating_add(1);
                match timeout(LOOK, client.version()).await {
                    Ok(Ok(_)) => return Waited::Back { looks, was_gone },
                    Ok(Err(error)) => why = error.to_string(),
                    Err(_) => why = format!("no answer within {} s", LOOK.as_secs()),
                }
                was_gone = true;
            }
        }
    }

    /// The server answers again, but has not answered a request yet.
    pub const fn is_back(&mut self, looks: u32) {
        self.looks = looks;
    }
}

/// Whether a lost request says something of the server, and nothing of its file.
#[must_use]
pub const fn is_the_servers(cause: FailureCause) -> bool {
    cause.is_of_the_server() || matches!(cause, FailureCause::TimedOut | FailureCause::OutOfMemory)
}

/// None before the first look, then 1, 2, 4 … s.
fn pause(looks: u32) -> Duration {
    match looks.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => Duration::from_secs(1 << doublings.min(10)).min(LONGEST_PAUSE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_when_the_server_is_gone_and_not_for_a_file() {
        let mut outage = Outage::new(Duration::from_mins(1));
        assert!(outage.failed(FailureCause::Unreachable, "gone"));
        outage.answered();
        assert!(!outage.failed(FailureCause::ServerError, "500") && !outage.failed(FailureCause::TimedOut, "slow"));
        outage.answered();
        assert!(!outage.failed(FailureCause::ServerError, "500") && !outage.failed(FailureCause::ServerError, "500"));
        assert!(outage.failed(FailureCause::ServerError, "500"));
        assert!(!is_the_servers(FailureCause::Truncated) && is_the_servers(FailureCause::ModelMissing));
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let seconds: Vec<u64> = (0..10).map(|looks| pause(looks).as_secs()).collect();
        assert_eq!(seconds, [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }
}
