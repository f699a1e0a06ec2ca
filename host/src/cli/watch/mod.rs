//! `ralf-tune watch`.

pub mod args;
mod clock;
mod install;
mod notify;
mod retune;
mod tell;
mod visit;

use std::{cell::Cell, net::SocketAddr, rc::Rc};

use rand::Rng;
use tokio::net::{TcpListener, lookup_host};

use super::{
    CommandResult,
    connection::{Connection, connect},
    exit::ExitStatus,
    failure::Failure,
    interrupt::interrupted,
    places, profile,
    run::{present_settings, target},
    session::{self, block_on},
    ui,
};
use crate::{
    model::{
        candidate::LoadKey,
        profile::{Place, Profile},
    },
    settings::{Overrides, Settings},
    simulate::Scenario,
    store::{KeptWatch, WatchStore},
    watch::{Entry, Event, Shown, WatchState, serve},
};
use args::WatchArgs;
use clock::Clock;
use tell::Teller;

/// Visits of a simulation that nobody bounds: two days of one every half hour.
const SIMULATED_PROBES: u64 = 96;

/// What one run of the command works with.
struct Watching<'a> {
    args: &'a WatchArgs,
    settings: Settings,
    env: std::collections::BTreeMap<String, String>,
    scenario: Option<Scenario>,
    profile: Profile,
    connection: Connection,
    store: WatchStore,
    /// The name of what is kept.
    key: String,
    clock: Clock,
    seed: u64,
    /// What the user of a simulated machine has loaded.
    user: Cell<Option<LoadKey>>,
    /// Something is measured anew: it hears itself when somebody wants the end, and leaves the server as it was found.
    measuring: Rc<Cell<bool>>,
    /// Somebody wanted the end meanwhile.
    stopped: bool,
}

/// Watches.
pub fn run(args: &WatchArgs) -> CommandResult {
    let (mut settings, env) = session::settings(&Overrides::from(args))?;
    let store = WatchStore::new(&places::needed_data(&env)?);
    if args.log {
        return tell::show_log(&store, args.json);
    }
    if args.uninstall {
        return install::uninstall(args);
    }
    let scenario = session::scenario(&settings)?;
    let profile = profile::named(&env, &args.profile, settings.model.value.as_deref())?;
    if profile.place.simulated != scenario.is_some() {
        let kind = |simulated| if simulated { "a simulated machine" } else { "a real server" };
        let hint = match profile.study {
            Some(_) if profile.place.simulated => "watch it there: ralf-tune watch --simulate".to_owned(),
            _ => format!("make one there: ralf-tune run{}", if scenario.is_some() { " --simulate" } else { "" }),
        };
        let what = format!("the profile {} is of {}", profile.name, kind(profile.place.simulated));
        return Err(Failure::usage(what, Some(hint)));
    }
    settings.model.value = Some(profile.tuned.model_name.clone());
    let mut teller = Teller::new(args, &profile)?;
    if args.install {
        return install::install(args);
    }
    let present = present_settings(target(&settings, scenario.as_ref()).as_deref())?;
    let virtual_clock = scenario.is_some();
    let seed = settings.seed.value.unwrap_or_else(|| if virtual_clock { 0 } else { rand::rng().next_u64() });
    block_on(virtual_clock, async {
        let connection = connect(&settings, scenario.as_ref(), present.as_ref(), &env, seed)?;
        let key = format!(
            "{} {} {}",
            profile.name,
            profile.tuned.model_name,
            scenario.as_ref().map_or_else(|| connection.address.base_url(), |scenario| scenario.name.clone())
        );
        let clock = Clock::start();
        let shown = Shown::default();
        let metrics = serve_metrics(args, shown.clone()).await?;
        if args.metrics.is_some() {
            teller.show_on(shown);
        }
        let (user, measuring) = (Cell::new(None), Rc::new(Cell::new(false)));
        let is_measuring = Rc::clone(&measuring);
        let mut watching = Watching {
            args,
            settings,
            env,
            scenario,
            profile,
            connection,
            store,
            key,
            clock,
            seed,
            user,
            measuring,
            stopped: false,
        };
        let mut state = watching.kept()?;
        let ended = tokio::select! {
            ended = watching.go(&mut state, &mut teller) => ended,
            ended = metrics => ended,
            () = ended_by_the_user(&is_measuring) => Ok(ExitStatus::Interrupted),
        };
        if matches!(ended, Ok(ExitStatus::Interrupted)) {
            Teller::stop();
        }
        ended
    })?
}

/// Waits until somebody wants the end, and nothing is under way that ends by itself then.
async fn ended_by_the_user(is_measuring: &Cell<bool>) {
    loop {
        interrupted().await;
        if !is_measuring.get() {
            return;
        }
    }
}

