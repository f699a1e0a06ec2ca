//! What can be said of a server, a model, a machine and present settings without measuring. Pure: it takes what was seen.

use crate::{
    model::{
        candidate::Candidate,
        checkup::{Found, Gravity},
        clean::clean,
        learned::Drift,
        machine::{Era, Locality, MachineProfile, ModelProfile, PowerState, ServerProfile, same_model},
        study::{Outcome, Study},
    },
    report::units::bytes,
};

/// Seconds that a server keeps a model loaded when nobody says otherwise.
pub const DEFAULT_KEEP_ALIVE_SECONDS: f64 = 300.0;

/// What a model should stay longer than the longest pause.
const KEEP_ALIVE_MARGIN_SECONDS: f64 = 60.0;

/// Share of the swap in use from which the machine is short of memory.
const MUCH_SWAP: f64 = 0.25;

/// What was seen.
pub struct Seen<'a> {
    pub machine: &'a MachineProfile,
    pub server: &'a ServerProfile,
    pub model: Option<&'a ModelProfile>,
    /// The present settings, and where they stand; none where there is no configuration.
    pub present: Option<(&'a Candidate, &'a str)>,
    /// The newest study of this model on this server.
    pub study: Option<&'a Study>,
    /// Seconds that the server keeps a model which nobody asks, and how that is known; none where only the default is known.
    pub keep_alive: Option<(f64, String)>,
    pub interrupted: bool,
    /// What the requests through the proxy since that study say of it, and the command that tunes for them where they are others.
    pub drift: Option<(&'a Drift, Option<String>)>,
}

/// Everything that is worth saying.
#[must_use]
pub fn examine(seen: &Seen<'_>) -> Vec<Found> {
    let mut found = vec![version(seen.server)];
    found.extend(seen.model.map(|model| Found::good("model", format!("{} is on the server", clean(&model.name)))));
    found.extend(seen.model.and_then(|model| memory(seen, model)));
    found.extend(loaded(seen));
    found.extend(context(seen));
    found.extend(threads(seen));
    found.extend(machine(seen));
    found.extend(keep_alive(seen));
    found.extend(slots(seen));
    found.extend(tuning(seen));
    found.extend(workload(seen));
    if seen.interrupted {
        let mend = "ralf-tune run --resume".to_owned();
        found.push(Found::at(Gravity::Note, "studies", "a study was interrupted and can be gone on with", mend));
    }
    found
}

/// Nothing where nobody asked through the proxy since.
fn workload(seen: &Seen<'_>) -> Option<Found> {
    let (drift, mend) = seen.drift.as_ref()?;
    let what = format!("since the newest study: {}", drift.sentence());
    match drift {
        Drift::Unknown { requests: 0, .. } => None,
        Drift::Unknown { .. } => Some(Found::at(Gravity::Note, "workload", what, None)),
        Drift::Same { .. } => Some(Found::good("workload", what)),
        Drift::Other { .. } => Some(Found::at(Gravity::Warning, "workload", what, mend.clone())),
    }
}

fn version(server: &ServerProfile) -> Found {
    let version = server.version.value.as_deref().unwrap_or("of an unknown version");
    let what = format!("Ollama {} at {}", clean(version), server.host);
    match server.era.value {
        Some(Era::A) => {
            let what = format!("{what} is so old that it counts tokens wrongly when it has some cached");
            Found::at(Gravity::Warning, "server", what, "update Ollama".to_owned())
        }
        _ => Found::good("server", what),
    }
}

/// Only where the machine is the server's, and has no graphics memory of its own to look at.
fn memory(seen: &Seen<'_>, model: &ModelProfile) -> Option<Found> {
    let own = seen.server.locality == Locality::Local && seen.machine.gpus.is_empty();
    let is_loaded = seen.server.loaded_models.iter().any(|loaded| same_model(&loaded.name, &model.name));
    let (size, free) = (model.size_bytes.value?, seen.machine.available_memory_bytes.value?);
    (own && !is_loaded && size > free).then(|| {
        let what = format!("the model has {}, and {} of memory are available", bytes(size), bytes(free));
        Found::at(Gravity::Warning, "memory", what, "a smaller model, or fewer other programs".to_owned())
    })
}

fn loaded(seen: &Seen<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for loaded in &seen.server.loaded_models {
        let name = clean(&loaded.name);
        let ours = seen.model.is_some_and(|model| same_model(&loaded.name, &model.name));
        if loaded.is_spilled() {
            let what = format!(
                "{} of the {} of {name} are in GPU memory",
                bytes(loaded.size_vram_bytes),
                bytes(loaded.size_bytes)
            );
            let mend = "ralf-tune run finds a context that fits".to_owned();
            found.push(Found::at(Gravity::Warning, "memory", what, mend));
        } else if !ours {
            let size =
                loaded.known_size_bytes().map_or_else(String::new, |size| format!(", and takes {}", bytes(size)));
            let what = format!("{name} is loaded as well{size}");
            found.push(Found::at(Gravity::Note, "memory", what, format!("ollama stop {name}")));
        }
    }
    found
}

fn context(seen: &Seen<'_>) -> Option<Found> {
    let ((present, place), trained) = (seen.present?, seen.model?.trained_context.value?);
    Some(if present.num_ctx > trained {
        let what = format!(
            "num_ctx is {}, and the model was trained on {trained}: the server takes {trained}",
            present.num_ctx
        );
        Found::at(
            Gravity::Warning,
            "context",
            what,
            format!("set num_ctx to {trained} in {place}, or run ralf-tune run"),
        )
    } else {
        Found::good("context", format!("num_ctx {} is within the {trained} of the model", present.num_ctx))
    })
}

