//! Scorer `repetition`.
use ralf_tune_sdk::scorer::prelude::*;
/// See the crate.
pub struct Repetition;
impl Scorer for Repetition {
    fn manifest() -> Manifest {
        Manifest::new("repetition", "0.1.0", "Loops, boilerplate and echoes of the prompt")
    }
    fn evaluate(note: &Note, _arguments: &Arguments) -> Result<Score, String> {
        Ok(Score::new(note.requests.len() as f64))
    }
}
ralf_tune_sdk::export_scorer!(Repetition);
