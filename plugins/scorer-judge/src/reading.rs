//! Reads a judgement, whatever else the model says.

use crate::CRITERIA;

/// The grade of each criterion, from 0 to 1; none when one is missing.
pub(crate) fn grades(text: &str) -> Option<[f64; 3]> {
    let text = text.to_lowercase();
    let mut found = [0.0; 3];
    for (place, (name, _)) in found.iter_mut().zip(CRITERIA) {
        *place = f64::from(grade(&text, name)?) / 10.0;
    }
    Some(found)
}

/// The first whole number from 0 to 10 behind the name and before the next criterion.
fn grade(text: &str, name: &str) -> Option<u8> {
    text.match_indices(name).find_map(|(at, _)| {
        let behind = text.get(at + name.len()..)?;
        let end = CRITERIA.iter().filter_map(|(other, _)| behind.find(other)).min().unwrap_or(behind.len());
        first_grade(behind.get(..end)?)
    })
}

/// `<0-10>` and `0-10` are the form that was asked for, said again.
fn first_grade(text: &str) -> Option<u8> {
    let text = text.replace("0-10", " ").replace("0 to 10", " ");
    text.split(|c: char| !c.is_ascii_digit() && c != '.' && c != '-').find_map(|word| {
        let word = word.trim_matches('.');
        // 7.5 counts as 7: a model that is finer than asked is no problem.
        let whole = word.split('.').next()?;
        whole.parse::<u8>().ok().filter(|grade| *grade <= 10)
    })
}
