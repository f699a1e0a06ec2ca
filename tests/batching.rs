//! A batch makes each note once, loses none when it is killed, waits for a server that is gone, and takes the time that the study said.

mod going_on;
mod keeping_its_word;
mod on_the_command_line;
mod servers;

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use ralf_tune::{
    emit::{
        notebook::{Notebook, Standing},
        notes::{IndexedNote, NotesError, name_of, text_of},
    },
    model::candidate::Candidate,
    ollama::{
        client::Client,
        request::Timeouts,
        transport::{Request, Response, Transport, TransportError},
    },
    tune::{
        plan::{Choices, plan},
        produce::{FinishedNote, KeepError, Prediction, Produced, Production, ProductionEvent, run},
    },
    workload::{samples::SampleOptions, sources::Source},
};
use tokio::sync::watch;

use crate::support::studies::{Simulation, bundled, intensity};

/// So many files, of the sizes of generated ones.
fn write_files(folder: &Path, simulation: &Simulation, number: usize) -> Vec<Source> {
    let files = simulation.workload.files.iter().cycle().take(number).enumerate();
    files
        .map(|(number, file)| {
            let path = folder.join(format!("{number}-{}", file.path.replace('/', "-")));
            fs::write(&path, &file.text).unwrap();
            let name = path.file_name().unwrap().to_str().unwrap();
            Source::new(&path, name, &file.language, file.chars)
        })
        .collect()
}

/// Opens a folder of notes. Another test that starts a process at this moment may hold the lock of the one before until the process has begun.
fn opened(folder: &Path) -> Notebook {
    for _ in 0..1_000_000 {
        match Notebook::open(folder) {
            Err(NotesError::Busy { .. }) => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
    panic!("{} stays locked", folder.display());
}

/// The files that have no note yet.
fn missing(sources: &[Source], notebook: &Notebook) -> Vec<Source> {
    let is_missing = |source: &&Source| notebook.standing(&name_of(&source.name)) == Standing::Missing;
    sources.iter().filter(is_missing).cloned().collect()
}

/// A batch with these settings, through that transport.
struct Batch<'a> {
    simulation: &'a Simulation,
    transport: Arc<dyn Transport>,
    settings: Candidate,
    prediction: Option<Prediction>,
    patience: Duration,
}

impl Batch<'_> {
    async fn run(
        &self,
        sources: &[Source],
        notebook: &mut Notebook,
        stop: watch::Receiver<bool>,
        emit: &mut dyn FnMut(ProductionEvent),
    ) -> Produced {
        let prepared = plan(&intensity("quick"), &bundled(), &Choices::default()).unwrap();
        let client = Client::new(Arc::clone(&self.transport), Timeouts::default());
        let setup = Production {
            client: &client,
            began: "2026-01-05T10:00:00Z",
            server: &self.simulation.server,
            model: &self.simulation.model,
            prompt: &self.simulation.workload.prompt,
            sources,
            reading: &SampleOptions::default(),
            settings: &self.settings,
            panel: &prepared.panel,
            prediction: self.prediction.as_ref(),
            patience: self.patience,
            seed: 1,
            salt: 0,
        };
        let settings = self.settings.clone();
        let mut keep = move |note: FinishedNote<'_>| {
            let entry = IndexedNote {
                source: note.source.shown.clone(),
                note: name_of(&note.source.name),
                model: "m".into(),
                score: note.score,
                answer_tokens: note.answer_tokens,
                settings: settings.clone(),
                source_digest: None,
                cut: note.cut,
            };
            notebook.keep(entry, &text_of(&note.answers)).map_err(|error| KeepError::Note(error.to_string()))
        };
        run(&setup, stop, &mut keep, emit).await
    }

    /// The same without anybody who watches.
    async fn quietly(&self, sources: &[Source], notebook: &mut Notebook) -> Produced {
        let (_stop, stopped) = watch::channel(false);
        self.run(sources, notebook, stopped, &mut |_| {}).await
    }
}

/// What stands before a simulated server.
type Rule = dyn Fn(usize) -> Option<Result<Response, TransportError>> + Send + Sync;

/// A transport that counts prompts, and may answer in the server's place; the rule gets how many there were.
struct Before {
    inner: Arc<dyn Transport>,
    prompts: Arc<AtomicUsize>,
    rule: Box<Rule>,
}

impl Before {
    fn new(
        inner: impl Transport + 'static,
        rule: impl Fn(usize) -> Option<Result<Response, TransportError>> + Send + Sync + 'static,
    ) -> (Arc<Self>, Arc<AtomicUsize>) {
        let prompts = Arc::new(AtomicUsize::new(0));
        (Arc::new(Self { inner: Arc::new(inner), prompts: Arc::clone(&prompts), rule: Box::new(rule) }), prompts)
    }
}

impl Transport for Before {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let has_prompt = request.body.as_ref().is_some_and(|body| {
            serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|body| body["prompt"].is_string())
        });
        if has_prompt {
            self.prompts.fetch_add(1, Ordering::Relaxed);
        }
        match (self.rule)(self.prompts.load(Ordering::Relaxed)) {
            Some(answer) => Box::pin(async move { answer }),
            None => self.inner.send(request),
        }
    }
}

/// Every note in a folder: its name and text.
fn notes(folder: &Path) -> std::collections::BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let notes = entries.filter(|path| path.extension().is_some_and(|end| end == "md"));
    notes.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}
