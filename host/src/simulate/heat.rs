//! How hot the machine is: work warms it up within some minutes, rest cools it down.

use tokio::time::Instant;

/// Seconds after which the machine is 63 % of the way to as hot, or as cold, as it gets.
const TIME_CONSTANT_SECONDS: f64 = 90.0;

/// The machine's temperature.
#[derive(Debug, Default)]
pub(super) struct Heat {
    /// From 0 (idle for long) to 1 (busy for long), at a time.
    level: f64,
    at: Option<Instant>,
}

impl Heat {
    /// How hot it is when it rested until then, from 0 to 1.
    pub(super) fn level(&self, at: Instant) -> f64 {
        let rested = self.at.map_or(0.0, |since| at.saturating_duration_since(since).as_secs_f64());
        self.level * (-rested / TIME_CONSTANT_SECONDS).exp()
    }

    /// Works from one time to another. Two models that work at once make it no hotter than one.
    pub(super) fn work(&mut self, from: Instant, until: Instant) {
        let from = self.at.map_or(from, |at| from.max(at));
        let cool = 1.0 - self.level(from);
        let worked = until.saturating_duration_since(from).as_secs_f64();
        self.level = 1.0 - cool * (-worked / TIME_CONSTANT_SECONDS).exp();
        self.at = Some(from.max(until));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_warms_and_rest_cools_within_minutes() {
        let born = Instant::now();
        let second = |second| born + Duration::from_secs(second);
        let mut heat = Heat::default();
        for step in 0..300 {
            heat.work(second(step), second(step + 1));
            // The other model of the machine.
            heat.work(second(step), second(step + 1));
        }
        assert!(heat.level(second(300)) > 0.95, "{heat:?}");
        assert!(heat.level(second(360)) < 0.6 && heat.level(second(600)) < 0.05, "{heat:?}");
    }
}
