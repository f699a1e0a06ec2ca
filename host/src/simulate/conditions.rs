//! Conditions: what may stand behind a scenario's name to make its machine a harder one.
//!
//! `mid-range:noise=0.15,throttle` is the mid-range machine, noisy and hot. A condition only changes the scenario's data; what it does
//! happens where the server looks at that data.

use std::ops::RangeInclusive;

use super::{
    convert::whole,
    memory::gib,
    presets,
    scenario::{Faults, IgnoredOption, Machine, Scenario},
};
use crate::model::nearest::nearest;

/// Something that makes a machine harder to examine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Noise,
    HeavyTails,
    Throttle,
    Drift,
    Competitor,
    Thrash,
    ColdFiles,
    Ignores,
    Slots,
    Faults,
    Stalls,
    Dip,
    Contention,
    Quota,
    HiddenQuota,
    BestBatch,
    Trained,
    LostMiddle,
    TemperatureTrap,
    NoFormat,
    Lottery,
    Slowdown,
    Fading,
    Upgrade,
    Newcomer,
    Squeeze,
    Slower,
}

/// A number behind a condition.
struct Number {
    /// The value when none is written; `None`: one must be.
    usual: Option<f64>,
    allowed: RangeInclusive<f64>,
}

/// What is wrong with the name of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    #[error("there is no scenario `{name}`")]
    UnknownScenario { name: String, nearest: Option<String> },
    #[error("there is no condition `{name}` of scenarios")]
    UnknownCondition { name: String, nearest: Option<Condition> },
    #[error("a condition is missing in `{name}`")]
    EmptyCondition { name: String },
    #[error("the condition `{}` stands twice in `{name}`", .condition.name())]
    Twice { condition: Condition, name: String },
    #[error("the condition `{}` wants {}, not {given}", .condition.name(), .condition.wants())]
    WrongValue { condition: Condition, given: String },
}

impl ScenarioError {
    /// What to type instead.
    #[must_use]
    pub fn hint(&self) -> String {
        let known = || format!("conditions are {}", Condition::ALL.map(Condition::form).join(", "));
        match self {
            Self::UnknownScenario { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::UnknownScenario { nearest: None, .. } => format!("known are {}", Scenario::NAMES.join(", ")),
            Self::UnknownCondition { nearest: Some(nearest), .. } => format!("did you mean `{}`?", nearest.form()),
            Self::UnknownCondition { nearest: None, .. } | Self::EmptyCondition { .. } => known(),
            Self::Twice { .. } => "write it once".to_owned(),
            Self::WrongValue { condition, .. } => format!("for example: mid-range:{}", condition.example()),
        }
    }
}

/// The scenario of a name, conditions included.
pub(super) fn scenario(name: &str) -> Result<Scenario, ScenarioError> {
    let (machine, conditions) = match name.split_once(':') {
        Some((machine, conditions)) => (machine, Some(conditions)),
        None => (name, None),
    };
    let mut scenario = presets::named(machine).ok_or_else(|| ScenarioError::UnknownScenario {
        name: machine.to_owned(),
        nearest: nearest(machine, Scenario::NAMES).map(|meant| meant + name.strip_prefix(machine).unwrap_or_default()),
    })?;
    let Some(conditions) = conditions else { return Ok(scenario) };
    let mut seen = Vec::new();
    for written in conditions.split(',') {
        let condition = Condition::add(written, name, &mut scenario)?;
        if seen.contains(&condition) {
            return Err(ScenarioError::Twice { condition, name: name.to_owned() });
        }
        seen.push(condition);
    }
    name.clone_into(&mut scenario.name);
    scenario.summary = format!("{}; {conditions}", scenario.summary);
    Ok(scenario)
}

impl Condition {
    /// Every one, as documented.
    pub const ALL: [Self; 27] = [
        Self::Noise,
        Self::HeavyTails,
        Self::Throttle,
        Self::Drift,
        Self::Competitor,
        Self::Thrash,
        Self::ColdFiles,
        Self::Ignores,
        Self::Slots,
        Self::Faults,
        Self::Stalls,
        Self::Dip,
        Self::Contention,
        Self::Quota,
        Self::HiddenQuota,
        Self::BestBatch,
        Self::Trained,
        Self::LostMiddle,
        Self::TemperatureTrap,
        Self::NoFormat,
        Self::Lottery,
        Self::Slowdown,
        Self::Fading,
        Self::Upgrade,
        Self::Newcomer,
        Self::Squeeze,
        Self::Slower,
    ];

