//! Numbers as people read them. Bytes are binary (GiB), shares are percent.

/// What stands where a number is missing or makes no sense.
pub const UNKNOWN: &str = "unknown";

/// A number of at most four decimals, without the zeros that say nothing: settings, as a file shows them.
#[must_use]
pub fn plain(value: f64) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A number with as many decimals as its size deserves: 0.42, 7.05, 12.3, 431.
#[must_use]
pub fn rate(value: f64) -> String {
    fixed(value, decimals(value))
}

/// Decimals for a column whose largest value is that: three digits, but never more than two decimals.
#[must_use]
pub fn decimals(largest: f64) -> usize {
    match largest.abs() {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        _ => 2,
    }
}

/// A number with that many decimals.
#[must_use]
pub fn fixed(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { UNKNOWN.to_owned() }
}

/// A whole number with thousands apart: `1,234,567`.
#[must_use]
pub fn grouped(value: f64) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let digits = format!("{:.0}", value.abs());
    let mut out = String::new();
    if value <= -0.5 {
        out.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun: `1 trial`, `12 trials`.
#[must_use]
pub fn count(value: usize, noun: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    #[expect(clippy::cast_precision_loss, reason = "counts of files and trials are far below 2^53")]
    let number = grouped(value as f64);
    format!("{number} {noun}{plural}")
}

/// A share between 0 and 1 as percent. What is not all never reads `100 %`, and what is not nothing never `0 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return UNKNOWN.to_owned();
    }
    let value = share * 100.0;
    let edge = (value > 0.0 && value < 10.0) || (value > 99.0 && value < 100.0);
    let text = fixed(value, usize::from(edge));
    match text.as_str() {
        "100.0" if value < 100.0 => "99.9 %".to_owned(),
        "0.0" => "under 0.1 %".to_owned(),
        _ => format!("{} %", text.strip_suffix(".0").unwrap_or(&text)),
    }
}

/// A duration in seconds: `250 ms`, `2.4 s`, `45 s`, `4 min 12 s`, `3 h 18 min`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return UNKNOWN.to_owned();
    }
    let seconds = seconds.max(0.0);
    if seconds < 0.0005 {
        return "0 s".to_owned();
    }
    if seconds < 0.9995 {
        return format!("{:.0} ms", seconds * 1000.0);
    }
    if seconds < 9.95 {
        return format!("{} s", plain((seconds * 10.0).round() / 10.0));
    }
    let whole = seconds.round();
    if whole < 60.0 {
        return format!("{whole:.0} s");
    }
    if whole < 3600.0 {
        return pair((whole / 60.0).floor(), "min", whole % 60.0, "s");
    }
    let minutes = (seconds / 60.0).round();
    pair((minutes / 60.0).floor(), "h", minutes % 60.0, "min")
}

fn pair(large: f64, large_unit: &str, small: f64, small_unit: &str) -> String {
    if small == 0.0 {
        format!("{} {large_unit}", grouped(large))
    } else {
        format!("{} {large_unit} {small:.0} {small_unit}", grouped(large))
    }
}

/// A unit that a whole column is shown in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColumnUnit {
    pub name: &'static str,
    /// How many base units (bytes, seconds) it is.
    size: f64,
    decimals: usize,
}

impl ColumnUnit {
    /// The unit for a column of durations in seconds.
    #[must_use]
    pub fn of_seconds(values: impl IntoIterator<Item = f64>) -> Self {
        match largest(values) {
            value if value >= 7_200.0 => Self { name: "h", size: 3_600.0, decimals: 1 },
            value if value >= 180.0 => Self { name: "min", size: 60.0, decimals: 1 },
            value if value >= 10.0 => Self { name: "s", size: 1.0, decimals: 0 },
            value if value >= 1.0 => Self { name: "s", size: 1.0, decimals: 1 },
            _ => Self { name: "ms", size: 0.001, decimals: 0 },
        }
    }

    /// The unit for a column of bytes.
    #[must_use]
    pub fn of_bytes(values: impl IntoIterator<Item = f64>) -> Self {
        const KIB: f64 = 1024.0;
        match largest(values) {
            value if value >= KIB * KIB * KIB => Self { name: "GiB", size: KIB * KIB * KIB, decimals: 1 },
            value if value >= KIB * KIB => Self { name: "MiB", size: KIB * KIB, decimals: 0 },
            value if value >= KIB => Self { name: "KiB", size: KIB, decimals: 0 },
            _ => Self { name: "B", size: 1.0, decimals: 0 },
        }
    }

    /// A value of the column, without the unit.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        fixed(value / self.size, self.decimals)
    }
}

fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().filter(|value| value.is_finite()).fold(0.0, f64::max)
}

/// A size with its unit: `7.6 GiB`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub fn bytes(value: u64) -> String {
    let value = value as f64;
    let unit = ColumnUnit::of_bytes([value]);
    format!("{} {}", unit.show(value), unit.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        for (seconds, expected) in [
            (0.0, "0 s"),
            (0.25, "250 ms"),
            (0.9996, "1 s"),
            (2.44, "2.4 s"),
            (59.4, "59 s"),
            (59.6, "1 min"),
            (252.0, "4 min 12 s"),
            (3599.7, "1 h"),
            (11_880.0, "3 h 18 min"),
            (f64::INFINITY, "unknown"),
        ] {
            assert_eq!(duration(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn shares_do_not_round_to_all_or_nothing() {
        for (share, expected) in [
            (0.0, "0 %"),
            (0.0001, "under 0.1 %"),
            (0.02, "2 %"),
            (0.025, "2.5 %"),
            (0.57, "57 %"),
            (0.9996, "99.9 %"),
            (1.0, "100 %"),
            (f64::NAN, "unknown"),
        ] {
            assert_eq!(percent(share), expected, "{share}");
        }
    }

    #[test]
    fn numbers_keep_the_digits_that_matter() {
        assert_eq!([plain(8192.0), plain(0.1), plain(1.25), plain(-0.0)], ["8192", "0.1", "1.25", "0"]);
        assert_eq!([rate(7.049), rate(12.34), rate(431.4)], ["7.05", "12.3", "431"]);
        assert_eq!([grouped(0.0), grouped(999.0), grouped(1_234_567.4)], ["0", "999", "1,234,567"]);
        assert_eq!([bytes(8_160_437_862), bytes(57_344), bytes(12)], ["7.6 GiB", "56 KiB", "12 B"]);
        assert_eq!([count(1, "trial"), count(1200, "trial")], ["1 trial", "1,200 trials"]);
    }

    #[test]
    fn a_column_has_one_unit() {
        let unit = ColumnUnit::of_seconds([12.0, 250.0]);
        assert_eq!((unit.name, unit.show(12.0).as_str(), unit.show(250.0).as_str()), ("min", "0.2", "4.2"));
    }
}
