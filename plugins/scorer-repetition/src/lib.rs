//! Scorer `repetition`: does the note say something, or the same again and again?
//!
//! Loops: the share of the answer that it has said before, in runs of six words (as a compressor would see it). Echo:
//! the share that stands word for word in the prompt or the file, in runs of twelve. Boilerplate: talk that fits every file. Copies:
//! pieces of one file with the same answer. The score is the product of what each leaves.

mod boilerplate;
mod shingles;

use boilerplate::Boilerplate;
use ralf_tune_sdk::scorer::prelude::*;
use shingles::{Grams, covered, grams, words};

/// The plugin.
pub struct Repetition;

/// Words in a run that counts as said before. Shorter ones recur in honest technical prose.
const LOOP_WORDS: usize = 6;
/// Words in a run that counts as copied: longer than any name, signature or heading that a note should quote.
const ECHO_WORDS: usize = 12;
/// An answer of which this share stood in the answer of another piece is a copy of it.
const COPY_SHARE: f64 = 0.8;
/// What a copy is still worth: it may be right for one of the pieces.
const COPY_WORTH: f64 = 0.2;

impl Scorer for Repetition {
    fn manifest() -> Manifest {
        Manifest::new(
            "repetition",
            "0.1.0",
            "Loops, boilerplate, echoes of the prompt, the same answer for every piece",
        )
        .parameter(Parameter::number("loops", 0.1, "share of an answer that may repeat itself freely").bounds(0.0, 0.9))
        .parameter(Parameter::number("echo", 0.2, "share of an answer that may be quoted freely").bounds(0.0, 0.9))
    }

    fn evaluate(note: &Note, arguments: &Arguments) -> Result<Score, String> {
        if note.requests.iter().all(|request| request.answer.trim().is_empty()) {
            return Ok(Score::new(0.0).reason("there is no answer"));
        }
        let mut judgement = Judgement::default();
        let mut said_before = Grams::default();
        let source: Grams = grams(&words(&note.source), ECHO_WORDS).collect();
        for request in &note.requests {
            let answer = words(&request.answer);
            let mut known = source.clone();
            known.extend(grams(&words(&request.prompt), ECHO_WORDS));
            let part = Part {
                loops: left(repeated(&answer), arguments.number("loops")),
                echo: left(covered(&answer, ECHO_WORDS, &known), arguments.number("echo")),
                copied: is_copy(&answer, &said_before),
                boilerplate: Boilerplate::of(&request.answer, &note.source),
                empty: answer.is_empty(),
            };
            said_before.extend(grams(&answer, LOOP_WORDS));
            judgement.add(&part);
        }
        Ok(judgement.score())
    }
}

/// What is left of the value when a share of the answer is bad, of which some is free; nothing from 70 % on.
fn left(bad: f64, free: f64) -> f64 {
    1.0 - ((bad - free) / (0.7 - free).max(0.1)).clamp(0.0, 1.0)
}

/// Share of the words in runs that the answer has had before.
fn repeated(answer: &[u64]) -> f64 {
    let mut seen = Grams::default();
    let again: Vec<bool> = grams(answer, LOOP_WORDS).map(|gram| !seen.insert(gram)).collect();
    shingles::share_in_runs(answer.len(), LOOP_WORDS, &again)
}

fn is_copy(answer: &[u64], said_before: &Grams) -> bool {
    answer.len() >= ECHO_WORDS && covered(answer, LOOP_WORDS, said_before) >= COPY_SHARE
}

/// The judgement of one answer.
struct Part {
    loops: f64,
    echo: f64,
    copied: bool,
    boilerplate: Boilerplate,
    empty: bool,
}

/// Sums over the answers.
#[derive(Default)]
struct Judgement {
    answers: f64,
    value: f64,
    loops: f64,
    echo: f64,
    boilerplate: f64,
    copies: f64,
    phrases: Vec<&'static str>,
}

impl Judgement {
    fn add(&mut self, part: &Part) {
        self.answers += 1.0;
        self.loops += part.loops;
        self.echo += part.echo;
        self.boilerplate += part.boilerplate.left();
        self.copies += f64::from(u8::from(part.copied));
        if !part.empty {
            let copied = if part.copied { COPY_WORTH } else { 1.0 };
            self.value += part.loops * part.echo * part.boilerplate.left() * copied;
        }
        self.phrases.extend(&part.boilerplate.phrases);
    }

