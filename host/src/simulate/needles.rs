//! Facts hidden in long prompts: lines like `NEEDLE_7 = 4711`, which the prompt asks for.

use super::{attention::Attention, seed::Dice};

const MARK: &str = "NEEDLE_";

/// The needles that the model sees, one a line; `None` when the prompt is not about needles.
pub(super) fn answer(prompt: &str, attention: Attention, heat: f64, dice: &mut Dice) -> Option<String> {
    let mut needles = Vec::new();
    let mut asked = false;
    let mut at = 0;
    for line in prompt.split_inclusive('\n') {
        match needle(line.trim()) {
            Some(needle) => needles.push((at, needle)),
            None => asked |= line.contains(MARK),
        }
        at += line.len();
    }
    if needles.is_empty() || !asked {
        return None;
    }
    let mut lines = Vec::new();
    for (at, (name, number)) in needles {
        if !attention.sees(at, dice) {
            continue;
        }
        let wrong = dice.chance(0.4 * heat);
        lines.push(if wrong {
            format!("{name} = {}", dice.below(9_000) + 1_000)
        } else {
            format!("{name} = {number}")
        });
    }
    Some(if lines.is_empty() { "None found.".to_owned() } else { lines.join("\n") })
}

/// Name and number of a line that is a needle, wherever in the line it starts.
fn needle(line: &str) -> Option<(&str, &str)> {
    let line = line.get(line.find(MARK)?..)?;
    let (name, behind) = line.split_once('=')?;
    let name = name.trim_end();
    let behind = behind.trim_start();
    let end = behind.find(|character: char| !character.is_ascii_digit()).unwrap_or(behind.len());
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    (plain && name.len() > MARK.len() && end > 0).then(|| (name, behind.get(..end).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_prompts_give_their_needles_back() {
        let prompt = "Some text.\n# NEEDLE_a = 17\nMore text.\nNEEDLE_b1 = 4242;\n\
            List every line of the form NEEDLE_<id> = <number>.\n";
        let attention = Attention::new(prompt.len(), 40, 6_000);
        let all = (0..40).map(|seed| answer(prompt, attention, 0.0, &mut Dice::new(&[seed])).unwrap());
        let complete = all.filter(|answer| answer == "NEEDLE_a = 17\nNEEDLE_b1 = 4242").count();
        assert!(complete > 30, "{complete}");
        assert_eq!(answer("NEEDLE_a = 17\nno question", attention, 0.0, &mut Dice::new(&[1])), None);
    }
}
