use super::AuthorError;
use crate::model::plugin::LONGEST_PLUGIN_NAME;

/// The name of a plugin, in the forms that languages want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginName(String);

impl PluginName {
    /// Checks a name: lower case letters, digits and single hyphens, a letter first.
    ///
    /// # Errors
    /// For any other; its hint has the nearest name that is allowed.
    pub fn new(name: &str) -> Result<Self, AuthorError> {
        if !name.is_empty() && name == tidy(name) && name.len() <= LONGEST_PLUGIN_NAME {
            return Ok(Self(name.to_owned()));
        }
        let better = tidy(name);
        let better = (!better.is_empty() && better.len() <= LONGEST_PLUGIN_NAME).then_some(better);
        Err(AuthorError::BadName { name: name.to_owned(), better })
    }

    /// As it was given: `my-scorer`.
    #[must_use]
    pub fn plain(&self) -> &str {
        &self.0
    }

    /// As a name of a variable, module or file: `my_scorer`.
    #[must_use]
    pub fn snake(&self) -> String {
        self.0.replace('-', "_")
    }

    /// As a name of a type: `MyScorer`.
    #[must_use]
    pub fn pascal(&self) -> String {
        let capital = |word: &str| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
        };
        self.0.split('-').map(capital).collect()
    }

    /// Text with the placeholders `__name__`, `__snake__` and `__Pascal__` replaced.
    pub(super) fn fill(&self, text: &str) -> String {
        let text = text.replace("__name__", &self.0).replace("__snake__", &self.snake());
        text.replace("__Pascal__", &self.pascal())
    }
}

/// The nearest name that is allowed; empty when there is none.
fn tidy(name: &str) -> String {
    let mut words: Vec<String> = vec![String::new()];
    let mut lower = false;
    for letter in name.chars() {
        let separates = !letter.is_ascii_alphanumeric();
        if separates || (letter.is_ascii_uppercase() && lower) {
            words.push(String::new());
        }
        if let (false, Some(word)) = (separates, words.last_mut()) {
            word.push(letter.to_ascii_lowercase());
        }
        lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words.join("-").trim_start_matches(|first: char| !first.is_ascii_lowercase()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_three_forms() {
        let name = PluginName::new("my-2nd-scorer").unwrap();
        assert_eq!((name.snake().as_str(), name.pascal().as_str()), ("my_2nd_scorer", "My2ndScorer"));
        assert_eq!(name.fill("__name__/__snake__.c: __Pascal__"), "my-2nd-scorer/my_2nd_scorer.c: My2ndScorer");
    }

    #[test]
    fn a_bad_name_gets_a_better_one() {
        for (bad, good) in [
            ("MyScorer", Some("my-scorer")),
            ("my_scorer", Some("my-scorer")),
            ("my  scorer!", Some("my-scorer")),
            ("-x--y-", Some("x-y")),
            ("2fast", Some("fast")),
            ("", None),
            ("../..", None),
            ("ünder", Some("nder")),
        ] {
            let Err(AuthorError::BadName { better, .. }) = PluginName::new(bad) else { panic!("{bad}") };
            assert_eq!(better.as_deref(), good, "{bad}");
        }
        assert!(PluginName::new(&"a".repeat(65)).is_err());
    }
}
