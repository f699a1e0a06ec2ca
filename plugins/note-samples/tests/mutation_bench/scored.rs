//! What the scorers say of good and damaged notes.

use std::collections::BTreeMap;

use ralf_tune_sdk::scorer::{JUDGED, prelude::*};
use scorer_identifier_grounding::IdentifierGrounding;
use scorer_note_structure::NoteStructure;
use scorer_repetition::Repetition;

use crate::{
    corpus::{Origin, SourceFile},
    dice::Dice,
    faults::{Case, Fault},
    pieces,
    reading::Reading,
};

/// The columns of a table: the scorers, and the mean of those that judged, as the host takes it when nobody set weights.
pub const SCORERS: [&str; 4] = ["note-structure", "identifier-grounding", "repetition", "the mix"];

/// One opinion a scorer; `None` where it did not judge.
pub type Opinions = [Option<f64>; 4];

/// Good notes that are written of each file, by different hands.
const GOOD_NOTES: u64 = 2;

/// A file and the scores of its notes.
pub struct Scored {
    pub path: String,
    pub origin: Origin,
    pub held_out: bool,
    pub good: Vec<Opinions>,
    pub bad: Vec<(Fault, Opinions)>,
}

/// Scores all notes of all files, on all cores.
pub fn all(files: &[SourceFile]) -> Vec<Scored> {
    let readings: Vec<Reading<'_>> = files.iter().map(|file| Reading::of(&file.text, file.language)).collect();
    let good = |file: usize, hand: u64| {
        pieces::good(&files[file], &readings[file], &mut Dice::new(&files[file].path, 100 + hand))
    };
    let notes: Vec<Vec<Note>> =
        (0..files.len()).map(|file| (0..GOOD_NOTES).map(|hand| good(file, hand)).collect()).collect();
    // The other file of the same language: the next one, and the first after the last. Those that every machine has keep to themselves,
    // so that their figures are the same everywhere.
    let mut alike: BTreeMap<(&str, bool), Vec<usize>> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        alike.entry((file.language, file.origin == Origin::Fixture)).or_default().push(index);
    }
    let other = |index: usize| {
        let file = &files[index];
        let same = &alike[&(file.language, file.origin == Origin::Fixture)];
        let place = same.iter().position(|one| *one == index)?;
        let next = same[(place + 1) % same.len()];
        let written = || alike.get(&(file.language, true)).and_then(|same| same.first().copied());
        let next = if next == index { written()? } else { next };
        (next != index).then(|| &notes[next][0])
    };
    let one = |index: usize| {
        let (file, good) = (&files[index], &notes[index]);
        let case = Case { file, reading: &readings[index], good: &good[0], other: other(index) };
        let bad = Fault::ALL.into_iter().filter_map(|fault| {
            let note = fault.of(&case, &mut Dice::new(&file.path, 200 + fault as u64))?;
            Some((fault, opinions(&note)))
        });
        Scored {
            path: file.path.clone(),
            origin: file.origin,
            held_out: file.is_held_out(),
            good: good.iter().map(opinions).collect(),
            bad: bad.collect(),
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let one = &one;
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let mine = move || (thread..files.len()).step_by(threads).map(one).collect::<Vec<_>>();
                scope.spawn(mine)
            })
            .collect();
        let mut done: Vec<Scored> = running.into_iter().flat_map(|one| one.join().expect("a thread scores")).collect();
        done.sort_by(|a, b| a.path.cmp(&b.path));
        done
    })
}

/// What each scorer says, and their mean.
pub fn opinions(note: &Note) -> Opinions {
    let by_scorer = [opinion::<NoteStructure>(note), opinion::<IdentifierGrounding>(note), opinion::<Repetition>(note)];
    let judged: Vec<f64> = by_scorer.iter().flatten().copied().collect();
    #[expect(clippy::cast_precision_loss, reason = "there are three")]
    let mix = (!judged.is_empty()).then(|| judged.iter().sum::<f64>() / judged.len() as f64);
    let [structure, grounding, repetition] = by_scorer;
    [structure, grounding, repetition, mix]
}

fn opinion<S: Scorer>(note: &Note) -> Option<f64> {
    let score = S::evaluate(note, &Arguments::defaults(&S::manifest())).expect("bundled scorers judge every note");
    let judged = !score.parts.iter().any(|part| part.name == JUDGED && part.value <= 0.0);
    // What differs only by rounding is alike, on every machine.
    judged.then(|| (score.value * 1e9).round() / 1e9)
}
