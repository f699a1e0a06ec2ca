//! What made it slower, as far as evidence says. The strongest first; each says why.

use serde::{Deserialize, Serialize};

use super::{
    series::{Level, Point},
    state::Surroundings,
};
use crate::{model::machine::PowerState, stats::change::difference};

/// A part that became longer by less than this factor did not change.
const SLOWER: f64 = 1.05;

/// Reading and writing slowed alike when the logarithms of their factors differ by less than this share of the greater one.
const ALIKE: f64 = 0.6;

/// A part explains a change when it makes up so much of what was added.
const MOST_OF_IT: f64 = 0.5;

/// Share of the model that moved out of the GPU's memory, so that it is a spill.
const SPILLED: f64 = 0.01;

/// Share of probes with other clients, or with heat, over that of before, that makes them a suspect.
const MORE_OFTEN: f64 = 0.3;

/// A suspect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Cause {
    pub kind: CauseKind,
    pub because: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CauseKind {
    /// Another model under the same name.
    Model,
    /// Another version of the server.
    Server,
    /// Part of the model lies outside the GPU's memory.
    Spill,
    /// Fewer threads.
    Threads,
    /// The server works on fewer requests at once.
    Slots,
    /// It runs on its battery.
    Battery,
    /// Another client, or another model.
    OtherClient,
    /// The way to the server.
    Network,
    /// Loading, from the disk.
    Disk,
    /// Heat or power holds the machine back, by its own word, or because it became slower bit by bit in all that it does.
    Heat,
    /// The machine became slower at once, in all that it does.
    Machine,
    /// Nothing speaks for any of them.
    Unknown,
}

impl CauseKind {
    pub const ALL: [Self; 12] = [
        Self::Model,
        Self::Server,
        Self::Spill,
        Self::Threads,
        Self::Slots,
        Self::Battery,
        Self::OtherClient,
        Self::Network,
        Self::Disk,
        Self::Heat,
        Self::Machine,
        Self::Unknown,
    ];

    /// The name in JSON and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Server => "server",
            Self::Spill => "spill",
            Self::Threads => "threads",
            Self::Slots => "slots",
            Self::Battery => "battery",
            Self::OtherClient => "other-client",
            Self::Network => "network",
            Self::Disk => "disk",
            Self::Heat => "heat",
            Self::Machine => "machine",
            Self::Unknown => "unknown",
        }
    }

    /// In words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Model => "the model was replaced",
            Self::Server => "the server was replaced",
            Self::Spill => "part of the model left the GPU's memory",
            Self::Threads => "threads changed",
            Self::Slots => "the server works on fewer requests at once",
            Self::Battery => "the machine runs on its battery",
            Self::OtherClient => "others use the server",
            Self::Network => "the way to the server became longer",
            Self::Disk => "loading became slower",
            Self::Heat => "heat or power slows the machine down",
            Self::Machine => "the machine slowed down at once, as with heat, power or other work on it",
            Self::Unknown => "nothing that is looked at says why",
        }
    }

    /// Whether settings can do something about it: the others pass, or are somebody's to mend.
    #[must_use]
    pub const fn is_worth_tuning(self) -> bool {
        !matches!(self, Self::OtherClient | Self::Network | Self::Disk | Self::Battery)
    }

    /// The strategies that measure what it moved.
    #[must_use]
    pub const fn knobs(self) -> &'static [&'static str] {
        match self {
            Self::Spill => &["context"],
            Self::Threads => &["threads"],
            Self::OtherClient | Self::Network | Self::Disk | Self::Battery => &[],
            Self::Model | Self::Server => &["threads", "throughput"],
            Self::Slots | Self::Heat | Self::Machine | Self::Unknown => &["throughput"],
        }
    }
}

/// What speaks for what, the strongest first; never empty.
#[must_use]
pub fn causes(then: &Surroundings, now: &Surroundings, before: &Level, after: &[Point]) -> Vec<Cause> {
    let mut found = facts(then, now);
    let mut add = |kind, because: String| found.push(Cause { kind, because });
    let level = Level::of(after);
    let (shared, hot) = (level.shared.mean - before.shared.mean, level.hot.mean - before.hot.mean);
    let seen = |since: f64, before: f64| {
        format!("in {:.0} % of the probes since, {:.0} % before", 100.0 * since, 100.0 * before)
    };
    if shared > MORE_OFTEN {
        add(CauseKind::OtherClient, seen(level.shared.mean, before.shared.mean));
    }
    if hot > MORE_OFTEN {
        add(CauseKind::Heat, format!("{}: {}", seen(level.hot.mean, before.hot.mean), now.heat.join("; ")));
    }
    let added = level.time_ms.mean - before.time_ms.mean;
    let part = |now: f64, then: f64| if added > 0.0 { (now - then) / added } else { 0.0 };
    let (way, load) = (part(level.way_ms.mean, before.way_ms.mean), part(level.load_ms.mean, before.load_ms.mean));
    if way > MOST_OF_IT {
        add(CauseKind::Network, format!("{:.0} % of what was added is outside the server's own clock", 100.0 * way));
    }
    if load > MOST_OF_IT {
        add(CauseKind::Disk, format!("{:.0} % of what was added is loading", 100.0 * load));
    }
    if way <= MOST_OF_IT && load <= MOST_OF_IT {
        found.extend(rates(before, &level, after).filter(|_| shared.max(hot) <= MORE_OFTEN));
    }
    if found.is_empty() {
        let because = "same model, server, memory, threads and power, nobody else seen".to_owned();
        found.push(Cause { kind: CauseKind::Unknown, because });
    }
    found
}

