//! How an error looks: what happened, what caused it, and what to type next.

use crate::model::clean::{clean, clean_lines};

/// The messages of an error and its causes, outermost first. A cause that the message before it already says is left out.
#[must_use]
pub fn chain(error: &anyhow::Error) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for cause in error.chain().map(ToString::to_string) {
        if !messages.last().is_some_and(|said| said.ends_with(&cause)) {
            messages.push(cause);
        }
    }
    messages
}

/// `error: …`, `  caused by: …` for each cause, and after a blank line `hint: …`. Further lines of a message are indented.
#[must_use]
pub fn render(error: &[String], hint: Option<&str>) -> String {
    let mut out = String::new();
    for (index, message) in error.iter().enumerate() {
        let label = if index == 0 { "error: " } else { "  caused by: " };
        push(&mut out, label, message);
    }
    if let Some(hint) = hint {
        out.push('\n');
        push(&mut out, "hint: ", hint);
    }
    out
}

/// `warning: …`, for what does not end the program, and what can be done about it.
#[must_use]
pub fn warning(what: &str, advice: Option<&str>) -> String {
    let advice = advice.map_or_else(String::new, |advice| format!("; {advice}"));
    format!("warning: {}\n", clean(&format!("{what}{advice}")))
}

fn push(out: &mut String, label: &str, message: &str) {
    let mut lines = clean_lines(message);
    out.push_str(label);
    out.push_str(&lines.next().unwrap_or_else(|| "unknown".to_owned()));
    out.push('\n');
    for line in lines {
        out.push_str(&" ".repeat(label.len()));
        out.push_str(&line);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_thing_the_cause_and_the_next_command() {
        let error = anyhow::Error::new(std::io::Error::other("connection refused"))
            .context("cannot reach Ollama at http://127.0.0.1:11434");
        let expected = "\
error: cannot reach Ollama at http://127.0.0.1:11434
  caused by: connection refused

hint: start it with `ollama serve`, or set `OLLAMA_HOST`
";
        assert_eq!(render(&chain(&error), Some("start it with `ollama serve`, or set `OLLAMA_HOST`")), expected);
    }

    #[test]
    fn says_nothing_twice_and_steers_no_terminal() {
        let error =
            anyhow::Error::new(std::io::Error::other("no \u{1b}[2Jspace")).context("cannot save: no \u{1b}[2Jspace");
        assert_eq!(render(&chain(&error), None), "error: cannot save: no space\n");
        assert_eq!(render(&["a\nb".to_owned()], None), "error: a\n       b\n");
    }
}
