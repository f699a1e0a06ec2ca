use std::collections::{HashMap, HashSet};

use super::*;

/// Words that look like names, with the position of their first occurrence.
fn identifiers(code: &str) -> HashMap<&str, usize> {
    let mut found = HashMap::new();
    let mut start = None;
    for (position, letter) in code.char_indices().chain([(code.len(), ' ')]) {
        let part_of_name = letter.is_ascii_alphanumeric() || letter == '_';
        match (start, part_of_name) {
            (None, true) => start = Some(position),
            (Some(from), false) => {
                found.entry(&code[from..position]).or_insert(from);
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// Those made of three or more words of our lists: functions, types and constants.
fn declared(code: &str) -> HashMap<&str, usize> {
    let lists = [words::VERBS, words::ADJECTIVES, words::NOUNS, words::ROLES, words::BOUNDS].concat();
    let ours = |name: &str| {
        let mut snake = String::new();
        for letter in name.chars() {
            if letter.is_ascii_uppercase() && !name.contains('_') {
                snake.push('_');
            }
            snake.push(letter.to_ascii_lowercase());
        }
        let words: Vec<&str> = snake.split('_').filter(|word| !word.is_empty()).collect();
        words.len() >= 3 && words.iter().all(|word| lists.contains(word))
    };
    identifiers(code).into_iter().filter(|(name, _)| ours(name)).collect()
}

#[test]
fn samples_have_exactly_the_length_asked_for() {
    let sizes = (0..300).chain((300..6_000).step_by(97)).chain([8_191, 20_000, 49_999, 50_000]);
    for chars in sizes {
        for (seed, language) in Language::ALL.into_iter().enumerate() {
            let code = sample(language, chars, seed as u64 + chars as u64);
            assert_eq!(code.chars().count(), chars, "{language:?}");
            assert!(code.is_ascii() && !code.contains(" @") && !code.contains("### "), "{code}");
        }
    }
}

#[test]
fn names_are_spread_over_the_whole_file() {
    for language in Language::ALL {
        let code = sample(language, 20_000, 5);
        let names = declared(&code);
        for window in 0..20 {
            let range = window * 1_000..(window + 1) * 1_000;
            let here = names.values().filter(|position| range.contains(*position)).count();
            assert!(here >= 2, "{language:?}: {here} names at {range:?}");
        }
    }
}

#[test]
fn no_two_samples_are_the_same_and_the_same_seed_repeats() {
    for language in Language::ALL {
        let samples: HashSet<String> = (0..50).map(|seed| sample(language, 600, seed)).collect();
        assert_eq!(samples.len(), 50);
        assert!(samples.contains(&sample(language, 600, 49)));
    }
}

#[test]
fn a_workload_has_realistic_sizes_and_names_of_its_own_in_each_file() {
    let workload = generated_workload(3);
    assert_eq!((workload.batch_chars.len(), workload.files.len()), (60, 24));
    assert!(workload.batch_chars.is_sorted() && workload.files.is_sorted_by_key(|file| file.chars));
    assert!(workload.files.iter().all(|file| workload.batch_chars.contains(&file.chars)));
    let mut owners: HashMap<&str, &str> = HashMap::new();
    for file in &workload.files {
        for name in declared(&file.text).into_keys() {
            let owner = owners.insert(name, &file.path);
            assert!(owner.is_none(), "{name} is in {} and in {owner:?}", file.path);
        }
    }
    let paths: HashSet<&str> = workload.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths.len(), 24);
    for language in Language::ALL {
        assert_eq!(workload.files.iter().filter(|file| file.language == language.name()).count(), 6);
    }
}

#[test]
fn the_sizes_hardly_change_with_the_seed() {
    let totals: Vec<usize> = (0..50).map(|seed| generated_workload(seed).batch_chars.iter().sum()).collect();
    let (least, most) = (totals.iter().min().copied(), totals.iter().max().copied());
    assert!(most < least.map(|least| least + least / 10), "{least:?} to {most:?}");
    for seed in 0..20 {
        let sizes = generated_workload(seed).batch_chars;
        let median = sizes[30];
        assert!((3_600..4_500).contains(&median), "{median}");
        assert!(sizes[0] >= 400 && (25_000..=40_000).contains(&sizes[59]), "{sizes:?}");
    }
}
