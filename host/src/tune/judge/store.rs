//! Answers by the content of their questions: in memory for the study, and in a folder from study to study.
//!
//! The folder is a cache: bounded, safe to delete, and what is not whole in it is ignored. Nothing about it can fail a study.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    fs,
    io::Write as _,
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use crate::{
    files,
    model::{
        digest::Digest,
        judge::{Answer, Question},
    },
};

/// Most files in the folder when a study begins to write; the oldest go first.
const MOST_FILES: usize = 4000;

/// How many go then: as many as a study may add.
const SWEPT: usize = 400;

/// Larger files are no answers of ours: 512 tokens are some kilobytes.
const LARGEST_FILE_BYTES: u64 = 64 << 10;

/// A question to a model, by content.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// The key of a question to the model of that digest.
    #[must_use]
    pub fn new(model_digest: &str, question: &Question) -> Self {
        let mut content = question.most_tokens.to_le_bytes().to_vec();
        // Lengths keep the parts apart.
        for part in ["ralf:tune/judge 1", model_digest, &question.instructions, &question.material] {
            content.extend(part.len().to_le_bytes());
            content.extend(part.as_bytes());
        }
        Self(Digest::of(&content).hex().to_owned())
    }

    /// Enough of it to tell prompts apart.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..16).unwrap_or(&self.0)
    }
}

/// One file of the folder.
#[derive(Serialize, Deserialize)]
struct Entry {
    key: String,
    answer: Answer,
    /// Of the text: what was damaged is no answer.
    sum: String,
}

/// Known answers.
#[derive(Debug, Default)]
pub struct Store {
    folder: Option<PathBuf>,
    known: RefCell<HashMap<Key, Answer>>,
    swept: Cell<bool>,
}

impl Store {
    /// A store that also keeps answers in a folder, if one is given.
    #[must_use]
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, ..Self::default() }
    }

    /// The answer, if it is known.
    #[must_use]
    pub fn find(&self, key: &Key) -> Option<Answer> {
        if let Some(answer) = self.known.borrow().get(key) {
            return Some(answer.clone());
        }
        let path = self.path(key)?;
        let entry: Entry = serde_json::from_slice(&files::bytes(&path, LARGEST_FILE_BYTES).ok()?).ok()?;
        if entry.key != key.0 || entry.sum != Digest::of(entry.answer.text.as_bytes()).hex() {
            return None;
        }
        self.known.borrow_mut().insert(key.clone(), entry.answer.clone());
        Some(entry.answer)
    }

    /// Remembers an answer.
    pub fn keep(&self, key: &Key, answer: &Answer) {
        self.known.borrow_mut().insert(key.clone(), answer.clone());
        if let Err(error) = self.write(key, answer) {
            tracing::debug!("a judgement is not kept: {error}");
        }
    }

    fn write(&self, key: &Key, answer: &Answer) -> std::io::Result<()> {
        let (Some(folder), Some(path)) = (&self.folder, self.path(key)) else { return Ok(()) };
        fs::create_dir_all(folder)?;
        if !self.swept.replace(true) {
            self.sweep()?;
        }
        let entry =
            Entry { key: key.0.clone(), answer: answer.clone(), sum: Digest::of(answer.text.as_bytes()).to_string() };
        // Renamed into its place, so that nobody reads half of it.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(serde_json::to_string(&entry)?.as_bytes())?;
        file.persist(path)?;
        Ok(())
    }

    /// Makes room when the folder is full.
    fn sweep(&self) -> std::io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let mut files: Vec<_> = fs::read_dir(folder)?
            .filter_map(Result::ok)
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        if files.len() < MOST_FILES {
            return Ok(());
        }
        files.sort();
        for (_, path) in files.into_iter().take(SWEPT) {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    fn path(&self, key: &Key) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{}.json", key.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(material: &str) -> Question {
        Question { instructions: "judge".into(), material: material.into(), most_tokens: 8 }
    }

    fn answer(text: &str) -> Answer {
        Answer { text: text.into(), prompt_tokens: 1, answer_tokens: 2, cut: false }
    }

    #[test]
    fn keys_tell_every_part_apart() {
        let base = question("ab");
        let others = [
            Key::new("e", &base),
            Key::new("d", &question("abc")),
            Key::new("d", &Question { most_tokens: 9, ..base.clone() }),
            Key::new("d", &Question { instructions: "judgea".into(), material: "b".into(), most_tokens: 8 }),
        ];
        assert!(others.iter().all(|other| *other != Key::new("d", &base)));
        assert_eq!(Key::new("d", &base), Key::new("d", &question("ab")));
    }

    #[test]
    fn answers_outlive_the_study_and_damage_does_not() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("judgements");
        let store = || Store::new(Some(path.clone()));
        let key = Key::new("d", &question("a"));
        store().keep(&key, &answer("faithful: 7"));
        assert_eq!(store().find(&key), Some(answer("faithful: 7")));
        assert_eq!(store().find(&Key::new("d", &question("b"))), None);
        assert_eq!(Store::new(None).find(&key), None);

        let file = path.join(format!("{}.json", key.0));
        let whole = fs::read_to_string(&file)?;
        let other = Key::new("d", &question("b"));
        fs::write(path.join(format!("{}.json", other.0)), &whole)?;
        assert_eq!(store().find(&other), None, "the answer to another question");
        for damaged in
            [whole.replace("faithful: 7", "faithful: 9"), whole[..40].to_owned(), String::new(), " ".repeat(1 << 20)]
        {
            fs::write(&file, damaged)?;
            assert_eq!(store().find(&key), None);
        }
        // What was damaged is made anew.
        store().keep(&key, &answer("faithful: 7"));
        assert_eq!(store().find(&key), Some(answer("faithful: 7")));
        Ok(())
    }

    #[test]
    fn the_folder_is_bounded() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        for number in 0..MOST_FILES {
            fs::write(folder.path().join(format!("{number}.json")), "")?;
        }
        let store = Store::new(Some(folder.path().to_owned()));
        let key = Key::new("d", &question("a"));
        store.keep(&key, &answer("x"));
        assert_eq!(fs::read_dir(folder.path())?.count(), MOST_FILES - SWEPT + 1);
        assert_eq!(Store::new(Some(folder.path().to_owned())).find(&key), Some(answer("x")));
        Ok(())
    }
}
