//! How many files of the whole batch would have a prompt cut, before any of them is sent. Pure.
//!
//! Files that were picked for trials are known by their texts; of the others only the lengths are. Those are taken to be as dense as the
//! picked ones, give or take what these differ by.

use super::{
    calibrate::{Calibration, Expected, Sized},
    rough_tokens::rough_tokens,
};
use crate::{
    model::{
        candidate::Candidate,
        forecast::TruncationForecast,
        workload::{SourceFile, Workload, cut},
    },
    stats::summary::{mean, standard_deviation},
};

/// Standard deviations by which a prompt is longer at most: 1 of 160 is longer still.
const DEVIATIONS: f64 = 2.5;
/// Where the picked files are all alike, a file that is not known may still be so much denser.
const LEAST_SPREAD: f64 = 0.02;

/// Pieces end at line ends, so one may be longer than its share by a line.
const LONGEST_LINE: usize = 120;

/// What the placeholders become, beside the content: a path, and which part of a file it is.
const PLACEHOLDERS: &str =
    "[run 0123456789abcdef]\nsrc/some/where/file_name.py, one of 3 parts, characters 1001 to 2000 of 3000";

/// How many of all files of the batch have a prompt that does not fit `context` tokens, at these settings.
#[must_use]
pub fn truncation_forecast(
    candidate: &Candidate,
    context: u32,
    calibration: &Calibration,
    workload: &Workload,
) -> TruncationForecast {
    let template = rough_tokens(&workload.prompt.text);
    let skeleton = template + rough_tokens(PLACEHOLDERS);
    let picked = workload.files.iter().map(|file| of_text(candidate, calibration, workload, file, template));
    let density = Density::of(calibration, &workload.files);
    let others =
        unknown(workload).into_iter().map(|chars| of_length(candidate, calibration, &density, skeleton, chars));
    let mut forecast = TruncationForecast {
        files: 0,
        files_cut: 0,
        files_cut_at_most: 0,
        files_without_room: 0,
        files_without_room_at_most: 0,
        largest_prompt_tokens: 0,
        largest_prompt_tokens_at_most: 0,
        context_tokens: context,
        answer_tokens: candidate.num_predict,
    };
    let limit = f64::from(context);
    for largest in picked.chain(others) {
        forecast.files += 1;
        // A prompt of all the context is refused or cut by servers since 0.30, and has no room for an answer in any.
        let cut = |tokens: f64| tokens.ceil() >= limit;
        let tight = |tokens: f64| !cut(tokens) && tokens.ceil() + f64::from(candidate.num_predict) > limit;
        let count = |happens: bool| usize::from(happens);
        forecast.files_cut += count(cut(largest.tokens));
        forecast.files_cut_at_most += count(cut(largest.most));
        forecast.files_without_room += count(tight(largest.tokens));
        forecast.files_without_room_at_most += count(tight(largest.most));
        forecast.largest_prompt_tokens = forecast.largest_prompt_tokens.max(whole(largest.tokens));
        forecast.largest_prompt_tokens_at_most = forecast.largest_prompt_tokens_at_most.max(whole(largest.most));
    }
    forecast.files_without_room_at_most = forecast.files_without_room_at_most.max(forecast.files_without_room);
    forecast
}

/// The largest prompt of a file whose text is known.
fn of_text(
    candidate: &Candidate,
    calibration: &Calibration,
    workload: &Workload,
    file: &SourceFile,
    skeleton: f64,
) -> Bounded {
    let pieces = cut(file, candidate);
    let count = pieces.len();
    let expect = |piece| {
        let prompt = workload.prompt.render("0123456789abcdef", file, piece, count);
        calibration.expect(&Sized::new(&prompt, &file.language, skeleton))
    };
    pieces.iter().map(expect).fold(Bounded { tokens: 0.0, most: 0.0 }, |largest, expected| Bounded {
        tokens: largest.tokens.max(expected.tokens),
        most: largest.most.max(expected.tokens + DEVIATIONS * expected.deviation),
    })
}

