use crate::model::nearest::nearest;

/// A project that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorError {
    #[error("`{name}` is no name for a plugin")]
    BadName { name: String, better: Option<String> },
    #[error("`{name}` means something else in {language}")]
    Taken { name: String, language: &'static str },
    #[error("there is no kind of plugin `{kind}`")]
    UnknownKind { kind: String, known: Vec<&'static str>, swapped: bool },
    #[error("there is no template for the language `{language}`")]
    UnknownLanguage { language: String, known: Vec<&'static str> },
    #[error("{language} has no template for a {kind}")]
    NoTemplate { language: &'static str, kind: &'static str },
    #[error("a project in {0} has no SDK that could lie elsewhere")]
    NoSdk(&'static str),
    #[error("the template of {language} is broken: {why}")]
    Broken { language: String, why: String },
}

impl AuthorError {
    /// The next thing to type.
    #[must_use]
    pub fn hint(&self) -> String {
        let list = "`ralf-tune plugin new --list` shows what there is";
        match self {
            Self::BadName { better: Some(better), .. } => {
                format!("lower case letters, digits and hyphens, a letter first: `{better}`?")
            }
            Self::BadName { better: None, .. } => {
                "lower case letters, digits and hyphens, a letter first, such as `my-scorer`".into()
            }
            Self::Taken { name, .. } => format!("another name, such as `my-{name}`"),
            Self::UnknownKind { swapped: true, .. } => {
                "the kind comes first: `ralf-tune plugin new scorer my-scorer`".into()
            }
            Self::UnknownKind { kind: wanted, known, .. } | Self::UnknownLanguage { language: wanted, known } => {
                match nearest(wanted, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`? {list}"),
                    None => format!("there are {}; {list}", known.join(", ")),
                }
            }
            Self::NoTemplate { .. } => list.into(),
            Self::NoSdk(_) => "leave out `--sdk`".into(),
            Self::Broken { .. } => "this is a bug of ralf-tune: report it".into(),
        }
    }
}
