//! What of a pack is asked for, and the classes that packs are held against each other in.

use sha2::{Digest as _, Sha256};

use crate::{
    model::pack::{Curve, CurveKind, Pack, PackedModel, SignedPack, WorkloadClass},
    share::{canonical, from_hex},
};

/// Batches whose files are of one power of four belong together: within it, the fixed part of a request weighs about alike.
const STEP: u64 = 4;
const SMALLEST: u64 = 1_000;
const LARGEST: u64 = 256_000;

/// More tokens than the curves of the same pack allow, by this much, cannot be: intervals and rounding are within it.
const MOST_BEYOND_OWN_CURVES: f64 = 1.5;

/// A pack as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// SHA-256 of the pack: what the signature is of, without it, so that nobody can sign another's again and count.
    pub hash: [u8; 32],
    /// The public key.
    pub key: [u8; 32],
    /// What the model is called here: see [`model_label`].
    pub model: String,
    /// Its digest; empty where there is none.
    pub digest: String,
    /// The class of machines, as JSON.
    pub hardware: String,
    /// The class of batches: see [`workload_label`].
    pub workload: String,
    /// Notes a minute of the settings that it ends with.
    pub speed: Option<f64>,
    /// Tokens a second of one answer that is alone: it hardly depends on the batch.
    pub tokens: Option<f64>,
    /// Whether the notes are not more than its own curves allow.
    pub is_consistent: bool,
    /// All of it, as JSON.
    pub body: String,
}

impl Incoming {
    /// What is kept of a pack that was checked; `None` where its key is none.
    #[must_use]
    pub fn of(signed: &SignedPack) -> Option<Self> {
        let pack = &signed.pack;
        let ends = pack.pick.as_ref().map_or(&pack.present, |pick| &pick.chosen);
        let positive = |value: f64| (value.is_finite() && value > 0.0).then_some(value);
        let speed = ends.notes_per_minute.and_then(|speed| positive(speed.value));
        Some(Self {
            hash: hash(pack),
            key: key_bytes(&signed.key)?,
            model: model_label(&pack.model),
            digest: pack.model.digest.clone().unwrap_or_default(),
            hardware: serde_json::to_string(&pack.hardware).ok()?,
            workload: workload_label(&pack.workload),
            speed,
            tokens: alone(&pack.curves).and_then(positive),
            is_consistent: is_consistent(pack, speed),
            body: serde_json::to_string(signed).ok()?,
        })
    }
}

/// SHA-256 of a pack.
#[must_use]
pub fn hash(pack: &Pack) -> [u8; 32] {
    Sha256::digest(canonical(pack)).into()
}

/// A public key from its 64 digits.
#[must_use]
pub fn key_bytes(text: &str) -> Option<[u8; 32]> {
    from_hex(text)
}

/// What a model goes by: its public name, whatever its digest, for that changes with every upload; a model without one by its digest.
#[must_use]
pub fn model_label(model: &PackedModel) -> String {
    model.name.clone().or_else(|| model.digest.clone()).unwrap_or_default()
}

/// What a class of batches goes by: whose prompt, and the power of four of the mean size.
#[must_use]
pub fn workload_label(workload: &WorkloadClass) -> String {
    let mut low = SMALLEST;
    while low * STEP <= workload.mean_chars && low < LARGEST {
        low *= STEP;
    }
    let prompt = if workload.own_prompt { "own prompt" } else { "built-in prompt" };
    match workload.mean_chars {
        mean if mean < SMALLEST => format!("{prompt}, files below {SMALLEST} characters"),
        _ if low >= LARGEST => format!("{prompt}, files from {LARGEST} characters"),
        _ => format!("{prompt}, files of {low} to {} characters", low * STEP),
    }
}

/// Tokens a second of one answer that is alone.
fn alone(curves: &[Curve]) -> Option<f64> {
    let decode = curves.iter().find(|curve| curve.kind == CurveKind::DecodeByRequests)?;
    decode.points.iter().find(|point| (point.at - 1.0).abs() < 1e-9).map(|point| point.estimate.value)
}

/// Whether the notes have no more tokens than the answers of the curves could have, however many were written at once.
fn is_consistent(pack: &Pack, speed: Option<f64>) -> bool {
    let (Some(speed), Some(tokens)) = (speed, pack.workload.note_tokens) else { return true };
    let decode = pack.curves.iter().find(|curve| curve.kind == CurveKind::DecodeByRequests);
    let most = decode.and_then(|curve| {
        curve.points.iter().map(|point| point.at.max(1.0) * point.estimate.value).max_by(f64::total_cmp)
    });
    // Numbers of 2^53 tokens are no notes.
    let tokens = f64::from(u32::try_from(tokens).unwrap_or(u32::MAX));
    most.is_none_or(|most| speed / 60.0 * tokens <= MOST_BEYOND_OWN_CURVES * most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_have_a_class() {
        let of = |mean_chars, own_prompt| {
            workload_label(&WorkloadClass {
                files_power: 2,
                mean_chars,
                median_chars: mean_chars,
                large_chars: mean_chars,
                own_prompt,
                note_tokens: None,
            })
        };
        assert_eq!(of(0, false), "built-in prompt, files below 1000 characters");
        assert_eq!(of(999, true), "own prompt, files below 1000 characters");
        assert_eq!(of(1_000, true), "own prompt, files of 1000 to 4000 characters");
        assert_eq!(of(15_999, false), "built-in prompt, files of 4000 to 16000 characters");
        assert_eq!(of(u64::MAX, false), "built-in prompt, files from 256000 characters");
    }
}
