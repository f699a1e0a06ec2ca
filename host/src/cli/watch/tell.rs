//! Who is told what: standard output, in words or as JSON.

use super::{Watching, args::WatchArgs, notify::notify};
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, ui},
    model::{clean::clean, metric::Estimate, profile::Profile},
    store::WatchStore,
    watch::{AlertKind, BASELINE_PROBES, Cause, Entry, Event, Shown, WatchState, Webhook, metrics},
};

/// Everybody who is told.
pub struct Teller<'a> {
    args: &'a WatchArgs,
    names: (String, String),
    webhook: Option<Webhook>,
    shown: Option<Shown>,
    /// What the desktop has nothing for is said once.
    speechless: bool,
}

impl<'a> Teller<'a> {
    pub fn new(args: &'a WatchArgs, profile: &Profile) -> Result<Self, Failure> {
        let webhook = args.webhook.as_deref().map(Webhook::new).transpose().map_err(|error| {
            let hint = error.hint();
            Failure::new(ExitStatus::Usage, error, hint)
        })?;
        let names = (profile.name.to_string(), profile.tuned.model_name.clone());
        Ok(Self { args, names, webhook, shown: None, speechless: false })
    }

    /// Shows metrics from now on.
    pub fn show_on(&mut self, shown: Shown) {
        self.shown = Some(shown);
    }

    /// What is watched, and how.
    pub fn begin(&self, watching: &Watching<'_>, state: &WatchState) {
        if self.args.json || self.args.once {
            return;
        }
        let place = match &watching.scenario {
            Some(scenario) => format!("the simulated machine {}", scenario.name),
            None => watching.connection.address.base_url(),
        };
        let known = state.series.level().probes();
        let baseline = match (state.baseline, known) {
            (Some(_), _) => "the baseline is measured".to_owned(),
            (None, 0) => format!("the first {BASELINE_PROBES} probes measure the baseline"),
            (None, probes) => format!("the baseline is of {probes} probes, and grows with each that shows no change"),
        };
        ui::message(&format!(
            "watching {}, profile {}, on {place}; at most {} tokens a day\n{baseline}",
            clean(&watching.profile.tuned.model_name),
            watching.profile.name,
            self.args.tokens_per_day,
        ));
    }

    /// Tells everybody.
    pub async fn tell(&mut self, entry: &Entry) -> Result<(), Failure> {
        if self.args.json {
            let line = serde_json::to_string(entry).map_err(|error| Failure::new(ExitStatus::Internal, error, None))?;
            ui::data(&format!("{line}\n"))?;
        } else {
            ui::data(&format!("{}\n", line(entry)))?;
        }
        if !entry.event.is_for_people() {
            return Ok(());
        }
        if let Some(webhook) = &self.webhook
            && let Err(why) = sent(webhook.clone(), entry.clone()).await
        {
            let what = format!("the webhook did not hear of it: {why}");
            ui::message(&ui::errors::warning(&what, None));
        }
        if self.args.notify {
            let (word, said) = words(&entry.event);
            let title = format!("ralf-tune: {} {word}", clean(&entry.model));
            let said = clean(&said);
            if !aside(async move { notify(&title, &said).await }).await.unwrap_or(false)
                && !std::mem::replace(&mut self.speechless, true)
            {
                let advice = Some("on Linux, notify-send shows them (package libnotify-bin), where a desktop runs");
                ui::message(&ui::errors::warning("nothing shows messages on a desktop here", advice));
            }
        }
        Ok(())
    }

    /// Shows how it stands.
    pub fn show(&self, state: &WatchState, now: f64) {
        if let Some(shown) = &self.shown {
            let (profile, model) = &self.names;
            shown.set(metrics::render(state, (profile, model), now));
        }
    }

    /// The end, because somebody wants it.
    pub fn stop() {
        ui::message("stopped; what was measured is kept, and the next run goes on with it");
    }
}

