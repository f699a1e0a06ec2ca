use super::{FinishReason, Note, Request};
use crate::{settings::setting, types::Setting};

/// Builds and reads a note.
pub trait NoteExt: Sized {
    /// A file of unknown language, and no request yet.
    fn new(path: &str, source: &str) -> Self;
    /// The language, as a lower-case name.
    #[must_use]
    fn language(self, language: &str) -> Self;
    /// Adds a request that carried the whole file, and its answer.
    #[must_use]
    fn answer(self, answer: &str) -> Self;
    /// Adds a request.
    #[must_use]
    fn request(self, request: Request) -> Self;
    /// Sets a setting that it was made with.
    #[must_use]
    fn set(self, name: &str, value: f64) -> Self;
    /// The part of the file that a request carried.
    fn piece(&self, request: &Request) -> &str;
    /// What the request asked for: its prompt without the source in it.
    fn instructions(&self, request: &Request) -> String;
    /// All answers, one after the other, with an empty line between them.
    fn text(&self) -> String;
}

impl NoteExt for Note {
    fn new(path: &str, source: &str) -> Self {
        Self {
            path: path.to_owned(),
            language: "text".to_owned(),
            source: source.to_owned(),
            requests: Vec::new(),
            settings: Vec::new(),
        }
    }

    fn language(mut self, language: &str) -> Self {
        language.clone_into(&mut self.language);
        self
    }

    fn answer(self, answer: &str) -> Self {
        let request = Request::new(&self.source, answer).piece(0, number(self.source.chars().count()));
        self.request(request)
    }

    fn request(mut self, request: Request) -> Self {
        self.requests.push(request);
        self
    }

    fn set(mut self, name: &str, value: f64) -> Self {
        self.settings.retain(|own: &Setting| own.name != name);
        self.settings.push(setting(name, value));
        self
    }

    fn piece(&self, request: &Request) -> &str {
        let byte = |position: u32| {
            let position = usize::try_from(position).unwrap_or(usize::MAX);
            self.source.char_indices().nth(position).map_or(self.source.len(), |(byte, _)| byte)
        };
        self.source.get(byte(request.start_char)..byte(request.end_char)).unwrap_or("")
    }

    fn instructions(&self, request: &Request) -> String {
        let piece = self.piece(request).trim();
        // A piece of a few characters would be found, and cut out, anywhere.
        match request.prompt.rfind(piece).filter(|_| piece.len() >= 16) {
            Some(start) => {
                let (before, behind) = request.prompt.split_at(start);
                format!("{before}{}", behind.get(piece.len()..).unwrap_or(""))
            }
            None => request.prompt.clone(),
        }
    }

    fn text(&self) -> String {
        let answers: Vec<&str> = self.requests.iter().map(|request| request.answer.trim()).collect();
        answers.join("\n\n")
    }
}

/// Builds a request, for tests.
pub trait RequestExt: Sized {
    /// A prompt and its whole answer, at four bytes a token, that carried nothing of the file.
    fn new(prompt: &str, answer: &str) -> Self;
    /// Which characters of the file it carried.
    #[must_use]
    fn piece(self, start_char: u32, end_char: u32) -> Self;
    /// Why the answer ended.
    #[must_use]
    fn finish(self, reason: FinishReason) -> Self;
    /// The server cut the prompt.
    #[must_use]
    fn truncated(self) -> Self;
}

impl RequestExt for Request {
    fn new(prompt: &str, answer: &str) -> Self {
        Self {
            prompt: prompt.to_owned(),
            answer: answer.to_owned(),
            finish: FinishReason::Stop,
            prompt_tokens: number(prompt.len().div_ceil(4)),
            answer_tokens: number(answer.len().div_ceil(4)),
            truncated: false,
            start_char: 0,
            end_char: 0,
        }
    }

    fn piece(mut self, start_char: u32, end_char: u32) -> Self {
        (self.start_char, self.end_char) = (start_char, end_char);
        self
    }

    fn finish(mut self, reason: FinishReason) -> Self {
        self.finish = reason;
        self
    }

    fn truncated(mut self) -> Self {
        self.truncated = true;
        self
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_built_note_reads_back() {
        let cut = Request::new("Write a note.\n\nfn second() {}", "b").piece(15, 29).finish(FinishReason::Length);
        let note = Note::new("a.rs", "fn f\u{fc}rst() {}\n\nfn second() {}").answer("### A\n").request(cut);
        let [whole, half] = note.requests.as_slice() else { panic!("{note:?}") };
        assert_eq!((note.piece(whole), note.piece(half)), (note.source.as_str(), "fn second() {}"));
        assert_eq!(note.instructions(whole), "");
        assert_eq!(note.text(), "### A\n\nb");
    }
}
