//! What the model answers: notes in the sections asked for, needles, or prose that fills the space it is given.

use super::{
    attention::Attention,
    events::Answer,
    judgement, needles,
    note::{self, Style},
    prose,
    scenario::Behaviour,
    seed::Dice,
    tokens::{Tokenized, pieces},
};

/// Tokens of prose when nobody says how many.
const PROSE_TOKENS: usize = 400;
/// Tokens of the answer where a note was asked for and the model keeps no format: at least, and how many more there may be.
const FORMLESS_TOKENS: (usize, usize) = (220, 120);
/// Tokens of the sentence that such an answer repeats.
const RUT_TOKENS: usize = 14;
/// Pieces of thinking before an answer, where the model thinks.
const THINKING_TOKENS: usize = 160;

/// What an answer depends on.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    /// What survived truncation.
    pub(super) prompt: &'a Tokenized,
    pub(super) behaviour: Behaviour,
    pub(super) temperature: f64,
    /// `num_predict`; `None` when it was not set to a positive number.
    pub(super) most_tokens: Option<usize>,
    pub(super) num_ctx: usize,
    /// The context may lose its first half to make room for more.
    pub(super) shift: bool,
    pub(super) thinks: bool,
    pub(super) stop: &'a [String],
    pub(super) dice: Dice,
}

/// Makes the answer.
pub(super) fn compose(mut reading: Reading<'_>) -> Answer {
    let thinking = if reading.thinks { THINKING_TOKENS + reading.dice.below(80) } else { 0 };
    let mut words: Vec<Box<str>> = prose::words(thinking, &mut reading.dice);
    let body = body(&mut reading);
    words.extend(body);

    // The server's own bound on answers that nobody bounded.
    let most = reading.most_tokens.unwrap_or(reading.num_ctx.saturating_mul(10));
    let room = reading.num_ctx.saturating_sub(reading.prompt.count()).max(1);
    if words.len() > room && reading.shift {
        // A shift loses the instructions: what follows is fluent, and off the point.
        let lost = words.len() - room;
        words.truncate(room);
        words.extend(prose::words(lost, &mut reading.dice));
    }
    let most = if reading.shift { most } else { most.min(room) };
    let stops = words.len() < most;
    words.truncate(most);
    Answer { thinking: thinking.min(words.len()), pieces: words, stops }
}

fn body(reading: &mut Reading<'_>) -> Vec<Box<str>> {
    let Reading { prompt, behaviour, .. } = *reading;
    let attention = Attention::new(prompt.text.len(), prompt.count(), behaviour.effective_context_tokens);
    let heat = ((reading.temperature - behaviour.steady_temperature) / 0.7).clamp(0.0, 1.0);
    let cold = match behaviour.loops_below {
        below if below > 0.0 => (1.0 - reading.temperature / below).clamp(0.0, 1.0),
        _ => 0.0,
    };
    let judged = judgement::answer(&prompt.text, &mut reading.dice);
    let needles = || needles::answer(&prompt.text, attention, heat, &mut reading.dice);
    let text = judged.or_else(needles).or_else(|| {
        let sections = note::sections(&prompt.text);
        let style = Style { prompt_tokens: prompt.count(), heat, cold };
        (!sections.is_empty() && behaviour.keeps_format)
            .then(|| note::write(&prompt.text, &sections, attention, style, &mut reading.dice))
    });
    match text {
        Some(text) => {
            let end = reading.stop.iter().filter_map(|stop| text.find(stop.as_str())).min().unwrap_or(text.len());
            pieces(text.get(..end).unwrap_or_default()).into_iter().map(Box::from).collect()
        }
        None if !behaviour.keeps_format && !note::sections(&prompt.text).is_empty() => {
            let (least, more) = FORMLESS_TOKENS;
            let tokens = least + reading.dice.below(more);
            // A model too small for its task falls into a rut.
            let sentence = prose::words(RUT_TOKENS, &mut reading.dice);
            sentence.iter().cycle().take(tokens).cloned().collect()
        }
        None => prose::words(reading.most_tokens.unwrap_or(PROSE_TOKENS), &mut reading.dice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(prompt: &Tokenized, most_tokens: Option<usize>) -> Reading<'_> {
        Reading {
            prompt,
            behaviour: Behaviour {
                effective_context_tokens: 6_000,
                steady_temperature: 0.8,
                loops_below: 0.0,
                keeps_format: true,
            },
            temperature: 0.1,
            most_tokens,
            num_ctx: 4096,
            shift: true,
            thinks: false,
            stop: &[],
            dice: Dice::new(&[1]),
        }
    }

    #[test]
    fn probes_get_exactly_the_tokens_they_ask_for() {
        let prompt = Tokenized::new("Continue this list of words: apple, pear");
        let answer = compose(reading(&prompt, Some(64)));
        assert_eq!((answer.tokens(), answer.stops), (64, false));
        let unbounded = compose(reading(&prompt, None));
        assert_eq!((unbounded.pieces.len(), unbounded.stops), (PROSE_TOKENS, true));
    }

    #[test]
    fn a_full_context_ends_the_answer_unless_it_shifts() {
        let prompt = Tokenized::new("Tell me more");
        let narrow = |shift| Reading { num_ctx: 20, shift, ..reading(&prompt, Some(64)) };
        assert_eq!(compose(narrow(true)).tokens(), 64);
        let cut = compose(narrow(false));
        assert_eq!(prompt.count() + cut.tokens(), 20);
        assert!(!cut.stops);
    }

    #[test]
    fn thinking_comes_first_and_counts() {
        let prompt = Tokenized::new("Answer in these sections:\n### TAGS\n### SUMMARY\n\ndef run(x):\n    pass\n");
        let answer = compose(Reading { thinks: true, ..reading(&prompt, Some(100)) });
        assert_eq!((answer.thinking, answer.tokens(), answer.stops), (100, 100, false));
    }
}
