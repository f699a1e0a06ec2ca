//! Other clients of the same server. Their requests take the way that ours take: they queue, share slots, and reload.

use std::sync::{Arc, Weak, atomic::Ordering};

use serde_json::json;
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::{Instant, sleep, sleep_until},
};

use super::{
    SimulatedServer,
    convert::span,
    events::{Event, Job},
    lines::Route,
    prepare, prose,
    request::GenerateRequest,
    scenario::{CHANGES_AFTER_SECONDS, OtherClients},
    seed::Dice,
};

/// What another client does.
#[derive(Debug, Clone, Copy)]
enum Habit {
    /// It takes the model as it is loaded.
    Compete,
    /// It wants a context of its own.
    Thrash,
}

/// The context that a thrashing client asks for, and the one it asks for where the first is loaded.
const OTHER_CONTEXTS: (u32, u32) = (2048, 3072);

impl SimulatedServer {
    /// Lets the other clients come, with the first request that loads or generates.
    pub(super) fn let_others_in(self: &Arc<Self>) {
        let others = self.scenario.others;
        if others == OtherClients::default() || self.others_came.swap(true, Ordering::Relaxed) {
            return;
        }
        let OtherClients { competitor_seconds, newcomer_seconds, thrash_seconds } = others;
        for (habit, seconds, after) in [
            (Habit::Compete, competitor_seconds, 0.0),
            (Habit::Compete, newcomer_seconds, CHANGES_AFTER_SECONDS),
            (Habit::Thrash, thrash_seconds, 0.0),
        ] {
            if let Some(seconds) = seconds {
                let comes = self.born + span(after);
                tokio::spawn(live(Arc::downgrade(self), habit, seconds, self.seed, comes));
            }
        }
    }

    /// Sends one request of another client, if a model is loaded. The receiver hears of its end.
    fn ask(self: &Arc<Self>, habit: Habit, dice: &mut Dice) -> Option<UnboundedReceiver<Event>> {
        let arrived = Instant::now();
        let (model, loaded) = self.state().loaded(arrived, |model| self.generates(model))?;
        let facts = self.model(model)?;
        let num_ctx = match habit {
            Habit::Compete => loaded.num_ctx,
            Habit::Thrash if loaded.num_ctx == OTHER_CONTEXTS.0 => OTHER_CONTEXTS.1,
            Habit::Thrash => OTHER_CONTEXTS.0,
        };
        let prompt = prose::words(200 + dice.below(300), dice).concat();
        let options = json!({ "num_ctx": num_ctx, "num_predict": 60 + dice.below(100) });
        let body = json!({ "model": facts.name, "prompt": prompt, "options": options, "stream": false });
        let mut request = GenerateRequest::read(body.to_string().as_bytes()).ok()?;
        let settings = match habit {
            Habit::Compete => loaded,
            Habit::Thrash => {
                request.disregard(&self.scenario.server.ignores);
                request.load_settings(&facts, self.scenario.server.default_context)
            }
        };
        let (model, work) = prepare::prepare(self, &request, Route::Generate).ok()?;
        let (events, received) = unbounded_channel();
        self.submit(Job { model, settings, keep_alive: None, arrived, events, work });
        Some(received)
    }

    fn generates(&self, model: usize) -> bool {
        self.model(model).is_some_and(|model| model.can("completion"))
    }
}

/// The days of another client: it waits about so many seconds, asks, and waits for the answer. The server's end is its end.
async fn live(server: Weak<SimulatedServer>, habit: Habit, seconds: f64, seed: u64, comes: Instant) {
    sleep_until(comes).await;
    for turn in 1.. {
        let mut dice = Dice::new(&[seed, turn, habit as u64, 3]);
        sleep(span(seconds * dice.between(0.75, 1.25))).await;
        let Some(alive) = server.upgrade() else { return };
        let received = alive.ask(habit, &mut dice);
        drop(alive);
        if let Some(mut received) = received {
            while received.recv().await.is_some() {}
        }
    }
}
