//! Number conversions that cannot be lossless, in one place.

/// A count as a float; exact below 2^53, far above any count here.
#[expect(clippy::cast_precision_loss, reason = "counts and byte sizes stay far below 2^53")]
pub(super) const fn float(count: u64) -> f64 {
    count as f64
}

/// A length as a float.
pub(super) const fn length(count: usize) -> f64 {
    float(count as u64)
}

/// A non-negative float rounded down; negative values and NaN give 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float to integer casts saturate")]
pub(super) const fn whole(value: f64) -> u64 {
    value as u64
}

/// A length as 32 bits, saturating.
pub(super) fn short(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Seconds as a duration; nonsense in a scenario gives zero rather than a panic.
pub(super) fn span(seconds: f64) -> std::time::Duration {
    std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
