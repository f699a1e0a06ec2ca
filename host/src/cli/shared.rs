//! `--store`: a study that several `ralf-tune` make together. The first one leads, the others help, and all get the result.

use std::{sync::Arc, time::Duration};

use rand::Rng as _;

use super::{exit::ExitStatus, failure::Failure, ui, watched::watched};
use crate::{
    model::{
        begun::Begun,
        digest::Digest,
        fleet::HostReport,
        study::{Outcome, Plan, Study},
    },
    store::shared::{LEASE_SECONDS, Role, SharedError, SharedStore, Standing, Terms},
    tune::{self, Setup, Sharing, fleet::Board, fleet::unmeasured},
};

impl From<SharedError> for Failure {
    fn from(error: SharedError) -> Self {
        let hint = Some(error.hint());
        let status = if matches!(error, SharedError::Address(_)) { ExitStatus::Usage } else { ExitStatus::Unfit };
        Self::new(status, error, hint)
    }
}

/// The shared store as the board of errands.
struct OnStore {
    store: Arc<SharedStore>,
    real_clock: bool,
}

fn said<T>(outcome: Result<T, SharedError>) -> Result<T, String> {
    outcome.map_err(|error| ui::errors::chain(&error.into()).join(": "))
}

impl Board for OnStore {
    fn real_clock(&self) -> bool {
        self.real_clock
    }

    fn offer(&self, piece: &str, number: u32, work: &str) -> Result<(), String> {
        said(self.store.offer(piece, number, work))
    }

    fn claim(&self) -> Result<Option<(String, String)>, String> {
        said(self.store.claim()).map(|held| held.map(|held| (held.piece, held.work)))
    }

    fn renew(&self, piece: &str) -> Result<bool, String> {
        said(self.store.renew(piece, LEASE_SECONDS))
    }

    fn give_back(&self, piece: &str) -> Result<(), String> {
        said(self.store.renew(piece, 0.0)).map(drop)
    }

    fn finish(&self, piece: &str, result: &str) -> Result<bool, String> {
        said(self.store.finish(piece, result))
    }

    fn result(&self, piece: &str) -> Result<Option<String>, String> {
        said(self.store.result(piece))
    }

    fn beat(&self) -> Result<(), String> {
        said(self.store.beat())
    }

    fn reference(&self) -> Result<Option<String>, String> {
        said(self.store.reference())
    }

    fn publish_reference(&self, reference: &str) -> Result<(), String> {
        said(self.store.publish_reference(reference))
    }

    fn hosts(&self) -> Result<Vec<(u32, String, bool)>, String> {
        said(self.store.hosts())
    }

    fn report(&self, place: u32, report: &str, is_there: bool) -> Result<(), String> {
        said(self.store.report(place, report, is_there))
    }

    fn is_over(&self) -> Result<Option<bool>, String> {
        Ok(match said(self.store.standing())? {
            Standing::Running => None,
            Standing::Over(_) => Some(true),
            Standing::Orphaned => Some(false),
        })
    }

    fn pause(&self, duration: Duration) -> Result<(), String> {
        said(self.store.pause(duration))
    }
}

/// Our part in a shared study.
pub struct Part {
    store: Arc<SharedStore>,
    leads: bool,
    pub sharing: Sharing,
}

