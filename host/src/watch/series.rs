//! Times of probes, one after the other: their level, and whether it changed.

use serde::{Deserialize, Serialize};

use crate::stats::{
    change::{Evidence, Moments, change},
    summary::{MAD_TO_DEVIATION, median},
};

/// Probes that are kept one by one: four days of one every half hour. Those before are summed up.
const MOST_RECENT: usize = 200;

/// An outlier counts as much as this many deviations, and from how many values on that is known.
const MOST_DEVIATIONS: f64 = 3.0;
const FEWEST_TO_CLIP: usize = 8;

/// Deviations are at least that share of the time: clocks count whole microseconds, and nothing is that regular.
const LEAST_DEVIATION: f64 = 0.005;

/// One probe that counts. Milliseconds of a request of the standard size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// RFC 3339.
    pub at: String,
    pub read_ms: f64,
    pub write_ms: f64,
    /// What the server says of loading.
    pub load_ms: f64,
    /// What is left of the time for the client: the way, and whatever lies on it.
    pub way_ms: f64,
    /// Another model was loaded, or somebody used ours since the probe before.
    pub shared: bool,
    /// The machine said that heat or power held it back.
    #[serde(default)]
    pub hot: bool,
    /// Logarithm of the whole time, with outliers drawn in: what is tested.
    pub level: f64,
}

impl Point {
    /// Of a probe that nothing is known of but its milliseconds: reading, writing, loading and the way.
    #[must_use]
    pub fn new(at: String, [read_ms, write_ms, load_ms, way_ms]: [f64; 4]) -> Self {
        let level = logarithm(read_ms + write_ms + load_ms + way_ms);
        Self { at, read_ms, write_ms, load_ms, way_ms, shared: false, hot: false, level }
    }

    /// The whole time.
    #[must_use]
    pub fn time_ms(&self) -> f64 {
        self.read_ms + self.write_ms + self.load_ms + self.way_ms
    }
}

/// Means over probes.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Level {
    /// Of the logarithms that are tested.
    pub level: Moments,
    /// Of logarithms.
    pub read: Moments,
    pub write: Moments,
    /// Of milliseconds.
    pub time_ms: Moments,
    pub load_ms: Moments,
    pub way_ms: Moments,
    /// Shares of probes, as 0 and 1.
    pub shared: Moments,
    #[serde(default)]
    pub hot: Moments,
}

impl Level {
    /// That of some probes.
    #[must_use]
    pub fn of(points: &[Point]) -> Self {
        points.iter().fold(Self::default(), Self::with)
    }

    #[must_use]
    fn with(self, point: &Point) -> Self {
        Self {
            level: self.level.with(point.level),
            read: self.read.with(logarithm(point.read_ms)),
            write: self.write.with(logarithm(point.write_ms)),
            time_ms: self.time_ms.with(point.time_ms()),
            load_ms: self.load_ms.with(point.load_ms),
            way_ms: self.way_ms.with(point.way_ms),
            shared: self.shared.with(f64::from(u8::from(point.shared))),
            hot: self.hot.with(f64::from(u8::from(point.hot))),
        }
    }

    #[must_use]
    fn and(self, other: Self) -> Self {
        Self {
            level: self.level.and(other.level),
            read: self.read.and(other.read),
            write: self.write.and(other.write),
            time_ms: self.time_ms.and(other.time_ms),
            load_ms: self.load_ms.and(other.load_ms),
            way_ms: self.way_ms.and(other.way_ms),
            shared: self.shared.and(other.shared),
            hot: self.hot.and(other.hot),
        }
    }

    /// Probes behind it.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    pub const fn probes(&self) -> u64 {
        self.level.count as u64
    }
}

/// Probes since the last change.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Series {
    older: Level,
    recent: Vec<Point>,
}

/// A change of the level.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Everything before it, and what came after.
    pub before: Level,
    pub after: Vec<Point>,
}

impl Series {
    /// Adds a probe. A change, when there is enough to say so: then the series goes on with what came after it.
    pub fn push(&mut self, mut point: Point) -> Option<Change> {
        point.level = self.clipped(logarithm(point.time_ms()));
        self.recent.push(point);
        while self.recent.len() > MOST_RECENT {
            let oldest = self.recent.remove(0);
            self.older = self.older.with(&oldest);
        }
        let found = self.evidence().filter(|found| found.sum >= crate::stats::change::RUN_LENGTH)?;
        let mut after = self.recent.split_off(found.at);
        draw_in(&mut after);
        let before = self.older.and(Level::of(&self.recent));
        *self = Self { older: Level::default(), recent: after.clone() };
        Some(Change { before, after })
    }

