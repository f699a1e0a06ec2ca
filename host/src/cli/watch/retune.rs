//! After an alert: the knobs that drifted are measured anew, and what the probes disagree with is taken back.

use super::{Watching, args::Retune};
use crate::{
    cli::{
        failure::Failure,
        lock, places,
        run::{present_settings, target},
        session, ui,
        watched::watched,
        workload::workload,
    },
    emit::{FileChange as _, ralf_notes::ConfigChange},
    model::{
        begun::Begun,
        budget::Budget,
        kept::StudyId,
        profile::{Profile, Standing},
        proof::ProofVerdict,
        selection::{Constraints, MeasuredCandidate, TunedConfig},
        study::{Outcome, Study},
        value::Value,
    },
    store::{ProfileStore, StudyStore},
    tune::{self, Setup, plan::Choices, prior, probing::told},
    watch::{Alert, CauseKind, Event, LEAST_CHANGE, Verdict, WatchState},
};

/// Share of the time of a full study that may be spent: of what the profile's own one took, where that was a full one, else of what one may take.
const SHARE: f64 = 0.25;

/// The intensity that this is the share of.
const FULL: &str = "full";

/// What the study calls itself.
const NAME: &str = "watch";

impl Watching<'_> {
    /// What is to be done now, and what came of it.
    pub(super) async fn mend(&mut self, state: &mut WatchState) -> Result<Vec<Event>, Failure> {
        match state.verdict() {
            Some(Verdict::Agree { probes }) => {
                state.on_trial = None;
                return Ok(vec![Event::Confirmed { probes }]);
            }
            Some(Verdict::Disagree { times, probes }) => return self.roll_back(state, times, probes),
            None => {}
        }
        let Some(alert) = state.alert.clone() else { return Ok(Vec::new()) };
        let is_done = state.retuned_for.as_ref() == Some(&alert.since) || state.on_trial.is_some();
        if self.args.retune == Retune::Never || is_done {
            return Ok(Vec::new());
        }
        state.retuned_for = Some(alert.since.clone());
        let knobs = knobs(&alert);
        if knobs.is_empty() {
            let named = alert.causes.first().map_or("", |cause| cause.kind.meaning());
            return Ok(vec![kept(format!("nothing is measured anew: no setting helps where {named}"))]);
        }
        let question = format!("Measure {} anew? That takes some minutes of the server", knobs.join(" and "));
        if self.args.retune == Retune::Ask && !ui::confirm(&question) {
            return Ok(vec![kept("nothing is measured anew: nobody agreed to it".to_owned())]);
        }
        self.measuring.set(true);
        let study = self.measured_anew(state, &alert, &knobs).await;
        self.measuring.set(false);
        let study = match study {
            Ok(study) => study,
            Err(failure) => {
                let why = ui::errors::chain(&failure.error).join(": ");
                return Ok(vec![kept(format!("nothing could be measured anew: {why}"))]);
            }
        };
        self.judged(state, &knobs, &study)
    }

    /// A study of these knobs alone, with the profile's settings as what there is.
    async fn measured_anew(&self, state: &WatchState, alert: &Alert, knobs: &[String]) -> Result<Study, Failure> {
        let registry = session::plugins(&self.settings, &self.env)?;
        let mut intensity = self.settings.intensity_named(FULL);
        NAME.clone_into(&mut intensity.name);
        let most = intensity.budget.total_seconds;
        let own = self.own_study()?.filter(is_whole).map(|own| own.elapsed_seconds);
        let full = own.map_or(most, |own| most.min(own * longer(alert)));
        intensity.budget = Budget::from_seconds(SHARE * full);
        let settings = &self.profile.tuned.candidate;
        let probes: Vec<(f64, f64)> = state.present().iter().map(|point| (point.read_ms, point.write_ms)).collect();
        let known = vec![told(settings, &probes, state.now.gpu_share)];
        let choices = Choices { strategies: knobs.to_vec(), known, parameters: short(), ..Choices::default() };
        let prepared = tune::plan(&intensity, &registry, &choices)?;
        let _lock = lock::take(&self.env, &self.connection)?;
        let server = self.connection.server().await?;
        let model = self.connection.model(&self.settings, None, &server).await?;
        let begun = Begun {
            started_at: self.clock.now(),
            seed: self.seed,
            salt: if self.scenario.is_some() { 0 } else { rand::Rng::next_u64(&mut rand::rng()) },
            intensity: intensity.name.clone(),
            budget: intensity.budget,
            machine: self.connection.machine.clone(),
            server,
            model,
            workload: workload(&self.settings, self.seed, None)?,
            baseline: settings.clone(),
            constraints: Constraints::default(),
            files: None,
            prior: None,
            hosts: None,
        };
        let setup = Setup {
            client: &self.connection.client,
            mates: &[],
            prepared,
            begun,
            shared: None,
            recording: None,
            notes: None,
        };
        Ok(watched(self.scenario.is_some(), async |stop, emit| Box::pin(tune::run(setup, stop, emit)).await).await)
    }

    /// The study that the profile comes from, where it is kept.
    fn own_study(&self) -> Result<Option<Study>, Failure> {
        let store = StudyStore::new(&places::needed_data(&self.env)?);
        Ok(self.profile.study.as_ref().and_then(|id| store.load(id).ok()))
    }

    /// Only what was compared with the present settings, and is faster for certain, is applied.
    fn judged(&mut self, state: &mut WatchState, knobs: &[String], study: &Study) -> Result<Vec<Event>, Failure> {
        let data = places::needed_data(&self.env)?;
        self.stopped |= study.outcome == Outcome::Interrupted;
        let id = StudyStore::new(&data).save(study)?.id;
        let own = self.own_study()?;
        let retuned = |outcome: String, applied: Vec<String>| Event::Retuned {
            knobs: knobs.to_vec(),
            requests: requests(study),
            seconds: study.elapsed_seconds,
            seconds_of_the_study: own.as_ref().map(|study| study.elapsed_seconds),
            study: Some(id.to_string()),
            outcome,
            applied,
        };
        let Some(tuned) = proven(study) else {
            let outcome = match study.outcome {
                Outcome::Interrupted => "it was stopped",
                Outcome::NothingFeasible => "nothing meets the constraints any more",
                Outcome::Improved | Outcome::KeepBaseline if was_not_compared(study) => {
                    "there was no time to compare what may be faster: `ralf-tune run --full` has more"
                }
                Outcome::Improved | Outcome::KeepBaseline => "nothing is faster for certain than the present settings",
            };
            return Ok(vec![retuned(outcome.to_owned(), Vec::new())]);
        };
        let previous = self.profile.clone();
        let next = self.with(tuned, study, &id);
        let (applied, config) = self.put_down(&data, &next)?;
        let ratio = study.comparison.as_ref().map_or(1.0, |comparison| comparison.speed_ratio.value);
        let outcome = format!("{}; {ratio:.2} times the notes a minute", differences(&previous, &next));
        state.put_on_trial(next.tuned.candidate.clone(), previous, config);
        self.profile = next;
        Ok(vec![retuned(outcome, applied)])
    }

    /// The profile with other settings.
    fn with(&self, tuned: &TunedConfig, study: &Study, id: &StudyId) -> Profile {
        Profile::of(self.profile.name.clone(), (study, id), None, (tuned, Standing::Proven))
    }

    /// Keeps a profile, and writes its settings where those of the present one stand. What was changed, and the configuration.
    fn put_down(&self, data: &std::path::Path, next: &Profile) -> Result<(Vec<String>, Option<String>), Failure> {
        ProfileStore::new(data).save(next)?;
        let mut applied = vec![format!("profile {}", next.name)];
        let Some(path) = target(&self.settings, self.scenario.as_ref()) else { return Ok((applied, None)) };
        let present = present_settings(Some(&path))?;
        // Settings of another profile, or of the user's own, are not touched unless the file was named.
        let is_ours = present.is_none_or(|present| present.candidate.works_like(&self.profile.tuned.candidate));
        if !is_ours && self.args.config.is_none() {
            return Ok((applied, None));
        }
        let saved = ConfigChange::prepare(&path, &next.tuned)?.write()?;
        applied.push(saved.path.display().to_string());
        Ok((applied, Some(path.display().to_string())))
    }

    fn roll_back(&mut self, state: &mut WatchState, times: f64, probes: u64) -> Result<Vec<Event>, Failure> {
        let data = places::needed_data(&self.env)?;
        let Some(trial) = state.roll_back() else { return Ok(Vec::new()) };
        ProfileStore::new(&data).save(&trial.previous)?;
        let mut files = vec![format!("profile {}", trial.previous.name)];
        if let Some(path) = &trial.config {
            let path = std::path::Path::new(path);
            let present = present_settings(Some(path))?;
            // Whoever changed it since wants it otherwise.
            if present.is_some_and(|present| present.candidate.works_like(&self.profile.tuned.candidate)) {
                let saved = ConfigChange::prepare(path, &trial.previous.tuned)?.write()?;
                files.push(saved.path.display().to_string());
            }
        }
        self.profile = *trial.previous;
        Ok(vec![Event::RolledBack { times, probes, files }])
    }
}

