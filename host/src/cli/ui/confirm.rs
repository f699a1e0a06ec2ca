//! A question with yes or no.

use std::io::{self, BufRead, IsTerminal};

use super::output::prompt;
use crate::model::clean::clean;

/// Asks on stderr and reads one line. Anything but a yes is a no, and without a person at a terminal it is a no unasked.
#[must_use]
pub fn confirm(question: &str) -> bool {
    if !can_ask() {
        return false;
    }
    prompt(&format!("{} [y/N] ", clean(question)));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).is_ok() && is_yes(&answer)
}

/// Whether a person is there to be asked.
#[must_use]
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_a_yes_is_a_yes() {
        assert!([" y\n", "YES\r\n"].into_iter().all(is_yes));
        assert!(!["", "\n", "n\n", "yeah no\n", "j\n"].into_iter().any(is_yes));
    }
}
