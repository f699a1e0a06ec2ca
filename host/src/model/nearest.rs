//! The known name that was probably meant.

/// The nearest of some names, when one is near enough to be a typing mistake.
#[must_use]
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let wanted = wanted.to_lowercase();
    known
        .into_iter()
        .map(|name| {
            let lower = name.to_lowercase();
            let close = strsim::damerau_levenshtein(&wanted, &lower);
            // A shortened or lengthened name is meant too: `note` for `note-structure`.
            let part = wanted.len() >= 3 && (lower.contains(&wanted) || wanted.contains(&lower));
            (if part { close.min(2) } else { close }, name)
        })
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= 1 + wanted.chars().count() / 4)
        .map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_typing_mistakes_and_nothing_else() {
        let known = ["context", "chunk", "throughput", "note-structure"];
        assert_eq!(nearest("contxt", known).as_deref(), Some("context"));
        assert_eq!(nearest("CONTEXT", known).as_deref(), Some("context"));
        assert_eq!(nearest("structure", known).as_deref(), Some("note-structure"));
        assert_eq!(nearest("banana", known), None);
    }
}