    fn score(mut self) -> Score {
        let mean = |sum: f64| sum / self.answers.max(1.0);
        let parts = [("loops", mean(self.loops)), ("echo", mean(self.echo)), ("boilerplate", mean(self.boilerplate))];
        let mut score = Score::new(mean(self.value)).part("copies", 1.0 - mean(self.copies));
        for ((name, value), reason) in
            parts.into_iter().zip(["says the same again and again", "repeats its prompt", ""])
        {
            score = score.part(name, value);
            if value < 0.95 && !reason.is_empty() {
                score = score.reason(reason);
            }
        }
        if self.copies > 0.0 {
            score = score.reason(format!("{} of {} answers are copies of another", self.copies, self.answers));
        }
        self.phrases.sort_unstable();
        self.phrases.dedup();
        self.phrases.iter().take(5).fold(score, |score, phrase| score.reason(format!("says \"{phrase}\"")))
    }
}

ralf_tune_sdk::export!(scorer: Repetition);

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str = "### SUMMARY\nReads a configuration file, merges it with the environment and hands the result to the \
        server.\n### DETAILS\nKeys of the file win over defaults; variables win over keys. Unknown keys are kept and reported \
        once, so that a misspelt name does not vanish. A file that cannot be read is an error only when it was named.\n";
    const SOURCE: &str = "def load(path):\n    with open(path) as stream:\n        values = parse(stream.read())\n    for key, value in values.items():\n        \
        if key not in KNOWN:\n            warn(key)\n    return merge(DEFAULTS, values, environment())\n";

    fn note(answers: &[&str]) -> Note {
        let prompt =
            format!("Write one short line for the type and two to four sentences as summary of this file.\n{SOURCE}");
        let request = |answer: &&str| Request {
            prompt: prompt.clone(),
            answer: (*answer).to_owned(),
            finish: FinishReason::Stop,
            prompt_tokens: 0,
            answer_tokens: 0,
            truncated: false,
            start_char: 0,
            end_char: 10_000,
        };
        Note {
            path: "a.py".to_owned(),
            language: "python".to_owned(),
            source: SOURCE.to_owned(),
            requests: answers.iter().map(request).collect(),
            settings: Vec::new(),
        }
    }

    fn value(answers: &[&str]) -> f64 {
        let arguments = Arguments::defaults(&Repetition::manifest());
        Repetition::evaluate(&note(answers), &arguments).map_or(-1.0, |score| score.value)
    }

    #[test]
    fn prose_is_worth_one() {
        assert!((value(&[PROSE]) - 1.0).abs() < 1e-9, "{}", value(&[PROSE]));
    }

    #[test]
    fn loops_echoes_and_refusals_are_worth_little() {
        let counting = (0..40)
            .fold(String::new(), |text, n| format!("{text}def handler_{n}(request): return request.value + {n}\n"));
        for bad in [
            &format!("{PROSE}{}", "The function is used to load the file and return it.\n".repeat(40)),
            &counting,
            &"a".repeat(4000),
            &"是的".repeat(500),
            &format!("```\n{SOURCE}```"),
            "Write one short line for the type and two to four sentences as summary of this file.",
            "I'm sorry, but as an AI language model I cannot read files.",
        ] {
            let value = value(&[bad]);
            assert!(value < 0.35, "{value}: {bad:.60}");
        }
    }

    #[test]
    fn filler_costs_a_little_and_what_the_file_itself_says_nothing() {
        let filler = value(&[&format!("Sure, here is the note.\n{PROSE}I hope this helps!")]);
        assert!(filler > 0.5 && filler < 0.9, "{filler}");
        let mut own = note(&[&format!("{PROSE}The text \"as an AI\" is shown to users.")]);
        own.source.push_str("TEXT = \"as an AI\"");
        let arguments = Arguments::defaults(&Repetition::manifest());
        assert!(Repetition::evaluate(&own, &arguments).is_ok_and(|score| score.value > 0.99));
    }

    #[test]
    fn the_same_answer_for_every_piece_is_worth_it_once() {
        let copies = value(&[PROSE, PROSE, PROSE]);
        assert!((copies - (1.0 + 2.0 * COPY_WORTH) / 3.0).abs() < 1e-9, "{copies}");
        assert!(value(&[]) < 1e-9 && value(&["", " \n"]) < 1e-9);
        assert!((value(&[PROSE, ""]) - 0.5).abs() < 1e-9);
    }
}