/// Listens on this machine only, unless more is allowed. What comes of it serves for ever, or waits for ever where nobody wants metrics.
async fn serve_metrics(args: &WatchArgs, shown: Shown) -> Result<impl Future<Output = CommandResult>, Failure> {
    let listener = match &args.metrics {
        Some(address) => Some(listen_for_metrics(address, args.allow_remote).await?),
        None => None,
    };
    Ok(async move {
        match listener {
            None => std::future::pending().await,
            Some(listener) => match serve(listener, shown).await {
                Err(error) => Err(Failure::new(ExitStatus::Unfit, error, None)),
            },
        }
    })
}

async fn listen_for_metrics(address: &str, allow_remote: bool) -> Result<TcpListener, Failure> {
    let failed = |error: std::io::Error| {
        let is_typed_wrong = error.kind() == std::io::ErrorKind::InvalidInput;
        let status = if is_typed_wrong { ExitStatus::Usage } else { ExitStatus::Unfit };
        let error = anyhow::Error::new(error).context(format!("cannot listen on {address}"));
        Failure::new(status, error, Some("choose another address with --metrics, such as 127.0.0.1:9464".to_owned()))
    };
    let addresses: Vec<SocketAddr> = lookup_host(address).await.map_err(failed)?.collect();
    if addresses.iter().any(|address| !address.ip().to_canonical().is_loopback()) && !allow_remote {
        return Err(Failure::usage(
            format!("{address} can be reached from other machines, and whoever reaches it may read the metrics"),
            Some("listen on 127.0.0.1, or say --allow-remote".into()),
        ));
    }
    let listener = TcpListener::bind(&addresses[..]).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    ui::message(&format!("metrics on http://{address}/metrics"));
    Ok(listener)
}

impl Watching<'_> {
    /// What earlier runs kept, where it is of these settings.
    fn kept(&self) -> Result<WatchState, Failure> {
        let settings = &self.profile.tuned.candidate;
        let state = match self.store.load::<WatchState>(&self.key)? {
            KeptWatch::State(state) if state.schema_version == crate::watch::WATCH_SCHEMA_VERSION => Some(state),
            KeptWatch::Nothing | KeptWatch::State(_) => None,
            KeptWatch::Unusable(aside) => {
                let what = format!("what was kept of earlier probes is damaged, and lies in {}", aside.display());
                ui::message(&ui::errors::warning(&what, Some("the baseline is measured anew")));
                None
            }
        };
        Ok(state.unwrap_or_else(|| WatchState::new(settings.clone())))
    }

    /// Visits the server until there is no more to do.
    async fn go(&mut self, state: &mut WatchState, teller: &mut Teller<'_>) -> CommandResult {
        teller.begin(self, state);
        self.say_if_stale().await;
        let bound = if self.args.once { Some(1) } else { self.args.probes };
        let bound = bound.or(self.scenario.as_ref().map(|_| SIMULATED_PROBES));
        let mut last = ExitStatus::Done;
        for number in 1_u64.. {
            let begun = tokio::time::Instant::now();
            self.look_up_the_profile();
            let events = self.visit(state).await;
            let failed = events.iter().any(|event| matches!(event, Event::Failed { .. }));
            self.told(state, teller, events).await?;
            let decisions = self.mend(state).await?;
            if !decisions.is_empty() {
                self.told(state, teller, decisions).await?;
            }
            if self.stopped {
                return Ok(ExitStatus::Interrupted);
            }
            last = match (&state.alert, failed) {
                (Some(_), _) => ExitStatus::Alert,
                (None, true) => ExitStatus::Server,
                (None, false) => ExitStatus::Done,
            };
            if bound.is_some_and(|bound| number >= bound) {
                break;
            }
            tokio::time::sleep_until(begun + self.args.every).await;
        }
        Ok(last)
    }

    /// A study may have made another profile of that name since.
    fn look_up_the_profile(&mut self) {
        let model = &self.profile.tuned.model_name;
        if let Ok(profile) = profile::named(&self.env, &self.args.profile, Some(model)) {
            self.profile = profile;
        }
    }

    /// Keeps the state before anybody is told: whoever is told may end us.
    async fn told(&self, state: &WatchState, teller: &mut Teller<'_>, events: Vec<Event>) -> Result<(), Failure> {
        self.store.save(&self.key, state)?;
        for event in events {
            let entry = Entry {
                at: self.clock.now(),
                profile: self.profile.name.to_string(),
                model: self.profile.tuned.model_name.clone(),
                event,
            };
            if entry.event.is_for_the_log() {
                self.store.log(&entry)?;
            }
            teller.tell(&entry).await?;
        }
        teller.show(state, self.clock.unix_seconds());
        Ok(())
    }

    /// A profile of another machine, model or version is watched all the same, but not without a word.
    async fn say_if_stale(&self) {
        let Ok(server) = self.connection.server().await else { return };
        let Ok(model) = self.connection.model(&self.settings, None, &server).await else { return };
        let now = Place::of(&self.connection.machine, &server, &model);
        for change in self.profile.place.changes(&now) {
            let again = format!("measure it again: ralf-tune run --model {}", crate::model::clean::clean(&model.name));
            ui::message(&ui::errors::warning(&format!("the profile may be stale: {change}"), Some(&again)));
        }
    }
}