fn kept(why: String) -> Event {
    Event::NotRetuned { why }
}

/// Requests after a new load: they tell how well the machine repeats itself, which the comparison would need more notes for.
const AFTER_LOAD: i64 = 4;

/// Parameters of strategies with which they measure as little as can be: what they find is compared anyway.
fn short() -> Vec<(String, String, Value)> {
    let given = |plugin: &str, parameter: &str, value| (plugin.to_owned(), parameter.to_owned(), value);
    vec![
        given("throughput", "waves", Value::Integer(1)),
        given("context", "rule", Value::Text("read".to_owned())),
        given("context", "requests", Value::Integer(AFTER_LOAD)),
    ]
}

/// How many times as long a full study would take now. Where the model spilled, it is the present settings that became slower and not the machine: about
/// half of a study's notes are made with them. Of a machine that became slower that is not counted, though a study takes longer there.
fn longer(alert: &Alert) -> f64 {
    let is_spill = alert.causes.first().is_some_and(|cause| cause.kind == CauseKind::Spill);
    alert.times.filter(|_| is_spill).map_or(1.0, |times| f64::midpoint(1.0, times.value.max(1.0)))
}

/// Whether what it took is what a full study takes: it was one, from nothing to its end.
fn is_whole(study: &Study) -> bool {
    let from_nothing = !study.stages.iter().any(|stage| stage.name == prior::STAGE);
    study.intensity == FULL && study.outcome != Outcome::Interrupted && from_nothing
}