    /// How it is written; what stands in brackets may be left out.
    #[must_use]
    pub const fn form(self) -> &'static str {
        match self {
            Self::Noise => "noise=SIGMA",
            Self::HeavyTails => "heavy-tails[=SHARE]",
            Self::Throttle => "throttle[=SHARE]",
            Self::Drift => "drift=SHARE",
            Self::Competitor => "competitor[=SECONDS]",
            Self::Thrash => "thrash[=SECONDS]",
            Self::ColdFiles => "cold-files",
            Self::Ignores => "ignores=NAME[+NAME]",
            Self::Slots => "slots=N",
            Self::Faults => "faults=SHARE",
            Self::Stalls => "stalls=SHARE",
            Self::Dip => "dip[=TIMES]",
            Self::Contention => "contention[=SHARE]",
            Self::Quota => "quota=N",
            Self::HiddenQuota => "hidden-quota=N",
            Self::BestBatch => "best-batch=N",
            Self::Trained => "trained=TOKENS",
            Self::LostMiddle => "lost-middle[=TOKENS]",
            Self::TemperatureTrap => "temperature-trap[=BELOW]",
            Self::NoFormat => "no-format",
            Self::Lottery => "lottery=NUMBER",
            Self::Slowdown => "slowdown[=SHARE]",
            Self::Fading => "fading[=SHARE]",
            Self::Upgrade => "upgrade[=SHARE]",
            Self::Newcomer => "newcomer[=SECONDS]",
            Self::Squeeze => "squeeze[=GIB]",
            Self::Slower => "slower[=SHARE]",
        }
    }

