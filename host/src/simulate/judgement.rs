//! Grades of a note, where a prompt asks for them: they follow what is really good and bad about the note, with some noise.

use super::{convert::length, seed::Dice, symbols};

/// Parts of a source that a complete note says something about.
const PARTS: usize = 8;

/// Standard deviation of a grade, in tenths: the same model judges the same quality a little differently from note to note.
const NOISE: f64 = 0.7;

/// The criteria that a prompt wants grades for: its lines `NAME: <0-10>`.
fn criteria(prompt: &str) -> Vec<&str> {
    let names = prompt.lines().filter_map(|line| line.trim().strip_suffix(": <0-10>"));
    names.filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())).take(8).collect()
}

/// The grades; `None` when the prompt asks for none.
pub(super) fn answer(prompt: &str, dice: &mut Dice) -> Option<String> {
    let criteria = criteria(prompt);
    if criteria.is_empty() {
        return None;
    }
    let (Some(source), Some(note)) = (between(prompt, "SOURCE"), between(prompt, "NOTE")) else {
        return Some("There is nothing to grade.".to_owned());
    };
    // Like every small model, it babbles now and then, and sometimes does not answer at all.
    let style = dice.unit();
    if style > 0.97 {
        return Some("The note is fine and covers the source well.".to_owned());
    }
    let qualities =
        [("faithful", faithful(source, note)), ("complete", complete(source, note)), ("useful", useful(note))];
    let mean = qualities.iter().map(|(_, quality)| quality).sum::<f64>() / length(qualities.len());
    let mut lines: Vec<String> = Vec::new();
    for name in criteria {
        let quality = qualities.iter().find(|(known, _)| *known == name).map_or(mean, |(_, quality)| *quality);
        let grade = (10.0 * quality + NOISE * dice.normal()).round().clamp(0.0, 10.0);
        lines.push(if style > 0.85 { format!("- **{name}**: {grade}/10") } else { format!("{name}: {grade}") });
    }
    if style > 0.85 {
        lines.insert(0, "Here are my grades:".to_owned());
    }
    Some(lines.join("\n"))
}

/// What stands between the marks `<<<NAME` and `NAME>>>`.
fn between<'a>(prompt: &'a str, name: &str) -> Option<&'a str> {
    let (_, behind) = prompt.split_once(&format!("<<<{name}"))?;
    behind.split_once(&format!("{name}>>>")).map(|(inside, _)| inside)
}

/// Share of the names in backticks that stand in the source.
fn faithful(source: &str, note: &str) -> f64 {
    let names: Vec<&str> = note.split('`').skip(1).step_by(2).filter(|name| !name.is_empty()).collect();
    let known = names.iter().filter(|name| source.contains(**name)).count();
    if names.is_empty() { 0.5 } else { length(known) / length(names.len()) }
}

/// Share of the parts of the source of which the note names something.
fn complete(source: &str, note: &str) -> f64 {
    let symbols = symbols::scan(source);
    if symbols.is_empty() {
        return 0.7;
    }
    let parts = PARTS.min(symbols.len());
    let named = (0..parts).filter(|part| {
        let of_part = symbols.get(part * symbols.len() / parts..(part + 1) * symbols.len() / parts).unwrap_or_default();
        of_part.iter().any(|symbol| note.contains(symbol.name))
    });
    length(named.count()) / length(parts)
}

/// Headings as they were asked for, and no line twice.
fn useful(note: &str) -> f64 {
    let lines: Vec<&str> = note.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let broken = lines.iter().filter(|line| line.starts_with("**")).count();
    let headings = lines.iter().filter(|line| line.starts_with("### ")).count() + broken;
    let different: std::collections::HashSet<&str> = lines.iter().copied().collect();
    if headings == 0 {
        return 0.2;
    }
    let form = 1.0 - length(broken) / length(headings);
    form * length(different.len()) / length(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "def load(path):\n    pass\n\ndef store(path, rows):\n    pass\n\nclass Table:\n    pass\n";

    fn prompt(note: &str) -> String {
        format!(
            "Grade it.\n<<<SOURCE python\n{SOURCE}\nSOURCE>>>\n<<<NOTE\n{note}\nNOTE>>>\nfaithful: <0-10>\ncomplete: <0-10>\nuseful: <0-10>\n"
        )
    }

    /// The mean over many judges of all grades of a note.
    fn mean(note: &str) -> f64 {
        let grades: Vec<f64> = (0..200)
            .filter_map(|seed| answer(&prompt(note), &mut Dice::new(&[seed])))
            .flat_map(|text| {
                let digits = text.replace("/10", "");
                digits.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect::<Vec<f64>>()
            })
            .collect();
        grades.iter().sum::<f64>() / length(grades.len())
    }

    #[test]
    fn better_notes_get_better_grades() {
        let good = mean("### SUMMARY\n`load` and `store` move rows of a `Table`.\n### USAGE\nCall `load`.");
        let half = mean("### SUMMARY\n`load` reads.\n**usage**\nCall `load_async`.");
        let bad = mean("**summary**\n`run_all` works.\n`run_all` works.\n`run_all` works.");
        assert!(good > half + 1.5 && half > bad + 1.5, "{good} {half} {bad}");
    }

    #[test]
    fn only_a_question_for_grades_is_one() {
        assert_eq!(answer("### TAGS\nfaithful: 0-10\n", &mut Dice::new(&[1])), None);
        assert_eq!(answer("x: <0-10>\n", &mut Dice::new(&[1])).as_deref(), Some("There is nothing to grade."));
    }
}