    /// What there is to say for a change so far.
    #[must_use]
    pub fn evidence(&self) -> Option<Evidence> {
        let levels: Vec<f64> = self.recent.iter().map(|point| point.level).collect();
        change(self.older.level, &levels)
    }

    /// The level of all of it.
    #[must_use]
    pub fn level(&self) -> Level {
        self.older.and(Level::of(&self.recent))
    }

    /// The same without the first so many, where enough others are there.
    #[must_use]
    pub fn level_without_first(&self, many: usize) -> Level {
        if self.older.probes() > 0 || self.recent.len() < 2 * many {
            return self.level();
        }
        Level::of(self.recent.get(many..).unwrap_or_default())
    }

    /// The last so many probes, the oldest first.
    #[must_use]
    pub fn last(&self, many: usize) -> &[Point] {
        self.recent.get(self.recent.len().saturating_sub(many)..).unwrap_or_default()
    }

    /// Draws an outlier in, as far as what came before it says what is usual: one slow probe is no change, and many are one all the same.
    fn clipped(&self, value: f64) -> f64 {
        let known: Vec<f64> = self.recent.iter().map(|point| logarithm(point.time_ms())).collect();
        usual(&known).map_or(value, |(low, high)| value.clamp(low, high))
    }
}

/// The same among themselves, for probes after a change: what was unusual before is usual now.
fn draw_in(points: &mut [Point]) {
    let times: Vec<f64> = points.iter().map(|point| logarithm(point.time_ms())).collect();
    let bounds = usual(&times);
    for (point, time) in points.iter_mut().zip(times) {
        point.level = bounds.map_or(time, |(low, high)| time.clamp(low, high));
    }
}

/// The bounds of what is no outlier; `None` while too little is known.
fn usual(times: &[f64]) -> Option<(f64, f64)> {
    if times.len() < FEWEST_TO_CLIP {
        return None;
    }
    let middle = median(times);
    let apart: Vec<f64> = times.iter().map(|time| (time - middle).abs()).collect();
    let margin = MOST_DEVIATIONS * (MAD_TO_DEVIATION * median(&apart)).max(LEAST_DEVIATION);
    Some((middle - margin, middle + margin))
}

/// That of a time; a thousandth of a millisecond is the least that any clock says.
#[must_use]
pub fn logarithm(time_ms: f64) -> f64 {
    time_ms.max(0.001).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(time_ms: f64) -> Point {
        Point::new(String::new(), [0.4 * time_ms, 0.6 * time_ms, 0.0, 0.0])
    }

    /// As noisy as that, and always the same.
    fn noisy(number: u32, sigma: f64) -> f64 {
        1000.0 * (sigma * (f64::from(number) * 12.9898).sin() * 1.4).exp()
    }

    #[test]
    fn one_outlier_is_no_change_and_a_lasting_one_is() {
        let mut series = Series::default();
        for number in 0..60 {
            let time = if number % 20 == 19 { 6000.0 } else { noisy(number, 0.05) };
            assert_eq!(series.push(point(time)), None, "{number}");
        }
        let found =
            (60..90).find_map(|number| series.push(point(1.2 * noisy(number, 0.05))).map(|found| (number, found)));
        let (number, found) = found.unwrap();
        assert!(number < 75, "{number}");
        assert!((58..=62).contains(&found.before.probes()), "{}", found.before.probes());
        let times: Vec<f64> = found.after.iter().map(|point| logarithm(point.time_ms())).collect();
        let slower = (median(&times) - found.before.level.mean).exp();
        assert!((1.12..1.28).contains(&slower), "{slower}");
        assert_eq!(series.level().probes(), found.after.len() as u64, "it goes on with what came after");
    }

    #[test]
    fn it_is_bounded_and_forgets_nothing_of_the_level() {
        let mut series = Series::default();
        for number in 0..1000 {
            assert_eq!(series.push(point(noisy(number, 0.05))), None, "{number}");
        }
        assert_eq!((series.recent.len(), series.level().probes()), (MOST_RECENT, 1000));
        let text = serde_json::to_string(&series).unwrap();
        assert!(text.len() < 100_000, "{}", text.len());
        assert_eq!(serde_json::from_str::<Series>(&text).unwrap(), series);
    }
}