    /// Its name alone.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.form().split(['=', '[']).next().unwrap_or_default()
    }

    const fn example(self) -> &'static str {
        match self {
            Self::Noise => "noise=0.15",
            Self::HeavyTails => "heavy-tails=0.05",
            Self::Throttle => "throttle=0.25",
            Self::Drift => "drift=0.1",
            Self::Competitor => "competitor=40",
            Self::Thrash => "thrash=120",
            Self::ColdFiles => "cold-files",
            Self::Ignores => "ignores=num_thread+num_batch",
            Self::Slots => "slots=2",
            Self::Faults => "faults=0.05",
            Self::Stalls => "stalls=0.05",
            Self::Dip => "dip=2.5",
            Self::Contention => "contention=0.6",
            Self::Quota => "quota=3",
            Self::HiddenQuota => "hidden-quota=3",
            Self::BestBatch => "best-batch=128",
            Self::Trained => "trained=8192",
            Self::LostMiddle => "lost-middle=1500",
            Self::TemperatureTrap => "temperature-trap=0.4",
            Self::NoFormat => "no-format",
            Self::Lottery => "lottery=1",
            Self::Slowdown => "slowdown=0.2",
            Self::Fading => "fading=0.3",
            Self::Upgrade => "upgrade=0.2",
            Self::Newcomer => "newcomer=40",
            Self::Squeeze => "squeeze=1",
            Self::Slower => "slower=0.3",
        }
    }

    const fn number(self) -> Option<Number> {
        let (usual, allowed) = match self {
            Self::HeavyTails => (Some(0.05), 0.0..=0.5),
            Self::Throttle => (Some(0.25), 0.0..=0.9),
            Self::Competitor | Self::Newcomer => (Some(40.0), 1.0..=3600.0),
            Self::Thrash => (Some(120.0), 1.0..=3600.0),
            Self::Slots => (None, 1.0..=64.0),
            Self::Noise | Self::Drift | Self::Faults | Self::Stalls => (None, 0.0..=0.5),
            Self::Dip => (Some(2.5), 1.0..=10.0),
            Self::Contention => (Some(0.6), 0.0..=5.0),
            Self::Quota | Self::HiddenQuota => (None, 1.0..=256.0),
            Self::BestBatch => (None, 16.0..=4096.0),
            Self::Trained => (None, 1024.0..=1_048_576.0),
            Self::LostMiddle => (Some(1500.0), 100.0..=1_048_576.0),
            Self::TemperatureTrap => (Some(0.4), 0.05..=1.0),
            Self::Lottery => (None, 1.0..=1_000_000.0),
            Self::Slowdown | Self::Upgrade => (Some(0.2), 0.0..=10.0),
            Self::Fading | Self::Slower => (Some(0.3), 0.0..=10.0),
            Self::Squeeze => (Some(1.0), 0.0..=1024.0),
            Self::ColdFiles | Self::Ignores | Self::NoFormat => return None,
        };
        Some(Number { usual, allowed })
    }

    /// Whether its value counts something.
    const fn is_whole(self) -> bool {
        matches!(
            self,
            Self::Slots
                | Self::Quota
                | Self::HiddenQuota
                | Self::BestBatch
                | Self::Trained
                | Self::LostMiddle
                | Self::Lottery
        )
    }

    /// What its value has to be.
    fn wants(self) -> String {
        match self.number() {
            Some(Number { allowed, .. }) => {
                let kind = if self.is_whole() { "a whole number" } else { "a number" };
                format!("{kind} from {} to {}", allowed.start(), allowed.end())
            }
            None if self == Self::Ignores => {
                let [some @ .., last] = IgnoredOption::ALL.map(IgnoredOption::name);
                format!("{} or {last}, or several with + between them", some.join(", "))
            }
            None => "no value".to_owned(),
        }
    }

    /// Reads one condition and lays it over the scenario.
    fn add(written: &str, name: &str, scenario: &mut Scenario) -> Result<Self, ScenarioError> {
        let (word, value) = match written.split_once('=') {
            Some((word, value)) => (word, Some(value)),
            None => (written, None),
        };
        if word.is_empty() {
            return Err(ScenarioError::EmptyCondition { name: name.to_owned() });
        }
        let known = |word: &str| Self::ALL.into_iter().find(|condition| condition.name() == word);
        let condition = known(word).ok_or_else(|| ScenarioError::UnknownCondition {
            name: word.to_owned(),
            nearest: nearest(word, Self::ALL.map(Self::name)).and_then(|near| known(&near)),
        })?;
        let given = match value {
            None | Some("") => "nothing".to_owned(),
            Some(value) => format!("`{value}`"),
        };
        condition.apply(value, scenario).ok_or(ScenarioError::WrongValue { condition, given })?;
        Ok(condition)
    }

    /// `None` when the value is not one.
    fn apply(self, value: Option<&str>, scenario: &mut Scenario) -> Option<()> {
        let Some(Number { usual, allowed }) = self.number() else {
            match (self, value) {
                (Self::Ignores, Some(names)) => scenario.server.ignores = ignored(names)?,
                (Self::ColdFiles, None) => scenario.machine.loading.cold_file_factor = COLD_FILE_FACTOR,
                (Self::NoFormat, None) => scenario.behaviour.keeps_format = false,
                _ => return None,
            }
            return Some(());
        };
        let number = match value {
            Some(value) => value.parse().ok().filter(|number| allowed.contains(number))?,
            None => usual?,
        };
        let count = u32::try_from(whole(number)).ok()?;
        if self.is_whole() && number.fract() > 0.0 {
            return None;
        }
        match self {
            Self::Noise => {
                scenario.noise.request_sigma = number;
                scenario.noise.uneven = true;
            }
            Self::HeavyTails => scenario.noise.tail_probability = number,
            Self::Throttle => scenario.noise.throttle_share = number,
            Self::Drift => scenario.noise.drift_share = number,
            Self::Competitor => scenario.others.competitor_seconds = Some(number),
            Self::Thrash => scenario.others.thrash_seconds = Some(number),
            Self::Slots => scenario.server.num_parallel = count,
            Self::Faults => {
                let Faults { stall, token_repeat, .. } = scenario.faults;
                scenario.faults = Faults { stall, token_repeat, ..presets::failing(number) };
            }
            Self::Stalls => {
                scenario.faults.stall = number;
                scenario.faults.stall_seconds = presets::STALL_SECONDS;
            }
            Self::Dip => scenario.quirks.dip = Some(number),
            Self::Contention => scenario.quirks.contention = Some(number),
            Self::Quota | Self::HiddenQuota => {
                let machine = &mut scenario.machine;
                machine.usable_threads = count.min(machine.logical_threads);
                machine.oversubscribed_speed = THROTTLED_SPEED;
                machine.limit_is_hidden = self == Self::HiddenQuota;
            }
            Self::BestBatch => scenario.quirks.best_batch = Some(count),
            Self::Trained => scenario.models.first_mut()?.trained_context = count,
            Self::LostMiddle => scenario.behaviour.effective_context_tokens = count,
            Self::TemperatureTrap => {
                scenario.behaviour.loops_below = number;
                scenario.behaviour.steady_temperature = number + TRAP_WIDTH;
            }
            Self::Lottery => scenario.quirks.lottery = Some(count),
            Self::Slowdown => scenario.changes.slowdown = number,
            Self::Fading => scenario.changes.fading = number,
            Self::Upgrade => scenario.changes.upgrade = Some(number),
            Self::Newcomer => scenario.others.newcomer_seconds = Some(number),
            Self::Squeeze => scenario.changes.taken_gpu_bytes = gib(number),
            Self::Slower => slower(&mut scenario.machine, 1.0 + number),
            Self::ColdFiles | Self::Ignores | Self::NoFormat => {}
        }
        Some(())
    }
}

/// Speed that a container is left with when it runs more threads than its quota: measured, 1/45.
const THROTTLED_SPEED: f64 = 1.0 / 45.0;

/// From the temperature below which lines repeat to the one above which the format breaks.
const TRAP_WIDTH: f64 = 0.2;

/// A disk beside the page cache: a fifth of the speed.
const COLD_FILE_FACTOR: f64 = 5.0;

