//! Files as large as the requests that clients really make: texts of the samples, cut or joined to the learned sizes.

use super::{
    DEFAULT_PICK,
    generate::{Language, sample},
    pick,
};
use crate::model::{
    learned::Learned,
    workload::{SourceFile, Workload},
};

/// Files of a batch of learned sizes, and fewer only where fewer requests are known.
const FILES: usize = 100;

/// A file has at least so many characters: with less there is nothing to make a note of.
const LEAST_CHARS: usize = 200;

/// Longer files are left out of samples, too.
const MOST_CHARS: usize = 1 << 20;

/// Files of the learned sizes, with the texts and the prompt of the samples; `is_generated` says that the samples are nobody's, so that texts may be generated as well.
///
/// A request of the records is a file here: which requests belong to one file, nobody has recorded. What stands around the source in the samples' prompt is taken off, so that a request with it has the learned size.
#[must_use]
pub fn of_learned_sizes(samples: Workload, learned: Learned, is_generated: bool, seed: u64) -> Workload {
    let around = samples.prompt.around_chars();
    let quantiles = &learned.prompt_chars.quantiles;
    let count = FILES.min(learned.requests.max(1));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small range")]
    let size = |chars: f64| (chars as usize).saturating_sub(around).clamp(LEAST_CHARS, MOST_CHARS);
    // The greatest is among them: it is what does not fit first.
    let at = |index: usize| quantiles.get((index + 1) * (quantiles.len() - 1) / count).copied();
    let batch_chars: Vec<usize> = (0..count).filter_map(at).map(size).collect();
    let mut texts = Texts { files: &samples.files, used: vec![0; samples.files.len()] };
    let mut files = Vec::new();
    for (turn, position) in pick::stratified(batch_chars.len(), DEFAULT_PICK, seed).into_iter().enumerate() {
        let Some(chars) = batch_chars.get(position).copied() else { continue };
        files.push(if is_generated {
            let language = Language::ALL[turn % Language::ALL.len()];
            let text = sample(language, chars, seed.wrapping_add(turn as u64));
            SourceFile::new(format!("learned/{turn}.{}", language.extension()), language.name(), text)
        } else {
            texts.of(chars)
        });
    }
    let mut notices = samples.notices;
    #[expect(clippy::cast_precision_loss, reason = "a prompt")]
    let short = quantiles.iter().filter(|chars| **chars < (around + LEAST_CHARS) as f64).count();
    if 2 * short > quantiles.len() {
        notices.push(format!(
            "most requests that went through the proxy have fewer characters than the prompt alone ({around}): name the prompt of your client with --prompt"
        ));
    }
    let origin = format!("requests that went through the proxy, texts of {}", samples.origin);
    Workload { origin, files, batch_chars, prompt: samples.prompt, notices, learned: Some(Box::new(learned)) }
}

/// The samples, and how often each was taken.
struct Texts<'a> {
    files: &'a [SourceFile],
    used: Vec<usize>,
}

impl Texts<'_> {
    /// A text of that length: the beginning of a file that is no shorter, one that was taken seldom and is no longer than it must be; else several, one behind the other.
    fn of(&mut self, chars: usize) -> SourceFile {
        let long_enough = (0..).zip(self.files).filter(|(_, file)| file.chars >= chars);
        let best = long_enough.min_by_key(|(index, file): &(usize, _)| (self.used.get(*index).copied(), file.chars));
        if let Some((index, file)) = best {
            self.take(index);
            return SourceFile::new(file.path.clone(), file.language.clone(), beginning(&file.text, chars));
        }
        let (mut text, mut missing) = (String::new(), chars);
        let mut first: Option<&SourceFile> = None;
        while missing > 0 {
            let taken = (0..).zip(self.files).filter(|(_, file)| file.chars > 0);
            let Some((index, file)) = taken
                .min_by_key(|(index, file): &(usize, _)| (self.used.get(*index).copied(), usize::MAX - file.chars))
            else {
                break;
            };
            self.take(index);
            first = first.or(Some(file));
            text.push_str(beginning(&file.text, missing));
            missing = missing.saturating_sub(file.chars);
        }
        let (path, language) = first.map_or(("", "text"), |file| (file.path.as_str(), file.language.as_str()));
        SourceFile::new(path, language, text)
    }

    fn take(&mut self, index: usize) {
        if let Some(used) = self.used.get_mut(index) {
            *used += 1;
        }
    }
}

fn beginning(text: &str, chars: usize) -> &str {
    let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "two hundred steps")]
mod tests {
    use super::*;
    use crate::model::{
        learned::{Habits, Quantity},
        workload::PromptTemplate,
    };

    fn learned(sizes: impl Fn(usize) -> f64) -> Learned {
        let quantiles: Vec<f64> = (0..201).map(sizes).collect();
        let quantity = Quantity { values: 500, effective: 300.0, groups: 9, mean: 0.0, quantiles };
        Learned {
            model: "m".into(),
            requests: 500,
            from: String::new(),
            to: String::new(),
            days: 3,
            sittings: 9,
            half_life_days: 7.0,
            left_out: Vec::new(),
            prompt_chars: quantity.clone(),
            answer_tokens: None,
            at_once: quantity,
            beginnings: None,
            habits: Habits::default(),
            samples: None,
        }
    }

    fn samples(files: &[usize]) -> Workload {
        let file = |(number, chars): (usize, &usize)| {
            SourceFile::new(
                format!("{number}.rs"),
                "rust",
                "äb\n".repeat(*chars).chars().take(*chars).collect::<String>(),
            )
        };
        let prompt = PromptTemplate { text: "x".repeat(100) + "{content}", origin: "test".into() };
        let files: Vec<SourceFile> = files.iter().enumerate().map(file).collect();
        let batch_chars = files.iter().map(|file| file.chars).collect();
        Workload { origin: "here".into(), files, batch_chars, prompt, notices: Vec::new(), learned: None }
    }

    #[test]
    fn requests_have_the_learned_sizes() {
        for is_generated in [true, false] {
            let samples = samples(&[300, 1000, 5000]);
            let around = samples.prompt.around_chars();
            let made = of_learned_sizes(samples, learned(|step| 1000.0 + 50.0 * step as f64), is_generated, 1);
            assert_eq!((made.batch_chars.len(), made.files.len()), (100, DEFAULT_PICK));
            assert_eq!(made.batch_chars.last(), Some(&(11_000 - around)));
            assert!(made.batch_chars.is_sorted() && made.notices.is_empty(), "{made:?}");
            for file in &made.files {
                assert!(made.batch_chars.contains(&file.chars), "{}", file.chars);
                let request =
                    made.prompt.render("0123456789abcdef", file, &crate::model::workload::cut(file, &wide())[0], 1);
                let sent = request.chars().count();
                assert!(sent.abs_diff(file.chars + around) <= 40, "{sent} of {}", file.chars + around);
            }
        }
    }

    fn wide() -> crate::model::candidate::Candidate {
        let wide = 1 << 20;
        crate::model::candidate::Candidate { max_content_length: wide, chunk_size: wide, ..Default::default() }
    }

    #[test]
    fn requests_below_the_prompt_are_said() {
        let made = of_learned_sizes(samples(&[1000]), learned(|_| 90.0), false, 1);
        assert!(made.files.iter().all(|file| file.chars == LEAST_CHARS));
        assert!(made.notices.iter().any(|notice| notice.contains("--prompt")), "{:?}", made.notices);
    }
}
