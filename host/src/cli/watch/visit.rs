//! One visit: a probe, or the reason why there is none.

use super::Watching;
use crate::{
    cli::{connection::Connection, failure::Failure, lock, ui},
    model::machine::{Locality, ModelProfile, ServerProfile},
    ollama::request::{KeepAlive, LoadRequest},
    profile::{cpu, heat::heat, power},
    store::StoreError,
    tune::probing::{Probed, Probing, probe, tokens},
    watch::{Event, Measured, Point, Skip, Surroundings, WatchState},
};

/// How long a simulated user keeps the model: as somebody who works with it all day.
const SIMULATED_STAY: u32 = 30 * 24 * 3600;

impl Watching<'_> {
    /// Makes a probe where that disturbs nobody.
    pub(super) async fn visit(&self, state: &mut WatchState) -> Vec<Event> {
        let settings = &self.profile.tuned.candidate;
        let mut events = Vec::new();
        if !state.settings.works_like(settings) {
            state.begin_anew(settings.clone());
            events.push(Event::Begun { why: "the profile has other settings".to_owned() });
        } else if state.probes == 0 && state.skipped.is_empty() {
            events.push(Event::Begun { why: "nothing was measured before".to_owned() });
        }
        let needed = tokens(settings);
        let left = state.tokens_left(&self.clock.today(), self.args.tokens_per_day);
        if left < needed {
            let said = format!("a probe takes about {needed} tokens, and {left} are left today");
            events.push(state.skip(Skip::Budget, said, 0));
            return events;
        }
        if state.loaded_again_today() {
            let said = "somebody loads the model with another num_thread or num_batch, and a probe had it loaded again today: the next one comes tomorrow";
            events.push(state.skip(Skip::LoadedOtherwise, said.to_owned(), 0));
            return events;
        }
        let held = lock::take(&self.env, &self.connection);
        let _lock = match held {
            Ok(lock) => lock,
            Err(failure) => {
                let said = ui::errors::chain(&failure.error).join(": ");
                let is_held = matches!(failure.error.downcast_ref(), Some(StoreError::Busy { .. }));
                events.push(if is_held { state.skip(Skip::Held, said, 0) } else { state.fail(said) });
                return events;
            }
        };
        match self.asked(state).await {
            Ok((probed, spent, now)) => events.extend(self.taken(state, probed, spent, now)),
            Err(failure) => events.push(state.fail(ui::errors::chain(&failure.error).join(": "))),
        }
        events
    }

    async fn asked(&self, state: &WatchState) -> Result<(Probed, u64, Surroundings), Failure> {
        let server = self.connection.server().await?;
        let model = self.connection.model(&self.settings, None, &server).await?;
        if self.scenario.is_some() {
            self.play_the_user(&server, &model).await;
        }
        let setup = Probing {
            client: &self.connection.client,
            server: &server,
            model: &model,
            settings: &self.profile.tuned.candidate,
            now: self.clock.moment(),
            usual_feeler_ms: state.usual_feeler_ms(),
            seed: self.seed,
            salt: state.probes + state.skipped.iter().map(|(_, times)| times).sum::<u64>() + 1,
        };
        let is_here = server.locality == Locality::Local;
        let before = is_here.then(heat);
        let (probed, spent) = probe(&setup).await;
        let signs = before.map(|before| heat().since(&before)).unwrap_or_default();
        Ok((probed, spent, Surroundings { heat: signs, ..surroundings(&self.connection, &server, &model) }))
    }

    /// On a simulated machine nobody works: somebody loads the model as the profile has it, as a batch would.
    async fn play_the_user(&self, server: &ServerProfile, model: &ModelProfile) {
        let settings = &self.profile.tuned.candidate;
        let key = settings.load_key();
        let is_loaded = server.loaded_models.iter().any(|loaded| loaded.name == model.name);
        let before = self.user.replace(Some(key));
        if is_loaded && before == Some(key) {
            return;
        }
        let keep_alive = Some(KeepAlive::seconds(SIMULATED_STAY));
        let request = LoadRequest { keep_alive, ..LoadRequest::new(&model.name, key) };
        // Whether it worked shows in the probe.
        let _ = self.connection.client.load(&request).await;
        let first = Probing {
            client: &self.connection.client,
            server,
            model,
            settings,
            now: self.clock.moment(),
            usual_feeler_ms: None,
            seed: self.seed,
            salt: 0,
        };
        let _ = probe(&first).await;
    }

    fn taken(&self, state: &mut WatchState, probed: Probed, spent: u64, mut now: Surroundings) -> Vec<Event> {
        let probe = match probed {
            Probed::Done(probe) => probe,
            Probed::Failed(said) => {
                state.tokens_today += spent;
                return vec![state.fail(said)];
            }
            other => {
                let (why, said) = reason(&other, self.profile.tuned.candidate.num_ctx);
                return vec![state.skip(why, said, spent)];
            }
        };
        now.gpu_share = probe.gpu_share;
        now.slots = probe.slots;
        state.take(Measured {
            point: Point {
                shared: probe.other_models,
                hot: !now.heat.is_empty(),
                ..Point::new(self.clock.now(), [probe.read_ms, probe.write_ms, probe.load_ms, probe.way_ms])
            },
            read_tokens_per_second: probe.read_tokens_per_second,
            write_tokens_per_second: probe.write_tokens_per_second,
            tokens: spent,
            feeler_ms: probe.feeler_ms,
            now,
        })
    }
}

/// Why there is no probe, in words.
fn reason(probed: &Probed, num_ctx: u32) -> (Skip, String) {
    match probed {
        Probed::NotLoaded => (Skip::NotLoaded, "the model is not loaded, and is not loaded for a probe".to_owned()),
        Probed::OtherContext(Some(context)) => (
            Skip::OtherContext,
            format!(
                "it is loaded with a context of {context}, and the profile has {num_ctx}: a probe would load it again"
            ),
        ),
        Probed::OtherContext(None) => {
            (Skip::OtherContext, "the server does not say with which context it is loaded".to_owned())
        }
        Probed::Busy(why) => (Skip::Busy, (*why).to_owned()),
        Probed::LoadedOtherwise => (
            Skip::LoadedOtherwise,
            "a probe had the model loaded again: num_thread or num_batch were not those of the profile".to_owned(),
        ),
        Probed::Disturbed | Probed::Failed(_) | Probed::Done(_) => {
            (Skip::Disturbed, "others used the server during the probe".to_owned())
        }
    }
}

/// What is known besides times. The machine is the server's only where the server is on it.
fn surroundings(connection: &Connection, server: &ServerProfile, model: &ModelProfile) -> Surroundings {
    let (usable_threads, power) = match server.locality {
        Locality::Local => (cpu::cpu().usable_threads.value, power::power().value),
        Locality::Simulated => (connection.machine.usable_threads.value, connection.machine.power.value),
        Locality::Remote => (None, None),
    };
    Surroundings {
        model_digest: model.digest.value.clone(),
        server_version: server.version.value.clone(),
        usable_threads,
        power,
        ..Surroundings::default()
    }
}
