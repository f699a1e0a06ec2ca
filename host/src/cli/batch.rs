//! `ralf-tune batch`: the user's batch itself, with tuned settings.

use std::{cell::RefCell, collections::BTreeMap, fs, io, path::Path};

use rand::Rng;
use tokio::sync::watch;

use super::{
    CommandResult,
    batch_args::BatchArgs,
    connection::connect,
    deliver,
    exit::ExitStatus,
    failure::Failure,
    interrupt::interrupted,
    lock,
    plan::{grant, prepare},
    profile,
    run::{now, present_settings, refuse_report_in, target},
    session::{self, block_on},
    study,
    ui::{self, BatchProgress, ProgressMode},
};
use crate::{
    emit::{
        notebook::{Notebook, Standing},
        notes::{IndexedNote, NotesError, name_of, text_of},
        ralf_notes::PresentSettings,
    },
    model::{
        candidate::Candidate,
        digest::Digest,
        kept::{StudyId, chosen},
        machine::ModelProfile,
        production::{PRODUCTION_SCHEMA_VERSION, Production as Record, ProductionEnd},
        profile::Profile,
        study::{Outcome, Study},
        workload::PromptTemplate,
    },
    report,
    settings::{Overrides, Settings},
    tune::produce::{self, FinishedNote, KeepError, Produced, Production, ProductionEvent, predict},
    workload::{
        samples::SampleOptions,
        sources::{self, Source, Sources},
    },
};

/// Files that a batch looks at: a folder that was named by mistake ends sometime.
const MOST_FILES: usize = 500_000;

/// Where settings come from that no file names.
const DEFAULTS: &str = "RALF Note's defaults (there is no configuration)";

/// Settings, where they come from, and the study that knows them.
struct Chosen {
    settings: Candidate,
    place: String,
    study: Option<Study>,
}

/// The files of the batch, by what there is of their notes.
struct Sorted {
    to_make: Vec<Source>,
    made_before: usize,
    outdated: usize,
    foreign: Vec<String>,
}

/// Makes every source file a note.
pub fn run(args: &BatchArgs) -> CommandResult {
    let (mut settings, env) = session::settings(&Overrides::from(args))?;
    let scenario = session::scenario(&settings)?;
    let named = args.study.as_deref().map(|meant| study::load_named(&env, meant)).transpose()?;
    if let (Some((study, _)), true) = (&named, settings.model.value.is_none()) {
        settings.model.value = Some(study.model.name.clone());
    }
    let of_model = settings.model.value.clone();
    let profile = args.profile.as_ref().map(|name| profile::named(&env, name, of_model.as_deref())).transpose()?;
    if let Some(profile) = &profile {
        settings.model.value = Some(profile.tuned.model_name.clone());
    }
    let registry = session::plugins(&settings, &env)?;
    let mut prepared = prepare(&settings, &registry)?;
    // Nobody judges beside a batch: it would take the time of notes.
    grant(&settings, &mut prepared, None)?;
    let present = present_settings(target(&settings, scenario.as_ref()).as_deref())?;
    refuse_report_in(present.as_ref().map(|present| present.path.as_path()), &settings)?;
    let prompt = match &settings.prompt.value {
        Some(path) => PromptTemplate::from_file(path)?,
        None => PromptTemplate::built_in(),
    };
    let reading = SampleOptions { max_files: MOST_FILES, ..SampleOptions::default() };
    let Sources { files, notices } = found(args, &reading)?;
    let was_there = args.out.exists();
    let mut notebook = Notebook::open(&args.out)?;
    let all = files.len();
    let sorted = sort(files, &notebook, &reading);
    let started_at = now();
    let made = block_on(scenario.is_some(), async {
        let seed = settings.seed.value.unwrap_or_else(|| if scenario.is_some() { 0 } else { rand::rng().next_u64() });
        let connection = connect(&settings, scenario.as_ref(), present.as_ref(), &env, seed)?;
        let _lock = lock::take(&env, &connection)?;
        let server = connection.server().await?;
        let model = connection.model(&settings, present.as_ref(), &server).await?;
        let last = || study::last_of(&env, &model.name, scenario.is_some());
        let chosen = if args.present {
            let (settings, place) = present_place(present.as_ref());
            Chosen { settings, place, study: last().ok().flatten().map(|(study, _)| study) }
        } else if let Some(profile) = profile {
            of_profile(&env, profile)
        } else {
            let found = named.map_or_else(last, |found| Ok(Some(found)))?;
            of_study(found, &model, scenario.is_some())?
        };
        warn_of_other_prompt(chosen.study.as_ref(), &prompt);
        let chars: Vec<usize> = sorted.to_make.iter().map(|source| source.chars).collect();
        let prediction = chosen.study.as_ref().and_then(|study| predict(study, &chosen.settings, &chars));
        let production = Production {
            client: &connection.client,
            server: &server,
            began: &started_at,
            model: &model,
            prompt: &prompt,
            sources: &sorted.to_make,
            reading: &reading,
            settings: &chosen.settings,
            panel: &prepared.panel,
            prediction: prediction.as_ref(),
            patience: args.patience,
            seed,
            salt: if scenario.is_some() { 0 } else { rand::rng().next_u64() },
        };
        let produced = if sorted.to_make.is_empty() {
            Produced::nothing()
        } else {
            let place = scenario.as_ref().map_or_else(
                || connection.address.base_url(),
                |scenario| format!("the simulated machine {}", scenario.name),
            );
            made(&production, &place, &mut notebook).await
        };
        Ok::<_, Failure>((produced, model, chosen, prediction.map(|prediction| prediction.outlook)))
    });
    let closed = notebook.close();
    // Where nothing was begun there is to be no trace of it. A folder with something in it stays.
    let (produced, model, chosen, predicted) =
        made.flatten().inspect_err(|_| drop((!was_there).then(|| fs::remove_dir(&args.out))))?;
    let record = Record {
        schema_version: PRODUCTION_SCHEMA_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at,
        model: model.name,
        settings: chosen.settings,
        settings_from: chosen.place,
        sources: args.dir.display().to_string(),
        notes: args.out.display().to_string(),
        files: all,
        made_before: sorted.made_before,
        outdated: sorted.outdated,
        foreign: sorted.foreign,
        left_out: notices,
        made: produced.made,
        predicted,
        end: produced.end,
        warnings: produced.warnings,
    };
    show(&settings, &record)?;
    closed?;
    status(&record)
}

