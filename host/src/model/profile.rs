//! Profiles: settings under a name, with what they were found on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    kept::{StudyId, is_simulated},
    machine::{Locality, MachineProfile, ModelProfile, ServerProfile},
    metric::Estimate,
    selection::TunedConfig,
    study::Study,
};

/// Version of the JSON form of [`Profile`]. It grows when a field changes its meaning or goes away.
pub const PROFILE_SCHEMA_VERSION: u32 = 1;

/// The profiles that every study makes: each is what the selector of that name picks. Nobody else's may be called so.
pub const STUDIED: [&str; 3] = ["fast", "balanced", "quality"];

/// Characters of a name at most.
const LONGEST_NAME: usize = 40;

/// How far the speed of settings is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// They are what the user has.
    Present,
    /// Compared with the present settings on the same files, and faster.
    Proven,
    /// Measured, and not compared: nobody knows for certain that they are faster.
    Estimated,
    /// The user says so.
    OwnWord,
}

/// What one selector picks among the candidates of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StudyProfile {
    /// Also the selector's name.
    pub name: String,
    /// The candidate's number.
    pub winner: u32,
    /// The settings.
    pub tuned: TunedConfig,
    /// How far their speed is known.
    pub standing: Standing,
}

/// What settings were found on. What nobody could tell is `None`, and says nothing against another place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Place {
    /// Digest of the model.
    pub model_digest: Option<String>,
    /// Version of the server.
    pub server_version: Option<String>,
    /// Whether the machine does not exist.
    pub simulated: bool,
    /// Of a server elsewhere, whose hardware is unknown.
    pub remote_host: Option<String>,
    /// Processor of a server on this machine.
    pub cpu_model: Option<String>,
    /// Threads that could be used.
    pub usable_threads: Option<u32>,
    /// Memory, in bytes.
    pub total_memory_bytes: Option<u64>,
    /// Names of graphics processors.
    pub gpus: Vec<String>,
}

impl Place {
    /// The place of a server and a model as they were found.
    #[must_use]
    pub fn of(machine: &MachineProfile, server: &ServerProfile, model: &ModelProfile) -> Self {
        let is_remote = server.locality == Locality::Remote;
        // The hardware of a server elsewhere is not this machine's.
        let is_here = (!is_remote).then_some(());
        Self {
            model_digest: model.digest.value.clone(),
            server_version: server.version.value.clone(),
            simulated: server.locality == Locality::Simulated,
            remote_host: is_remote.then(|| server.host.clone()),
            cpu_model: is_here.and(machine.cpu_model.value.clone()),
            usable_threads: is_here.and(machine.usable_threads.value),
            total_memory_bytes: is_here.and(machine.total_memory_bytes.value),
            gpus: machine.gpus.iter().filter(|_| !is_remote).map(|gpu| gpu.name.clone()).collect(),
        }
    }

    /// Processor, memory and GPUs in one phrase; `None` where nobody knows them.
    #[must_use]
    pub fn hardware(&self) -> Option<String> {
        let memory = self.total_memory_bytes.map(|bytes| format!("{} GiB", bytes.div_ceil(1 << 30)));
        let parts: Vec<String> = self.cpu_model.iter().cloned().chain(memory).chain(self.gpus.clone()).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// What is other now than when the settings were found, each as a phrase.
    #[must_use]
    pub fn changes(&self, now: &Self) -> Vec<String> {
        fn differ<T: PartialEq>(then: Option<&T>, now: Option<&T>) -> bool {
            matches!((then, now), (Some(then), Some(now)) if then != now)
        }
        let mut changes = Vec::new();
        if self.simulated != now.simulated {
            let kind = |simulated| if simulated { "a simulated machine" } else { "a real one" };
            changes.push(format!("it was found on {}, and this is {}", kind(self.simulated), kind(now.simulated)));
        }
        if differ(self.model_digest.as_ref(), now.model_digest.as_ref()) {
            changes.push("the model is another one under the same name (its digest differs)".to_owned());
        }
        if let (Some(then), Some(now)) = (&self.server_version, &now.server_version)
            && then != now
        {
            changes.push(format!("the server was version {then}, and is {now}"));
        }
        if self.remote_host != now.remote_host {
            let name = |host: &Option<String>| host.clone().unwrap_or_else(|| "this machine".to_owned());
            changes.push(format!(
                "the server was on {}, and is on {}",
                name(&self.remote_host),
                name(&now.remote_host)
            ));
        } else if differ(self.cpu_model.as_ref(), now.cpu_model.as_ref())
            || differ(self.total_memory_bytes.as_ref(), now.total_memory_bytes.as_ref())
            || self.gpus != now.gpus
        {
            let of = |place: &Self| place.hardware().unwrap_or_else(|| "unknown".to_owned());
            changes.push(match (of(self), of(now)) {
                (then, now) if then == now => "the hardware is another one".to_owned(),
                (then, now) => format!("the hardware is another one: it was {then}, and is {now}"),
            });
        }
        if let (Some(then), Some(now)) = (self.usable_threads, now.usable_threads)
            && then != now
        {
            changes.push(format!("{then} threads could be used, and now {now}"));
        }
        changes
    }
}

/// Settings under a name, as they are kept. Name and model together are unique.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Profile {
    /// Version of this form: [`PROFILE_SCHEMA_VERSION`] when it was written.
    pub schema_version: u32,
    /// Release of `ralf-tune` that made it.
    pub tool_version: String,
    /// Its name.
    pub name: ProfileName,
    /// The study that they come from; `None` for those of a configuration.
    pub study: Option<StudyId>,
    /// Who chose them in it; `None` where the study's own pick was taken.
    pub selector: Option<String>,
    /// What it was found on.
    pub place: Place,
    /// The settings.
    pub tuned: TunedConfig,
    /// How far their speed is known.
    pub standing: Standing,
    /// Notes per minute over the user's files then.
    pub notes_per_minute: Option<Estimate>,
    /// Mean score, 0 to 1.
    pub quality: Option<Estimate>,
    /// Share of the source that reaches the model.
    pub source_share: Option<f64>,
    /// What the loaded model took at most, in bytes.
    pub peak_memory_bytes: Option<f64>,
}

