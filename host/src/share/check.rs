//! Whether a pack can be believed to be one: signed, of a known form, and nothing in it beyond what can be measured.
//!
//! Nothing that a pack says is shown in a refusal: what is refused may have been written to be shown.

use super::{
    names,
    numbers::{digits, estimate, two},
    sign::{PACK_PURPOSE, canonical, verify},
};
use crate::{
    model::{
        candidate::Candidate,
        digest::Digest,
        metric::Estimate,
        pack::{
            CONTEXT_TOKENS, Curve, CurveKind, CurvePoint, GPU_MEMORY_GIB, HardwareClass, MEMORY_GIB,
            PACK_SCHEMA_VERSION, Pack, PackedCandidate, PackedModel, SignedPack, THREADS, WorkloadClass,
        },
        space::Parameter,
    },
    stats::interval::LEVEL,
};

/// Settings of a pack beside the present and the picked ones, at most.
pub const MOST_OTHERS: usize = 64;

/// Points of a curve at most.
pub const MOST_CURVE_POINTS: usize = 64;

/// Notes a minute at most: a small model that writes one word needs longer for a note.
pub(super) const MOST_NOTES_PER_MINUTE: f64 = 1e5;

/// Bytes of a loaded model at most.
pub(super) const MOST_MEMORY_BYTES: f64 = (1_u64 << 43) as f64;

/// Bytes of a model's file at most.
pub(super) const MOST_MODEL_BYTES: u64 = 1 << 42;

/// Parameters of a model at most.
pub(super) const MOST_PARAMETERS: u64 = 10_000_000_000_000;

/// Characters of a file at most.
pub(super) const MOST_CHARS: u64 = 1_000_000_000;

/// Tokens of a note at most.
pub(super) const MOST_NOTE_TOKENS: u64 = 1_000_000;

/// Batches have less than ten to the power of one more files.
pub(super) const MOST_FILES_POWER: u32 = 8;

/// Requests of a study at most.
const MOST_REQUESTS: u32 = 10_000_000;

/// How many times as fast settings can be as others, at most; its inverse at least.
const MOST_GAIN: f64 = 1000.0;