/// Whatever the machine computes takes so many times as long.
fn slower(machine: &mut Machine, times: f64) {
    let speeds = std::iter::once(&mut machine.cpu).chain(machine.gpu.as_mut().map(|gpu| &mut gpu.speed));
    for speed in speeds {
        speed.memory_bytes_per_second /= times;
        speed.prefill_tokens_per_second /= times;
        speed.sequence_cost_ms *= times;
        speed.step_overhead_ms *= times;
    }
}

/// The options of `num_thread+num_batch`.
fn ignored(names: &str) -> Option<Vec<IgnoredOption>> {
    names.split('+').map(|name| IgnoredOption::ALL.into_iter().find(|option| option.name() == name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::{Behaviour, Changes, Quirks};

    #[test]
    fn conditions_change_what_they_name_and_nothing_else() {
        let name = "flaky:noise=0.15,heavy-tails,throttle=0.3,drift=0.1,competitor,thrash=90,cold-files,\
                    ignores=num_ctx+num_batch,slots=3,faults=0.1,stalls=0.2,dip,contention=0.3,hidden-quota=3,best-batch=128,\
                    trained=8192,lost-middle,temperature-trap=0.5,no-format,lottery=9,slowdown,fading=0.5,upgrade=0.1,newcomer=50,squeeze=2,slower=1";
        let hard: Scenario = name.parse().unwrap();
        assert_eq!(hard.name, name);
        let mut expected = Scenario::named("flaky").unwrap();
        expected.name = name.to_owned();
        expected.summary.clone_from(&hard.summary);
        expected.noise.request_sigma = 0.15;
        expected.noise.uneven = true;
        expected.noise.tail_probability = 0.05;
        expected.noise.throttle_share = 0.3;
        expected.noise.drift_share = 0.1;
        expected.others.competitor_seconds = Some(40.0);
        expected.others.thrash_seconds = Some(90.0);
        expected.others.newcomer_seconds = Some(50.0);
        expected.changes = Changes { slowdown: 0.2, fading: 0.5, upgrade: Some(0.1), taken_gpu_bytes: 2 << 30 };
        expected.machine.loading.cold_file_factor = 5.0;
        expected.server.ignores = vec![IgnoredOption::NumCtx, IgnoredOption::NumBatch];
        expected.server.num_parallel = 3;
        expected.faults = Faults {
            crash: 0.05,
            busy: 0.025,
            reset: 0.025,
            stall: 0.2,
            stall_seconds: (5.0, 40.0),
            token_repeat: 0.0,
        };
        expected.quirks = Quirks { dip: Some(2.5), contention: Some(0.3), best_batch: Some(128), lottery: Some(9) };
        expected.machine.usable_threads = 3;
        for speed in
            [&mut expected.machine.cpu].into_iter().chain(expected.machine.gpu.as_mut().map(|gpu| &mut gpu.speed))
        {
            speed.memory_bytes_per_second /= 2.0;
            speed.prefill_tokens_per_second /= 2.0;
            speed.sequence_cost_ms *= 2.0;
            speed.step_overhead_ms *= 2.0;
        }
        expected.machine.oversubscribed_speed = 1.0 / 45.0;
        expected.machine.limit_is_hidden = true;
        expected.models[0].trained_context = 8192;
        expected.behaviour = Behaviour {
            effective_context_tokens: 1500,
            steady_temperature: 0.7,
            loops_below: 0.5,
            keeps_format: false,
        };
        assert_eq!(hard, expected);
        assert_eq!(hard.machine_profile().usable_threads.value, Some(16), "nobody sees the limit");

        // The truth of it is that of the plain machine, but for what the server is.
        let quiet = Scenario { name: String::new(), summary: String::new(), ..hard.noise_free() };
        let plain = "mid-range:slots=3,ignores=num_ctx+num_batch,dip,contention=0.3,hidden-quota=3,best-batch=128,\
                     trained=8192,lost-middle,temperature-trap=0.5,no-format,lottery=9,slower=1";
        let plain: Scenario = plain.parse().unwrap();
        let mut plain = Scenario { name: String::new(), summary: String::new(), ..plain.noise_free() };
        plain.noise.drift_period_seconds = quiet.noise.drift_period_seconds;
        assert_eq!(quiet, plain);
    }

    #[test]
    fn every_example_is_one() {
        for condition in Condition::ALL {
            let example = condition.example();
            assert!(example.starts_with(condition.name()), "{example}");
            Condition::add(example, "", &mut Scenario::named("slow").unwrap()).unwrap();
            let alone = Condition::add(condition.name(), "", &mut Scenario::named("slow").unwrap());
            assert_eq!(alone.is_ok(), !condition.form().contains('=') || condition.form().contains("[="), "{alone:?}");
        }
    }
}