impl Profile {
    /// A profile of settings that were a candidate of a study.
    #[must_use]
    pub fn of(
        name: ProfileName,
        study: (&Study, &StudyId),
        selector: Option<&str>,
        (tuned, standing): (&TunedConfig, Standing),
    ) -> Self {
        let (study, id) = study;
        let measured = study.candidates.iter().find(|one| one.candidate.works_like(&tuned.candidate));
        Self {
            schema_version: PROFILE_SCHEMA_VERSION,
            tool_version: study.tool_version.clone(),
            name,
            study: Some(id.clone()),
            selector: selector.map(str::to_owned),
            place: Place { simulated: is_simulated(study), ..Place::of(&study.machine, &study.server, &study.model) },
            tuned: tuned.clone(),
            standing,
            notes_per_minute: measured.and_then(|one| one.notes_per_minute),
            quality: measured.and_then(|one| one.quality),
            source_share: measured.map(|one| one.source_share),
            peak_memory_bytes: measured.and_then(|one| one.peak_memory_bytes),
        }
    }
}

/// The name of a profile: small letters, digits, `-`, `_` and `.`, and no path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct ProfileName(String);

/// A name that no profile can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a profile cannot be called `{0}`: a name has small letters, digits, `-`, `_` and `.`, begins with a letter or digit, and is at most {LONGEST_NAME} long"
)]
pub struct BadName(String);

impl ProfileName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether studies write it.
    #[must_use]
    pub fn is_studied(&self) -> bool {
        STUDIED.contains(&self.as_str())
    }
}

impl TryFrom<String> for ProfileName {
    type Error = BadName;

    fn try_from(name: String) -> Result<Self, BadName> {
        let is_good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        let begins_well = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if begins_well && name.len() <= LONGEST_NAME && name.bytes().all(is_good) {
            Ok(Self(name))
        } else {
            Err(BadName(name))
        }
    }
}

impl std::str::FromStr for ProfileName {
    type Err = BadName;

    fn from_str(name: &str) -> Result<Self, BadName> {
        Self::try_from(name.to_owned())
    }
}

impl From<ProfileName> for String {
    fn from(name: ProfileName) -> Self {
        name.0
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_paths() {
        for name in ["night", "2a7f", "my-own_1.5"] {
            assert_eq!(name.parse::<ProfileName>().map(String::from).as_deref(), Ok(name));
        }
        for name in ["", ".", "..", "../x", "a/b", "Night", "-x", "a b", "\u{e9}", &"a".repeat(41)] {
            assert!(name.parse::<ProfileName>().is_err(), "{name}");
        }
    }

    fn place() -> Place {
        Place {
            model_digest: Some("a".into()),
            server_version: Some("0.32.1".into()),
            simulated: false,
            remote_host: None,
            cpu_model: Some("x".into()),
            usable_threads: Some(8),
            total_memory_bytes: Some(1 << 34),
            gpus: vec![],
        }
    }

    #[test]
    fn what_is_unknown_speaks_against_nothing() {
        let then = place();
        assert!(then.changes(&then).is_empty());
        let unknown =
            Place { model_digest: None, server_version: None, cpu_model: None, usable_threads: None, ..place() };
        assert!(then.changes(&unknown).is_empty() && unknown.changes(&then).is_empty());
    }

    #[test]
    fn every_change_is_named() {
        let then = place();
        let cases = [
            (Place { model_digest: Some("b".into()), ..place() }, "digest"),
            (Place { server_version: Some("0.33.0".into()), ..place() }, "0.33.0"),
            (Place { remote_host: Some("http://b:1".into()), ..place() }, "http://b:1"),
            (Place { gpus: vec!["new".into()], ..place() }, "hardware"),
            (Place { usable_threads: Some(4), ..place() }, "now 4"),
            (Place { simulated: true, ..place() }, "simulated"),
        ];
        for (now, named) in cases {
            let changes = then.changes(&now);
            assert!(changes.len() == 1 && changes[0].contains(named), "{changes:?}");
        }
    }
}