/// The largest prompt of a file of which only the length is known.
#[expect(clippy::cast_precision_loss, reason = "files are far shorter than 2^52 characters")]
fn of_length(
    candidate: &Candidate,
    calibration: &Calibration,
    density: &Density,
    skeleton: f64,
    chars: usize,
) -> Bounded {
    let length = chars.min(candidate.max_content_length as usize);
    let pieces = length.div_ceil((candidate.chunk_size as usize).max(1)).max(1);
    let usual = length.div_ceil(pieces);
    let longest = if pieces > 1 { (usual + LONGEST_LINE).min(length) } else { usual };
    let expect = |language: &String| {
        let source = longest as f64 * density.usual;
        calibration.expect(&Sized { chars: longest, whole: skeleton + source, source, language: language.clone() })
    };
    let languages: Vec<Expected> = density.languages.iter().map(expect).collect();
    let all: Vec<f64> = languages.iter().map(|expected| expected.tokens).collect();
    let tokens = mean(&all);
    // How it is written, in which language, and what is not known of the tokenizer have nothing to do with each other.
    let deviation = languages.iter().map(|expected| expected.deviation).fold(0.0, f64::max);
    let other_language = all.iter().copied().fold(tokens, f64::max) - tokens;
    let denser = (tokens - skeleton).max(0.0) * density.spread;
    let margin = (DEVIATIONS * deviation).hypot(DEVIATIONS * denser).hypot(other_language);
    Bounded { tokens, most: tokens + margin }
}

/// Rough tokens of a character, as the picked files have them.
struct Density {
    usual: f64,
    /// Standard deviation from file to file, as a share.
    spread: f64,
    languages: Vec<String>,
}

impl Density {
    #[expect(clippy::cast_precision_loss, reason = "files are far shorter than 2^52 characters")]
    fn of(calibration: &Calibration, files: &[SourceFile]) -> Self {
        // Short files are mostly head, and no short file is cut.
        let long: Vec<&SourceFile> = files.iter().filter(|file| file.chars >= 1000).collect();
        let long = if long.len() < 3 { files.iter().collect() } else { long };
        let densities: Vec<f64> = long.iter().map(|file| rough_tokens(&file.text) / file.chars.max(1) as f64).collect();
        let usual = mean(&densities).max(f64::MIN_POSITIVE);
        let mut languages: Vec<String> = files.iter().map(|file| file.language.clone()).collect();
        languages.sort();
        languages.dedup();
        if languages.is_empty() || !calibration.has_learned() {
            languages.push(String::new());
        }
        Self { usual, spread: (standard_deviation(&densities) / usual).max(LEAST_SPREAD), languages }
    }
}

/// Lengths of the files of the batch that were not picked.
fn unknown(workload: &Workload) -> Vec<usize> {
    let mut picked: Vec<usize> = workload.files.iter().map(|file| file.chars).collect();
    let is_picked = |chars: usize| {
        let place = picked.iter().position(|own| *own == chars);
        place.is_some_and(|place| picked.swap_remove(place) == chars)
    };
    let mut is_picked = is_picked;
    workload.batch_chars.iter().copied().filter(|chars| !is_picked(*chars)).collect()
}

/// Tokens of a prompt: expected, and at most.
#[derive(Debug, Clone, Copy)]
struct Bounded {
    tokens: f64,
    most: f64,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is never negative")]
fn whole(tokens: f64) -> u32 {
    tokens.ceil() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::generate::generated_workload;

    #[test]
    fn every_file_of_the_batch_is_counted_once_and_smaller_contexts_cut_more() {
        let workload = generated_workload(3);
        assert_eq!(unknown(&workload).len() + workload.files.len(), workload.batch_chars.len());
        let settings = Candidate { max_content_length: 40_000, num_predict: 512, ..Candidate::default() };
        let calibration = Calibration::default();
        let at = |context| truncation_forecast(&settings, context, &calibration, &workload);
        let all = at(1 << 20);
        assert_eq!((all.files, all.files_cut_at_most, all.files_without_room_at_most), (60, 0, 0));
        let [small, middle, large] = [1024, 4096, 16_384].map(|context| at(context).files_cut);
        assert!(small > middle && middle > large, "{small} {middle} {large}");
        // Pieces make small prompts.
        let pieces = Candidate { chunk_size: 2000, ..settings };
        assert_eq!(truncation_forecast(&pieces, 4096, &calibration, &workload).files_cut_at_most, 0);
    }
}
