//! What is drawn: axes and marks in the units of the data. How it looks is for whoever draws it.

/// A plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    pub x: Axis,
    pub y: Axis,
    /// In the order in which they are drawn.
    pub marks: Vec<Mark>,
    /// What the tones mean.
    pub key: Vec<(Tone, String)>,
}

/// An axis from `low` to `high`, which is more than `low`.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What it measures, with its unit; empty for an axis of names, which has no ticks.
    pub label: String,
    pub low: f64,
    pub high: f64,
    /// Whether only whole numbers mean anything on it.
    pub is_whole: bool,
}

/// One thing in a plot. All numbers are in the units of the axes.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    Line {
        points: Vec<(f64, f64)>,
        tone: Tone,
    },
    Dot {
        at: (f64, f64),
        tone: Tone,
        shape: Shape,
    },
    /// From one corner to the opposite one.
    Bar {
        from: (f64, f64),
        to: (f64, f64),
        tone: Tone,
    },
    /// An interval along the vertical axis.
    Interval {
        x: f64,
        low: f64,
        high: f64,
        tone: Tone,
    },
    /// An interval along the horizontal axis.
    Across {
        y: f64,
        low: f64,
        high: f64,
        tone: Tone,
    },
    /// A vertical rule through the whole plot.
    Border {
        x: f64,
        tone: Tone,
    },
    /// A horizontal rule through the whole plot.
    Level {
        y: f64,
        tone: Tone,
    },
    /// A text above and to the right of a point.
    Label {
        at: (f64, f64),
        text: String,
    },
}

/// The meaning of a dot never rests on its tone alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Disc,
    Ring,
    Triangle,
    Cross,
}

/// What a mark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Present,
    Tuned,
    Other,
    Load,
    Queue,
    Prefill,
    Decode,
    Fault,
    /// Borders and rules.
    Rule,
}

/// A share of the range that is left free beside the data.
const MARGIN: f64 = 0.06;

impl Axis {
    /// An axis that holds the values and zero; all are finite and none is negative.
    pub fn from_zero(label: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let high = values.into_iter().filter(|value| value.is_finite()).fold(0.0, f64::max);
        Self {
            label: label.into(),
            low: 0.0,
            high: if high > 0.0 { high * (1.0 + MARGIN) } else { 1.0 },
            is_whole: false,
        }
    }

    /// The same axis, of a number of things.
    #[must_use]
    pub fn whole(self) -> Self {
        Self { is_whole: true, ..self }
    }

    /// An axis of shares, from 0 to 1 or from where the data begin, if that is far up.
    pub fn of_shares(label: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let low = values.into_iter().filter(|value| value.is_finite()).fold(1.0, f64::min);
        let low = if low > 0.55 { (low * 10.0 - 0.5).floor() / 10.0 } else { 0.0 };
        Self { label: label.into(), low, high: 1.02, is_whole: false }
    }

    /// An axis of that many names, one beside the other at 0, 1, 2 …
    #[expect(clippy::cast_precision_loss, reason = "a few names")]
    #[must_use]
    pub const fn of_names(count: usize) -> Self {
        Self { label: String::new(), low: 0.0, high: if count == 0 { 1.0 } else { count as f64 }, is_whole: false }
    }

    #[must_use]
    pub const fn is_of_names(&self) -> bool {
        self.label.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_is_never_empty() {
        for values in [vec![], vec![0.0], vec![7.0, 7.0], vec![f64::NAN, f64::INFINITY], vec![1e9, 2e9]] {
            for axis in [Axis::from_zero("s", values.clone()), Axis::of_shares("quality", values.clone())] {
                assert!(axis.low < axis.high && axis.low.is_finite() && axis.high.is_finite(), "{values:?}: {axis:?}");
            }
        }
        assert!(Axis::of_names(0).high > 0.0);
    }

    #[test]
    fn shares_keep_zero_unless_all_are_high() {
        assert!(Axis::of_shares("q", [0.3, 0.9]).low.abs() < 1e-9);
        assert!((Axis::of_shares("q", [0.92, 0.97]).low - 0.8).abs() < 1e-9);
    }
}
