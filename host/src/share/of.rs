//! What a study becomes: nothing in a pack is copied that is not a number, and no number is as exact as it was.

use sha2::{Digest as _, Sha256};

use super::{
    check::{MOST_OTHERS, fits_bounds, fits_settings},
    curves, hardware, names,
    numbers::{class, digits, estimate, two, up},
};
use crate::model::{
    candidate::Candidate,
    digest::Digest,
    kept::chosen,
    machine::ModelProfile,
    metric::Estimate,
    pack::{
        CONTEXT_TOKENS, PACK_SCHEMA_VERSION, Pack, PackedCandidate, PackedModel, PackedPick, THREADS, WorkloadClass,
    },
    selection::MeasuredCandidate,
    space::Parameter,
    study::{Outcome, Study},
};

/// Why a study makes no pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPack {
    /// Neither a speed nor a curve.
    #[error("it measured nothing that others could use")]
    NothingMeasured,
    /// The server failed under it.
    #[error("its server failed, and what it measured says nothing")]
    ServerFailed,
    /// Of nobody knows when.
    #[error("it does not say when it was made")]
    NoDate,
    /// By nobody knows what.
    #[error("it does not say which release made it")]
    NoRelease,
    /// Settings that no pack can hold.
    #[error("its settings are beyond what a pack may say")]
    OddSettings,
}

impl Pack {
    /// What a study has to say to others. `salt` hides what a private model is: it stays with the key.
    ///
    /// # Errors
    /// Why it has nothing to say.
    pub fn of(study: &Study, salt: &[u8; 32]) -> Result<Self, NoPack> {
        if study.lost_its_server().is_some() {
            return Err(NoPack::ServerFailed);
        }
        let hardware = hardware::of(study);
        // Threads are told as those of a machine that has as many as its class says.
        let own = study.machine.usable_threads.value.filter(|_| hardware.threads.is_some());
        let threads = |number: u32| scaled(number, own, hardware.threads);
        let packed = |one: &MeasuredCandidate| candidate(one, &threads);
        let settled = chosen(study);
        let find = |settings: &Candidate| study.candidates.iter().find(|one| one.candidate.works_like(settings));
        let present = match study.candidates.iter().find(|one| one.is_baseline).or_else(|| find(&study.baseline)) {
            Some(measured) => packed(measured),
            None => unmeasured(&study.baseline, &threads),
        }
        .ok_or(NoPack::OddSettings)?;
        let pick = pick(study, find(settled), &threads);
        let mut others: Vec<PackedCandidate> = study
            .candidates
            .iter()
            .filter(|one| one.notes_per_minute.is_some() && !one.is_baseline && !one.candidate.works_like(settled))
            .filter_map(packed)
            .collect();
        others.truncate(MOST_OTHERS);
        let requests: usize = study.trials.iter().map(|trial| trial.measured().count()).sum();
        let pack = Self {
            schema_version: PACK_SCHEMA_VERSION,
            tool_version: names::tool_version(&study.tool_version).ok_or(NoPack::NoRelease)?,
            month: names::month(&study.started_at).ok_or(NoPack::NoDate)?,
            model: model(&study.model, salt),
            server_version: study.server.version.value.as_deref().and_then(names::server_version),
            workload: workload(study),
            curves: curves::of(study, settled, threads),
            hardware,
            present,
            others,
            pick,
            requests: u32::try_from(two(requests as u64)).unwrap_or(u32::MAX),
        };
        let says_a_speed = pack.candidates().any(|one| one.notes_per_minute.is_some());
        if requests == 0 || !(says_a_speed || !pack.curves.is_empty()) {
            return Err(NoPack::NothingMeasured);
        }
        Ok(pack)
    }

    /// The present settings, the others, and the picked ones.
    pub fn candidates(&self) -> impl Iterator<Item = &PackedCandidate> {
        let pick = self.pick.iter().map(|pick| &pick.chosen);
        std::iter::once(&self.present).chain(&self.others).chain(pick)
    }
}

/// As many of the class's threads as a number is of the machine's; 0 stays the server's choice.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of threads")]
fn scaled(number: u32, own: Option<u32>, of_class: Option<u32>) -> u32 {
    let most = THREADS.last().copied().unwrap_or(1);
    match (own, of_class) {
        (Some(own), Some(of_class)) if number > 0 && own > 0 => {
            let scaled = f64::from(number) * f64::from(of_class) / f64::from(own);
            (scaled.round() as u32).clamp(1, most)
        }
        _ => number.min(most),
    }
}

fn settings(of: &Candidate, threads: &impl Fn(u32) -> u32) -> Option<Candidate> {
    let mut settings = of.clone();
    settings.num_thread = threads(of.num_thread);
    for parameter in Parameter::ALL {
        match parameter {
            Parameter::NumThread | Parameter::NumBatch => {}
            _ if parameter.is_integer() => {}
            _ => settings.set(parameter, digits(of.get(parameter), 3)),
        }
    }
    for number in [
        &mut settings.num_ctx,
        &mut settings.num_predict,
        &mut settings.chunk_size,
        &mut settings.max_content_length,
        &mut settings.batch_size,
        &mut settings.request_timeout_seconds,
    ] {
        *number = up(*number);
    }
    fits_settings(&settings).then_some(settings)
}