/// Sends an entry.
async fn sent(webhook: Webhook, entry: Entry) -> Result<(), String> {
    aside(async move { webhook.send(&entry).await }).await.unwrap_or_else(|| Err("it could not be tried".to_owned()))
}

/// Does something on the real clock, also while a simulation's jumps.
async fn aside<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        Some(runtime.block_on(work))
    };
    tokio::task::spawn_blocking(run).await.ok().flatten()
}

/// Shows the audit log.
pub fn show_log(store: &WatchStore, json: bool) -> CommandResult {
    let entries = store.logged::<Entry>()?;
    if entries.is_empty() {
        ui::message("nothing is in the log yet: ralf-tune watch writes each change and each decision there");
    }
    for entry in &entries {
        let text = if json {
            serde_json::to_string(entry).map_err(|error| Failure::new(ExitStatus::Internal, error, None))?
        } else {
            line(entry)
        };
        ui::data(&format!("{text}\n"))?;
    }
    Ok(ExitStatus::Done)
}

/// One line for people.
pub fn line(entry: &Entry) -> String {
    let (word, said) = words(&entry.event);
    // What the server or a file says is text of others.
    format!("{}  {word:<9} {}", entry.at, clean(&said))
}

/// A word, and what there is to say.
pub fn words(event: &Event) -> (&'static str, String) {
    match event {
        Event::Begun { why } => ("begun", format!("the baseline begins: {why}")),
        Event::Probe { times, read_tokens_per_second, write_tokens_per_second, baseline, .. } => {
            let rates =
                format!("reads {read_tokens_per_second:.0}, writes {write_tokens_per_second:.1} tokens a second");
            match times {
                Some(times) => ("probe", format!("{times:.2} times the baseline; {rates}")),
                None => ("probe", format!("baseline, {baseline} of {BASELINE_PROBES}; {rates}")),
            }
        }
        Event::Skipped { said, .. } => ("skipped", said.clone()),
        Event::Failed { said } => ("failed", said.clone()),
        Event::Noticed { what } => ("noticed", what.clone()),
        Event::Alert { kind: AlertKind::Slower, since, times, causes } => (
            "ALERT",
            format!("slower since {since}: {}; {}", times.as_ref().map_or_else(String::new, interval), reasons(causes)),
        ),
        Event::Alert { kind: AlertKind::FewerSlots, since, causes, .. } => {
            ("ALERT", format!("fewer requests at once since {since}; {}", reasons(causes)))
        }
        Event::Changed { since, times } => {
            ("changed", format!("since {since}: {}, which is no reason for an alert", interval(times)))
        }
        Event::Recovered { since } => ("recovered", format!("as before since {since}")),
        Event::NotRetuned { why } => ("kept", why.clone()),
        Event::Retuned { knobs, requests, seconds, seconds_of_the_study, outcome, applied, .. } => {
            let of = seconds_of_the_study.map_or_else(String::new, |all| format!(" of the {all:.0} s of its study"));
            let applied =
                if applied.is_empty() { String::new() } else { format!("; written to {}", applied.join(", ")) };
            (
                "retuned",
                format!(
                    "{} measured anew in {seconds:.0} s{of}, with {requests} requests: {outcome}{applied}",
                    knobs.join(" and ")
                ),
            )
        }
        Event::Confirmed { probes } => ("confirmed", format!("{probes} probes agree with the new settings")),
        Event::RolledBack { times, probes, files } => (
            "ROLLBACK",
            format!(
                "{probes} probes take {times:.2} times as long as before: the previous settings are back{}",
                if files.is_empty() { String::new() } else { format!(" in {}", files.join(", ")) }
            ),
        ),
    }
}

fn interval(times: &Estimate) -> String {
    format!("{:.2} times the baseline ({:.2} to {:.2})", times.value, times.interval.low, times.interval.high)
}

fn reasons(causes: &[Cause]) -> String {
    let each: Vec<String> =
        causes.iter().map(|cause| format!("{} ({})", cause.kind.meaning(), cause.because)).collect();
    each.join("; ")
}
