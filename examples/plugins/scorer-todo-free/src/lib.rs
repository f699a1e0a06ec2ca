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

ralf_tune_sdk::export_scorer!(TodoFree);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_loose_end_costs() {
        let request = Request {
            prompt: String::new(),
            answer: "### SUMMARY\nTODO\n### USAGE\nTBD".to_owned(),
            finish: FinishReason::Stop,
            prompt_tokens: 0,
            answer_tokens: 0,
            truncated: false,
            start_char: 0,
            end_char: 0,
        };
        let note = Note {
            path: "a.py".to_owned(),
            language: "python".to_owned(),
            source: String::new(),
            requests: vec![request],
            settings: Vec::new(),
        };
        let score = TodoFree::evaluate(&note, &Arguments::defaults(&TodoFree::manifest())).unwrap();
        assert_eq!(score.value, 0.5);
    }
}