fn unmeasured(of: &Candidate, threads: &impl Fn(u32) -> u32) -> Option<PackedCandidate> {
    Some(PackedCandidate {
        settings: settings(of, threads)?,
        notes_per_minute: None,
        quality: None,
        source_share: 1.0,
        peak_memory_bytes: None,
        usable: true,
    })
}

fn candidate(measured: &MeasuredCandidate, threads: &impl Fn(u32) -> u32) -> Option<PackedCandidate> {
    use super::check::{MOST_MEMORY_BYTES, MOST_NOTES_PER_MINUTE};
    let positive = |found: &Estimate| estimate(found, 0.0, MOST_NOTES_PER_MINUTE).filter(|found| found.value > 0.0);
    let memory = measured.peak_memory_bytes.filter(|bytes| *bytes > 0.0 && *bytes <= MOST_MEMORY_BYTES);
    Some(PackedCandidate {
        settings: settings(&measured.candidate, threads)?,
        notes_per_minute: measured.notes_per_minute.as_ref().and_then(positive),
        quality: measured.quality.as_ref().and_then(|found| estimate(found, 0.0, 1.0)),
        source_share: digits(measured.source_share.clamp(0.0, 1.0), 3),
        peak_memory_bytes: memory.map(|bytes| digits(bytes, 3)),
        usable: measured.violations.is_empty(),
    })
}

fn pick(study: &Study, measured: Option<&MeasuredCandidate>, threads: &impl Fn(u32) -> u32) -> Option<PackedPick> {
    let tuned = study.tuned.as_ref().filter(|_| matches!(study.outcome, Outcome::Improved | Outcome::KeepBaseline))?;
    let compared = study.comparison.as_ref().filter(|comparison| comparison.is_about(&tuned.candidate));
    let gain = compared.and_then(|comparison| super::check::gain(&comparison.speed_ratio));
    let confidence = tuned.confidence.percent;
    Some(PackedPick {
        chosen: candidate(measured?, threads)?,
        gain,
        confidence: fits_bounds(confidence, 0.0, 100.0).then(|| digits(confidence, 2))?,
    })
}

/// A name that is not public is left out, and its digest with it: a salted one is enough to tell one private model from another.
pub(super) fn model(model: &ModelProfile, salt: &[u8; 32]) -> PackedModel {
    let name = names::public(&model.name);
    let digest = model
        .digest
        .value
        .as_ref()
        .and_then(|digest| digest.parse::<Digest>().ok())
        .map(|digest| if name.is_some() { digest } else { salted(&digest, salt) });
    let word = |text: &Option<String>, is_known: fn(&str) -> bool| text.clone().filter(|text| is_known(text));
    let some = |number: Option<u64>, most: u64| number.map(two).filter(|number| (1..=most).contains(number));
    PackedModel {
        digest: digest.map(String::from),
        name,
        family: word(&model.family.value, names::is_family),
        parameters: some(model.parameter_count.value, super::check::MOST_PARAMETERS),
        quantization: word(&model.quantization.value, names::is_quantization),
        trained_context: model.trained_context.value.and_then(|tokens| class(tokens, &CONTEXT_TOKENS)),
        size_bytes: some(model.size_bytes.value, super::check::MOST_MODEL_BYTES),
    }
}

fn salted(digest: &Digest, salt: &[u8; 32]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(digest.hex().as_bytes());
    Digest::of(&hash.finalize())
}

#[expect(clippy::cast_precision_loss, reason = "characters of files")]
fn workload(study: &Study) -> WorkloadClass {
    let summary = &study.workload;
    let mean = summary.total_chars as f64 / summary.files_in_batch.max(1) as f64;
    let sizes = if summary.batch_chars.is_empty() { &summary.file_chars } else { &summary.batch_chars };
    let sizes: Vec<f64> = sizes.iter().map(|size| *size as f64).collect();
    let large = if sizes.is_empty() {
        summary.largest_chars as f64
    } else {
        crate::stats::summary::quantile(&crate::stats::summary::sorted(&sizes), 0.9)
    };
    let tokens: Vec<f64> = study
        .trials
        .iter()
        .filter(|trial| trial.is_complete())
        .flat_map(|trial| trial.measured())
        .filter(|request| request.file.is_some() && request.failure.is_none() && request.answer_tokens > 0)
        .map(|request| f64::from(request.answer_tokens))
        .collect();
    let chars = |value: f64| two(whole(value)).clamp(1, super::check::MOST_CHARS);
    WorkloadClass {
        files_power: summary.files_in_batch.max(1).ilog10().min(super::check::MOST_FILES_POWER),
        mean_chars: chars(mean),
        median_chars: chars(summary.median_chars as f64),
        large_chars: chars(large.max(summary.median_chars as f64)),
        own_prompt: summary.prompt_origin == crate::model::workload::BUILT_IN_PROMPT,
        note_tokens: (!tokens.is_empty())
            .then(|| two(whole(crate::stats::summary::mean(&tokens))).clamp(1, super::check::MOST_NOTE_TOKENS)),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a saturating cast of what is positive")]
fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
}
