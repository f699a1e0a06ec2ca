//! A scorer that likes notes without loose ends: each "TODO", "TBD" or "..." costs.

use ralf_tune_sdk::scorer::prelude::*;

const LOOSE_ENDS: [&str; 4] = ["TODO", "TBD", "FIXME", "[...]"];

pub struct TodoFree;

impl Scorer for TodoFree {
    fn manifest() -> Manifest {
        Manifest::new("todo-free", "0.1.0", "Likes notes without loose ends")
            .parameter(Parameter::number("cost", 0.25, "what one loose end takes away").bounds(0.0, 1.0))
    }

    fn evaluate(note: &Note, arguments: &Arguments) -> Result<Score, String> {
        // A note has one answer for each piece of the file.
        let answers = note.requests.iter().map(|request| request.answer.as_str());
        let found: usize =
            answers.map(|answer| LOOSE_ENDS.map(|end| answer.matches(end).count()).iter().sum::<usize>()).sum();

        let score = Score::new(1.0 - arguments.number("cost") * found as f64).part("loose_ends", found as f64);
        Ok(if found > 0 { score.reason(format!("{found} loose ends")) } else { score })
    }
}

ralf_tune_sdk::export!(scorer: TodoFree);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_loose_end_costs() {
        let note = Note::new("a.py", "print(1)").answer("### SUMMARY\nTODO\n### USAGE\nTBD");
        assert_eq!(ralf_tune_sdk::testing::score::<TodoFree>(&note).unwrap().value, 0.5);
    }
}