/// The files that notes are made of.
fn found(args: &BatchArgs, reading: &SampleOptions) -> Result<Sources, Failure> {
    sources::files(&args.dir, &args.out, reading).map_err(|error| {
        let mut failure = Failure::from(error);
        failure.hint = Some("name the folder of your source files: ralf-tune batch DIR --out NOTES".into());
        failure
    })
}

/// Makes the notes, with the progress shown and Ctrl-C heard.
async fn made(production: &Production<'_>, place: &str, notebook: &mut Notebook) -> Produced {
    let (stop, stopped) = watch::channel(false);
    let began = tokio::time::Instant::now();
    let progress = RefCell::new(BatchProgress::new(ProgressMode::detect(false)));
    let mut emit = |event: ProductionEvent| progress.borrow_mut().handle(&event, began.elapsed());
    let (model, settings) = (&production.model.name, production.settings);
    let mut keep = |note: FinishedNote<'_>| {
        let entry = IndexedNote {
            source: note.source.shown.clone(),
            note: name_of(&note.source.name),
            model: model.clone(),
            score: note.score,
            answer_tokens: note.answer_tokens,
            settings: settings.clone(),
            source_digest: Some(Digest::of(note.text.as_bytes())),
            cut: note.cut,
        };
        notebook.keep(entry, &text_of(&note.answers)).map_err(|error| unwritten(&error))
    };
    let listen = async {
        interrupted().await;
        progress.borrow_mut().clear();
        ui::message("stopping: requests under way are finished; once more to stop at once");
        let _ = stop.send(true);
        interrupted().await;
        ExitStatus::Interrupted
    };
    ui::message(&format!(
        "{} notes to make with {} on {place}",
        production.sources.len(),
        crate::model::clean::clean(model)
    ));
    let produced = tokio::select! {
        produced = produce::run(production, stopped, &mut keep, &mut emit) => produced,
        status = listen => deliver::leave(status),
    };
    progress.borrow_mut().clear();
    produced
}

