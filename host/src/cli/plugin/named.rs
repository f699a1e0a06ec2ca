//! What `FILE|NAME` means.

use std::path::Path;

use crate::{cli::failure::Failure, model::nearest::nearest};

/// The file that is meant, when it is one: what exists, has a folder, or has an ending.
pub fn file(text: &str) -> Option<&Path> {
    let path = Path::new(text);
    (path.is_file() || text.contains(std::path::is_separator) || path.extension().is_some()).then_some(path)
}

/// No plugin has that name.
pub fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Failure {
    let hint = match nearest(name, known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => {
            "`ralf-tune plugin list` shows all plugins; a file is named by its path, such as ./my_scorer.wasm".into()
        }
    };
    Failure::usage(format!("there is no plugin `{name}`"), Some(hint))
}
