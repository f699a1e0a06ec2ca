//! Good notes of whole files, made in one request or in several.

use ralf_tune_sdk::scorer::prelude::*;

use crate::{corpus::SourceFile, dice::Dice, prompts, reading::Reading, writer};

/// Characters before a line.
pub fn start_of(text: &str, line: usize) -> usize {
    text.split_inclusive('\n').take(line).map(|line| line.chars().count()).sum()
}

/// A note of the lines `from..to`, asked for alone. `None` where there is too little to write about.
pub fn of_lines(file: &SourceFile, reading: &Reading<'_>, from: usize, to: usize, dice: &mut Dice) -> Option<Request> {
    let part = reading.between(from, to);
    let answer = (part.definitions.len() >= 2).then(|| writer::note(&file.path, file.language, &part, dice))?;
    Some(prompts::request(file, start_of(&file.text, from), start_of(&file.text, to), answer))
}

/// The lines at which a file is cut into so many pieces.
pub fn cuts(lines: usize, pieces: usize) -> Vec<(usize, usize)> {
    (0..pieces).map(|piece| (lines * piece / pieces, lines * (piece + 1) / pieces)).collect()
}

/// A good note: long files are now and then made in pieces.
pub fn good(file: &SourceFile, reading: &Reading<'_>, dice: &mut Dice) -> Note {
    if file.text.len() > 5_000 && dice.percent(35) {
        let cuts = cuts(reading.lines, dice.pick(&[2, 3]));
        let requests: Option<Vec<Request>> =
            cuts.into_iter().map(|(from, to)| of_lines(file, reading, from, to, dice)).collect();
        if let Some(requests) = requests {
            return prompts::note(file, requests);
        }
    }
    let answer = writer::note(&file.path, file.language, reading, dice);
    prompts::note(file, vec![prompts::request(file, 0, file.text.chars().count(), answer)])
}
