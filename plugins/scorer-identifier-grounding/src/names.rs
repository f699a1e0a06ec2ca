//! Identifiers in any text.

/// The identifiers of a text, in order: runs of letters, digits, `_` and `$` that do not start with a digit.
pub fn names(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|sign: char| !(sign.is_alphanumeric() || sign == '_' || sign == '$')).filter(|word| is_name(word))
}

/// Whether a text is one identifier.
pub fn is_name(text: &str) -> bool {
    text.chars().next().is_some_and(|sign| sign.is_alphabetic() || sign == '_' || sign == '$')
}

/// Whether a name could as well be a word of a sentence: `load`, `Parser`, `API`.
pub fn is_plain_word(name: &str) -> bool {
    let mut rest = name.chars();
    rest.next();
    name.chars().all(char::is_alphabetic)
        && (rest.clone().all(char::is_lowercase) || name.chars().all(char::is_uppercase))
}