/// Whether it is this note, or all of them.
fn unwritten(error: &NotesError) -> KeepError {
    let said = ui::errors::chain(&anyhow::anyhow!("{error}")).join(": ");
    match error {
        NotesError::Read { source, .. } | NotesError::Write { source, .. } => {
            let said = format!("{said}: {source}");
            match source.kind() {
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::ReadOnlyFilesystem
                | io::ErrorKind::PermissionDenied => KeepError::All(said),
                _ => KeepError::Note(said),
            }
        }
        _ => KeepError::Note(said),
    }
}

/// What there is already, and what is to be made.
fn sort(files: Vec<Source>, notebook: &Notebook, reading: &SampleOptions) -> Sorted {
    let mut sorted = Sorted { to_make: Vec::new(), made_before: 0, outdated: 0, foreign: Vec::new() };
    for source in files {
        match notebook.standing(&name_of(&source.name)) {
            Standing::Missing => sorted.to_make.push(source),
            Standing::Foreign => sorted.foreign.push(source.shown),
            Standing::Ours(note) => {
                sorted.made_before += 1;
                let digest = |text: &str| Some(Digest::of(text.as_bytes()));
                let changed = note.source_digest.is_some()
                    && source.read(reading).is_ok_and(|file| digest(&file.text) != note.source_digest);
                sorted.outdated += usize::from(changed);
            }
        }
    }
    sorted
}

fn present_place(present: Option<&PresentSettings>) -> (Candidate, String) {
    present.map_or_else(
        || (Candidate::default(), DEFAULTS.to_owned()),
        |present| (present.candidate.clone(), present.path.display().to_string()),
    )
}

/// The settings that a study ended with.
fn of_study(found: Option<(Study, StudyId)>, model: &ModelProfile, is_simulated: bool) -> Result<Chosen, Failure> {
    let Some((study, id)) = found else {
        let (run, which) = if is_simulated { ("run --simulate", "simulated study") } else { ("run", "study") };
        let hint = format!("find settings first: ralf-tune {run} --samples DIR; or use the present ones: --present");
        return Err(Failure::usage(format!("no {which} of `{}` is kept", model.name), Some(hint)));
    };
    if study.outcome == Outcome::NothingFeasible {
        let hint = "use the present settings: --present; others: ralf-tune study list".to_owned();
        let error = anyhow::anyhow!("study {id} found no settings that meet the constraints");
        return Err(Failure::new(ExitStatus::NothingFeasible, error, Some(hint)));
    }
    Ok(Chosen { settings: chosen(&study).clone(), place: format!("study {id}"), study: Some(study) })
}

/// The settings of a profile, with the study that they come from, where it is still kept.
fn of_profile(env: &BTreeMap<String, String>, profile: Profile) -> Chosen {
    let study = profile.study.as_ref().and_then(|id| study::load(env, id.as_str()).ok());
    Chosen { place: format!("profile {}", profile.name), settings: profile.tuned.candidate, study }
}

/// Another prompt makes other notes in another time.
fn warn_of_other_prompt(study: Option<&Study>, prompt: &PromptTemplate) {
    let Some(study) = study.filter(|study| study.workload.prompt_origin != prompt.origin) else { return };
    let what = format!(
        "the study measured with another prompt ({}, now {}): what it expects may not hold",
        study.workload.prompt_origin, prompt.origin
    );
    ui::message(&ui::errors::warning(&what, Some("--prompt names the prompt")));
}

fn show(settings: &Settings, record: &Record) -> Result<(), Failure> {
    let page = |width, colour| report::production::render(record, width, colour);
    deliver::show(settings, "report", page, || report::production::json(record))
}

/// How the program ends; what cut the batch short is an error with what to type next.
fn status(record: &Record) -> CommandResult {
    let again = "the same command goes on; every note that was made is kept";
    match &record.end {
        ProductionEnd::Complete if record.made.lost.is_empty() => Ok(ExitStatus::Done),
        ProductionEnd::Complete => Ok(ExitStatus::NothingFeasible),
        ProductionEnd::Interrupted => Ok(ExitStatus::Interrupted),
        ProductionEnd::ServerLost { why } => Err(Failure::new(
            ExitStatus::Server,
            anyhow::anyhow!("the server is gone or fails: {why}"),
            Some(format!("look what ails it (ralf-tune doctor), then {again}")),
        )),
        ProductionEnd::CannotWrite { why } => Err(Failure::new(
            ExitStatus::Unfit,
            anyhow::anyhow!("notes cannot be written: {why}"),
            Some(format!("make room in {}, then {again}", Path::new(&record.notes).display())),
        )),
    }
}
