//! Where a file that we wrote comes from, as its first lines say it.

use crate::model::{clean::clean, selection::TunedConfig};

/// A comment of two lines: who wrote the file, and what it rests on. `sign` begins a comment in that kind of file.
pub fn comment(sign: &str, tuned: &TunedConfig) -> String {
    format!(
        "{sign} Written by ralf-tune {}\n{sign} {}, tuned {}, confidence {:.0} of 100\n",
        env!("CARGO_PKG_VERSION"),
        clean(&tuned.model_name),
        clean(&tuned.benchmark_date),
        tuned.confidence.percent,
    )
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::model::{candidate::Candidate, selection::Confidence};

    /// A result with one setting of each kind that is not RALF Note's own.
    pub fn tuned(model: &str) -> TunedConfig {
        let candidate = Candidate { num_ctx: 8192, num_thread: 6, temperature: 0.125, ..Candidate::default() };
        let confidence = Confidence { percent: 87.24, meaning: String::new(), parts: Vec::new() };
        let date = "2026-11-27T15:04:05Z".to_owned();
        TunedConfig { model_name: model.to_owned(), candidate, benchmark_date: date, confidence }
    }

    #[test]
    fn a_name_cannot_leave_the_comment() {
        let text = comment("#", &tuned("a\nFROM evil"));
        assert!(text.lines().count() == 2 && text.lines().all(|line| line.starts_with("# ")), "{text}");
    }
}
