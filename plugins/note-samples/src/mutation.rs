use ralf_tune_sdk::{markdown::sections, scorer::prelude::*};

use crate::{SAMPLES, Sample};

/// A way in which a note goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// Names that the file does not have stand beside those that it has.
    InventedNames,
    /// The model saw, and describes, only the first half of the file.
    HalfTheSource,
    /// The second half of the note is missing.
    DroppedHalf,
    /// The note, and the note again.
    RepeatedSections,
    /// One sentence for ever.
    Loop,
    /// A good note of another file.
    AnotherFile,
    /// The headings are not those asked for, and there is talk around.
    BrokenFormat,
    /// The instructions come back as the answer.
    EchoedPrompt,
    /// The source comes back as the answer.
    EchoedSource,
    /// The answer had no more room.
    Cut,
    /// The model excuses itself.
    Refusal,
    /// Three pieces, one answer.
    SameForEveryPiece,
}

impl Mutation {
    pub const ALL: [Self; 12] = [
        Self::InventedNames,
        Self::HalfTheSource,
        Self::DroppedHalf,
        Self::RepeatedSections,
        Self::Loop,
        Self::AnotherFile,
        Self::BrokenFormat,
        Self::EchoedPrompt,
        Self::EchoedSource,
        Self::Cut,
        Self::Refusal,
        Self::SameForEveryPiece,
    ];

    /// The scorer that must see it.
    #[must_use]
    pub fn seen_by(self) -> &'static str {
        match self {
            Self::InventedNames | Self::HalfTheSource | Self::AnotherFile => "identifier-grounding",
            Self::DroppedHalf | Self::BrokenFormat | Self::Cut | Self::RepeatedSections => "note-structure",
            Self::Loop | Self::EchoedPrompt | Self::EchoedSource | Self::Refusal | Self::SameForEveryPiece => {
                "repetition"
            }
        }
    }

    /// The sample's note, gone wrong in this way.
    #[must_use]
    pub fn of(self, sample: &Sample) -> Note {
        let mut note = sample.note();
        let answer = sample.answer;
        let half = half_of(answer);
        let changed = match self {
            Self::InventedNames => invented(answer),
            Self::HalfTheSource => {
                let end = sample.source.chars().count() / 2;
                let seen = of_first_half(sample);
                note.requests = vec![sample.request(0, end, &seen)];
                return note;
            }
            Self::DroppedHalf => half.to_owned(),
            Self::RepeatedSections => format!("{answer}\n{answer}"),
            Self::Loop => format!("{half}\n{}", "It is used to handle the data and to return the data.\n".repeat(60)),
            Self::AnotherFile => another(sample).to_owned(),
            Self::BrokenFormat => format!("Sure! Here is the note:\n\n{}", answer.replace("### ", "# The ")),
            Self::EchoedPrompt => crate::INSTRUCTIONS.to_owned(),
            Self::EchoedSource => format!("```\n{}```\n", sample.source),
            Self::Cut => {
                note.requests.iter_mut().for_each(|request| request.finish = FinishReason::Length);
                half.to_owned()
            }
            Self::Refusal => "I'm sorry, but as an AI language model I cannot read this file.".to_owned(),
            Self::SameForEveryPiece => {
                let length = sample.source.chars().count();
                let piece = |index: usize| sample.request(length * index / 3, length * (index + 1) / 3, answer);
                note.requests = (0..3).map(piece).collect();
                return note;
            }
        };
        note.requests.iter_mut().for_each(|request| request.answer.clone_from(&changed));
        note
    }
}

fn half_of(text: &str) -> &str {
    let middle = (text.len() / 2..text.len()).find(|position| text.is_char_boundary(*position)).unwrap_or(0);
    text.get(..middle).unwrap_or(text)
}

fn another(sample: &Sample) -> &'static str {
    SAMPLES.iter().rev().find(|other| other.path != sample.path).map_or("", |other| other.answer)
}

/// Four more functions that sound as if they belonged there.
fn invented(answer: &str) -> String {
    let names = ["validateChecksum", "merge_partitions", "flush_backlog", "HandlerRegistry"];
    let bullets = names.map(|name| format!("- `{name}`: takes care of the rest\n")).concat();
    answer.replace("\n### DEPENDENCIES", &format!("{bullets}\n### DEPENDENCIES"))
}

/// The note without the lines that speak of what only the second half of the source defines: what a model that saw half would write.
fn of_first_half(sample: &Sample) -> String {
    let (seen, unseen) = sample.source.split_at(half_of(sample.source).len());
    let is_unseen = |line: &str| {
        let words = |text: &'static str| text.split(|sign: char| !sign.is_alphanumeric() && sign != '_');
        words(unseen).any(|word| word.len() > 6 && !words(seen).any(|known| known == word) && line.contains(word))
    };
    let (_, parts) = sections(sample.answer);
    let part = |section: &ralf_tune_sdk::markdown::Section<'_>| {
        let lines: Vec<&str> = section.body.lines().filter(|line| !is_unseen(line)).collect();
        let body = if lines.is_empty() { "Nothing else.".to_owned() } else { lines.join("\n") };
        format!("### {}\n{body}\n\n", section.heading)
    };
    parts.iter().map(part).collect()
}