/// Why a pack is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum PackError {
    /// Of a release that writes something else.
    #[error("it is of another version of the form")]
    Version,
    /// The key did not sign what it says, or there is no such key.
    #[error("its signature does not fit")]
    Signature,
    /// A text of another form than it may have.
    #[error("`{0}` has another form than it may have")]
    Form(&'static str),
    /// A number beyond what can be measured, or that no rounding gives.
    #[error("`{0}` is not plausible")]
    Implausible(&'static str),
    /// A list with more than it may have.
    #[error("`{0}` is too long")]
    TooMany(&'static str),
    /// Interval and value do not belong together.
    #[error("the interval of `{0}` does not enclose it")]
    Interval(&'static str),
    /// A list that is not sorted, or has something twice.
    #[error("`{0}` is not in order")]
    Order(&'static str),
}

/// Checks a pack: everything that it says, then who says so.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check(signed: &SignedPack) -> Result<(), PackError> {
    check_pack(&signed.pack)?;
    if verify(&signed.key, PACK_PURPOSE, &canonical(&signed.pack), &signed.signature) {
        Ok(())
    } else {
        Err(PackError::Signature)
    }
}

/// Checks what a pack says, not who says so.
///
/// # Errors
/// The first thing that is wrong with it.
pub(super) fn check_pack(pack: &Pack) -> Result<(), PackError> {
    if pack.schema_version != PACK_SCHEMA_VERSION {
        return Err(PackError::Version);
    }
    form(names::is_tool_version(&pack.tool_version), "tool_version")?;
    form(names::is_month(&pack.month), "month")?;
    form(pack.server_version.as_deref().is_none_or(names::is_server_version), "server_version")?;
    hardware(&pack.hardware)?;
    model(&pack.model)?;
    workload(&pack.workload)?;
    curves(&pack.curves)?;
    if pack.others.len() > MOST_OTHERS {
        return Err(PackError::TooMany("others"));
    }
    pack.candidates().try_for_each(candidate)?;
    if let Some(pick) = &pack.pick {
        if let Some(found) = &pick.gain {
            interval(found, "gain")?;
            plausible(gain(found).as_ref() == Some(found), "gain")?;
        }
        plausible(fits_bounds(pick.confidence, 0.0, 100.0), "confidence")?;
    }
    plausible((1..=MOST_REQUESTS).contains(&pack.requests), "requests")
}

fn form(holds: bool, field: &'static str) -> Result<(), PackError> {
    if holds { Ok(()) } else { Err(PackError::Form(field)) }
}

fn plausible(holds: bool, field: &'static str) -> Result<(), PackError> {
    if holds { Ok(()) } else { Err(PackError::Implausible(field)) }
}

/// Whether a number is one, and within bounds.
pub(super) fn fits_bounds(value: f64, low: f64, high: f64) -> bool {
    value.is_finite() && (low..=high).contains(&value)
}

/// A ratio of two speeds as a pack may say it.
pub(super) fn gain(found: &Estimate) -> Option<Estimate> {
    let fits = fits_bounds(found.value, MOST_GAIN.recip(), MOST_GAIN);
    estimate(found, 0.0, MOST_GAIN).filter(|_| fits)
}

/// An interval of the usual level, around its value.
fn interval(found: &Estimate, field: &'static str) -> Result<(), PackError> {
    let within = &found.interval;
    let numbers = [found.value, within.low, within.high, within.level];
    plausible(numbers.iter().all(|number| number.is_finite()), field)?;
    let encloses = within.low <= found.value && found.value <= within.high && (within.level - LEVEL).abs() < 1e-9;
    if encloses { Ok(()) } else { Err(PackError::Interval(field)) }
}

fn hardware(class_of: &HardwareClass) -> Result<(), PackError> {
    plausible(class_of.threads.is_none_or(|threads| THREADS.contains(&threads)), "threads")?;
    plausible(class_of.memory_gib.is_none_or(|memory| MEMORY_GIB.contains(&memory)), "memory_gib")?;
    let of_gpu = class_of.gpu.as_ref().and_then(|gpu| gpu.memory_gib);
    plausible(of_gpu.is_none_or(|memory| GPU_MEMORY_GIB.contains(&memory)), "gpu")?;
    // A combination that would have been made coarser was not made by us.
    plausible(super::hardware::usual(class_of.clone()) == *class_of, "hardware")
}

fn model(of: &PackedModel) -> Result<(), PackError> {
    let is_digest = |text: &str| text.parse::<Digest>().is_ok_and(|digest| digest.hex() == text);
    form(of.digest.as_deref().is_none_or(is_digest), "digest")?;
    form(of.name.as_deref().is_none_or(names::is_public), "name")?;
    form(of.family.as_deref().is_none_or(names::is_family), "family")?;
    form(of.quantization.as_deref().is_none_or(names::is_quantization), "quantization")?;
    plausible(of.parameters.is_none_or(|number| is_count(number, MOST_PARAMETERS)), "parameters")?;
    plausible(of.size_bytes.is_none_or(|bytes| is_count(bytes, MOST_MODEL_BYTES)), "size_bytes")?;
    plausible(of.trained_context.is_none_or(|tokens| CONTEXT_TOKENS.contains(&tokens)), "trained_context")
}

/// Of two digits, and not too large.
fn is_count(number: u64, most: u64) -> bool {
    (1..=most).contains(&number) && two(number) == number
}

fn workload(of: &WorkloadClass) -> Result<(), PackError> {
    plausible(of.files_power <= MOST_FILES_POWER, "files_power")?;
    plausible(is_count(of.mean_chars, MOST_CHARS), "mean_chars")?;
    plausible(is_count(of.median_chars, MOST_CHARS) && of.median_chars <= of.large_chars, "median_chars")?;
    plausible(is_count(of.large_chars, MOST_CHARS), "large_chars")?;
    plausible(of.note_tokens.is_none_or(|tokens| is_count(tokens, MOST_NOTE_TOKENS)), "note_tokens")
}

fn curves(of: &[Curve]) -> Result<(), PackError> {
    if of.len() > CurveKind::ALL.len() {
        return Err(PackError::TooMany("curves"));
    }
    let kinds: std::collections::HashSet<CurveKind> = of.iter().map(|curve| curve.kind).collect();
    if kinds.len() != of.len() {
        return Err(PackError::Order("curves"));
    }
    for curve in of {
        if curve.points.is_empty() || curve.points.len() > MOST_CURVE_POINTS {
            return Err(PackError::TooMany("points"));
        }
        for point in &curve.points {
            interval(&point.estimate, "estimate")?;
            plausible(fits_curve(curve.kind, point), "points")?;
        }
        if !curve.points.is_sorted_by(|one, other| one.at < other.at) {
            return Err(PackError::Order("points"));
        }
    }
    Ok(())
}

/// Whether a point lies where the quantity of a curve can lie.
pub(super) fn fits_curve(kind: CurveKind, point: &CurvePoint) -> bool {
    let most_threads = THREADS.last().copied().unwrap_or(1);
    let ((from, to), (low, high)) = match kind {
        CurveKind::DecodeByRequests => ((1.0, 64.0), (1e-3, 1e5)),
        CurveKind::PrefillByTokens => ((1.0, 1.7e7), (1e-2, 1e7)),
        CurveKind::SlotsByRequests => ((1.0, 64.0), (1.0, 64.0)),
        CurveKind::DecodeByThreads => ((1.0, f64::from(most_threads)), (1e-3, 1e5)),
        CurveKind::PrefillByBatch => ((1.0, 65_536.0), (1e-2, 1e7)),
        CurveKind::MemoryByContext => ((1.0, 1.7e7), (1e3, MOST_MEMORY_BYTES)),
        CurveKind::LoadByContext => ((1.0, 1.7e7), (1e-6, 86_400.0)),
    };
    let found = &point.estimate;
    // The mean of values that spread can have an interval that begins below nothing; it is told from 0 on.
    fits_bounds(point.at, from, to)
        && fits_bounds(found.value, low, high)
        && fits_bounds(found.interval.low, 0.0, high)
        && fits_bounds(found.interval.high, 0.0, 100.0 * high)
        && (1..=MOST_REQUESTS).contains(&point.requests)
        && digits(point.at, 4).total_cmp(&point.at).is_eq()
        && (kind != CurveKind::SlotsByRequests || found.interval.high <= point.at)
}

fn candidate(of: &PackedCandidate) -> Result<(), PackError> {
    plausible(fits_settings(&of.settings), "settings")?;
    if let Some(speed) = &of.notes_per_minute {
        interval(speed, "notes_per_minute")?;
        let most = MOST_NOTES_PER_MINUTE;
        plausible(speed.value > 0.0 && speed.interval.low >= 0.0 && speed.interval.high <= most, "notes_per_minute")?;
    }
    if let Some(quality) = &of.quality {
        interval(quality, "quality")?;
        plausible(quality.interval.low >= 0.0 && quality.interval.high <= 1.0, "quality")?;
    }
    plausible(fits_bounds(of.source_share, 0.0, 1.0), "source_share")?;
    plausible(
        of.peak_memory_bytes.is_none_or(|bytes| fits_bounds(bytes, 1.0, MOST_MEMORY_BYTES)),
        "peak_memory_bytes",
    )?;
    Ok(())
}

/// Whether settings are some that a client could have.
pub(super) fn fits_settings(settings: &Candidate) -> bool {
    Parameter::ALL.into_iter().all(|parameter| {
        let (low, high) = match parameter {
            Parameter::NumCtx | Parameter::NumPredict => (1.0, 1.7e7),
            Parameter::NumThread => (0.0, f64::from(THREADS.last().copied().unwrap_or(1))),
            Parameter::NumBatch => (0.0, 65_536.0),
            Parameter::Temperature => (0.0, 2.0),
            Parameter::ChunkSize | Parameter::MaxContentLength => (1.0, 1e9),
            Parameter::MaxConcurrentRequests => (1.0, 64.0),
            Parameter::RequestDelaySeconds | Parameter::InitialBackoffSeconds => (0.0, 3600.0),
            Parameter::BatchSize => (1.0, 1e6),
            Parameter::BatchDelaySeconds => (0.0, 86_400.0),
            Parameter::RequestTimeoutSeconds => (1.0, 1e6),
            Parameter::RetryAttempts => (1.0, 1000.0),
            Parameter::BackoffMultiplier => (0.0, 100.0),
        };
        fits_bounds(settings.get(parameter), low, high)
    })
}