/// What is other than it was.
fn facts(then: &Surroundings, now: &Surroundings) -> Vec<Cause> {
    let mut found = Vec::new();
    let mut add = |kind, because: String| found.push(Cause { kind, because });
    if let (Some(old), Some(new)) = (&then.model_digest, &now.model_digest)
        && old != new
    {
        add(CauseKind::Model, "its digest is another one".to_owned());
    }
    if let (Some(old), Some(new)) = (&then.server_version, &now.server_version)
        && old != new
    {
        add(CauseKind::Server, format!("version {old} before, {new} now"));
    }
    if let (Some(old), Some(new)) = (then.gpu_share, now.gpu_share)
        && new < old - SPILLED
    {
        add(CauseKind::Spill, format!("{:.0} % of it lay there before, {:.0} % now", 100.0 * old, 100.0 * new));
    }
    if let (Some(old), Some(new)) = (then.usable_threads, now.usable_threads)
        && new < old
    {
        add(CauseKind::Threads, format!("{old} could be used before, {new} now"));
    }
    if let (Some(old), Some(new)) = (then.slots, now.slots)
        && new < old
    {
        add(CauseKind::Slots, format!("{old} before, {new} now"));
    }
    if then.power != Some(PowerState::Battery) && now.power == Some(PowerState::Battery) {
        add(CauseKind::Battery, "it did not before".to_owned());
    }
    found
}

/// What the rates of reading and writing say: heat takes from both, threads from reading, memory from writing.
fn rates(before: &Level, level: &Level, after: &[Point]) -> Option<Cause> {
    let (read, write) = (level.read.mean - before.read.mean, level.write.mean - before.write.mean);
    let slower = SLOWER.ln();
    let times = format!("reading takes {:.2} times as long, writing {:.2} times", read.exp(), write.exp());
    if read.max(write) < slower {
        return None;
    }
    if (read - write).abs() < ALIKE * read.max(write) {
        let middle = after.len() / 2;
        let (first, second) = after.split_at(middle);
        let grew = difference(&Level::of(first).level, &Level::of(second).level);
        // It goes on, and by more than noise.
        let goes_on = grew.is_some_and(|grew| grew.value > slower && grew.interval.low > 0.0);
        return Some(if goes_on {
            Cause { kind: CauseKind::Heat, because: format!("{times}, and it goes on bit by bit") }
        } else {
            Cause { kind: CauseKind::Machine, because: times }
        });
    }
    if read > write {
        return Some(Cause { kind: CauseKind::Threads, because: format!("{times}: reading is what threads do") });
    }
    Some(Cause { kind: CauseKind::Machine, because: format!("{times}: writing waits for memory") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(read_ms: f64, write_ms: f64, way_ms: f64, number: usize) -> Vec<Point> {
        vec![Point::new(String::new(), [read_ms, write_ms, 1.0, way_ms]); number]
    }

    fn named(now: &Surroundings, after: &[Point]) -> CauseKind {
        let then = Surroundings {
            server_version: Some("0.32.1".into()),
            usable_threads: Some(8),
            gpu_share: Some(1.0),
            power: Some(PowerState::Mains),
            ..Surroundings::default()
        };
        let now =
            Surroundings { server_version: now.server_version.clone().or(then.server_version.clone()), ..now.clone() };
        causes(&then, &now, &Level::of(&points(400.0, 600.0, 5.0, 30)), after)[0].kind
    }

    #[test]
    fn facts_are_named_before_guesses() {
        let slower = points(500.0, 750.0, 5.0, 10);
        for (now, kind) in [
            (Surroundings { server_version: Some("0.33.0".into()), ..Surroundings::default() }, CauseKind::Server),
            (Surroundings { gpu_share: Some(0.8), ..Surroundings::default() }, CauseKind::Spill),
            (Surroundings { usable_threads: Some(4), ..Surroundings::default() }, CauseKind::Threads),
            (Surroundings { power: Some(PowerState::Battery), ..Surroundings::default() }, CauseKind::Battery),
        ] {
            assert_eq!(named(&now, &slower), kind);
        }
    }

    #[test]
    fn the_clocks_tell_where_time_went() {
        let same = Surroundings::default();
        assert_eq!(named(&same, &points(500.0, 750.0, 5.0, 10)), CauseKind::Machine);
        assert_eq!(named(&same, &points(700.0, 610.0, 5.0, 10)), CauseKind::Threads);
        assert_eq!(named(&same, &points(400.0, 600.0, 250.0, 10)), CauseKind::Network);
        assert_eq!(named(&same, &points(401.0, 601.0, 6.0, 10)), CauseKind::Unknown);
        let mut creeping = points(440.0, 660.0, 5.0, 5);
        creeping.extend(points(520.0, 780.0, 5.0, 5));
        assert_eq!(named(&same, &creeping), CauseKind::Heat);
        let mut shared = points(500.0, 750.0, 5.0, 10);
        for point in &mut shared {
            point.shared = true;
        }
        assert_eq!(named(&same, &shared), CauseKind::OtherClient);
        // What the machine says of itself is evidence, also where it became slower at once.
        let mut hot = points(500.0, 750.0, 5.0, 10);
        hot.iter_mut().skip(6).for_each(|point| point.hot = true);
        let found = causes(&same, &same, &Level::of(&points(400.0, 600.0, 5.0, 30)), &hot);
        assert_eq!((found.len(), found[0].kind), (1, CauseKind::Heat), "{found:?}");
        hot.iter_mut().skip(8).for_each(|point| point.hot = false);
        assert_eq!(named(&same, &hot), CauseKind::Machine, "two of ten probes are chance");
    }
}
