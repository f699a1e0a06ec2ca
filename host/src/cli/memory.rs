//! What a running study keeps on disk, so that it can be gone on with.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::{places, ui};
use crate::{
    model::{
        begun::Begun,
        kept::StudyId,
        study::{Outcome, Plan, Study},
    },
    store::{Journal, Journals},
    tune::{Ledger, Recording, Remembered},
};

/// What a journal begins with.
#[derive(Debug, Serialize, Deserialize)]
pub struct Header {
    pub tool_version: String,
    /// What was typed after the program's name; none where it is no text, and cannot be typed again for the user.
    pub arguments: Option<Vec<String>>,
    /// Where: relative names among the arguments are in it.
    pub directory: PathBuf,
    pub plan: Plan,
    pub begun: Begun,
}

/// A journal, and the memory of the study that is written to it.
pub struct Memory {
    journal: Arc<Shared>,
    recording: Recording,
}

struct Shared(Mutex<State>);

struct State {
    /// `None` when the study has ended.
    journal: Option<Journal>,
    /// A record is missing: what would follow it would not be believed.
    torn: bool,
}

impl Ledger for Shared {
    fn keep(&self, exchange: &Remembered) -> Result<(), String> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.torn {
            return Ok(());
        }
        let Some(journal) = state.journal.as_mut() else { return Ok(()) };
        let kept = journal.append(exchange);
        state.torn = kept.is_err();
        kept.map_err(|error| ui::errors::chain(&error.into()).join(": "))
    }
}

impl Memory {
    /// Begins the journal of a study. Where there can be none, the study goes without.
    pub fn begin(env: &BTreeMap<String, String>, header: Header, real_clock: bool) -> (Begun, Option<Self>) {
        let Some(data) = places::data(env) else { return (header.begun, None) };
        if header.arguments.is_none() {
            warn("what was typed is not UTF-8", None);
            return (header.begun, None);
        }
        let id = StudyId::new(&header.begun.started_at, rand::rng().next_u64());
        let memory = match Journals::new(&data).begin(&id, &header, real_clock) {
            Ok(journal) => Some(Self::new(journal, Vec::new(), real_clock)),
            Err(error) => {
                let hint = error.hint();
                warn(&ui::errors::chain(&error.into()).join(": "), Some(&hint));
                None
            }
        };
        (header.begun, memory)
    }

    /// A journal that is gone on with, and what is in it.
    pub fn new(journal: Journal, known: Vec<Remembered>, real_clock: bool) -> Self {
        let journal = Arc::new(Shared(Mutex::new(State { journal: Some(journal), torn: false })));
        let recording = Recording::new(Arc::clone(&journal) as Arc<dyn Ledger>, known, real_clock);
        Self { journal, recording }
    }

    /// What the study remembers with.
    pub const fn recording(&self) -> &Recording {
        &self.recording
    }

    /// The study has ended: nothing is left to go on with, unless it was interrupted, or could not be kept.
    pub fn end(self, study: &Study, is_kept: bool) {
        let mut state = self.journal.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(journal) = state.journal.take() else { return };
        if study.outcome == Outcome::Interrupted {
            ui::message("to go on with it: ralf-tune run --resume");
        } else if !is_kept && !state.torn {
            ui::message("its answers are still there: ralf-tune run --resume makes it again, and asks nothing twice");
        } else {
            // One that stays is dropped in time.
            let _ = journal.remove();
        }
    }
}

fn warn(why: &str, hint: Option<&str>) {
    let what = format!("a study that is interrupted cannot be gone on with: {why}");
    ui::message(&ui::errors::warning(&what, hint));
}
