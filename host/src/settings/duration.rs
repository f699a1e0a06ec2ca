//! Lengths of time as people write them: `90s`, `4m`, `1h30m`.

use std::time::Duration;

/// No study is worth longer; a bound also keeps typing slips (`4000h`) from running for months.
const LONGEST: Duration = Duration::from_hours(7 * 24);

/// Why a text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    #[error("a duration is needed, such as 90s, 4m or 1h30m")]
    NotADuration,
    #[error("the unit is missing: write {0}s for seconds or {0}m for minutes")]
    NoUnit(String),
    #[error("unknown unit `{0}`: use h, m or s")]
    UnknownUnit(String),
    #[error("units go from h to m to s, each at most once")]
    Order,
    #[error("a duration must be longer than 0")]
    Zero,
    #[error("a duration of more than 7 days is surely a slip")]
    TooLong,
}

/// Reads `90s`, `4m`, `1.5h` or `1h30m`.
///
/// # Errors
///
/// A [`DurationError`] that says what to write instead.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(DurationError::NotADuration);
    }
    let mut seconds = 0.0;
    let mut last_unit = f64::INFINITY;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(number_end);
        let amount: f64 = number.parse().map_err(|_| DurationError::NotADuration)?;
        let after = after.trim_start();
        let unit_end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_end);
        let unit_seconds = match unit {
            "h" => 3600.0,
            "m" | "min" => 60.0,
            "s" | "sec" => 1.0,
            "" if next.is_empty() && amount > 0.0 => return Err(DurationError::NoUnit(number.to_owned())),
            "" if next.is_empty() => return Err(DurationError::Zero),
            "" => return Err(DurationError::NotADuration),
            other => return Err(DurationError::UnknownUnit(other.to_owned())),
        };
        if unit_seconds >= last_unit {
            return Err(DurationError::Order);
        }
        last_unit = unit_seconds;
        seconds += amount * unit_seconds;
        rest = next.trim_start();
    }
    if seconds > LONGEST.as_secs_f64() {
        return Err(DurationError::TooLong);
    }
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if duration > Duration::ZERO => Ok(duration),
        _ => Err(DurationError::Zero),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, seconds) in
            [("4m", 240), ("90s", 90), ("1h30m", 5400), ("1h 30m 5s", 5405), (" 2min ", 120), ("1.5h", 5400)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, error) in [
            ("", DurationError::NotADuration),
            ("soon", DurationError::NotADuration),
            ("-4m", DurationError::NotADuration),
            ("1.2.3m", DurationError::NotADuration),
            ("240", DurationError::NoUnit("240".into())),
            ("4d", DurationError::UnknownUnit("d".into())),
            ("1m2h", DurationError::Order),
            ("1m1m", DurationError::Order),
            ("0s", DurationError::Zero),
            ("0", DurationError::Zero),
            ("4000h", DurationError::TooLong),
        ] {
            assert_eq!(parse_duration(text), Err(error), "{text}");
        }
    }
}
