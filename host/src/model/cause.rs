//! Causes of errors.

/// The cause at the bottom: "Connection refused" and not "error sending request".
#[must_use]
pub fn innermost(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