/// What the causes moved, each once; nothing where the first of them is none that settings can mend.
fn knobs(alert: &Alert) -> Vec<String> {
    let mut knobs: Vec<String> = Vec::new();
    let first = alert.causes.iter().take(1).filter(|cause| cause.kind.is_worth_tuning());
    for knob in first.flat_map(|cause| cause.kind.knobs()) {
        if !knobs.iter().any(|known| known == knob) {
            knobs.push((*knob).to_owned());
        }
    }
    knobs
}

/// The settings that a study proved to be faster than those that it began with.
fn proven(study: &Study) -> Option<&TunedConfig> {
    let tuned = study.tuned.as_ref().filter(|_| study.outcome == Outcome::Improved)?;
    let compared = study.comparison.as_ref().filter(|found| found.is_about(&tuned.candidate))?;
    (compared.proof.verdict == ProofVerdict::Faster).then_some(tuned)
}

/// Whether other settings looked better, and it ended before they were compared.
fn was_not_compared(study: &Study) -> bool {
    let speed = |candidate: &MeasuredCandidate| candidate.notes_per_minute.map_or(0.0, |speed| speed.value);
    let present = study.candidates.iter().filter(|one| one.is_baseline).map(speed).fold(0.0, f64::max);
    let others = study.candidates.iter().filter(|one| !one.is_baseline && one.violations.is_empty());
    study.comparison.is_none() && others.map(speed).any(|other| other > LEAST_CHANGE * present)
}

fn requests(study: &Study) -> u64 {
    study.trials.iter().map(|trial| trial.observations.len() as u64).sum()
}

fn differences(old: &Profile, new: &Profile) -> String {
    let (old, new) = (&old.tuned.candidate, &new.tuned.candidate);
    let each: Vec<String> = old
        .differences(new)
        .into_iter()
        .map(|name| format!("{} {}→{}", name.name(), old.get(name), new.get(name)))
        .collect();
    each.join(", ")
}
