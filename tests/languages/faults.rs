//! What goes wrong in a guest arrives as text, whatever it is written in, and hurts nobody.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use ralf_tune::{
    model::{
        observation::FinishReason,
        score::{NoteEvidence, RequestEvidence, Score},
        value::Value,
    },
    plugin::{
        Limits, PluginEngine,
        PluginErrorKind::{self, BadAnswer, Declined, OutOfMemory, Panicked, TimedOut, Trapped},
        parameters::Arguments,
        registry::{Plugin, load},
        scorer::Scorer,
    },
};

use super::project::built;
use crate::program::CACHE;

/// The scorer that does what it is told, with its text.
fn faults(language: &str, file: &str, source: &'static str) -> Option<Guest> {
    static ENGINE: OnceLock<Arc<PluginEngine>> = OnceLock::new();
    let project = built(language, "scorer", "faults", &[(file.to_owned(), source.to_owned())])?;
    let engine = ENGINE.get_or_init(|| Arc::new(PluginEngine::new(Some(Path::new(CACHE))).unwrap()));
    let bytes = std::fs::read(project.file()).unwrap();
    let plugin =
        load(engine, &bytes, "faults", "faults.wasm", Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    let Plugin::Scorer(scorer) = plugin else { panic!("no scorer") };
    Some(Guest { scorer: Arc::into_inner(scorer).unwrap(), file: file.to_owned(), source })
}

struct Guest {
    scorer: Scorer,
    file: String,
    source: &'static str,
}

impl Guest {
    fn evaluate(&self, fault: &str) -> Result<Score, PluginErrorKind> {
        let request = RequestEvidence {
            prompt: "Describe it".to_owned(),
            answer: "### SUMMARY\n🦀 nothing".to_owned(),
            finish: FinishReason::Stop,
            prompt_tokens: 10,
            answer_tokens: 5,
            truncated: false,
            start_char: 1,
            end_char: 4,
        };
        let note = NoteEvidence {
            path: "a.py".to_owned(),
            language: "python".to_owned(),
            source: "🦀bcd🦀".to_owned(),
            requests: vec![request],
            settings: vec![("num_ctx".to_owned(), 8192.0)],
        };
        let arguments = Arguments(vec![("fault".to_owned(), Value::Text(fault.to_owned()))]);
        self.scorer.evaluate(&note, &arguments).map_err(|error| error.kind)
    }

    fn fails(&self, fault: &str) -> PluginErrorKind {
        self.evaluate(fault).unwrap_err()
    }

    /// It panics at the line that says so, with that text.
    fn panics(&self, fault: &str, text: &str) {
        let mark = format!("fault: {fault}");
        let line = self.source.lines().position(|line| line.ends_with(&mark)).unwrap() + 1;
        let expected = format!("panicked at {}:{line}: {text}", self.file);
        let kind = self.fails(fault);
        assert!(matches!(&kind, Panicked(said) if said.starts_with(&expected)), "{fault}: {kind:?}, not {expected}");
    }

    /// What is alike in all languages.
    fn behaves(&mut self) {
        let fine = self.evaluate("none").unwrap();
        assert!((fine.value - 0.5).abs() < 1e-12);
        let parts: Vec<_> = fine.parts.iter().map(|part| (part.name.as_str(), part.value)).collect();
        assert_eq!(parts[..2], [("context", 8192.0), ("characters", 5.0)]);
        assert_eq!(fine.reasons[..2], ["bcd", "stop"]);
        // Its random number too: the same input gives the same bytes.
        assert_eq!(self.evaluate("none").unwrap(), fine);

        assert_eq!(self.fails("decline"), Declined("the note has no title".to_owned()));
        assert!(matches!(self.fails("nan"), BadAnswer(_)));
        assert!((self.evaluate("print").unwrap().value - 0.5).abs() < 1e-12);
        let half = self.evaluate("half").unwrap();
        assert!(half.reasons[0].starts_with("half of one: ") && !half.reasons[0].contains('🦀'), "{half:?}");

        assert_eq!(self.fails("allocate"), OutOfMemory { limit_mib: 64 });
        self.scorer.limits.call = Duration::from_millis(100);
        assert_eq!(self.fails("loop"), TimedOut { milliseconds: 100 });
        self.scorer.limits.call = Limits::default().call;
        assert_eq!(self.evaluate("none").unwrap(), fine);
    }
}

#[test]
fn in_python() {
    let Some(mut guest) = faults("python", "plugin.py", include_str!("faults.py")) else { return };
    guest.behaves();
    guest.panics("bug", "ZeroDivisionError: ");
    guest.panics("deep", "RecursionError: ");
    guest.panics("late", "ImportError: `decimal` must be imported at the top of plugin.py");
}

#[test]
fn in_javascript() {
    let Some(mut guest) = faults("javascript", "plugin.js", include_str!("faults.js")) else { return };
    guest.behaves();
    guest.panics("bug", "TypeError: cannot read property 'x' of null");
    // The engine's own guard would come later than the host's.
    let deep = guest.fails("deep");
    assert!(matches!(&deep, Trapped(why) if why.contains("stack")), "{deep:?}");
}
