//! What a piece of text means, and how that is painted. The meaning never rests on the colour alone.

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    #[default]
    Plain,
    /// The thing to read first.
    Strong,
    /// Rules, units, sources: there when looked for.
    Dim,
    /// A gain, a changed setting.
    Good,
    Warning,
    Bad,
    /// Commands, names, paths.
    Name,
}

impl Style {
    /// The Select Graphic Rendition parameters (ECMA-48, 8.3.117); `None` for plain text.
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Strong => Some("1"),
            Self::Dim => Some("2"),
            Self::Good => Some("32"),
            Self::Warning => Some("33"),
            Self::Bad => Some("31"),
            Self::Name => Some("36"),
        }
    }

    /// The text in that style, or as it is where no colour is wanted.
    #[must_use]
    pub fn paint(self, text: &str, colour: bool) -> String {
        match self.code() {
            Some(code) if colour && !text.is_empty() => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            _ => text.to_owned(),
        }
    }
}
