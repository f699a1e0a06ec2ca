//! What will become of the prompts of a whole batch.

use serde::{Deserialize, Serialize};

/// How many files of a batch would have a prompt cut, at given settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TruncationForecast {
    /// Files of the batch.
    pub files: usize,
    /// Files with a prompt that is expected not to fit the context.
    pub files_cut: usize,
    /// The same, should every prompt be as long as it may.
    pub files_cut_at_most: usize,
    /// Files with a prompt that fits, but leaves less than `answer_tokens` of the context.
    pub files_without_room: usize,
    /// The same by the longest prompts that are likely.
    pub files_without_room_at_most: usize,
    /// Tokens of the largest prompt.
    pub largest_prompt_tokens: u32,
    /// What it may count at most.
    pub largest_prompt_tokens_at_most: u32,
    /// Tokens of the context that a prompt and its answer share: what the server loads, not what is asked for.
    pub context_tokens: u32,
    /// `num_predict`: what an answer may take of the context.
    pub answer_tokens: u32,
}

/// The forecasts of a study.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Forecasts {
    /// Of the settings that the study recommends; of the present ones where it recommends to keep them.
    pub chosen: TruncationForecast,
    /// With the present settings.
    pub present: TruncationForecast,
}

impl TruncationForecast {
    /// In one sentence: `0 of 60 files would be truncated (largest 3871 of 4096 tokens, …)`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { files, files_cut, files_cut_at_most, context_tokens, answer_tokens, .. } = self;
        let many = if files_cut_at_most > files_cut {
            format!("{files_cut} to {files_cut_at_most}")
        } else {
            files_cut.to_string()
        };
        let (largest, most) = (self.largest_prompt_tokens, self.largest_prompt_tokens_at_most);
        let largest = if most > largest { format!("{largest}, at most {most},") } else { largest.to_string() };
        let room = match (self.files_without_room, self.files_without_room_at_most) {
            (_, 0) if *files_cut_at_most == 0 => format!(", with room for an answer of {answer_tokens}"),
            (0, 0) => String::new(),
            (least, most) => {
                let many = if most > least { format!("{least} to {most}") } else { least.to_string() };
                let more = if *files_cut_at_most == 0 { "" } else { "more " };
                format!("; {many} {more}leave less than the {answer_tokens} that an answer may take")
            }
        };
        format!("{many} of {files} files would be truncated (largest {largest} of {context_tokens} tokens{room})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_counts_the_room_for_the_answer() {
        let good = TruncationForecast {
            files: 60,
            files_cut: 0,
            files_cut_at_most: 0,
            files_without_room: 0,
            files_without_room_at_most: 0,
            largest_prompt_tokens: 2871,
            largest_prompt_tokens_at_most: 3004,
            context_tokens: 4096,
            answer_tokens: 1024,
        };
        assert_eq!(
            good.sentence(),
            "0 of 60 files would be truncated (largest 2871, at most 3004, of 4096 tokens, with room for an answer of 1024)"
        );
        let tight = TruncationForecast { files_without_room: 1, files_without_room_at_most: 3, ..good };
        assert!(tight.sentence().ends_with("; 1 to 3 leave less than the 1024 that an answer may take)"));
        let cut =
            TruncationForecast { files_cut: 4, files_cut_at_most: 6, largest_prompt_tokens_at_most: 2871, ..tight };
        assert_eq!(
            cut.sentence(),
            "4 to 6 of 60 files would be truncated (largest 2871 of 4096 tokens; 1 to 3 more leave less than the 1024 that \
             an answer may take)"
        );
    }
}
