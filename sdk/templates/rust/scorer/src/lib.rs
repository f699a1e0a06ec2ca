//! A scorer: how good is one note? This one looks for the sections that a note should have.

use ralf_tune_sdk::{markdown, scorer::prelude::*};

pub struct __Pascal__;

impl Scorer for __Pascal__ {
    fn manifest() -> Manifest {
        Manifest::new("__name__", "0.1.0", "Likes notes that have the wanted sections")
            .parameter(Parameter::text("sections", "SUMMARY, DETAILS, USAGE", "headings, with commas between them"))
    }

    /// From 0 (worthless) to 1 (nothing to wish for). The note has the whole source file, and of each request the prompt,
    /// the answer and how it ended.
    fn evaluate(note: &Note, arguments: &Arguments) -> Result<Score, String> {
        let wanted: Vec<&str> =
            arguments.text("sections").split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if wanted.is_empty() {
            return Ok(Score::not_judged("no sections are wanted"));
        }
        let text = note.text();
        let (_, sections) = markdown::sections(&text);
        let has = |name: &str| sections.iter().any(|one| one.heading == name && !one.body.is_empty());
        let missing: Vec<&str> = wanted.iter().copied().filter(|name| !has(name)).collect();

        let share = 1.0 - missing.len() as f64 / wanted.len() as f64;
        let score = Score::new(share).part("missing", missing.len() as f64);
        Ok(if missing.is_empty() { score } else { score.reason(format!("missing: {}", missing.join(", "))) })
    }
}

ralf_tune_sdk::export!(scorer: __Pascal__);

#[cfg(test)]
mod tests {
    use ralf_tune_sdk::testing::{score, score_with};

    use super::*;

    #[test]
    fn each_missing_section_costs() {
        let note = Note::new("a.py", "print(1)").answer("### SUMMARY\nPrints.\n\n### USAGE\n");
        let score = score::<__Pascal__>(&note).unwrap();
        assert!((score.value - 1.0 / 3.0).abs() < 1e-9, "{score:?}");
        assert_eq!(score.reasons, ["missing: DETAILS, USAGE"]);
    }

    #[test]
    fn what_is_wanted_can_be_set() {
        let note = Note::new("a.py", "print(1)").answer("### SUMMARY\nPrints.");
        let sections = Value::Text("SUMMARY".to_owned());
        assert_eq!(score_with::<__Pascal__>(&note, &[("sections", sections)]).unwrap().value, 1.0);
    }
}
