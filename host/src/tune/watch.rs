//! What `/api/ps` says between trials: whether somebody else uses the server. Takes what was read; reads nothing itself.

use std::{collections::BTreeMap, time::Duration};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::restore::is_for_ever;
use crate::{
    model::{
        clean::clean,
        machine::{LoadedModel, same_model},
    },
    stats::summary::median,
};

/// How far the server's idea of when our model was used last may be from ours, in seconds.
const TOLERANCE: f64 = 1.0;

/// Looks after undisturbed trials that tell what is usual.
const USUAL: usize = 2;

/// What was seen of other clients.
#[derive(Debug, Default)]
pub struct Watch {
    /// The other models that are loaded, and until when.
    others: BTreeMap<String, Option<String>>,
    /// Expiry of our model less our clock, right after a trial: always the same, unless somebody else used it in between.
    offsets: Vec<f64>,
    /// Trials at whose end another client had a request under way, or had just had one.
    pub shared: usize,
    /// Times that our model was gone, or loaded otherwise.
    pub replaced: usize,
    /// Other models that came, or were used.
    pub used: Vec<String>,
}

/// What a look says about the trial before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Our model is as we left it.
    Intact,
    /// It may be that another client uses it: the next look, a moment later, tells.
    Doubtful,
    /// Another client used it during the trial.
    Shared,
    /// Our model is gone, or was loaded otherwise.
    Replaced,
}

impl Watch {
    /// With the models that were loaded before the study: only their use is a sign.
    #[must_use]
    pub fn new(loaded: &[LoadedModel], ours: &str) -> Self {
        let others = loaded.iter().filter(|model| !same_model(&model.name, ours));
        Self { others: others.map(|model| (model.name.clone(), model.expires_at.clone())).collect(), ..Self::default() }
    }

    /// What was seen on several hosts together.
    #[must_use]
    pub fn of_all<'a>(hosts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut all = Self::default();
        for watch in hosts {
            all.shared += watch.shared;
            all.replaced += watch.replaced;
            for name in &watch.used {
                if !all.used.contains(name) {
                    all.used.push(name.clone());
                }
            }
        }
        all
    }

    /// The study was interrupted: its clock and the server's do not go together as before.
    pub fn forget_times(&mut self) {
        self.offsets.clear();
    }

    /// Looks at other models. Of one that is loaded for ever the server says an end that moves with its own clock, and so nothing of its use.
    pub fn see_others(&mut self, loaded: &[LoadedModel], ours: &str) {
        for model in loaded.iter().filter(|model| !same_model(&model.name, ours)) {
            let known = self.others.insert(model.name.clone(), model.expires_at.clone());
            let name = clean(&model.name);
            let is_used = known.is_none_or(|until| {
                until != model.expires_at
                    && !(stays_for_ever(until.as_deref()) && stays_for_ever(model.expires_at.as_deref()))
            });
            if is_used && !self.used.contains(&name) {
                self.used.push(name);
            }
        }
    }

    /// Looks at our model after a trial. `asked` is the context that it had after our load, `now` our clock at the end of the trial's last
    /// request, when all of them ended well, and by how many
    /// seconds the server's may be another. With `sure`, there is no doubt left to be cleared.
    pub fn see_ours(
        &mut self,
        model: Option<&LoadedModel>,
        asked: Option<u32>,
        now: Option<(Duration, f64)>,
        sure: bool,
    ) -> Look {
        let Some(model) = model.filter(|model| model.context_length == asked) else {
            // After a failure the server itself may have dropped it.
            self.replaced += usize::from(now.is_some());
            return Look::Replaced;
        };
        let expiry = model.expires_at.as_deref().and_then(read);
        let (Some(expiry), Some((now, slack))) = (expiry, now) else { return Look::Intact };
        let offset = (expiry - OffsetDateTime::UNIX_EPOCH).as_seconds_f64() - now.as_secs_f64();
        let usual = (self.offsets.len() >= USUAL).then(|| median(&self.offsets));
        let differs = usual.is_some_and(|usual| (offset - usual).abs() > TOLERANCE + slack);
        if differs && !sure {
            return Look::Doubtful;
        }
        self.offsets.push(offset);
        self.shared += usize::from(differs);
        if differs { Look::Shared } else { Look::Intact }
    }
}

fn read(expires_at: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(expires_at, &Rfc3339).ok()
}

fn stays_for_ever(expires_at: Option<&str>) -> bool {
    expires_at.and_then(read).is_some_and(is_for_ever)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "ours:latest";
    const THEIRS: &str = "theirs:latest";

    fn loaded(name: &str, expires_at: Option<&str>) -> LoadedModel {
        LoadedModel {
            name: name.to_owned(),
            digest: String::new(),
            size_bytes: 1,
            size_vram_bytes: 0,
            context_length: Some(4096),
            expires_at: expires_at.map(str::to_owned),
        }
    }

    /// The other models that were used, when theirs is said to expire then before the study, and then at each look.
    fn used(before: &[Option<&str>], looks: &[Option<&str>]) -> Vec<String> {
        let models = |expiries: &[Option<&str>]| -> Vec<LoadedModel> {
            let theirs = expiries.iter().map(|expires_at| loaded(THEIRS, *expires_at));
            theirs.chain([loaded(OURS, Some("2026-01-05T10:05:00Z"))]).collect()
        };
        let mut watch = Watch::new(&models(before), "ours");
        for look in looks {
            watch.see_others(&models(&[*look]), "ours");
        }
        watch.used
    }

    const AT_FIRST: Option<&str> = Some("2026-01-05T10:05:00Z");
    const LATER: Option<&str> = Some("2026-01-05T10:06:30Z");
    /// 292 years from a look, and from the next.
    const EVER: Option<&str> = Some("2318-04-17T09:47:16.854775807+01:00");
    const AND_EVER: Option<&str> = Some("2318-04-17T09:47:18.1+01:00");

    #[test]
    fn the_use_of_another_model_moves_its_end() {
        assert_eq!(used(&[AT_FIRST], &[AT_FIRST, AT_FIRST]), [""; 0], "nobody used it");
        assert_eq!(used(&[AT_FIRST], &[AT_FIRST, LATER, LATER]), [THEIRS]);
        assert_eq!(used(&[], &[AT_FIRST, LATER]), [THEIRS], "it came, and is named once");
        assert_eq!(used(&[None], &[None]), [""; 0], "the server does not say");
    }

    #[test]
    fn a_model_that_is_loaded_for_ever_is_not_used_by_being_there() {
        assert_eq!(used(&[EVER], &[EVER, AND_EVER, EVER]), [""; 0]);
        assert_eq!(used(&[], &[EVER, AND_EVER]), [THEIRS], "it came");
        // Somebody asked for it with another keep-alive.
        assert_eq!(used(&[EVER], &[LATER]), [THEIRS]);
        assert_eq!(used(&[AT_FIRST], &[EVER]), [THEIRS]);
    }
}