/// Begins the study, or joins those that make it: it takes their seed then.
///
/// # Errors
/// When the store cannot be used.
pub fn take_part(address: &str, begun: &mut Begun, plan: &Plan, real_clock: bool) -> Result<Part, Failure> {
    let me = format!("{:016x}", rand::rng().next_u64());
    let store = Arc::new(SharedStore::open(address, &identity(begun, plan), &me)?);
    let fresh = Terms { seed: begun.seed, salt: begun.salt, age_seconds: 0.0 };
    let role = store.begin(&fresh)?;
    let leads = matches!(role, Role::Lead(_));
    let (Role::Lead(terms) | Role::Help(terms)) = role;
    (begun.seed, begun.salt) = (terms.seed, terms.salt);
    let mut places = Vec::new();
    if let Some(hosts) = &begun.hosts {
        let outs = std::iter::once(None).chain(hosts.mates.iter().map(|mate| mate.left_out.as_ref()));
        for (name, left_out) in hosts.names().zip(outs) {
            let report = serde_json::to_string(&unmeasured(name, left_out)).unwrap_or_default();
            let place = store.join(0, &report)?;
            if left_out.is_some() {
                store.report(place, &report, false)?;
            }
            places.push(place);
        }
    }
    let mut hosts: Vec<HostReport> = Vec::new();
    for (place, report, _) in store.hosts()? {
        hosts.resize_with(hosts.len().max(place as usize), || unmeasured("another host", None));
        hosts.push(serde_json::from_str(&report).unwrap_or_else(|_| unmeasured("another host", None)));
    }
    let board = Arc::new(OnStore { store: Arc::clone(&store), real_clock });
    Ok(Part { store, leads, sharing: Sharing { board, places, hosts, age_seconds: terms.age_seconds } })
}

/// What a study is about: all that make it together have this alike, and whoever has not makes another one.
fn identity(begun: &Begun, plan: &Plan) -> String {
    let (model, workload) = (&begun.model, &begun.workload);
    let texts: Vec<&str> = workload.files.iter().map(|file| file.text.as_str()).collect();
    let about = serde_json::json!([
        env!("CARGO_PKG_VERSION"),
        model.name,
        model.digest.value,
        plan,
        begun.intensity,
        begun.budget,
        begun.baseline,
        begun.constraints,
        begun.files,
        begun.seed,
        texts,
        workload.batch_chars,
        workload.prompt.text,
    ]);
    Digest::of(about.to_string().as_bytes()).hex().to_owned()
}

/// Makes the study, or helps those that make it; either way with its result.
///
/// # Errors
/// Where helping ends without a result.
pub async fn make(mut setup: Setup<'_>, part: Part, virtual_clock: bool) -> Result<Study, Failure> {
    let Part { store, leads, sharing } = part;
    setup.shared = Some(sharing);
    if leads {
        let study = watched(virtual_clock, async |stop, emit| Box::pin(tune::run(setup, stop, emit)).await).await;
        if study.outcome == Outcome::Interrupted {
            ui::message("to go on with it: the same command; what was measured is in the shared store");
        } else if let Err(error) =
            serde_json::to_string(&study).map_err(anyhow::Error::new).and_then(|text| Ok(store.end(&text)?))
        {
            let what = format!("whoever helped does not get the result: {}", ui::errors::chain(&error).join(": "));
            ui::message(&ui::errors::warning(&what, None));
        }
        return Ok(study);
    }
    ui::message("another ralf-tune makes this study: helping it");
    let (helped, warnings) =
        watched(virtual_clock, async |stop, emit| Box::pin(tune::help(setup, stop, emit)).await).await;
    for warning in &warnings {
        ui::message(&ui::errors::warning(&warning.what, warning.advice.as_deref()));
    }
    let unfit = |what: String, hint: &str| Failure::new(ExitStatus::Unfit, anyhow::anyhow!(what), Some(hint.into()));
    let again = "run it again with the same --store: it goes on with what was measured";
    match helped {
        Err(why) => Err(unfit(format!("the shared store failed: {why}"), again)),
        Ok(None) => {
            let hint = "tune it by itself: the same command without --store";
            Err(unfit("no host here is like those of the study, so it was not helped".into(), hint))
        }
        Ok(Some(_)) => match store.standing()? {
            Standing::Over(result) => serde_json::from_str(&result)
                .map_err(|_| unfit("the result of the study cannot be read".into(), "see it where the study began")),
            Standing::Orphaned => Err(unfit("the ralf-tune that began the study is gone".into(), again)),
            Standing::Running => Err(unfit("the study was left before it was over".into(), again)),
        },
    }
}
