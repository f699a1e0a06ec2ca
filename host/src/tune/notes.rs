//! Notes that a study makes on the way: work of the user's batch that is done already.

use std::cell::RefCell;

use super::batch::NoteRun;
use crate::model::{candidate::Candidate, score::NoteScore, workload::SourceFile};

/// A whole note.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeNote {
    /// Index into the workload's files.
    pub file: usize,
    /// The answers, one for each piece of the file, as they came.
    pub answers: Vec<String>,
    pub settings: Candidate,
    /// 0 to 1; none where nobody could judge it.
    pub score: Option<f64>,
    pub answer_tokens: u64,
}

/// All whole notes of a study.
#[derive(Debug, Default)]
pub struct MadeNotes(RefCell<Vec<MadeNote>>);

impl MadeNotes {
    /// Remembers those that are whole: nothing lost, and no answer cut.
    pub(super) fn add(&self, settings: &Candidate, notes: &[NoteRun], scores: &[NoteScore]) {
        for note in notes.iter().filter(|note| note.lost.is_none() && !note.is_cut()) {
            let requests = &note.evidence.requests;
            if requests.is_empty() || requests.iter().any(|request| request.truncated) {
                continue;
            }
            self.0.borrow_mut().push(MadeNote {
                file: note.file,
                answers: requests.iter().map(|request| request.answer.clone()).collect(),
                settings: settings.clone(),
                score: scores.iter().find(|score| score.file == note.file).map(|score| score.value),
                answer_tokens: requests.iter().map(|request| u64::from(request.answer_tokens)).sum(),
            });
        }
    }

    /// The best note of each file that the batch need not make again with these settings: one that was made so, or else one that read no less of
    /// the file; of several, the one with the highest score.
    #[must_use]
    pub fn best(&self, chosen: &Candidate, files: &[SourceFile]) -> Vec<MadeNote> {
        let made = self.0.borrow();
        let read = |note: &MadeNote, settings: &Candidate| {
            let chars = files.get(note.file).map_or(0, |file| file.chars);
            chars.min(settings.max_content_length as usize)
        };
        let rank = |note: &MadeNote| (note.settings.works_like(chosen), note.score.unwrap_or(0.0));
        (0..files.len())
            .filter_map(|file| {
                made.iter()
                    .filter(|note| note.file == file && read(note, &note.settings) >= read(note, chosen))
                    .max_by(|a, b| rank(a).0.cmp(&rank(b).0).then(rank(a).1.total_cmp(&rank(b).1)))
                    .cloned()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(file: usize, settings: &Candidate, score: f64) -> MadeNote {
        MadeNote { file, answers: vec![], settings: settings.clone(), score: Some(score), answer_tokens: 1 }
    }

    #[test]
    fn a_note_of_the_chosen_settings_counts_more_than_a_better_one_and_one_that_read_less_not_at_all() {
        let files: Vec<SourceFile> =
            (0..3).map(|number| SourceFile::new(format!("{number}.py"), "python", "x".repeat(9000))).collect();
        let chosen = Candidate { max_content_length: 8000, ..Candidate::default() };
        let (more, less) = (
            Candidate { max_content_length: 9000, ..chosen.clone() },
            Candidate { max_content_length: 4000, ..chosen.clone() },
        );
        let made = MadeNotes(RefCell::new(vec![
            note(0, &chosen, 0.8),
            note(0, &more, 0.9),
            note(0, &chosen, 0.7),
            note(1, &more, 0.6),
            note(2, &less, 1.0),
        ]));
        let best = made.best(&chosen, &files);
        assert_eq!(best, [note(0, &chosen, 0.8), note(1, &more, 0.6)]);
    }
}
