//! The name that was probably meant.

/// The known name nearest to what was written, when one is near enough to be worth a question.
#[must_use]
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let written = written.to_lowercase().replace('-', "_");
    // A third of the letters wrong is still recognisable; in a short name two letters are a swap.
    let limit = (written.chars().count() / 3).max(2);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&written, &name.to_lowercase().replace('-', "_")), name))
        .filter(|(distance, name)| *distance <= limit && *distance < name.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_slips_and_refuses_guesses() {
        let known = ["budget", "quality_floor", "model", "host"];
        assert_eq!(nearest("bugdet", known).as_deref(), Some("budget"));
        assert_eq!(nearest("quality-flor", known).as_deref(), Some("quality_floor"));
        assert_eq!(nearest("Modle", known).as_deref(), Some("model"));
        assert_eq!(nearest("temperature", known), None);
        assert_eq!(nearest("x", ["ab"]), None);
    }
}