fn threads(seen: &Seen<'_>) -> Option<Found> {
    if seen.server.locality != Locality::Local {
        return None;
    }
    let (all, usable) = (seen.machine.logical_threads.value?, seen.machine.usable_threads.value?);
    let asked = seen.present.map_or(0, |(present, _)| present.num_thread);
    if asked > usable {
        let what = format!("num_thread is {asked}, and {usable} threads may be used here");
        return Some(Found::at(Gravity::Warning, "threads", what, format!("set num_thread to {usable} or less")));
    }
    (usable < all && asked == 0).then(|| {
        let what = format!("{usable} of {all} threads may be used here; a server under the same limit that sees all of them is many times slower");
        Found::at(Gravity::Note, "threads", what, "ralf-tune run measures it".to_owned())
    })
}

#[expect(clippy::cast_precision_loss, reason = "bytes of memory")]
fn machine(seen: &Seen<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    if seen.server.locality != Locality::Local {
        return found;
    }
    if seen.machine.power.value == Some(PowerState::Battery) {
        let what = "this machine runs on battery, and may be slower than on mains";
        found.push(Found::at(Gravity::Warning, "power", what, "plug it in before you measure".to_owned()));
    }
    if let (Some(total), Some(used)) = (seen.machine.swap_total_bytes.value, seen.machine.swap_used_bytes.value)
        && used as f64 > MUCH_SWAP * total as f64
        && used > 0
    {
        let what = format!("{} of {} of swap are in use: memory is short", bytes(used), bytes(total));
        found.push(Found::at(Gravity::Warning, "memory", what, "close what you do not need".to_owned()));
    }
    found
}

fn keep_alive(seen: &Seen<'_>) -> Option<Found> {
    let (present, place) = seen.present?;
    let longest = present.batch_delay_seconds.max(present.request_delay_seconds);
    if longest <= 0.0 {
        return None;
    }
    let (kept, why) = match &seen.keep_alive {
        Some((seconds, why)) => (*seconds, why.as_str()),
        None => (DEFAULT_KEEP_ALIVE_SECONDS, "the default of servers"),
    };
    let long = if kept.is_finite() { format!("for {kept:.0} s") } else { "for ever".to_owned() };
    Some(if longest >= kept {
        let what = format!("the batch pauses for {longest:.0} s, and a model that nobody asks stays {long} ({why})");
        let mend = format!(
            "a shorter pause in {place}, or a server that is started with OLLAMA_KEEP_ALIVE={:.0}s",
            longest + KEEP_ALIVE_MARGIN_SECONDS
        );
        Found::at(Gravity::Warning, "pauses", what, mend)
    } else {
        Found::good("pauses", format!("at most {longest:.0} s; a model that nobody asks stays {long} ({why})"))
    })
}

fn slots(seen: &Seen<'_>) -> Option<Found> {
    let (present, _) = seen.present?;
    let slots = seen.study?.slots_seen()?.round();
    let asked = f64::from(present.max_concurrent_requests);
    Some(if asked > slots {
        let what = format!("{asked:.0} requests are sent at a time, and the server was seen to work on {slots:.0}");
        let mend = format!(
            "start the server with OLLAMA_NUM_PARALLEL={asked:.0}, if its memory allows that, or send {slots:.0}"
        );
        Found::at(Gravity::Note, "slots", what, mend)
    } else {
        Found::good("slots", format!("{asked:.0} at a time; the server was seen to work on {slots:.0}"))
    })
}

fn tuning(seen: &Seen<'_>) -> Option<Found> {
    let (model, again) = (seen.model?, "ralf-tune run".to_owned());
    let Some(study) = seen.study else {
        let what = format!("{} was not tuned on this server yet", clean(&model.name));
        return Some(Found::at(Gravity::Note, "tuning", what, again));
    };
    let mut differs = Vec::new();
    let mut look = |what: &str, then: Option<&str>, now: Option<&str>| {
        if let (Some(then), Some(now)) = (then, now)
            && then != now
        {
            differs.push(what.to_owned());
        }
    };
    look("model", study.model.digest.value.as_deref(), model.digest.value.as_deref());
    look("version of the server", study.server.version.value.as_deref(), seen.server.version.value.as_deref());
    if seen.server.locality == Locality::Local {
        look("processor", study.machine.cpu_model.value.as_deref(), seen.machine.cpu_model.value.as_deref());
        let gpus =
            |machine: &MachineProfile| machine.gpus.iter().map(|gpu| gpu.name.clone()).collect::<Vec<_>>().join(", ");
        look("GPU", Some(&gpus(&study.machine)), Some(&gpus(seen.machine)));
    }
    if !differs.is_empty() {
        let what = format!("the study of {} was of another {}", study.started_at, differs.join(" and "));
        return Some(Found::at(Gravity::Warning, "tuning", what, again));
    }
    let tuned = study.tuned.as_ref().filter(|_| study.outcome == Outcome::Improved);
    let (Some(tuned), Some((present, _))) = (tuned, seen.present) else {
        return Some(Found::good("tuning", format!("tuned on {}", study.started_at)));
    };
    Some(if tuned.candidate.works_like(present) {
        Found::good("tuning", format!("your settings are those of the study of {}", study.started_at))
    } else {
        let what = format!("your settings are not those of the study of {}", study.started_at);
        Found::at(Gravity::Note, "tuning", what, "ralf-tune apply".to_owned())
    })
}
