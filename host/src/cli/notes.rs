//! `ralf-tune run --keep-notes`: the notes that a study makes are not made for nothing.

use std::path::Path;

use super::{exit::ExitStatus, failure::Failure, ui};
use crate::{
    emit::notes::{self, IndexedNote, NotesError},
    model::{digest::Digest, kept::chosen, study::Study, workload::SourceFile},
    settings::{Settings, WorkloadChoice},
    tune::{COMPANY_TOKENS, MadeNote, MadeNotes},
};

/// Whether notes can be kept there, before any is made.
pub fn prepare(folder: &Path, settings: &Settings) -> Result<(), Failure> {
    if settings.samples.value.is_none() {
        let hint = "name the folder of your files with --samples, or leave --keep-notes out".to_owned();
        return Err(Failure::usage("there are no files of yours to keep notes of".into(), Some(hint)));
    }
    if settings.workload.value == WorkloadChoice::Learned {
        let hint = "leave --keep-notes out, or tune for your files: leave --workload out".to_owned();
        return Err(Failure::usage(
            "files of learned sizes are pieces of yours: their notes are notes of none".into(),
            Some(hint),
        ));
    }
    Ok(notes::prepare(folder)?)
}

/// Keeps the best whole note of each file, and says what that saves.
pub fn keep(folder: &Path, study: &Study, made: &MadeNotes, files: &[SourceFile]) -> Result<(), Failure> {
    let chosen = chosen(study);
    let note = |made: MadeNote| {
        let source = files.get(made.file)?.path.clone();
        let note = IndexedNote {
            note: notes::name_of(&source),
            source,
            model: study.model.name.clone(),
            score: made.score,
            answer_tokens: made.answer_tokens,
            settings: made.settings,
            source_digest: Some(Digest::of(files.get(made.file)?.text.as_bytes())),
            cut: false,
        };
        Some((note, notes::text_of(&made.answers)))
    };
    let kept = notes::keep(folder, made.best(chosen, files).into_iter().filter_map(note).collect())?;
    let generated = generated_tokens(study);
    let there =
        if kept.there_before > 0 { format!(", {} were there before", kept.there_before) } else { String::new() };
    ui::message(&format!(
        "{} notes are kept in {}{there}: {} of the {generated} tokens that the study generated",
        kept.notes,
        folder.display(),
        kept.answer_tokens,
    ));
    Ok(())
}

/// All tokens that the study made the model write, those included that only kept notes company.
fn generated_tokens(study: &Study) -> u64 {
    let company: f64 = study.trials.iter().filter_map(|trial| trial.fact(COMPANY_TOKENS)).sum();
    let answers = study.trials.iter().flat_map(|trial| &trial.observations).map(|one| f64::from(one.answer_tokens));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count that fits many times")]
    let all = (company + answers.sum::<f64>()).max(0.0) as u64;
    all
}

impl From<NotesError> for Failure {
    fn from(error: NotesError) -> Self {
        let hint = match &error {
            NotesError::Read { .. } | NotesError::Write { .. } => {
                "check who may read and write there (ls -ld), or name another folder for the notes"
            }
            NotesError::Busy { .. } => "wait until it has ended, or name another folder for the notes",
            NotesError::Index { .. } | NotesError::Name { .. } | NotesError::Link { .. } => {
                "name another folder for the notes"
            }
        };
        Self::new(ExitStatus::Unfit, error, Some(hint.to_owned()))
    }
}
