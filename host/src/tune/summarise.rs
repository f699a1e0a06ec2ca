//! Observations -> samples. Pure.

use std::collections::BTreeSet;

use crate::{
    model::{
        machine::LoadedModel,
        metric::{Metric, Sample},
        observation::{FailureCause, Observation, Repetition},
        score::NoteScore,
        workload::SourceFile,
    },
    ollama::rates::{decode_tokens_per_second, prefill_tokens_per_second},
    stats::summary::sample,
};

use super::batch::BatchRun;

/// What every kind of trial says of its requests: latencies, rates, waits, tokens. Warm-up does not count, nor do tries that failed, nor
/// requests that another client disturbed while no fewer are left that it did not.
#[must_use]
pub fn requests(observations: &[Observation]) -> Vec<Sample> {
    let measured: Vec<&Observation> =
        observations.iter().filter(|observation| observation.repetition == Repetition::Measured).collect();
    let well: Vec<&Observation> =
        measured.iter().copied().filter(|observation| observation.failure.is_none()).collect();
    let undisturbed: Vec<&Observation> =
        well.iter().copied().filter(|observation| observation.disturbed.is_none()).collect();
    let well = if 2 * undisturbed.len() >= well.len().max(1) { undisturbed } else { well };
    let success = measured.iter().map(|observation| f64::from(u8::from(observation.failure.is_none()))).collect();
    let each = |metric, value: &dyn Fn(&Observation) -> Option<f64>| {
        sample(metric, well.iter().filter_map(|observation| value(observation)).collect())
    };
    [
        each(Metric::RequestLatencyMs, &|observation| Some(observation.latency_ms)),
        each(Metric::TimeToFirstTokenMs, &|observation| observation.time_to_first_token_ms),
        each(Metric::PrefillTokensPerSecond, &|observation| {
            observation.server.and_then(|server| prefill_tokens_per_second(observation.prompt_tokens, &server))
        }),
        each(Metric::DecodeTokensPerSecond, &|observation| {
            observation.server.and_then(|server| decode_tokens_per_second(observation.answer_tokens, &server))
        }),
        each(Metric::QueueWaitMs, &|observation| observation.server.map(|server| server.queue_wait_ms())),
        each(Metric::PromptTokens, &|observation| Some(f64::from(observation.prompt_tokens))),
        each(Metric::AnswerTokens, &|observation| Some(f64::from(observation.answer_tokens))),
        sample(Metric::SuccessRate, success),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Share of the time of all work for which a number of requests must have overlapped to be a number of slots: neighbours in one slot overlap
/// by a few hundredths where clocks disagree, and the fewest that a full set of slots overlaps, with a handful of requests, is a third.
const LEAST_OVERLAP: f64 = 0.15;

/// How many requests of ours the server worked on at the same time: the overlap of their times of service, which end when the
/// answer ends and began as long before as prefill and decode took. What the queue took is in neither.
#[must_use]
pub fn effective_slots(observations: &[Observation]) -> Option<f64> {
    // Requests to different hosts are side by side, and share no slots.
    let hosts: BTreeSet<Option<u32>> = observations.iter().map(|observation| observation.host).collect();
    hosts.into_iter().filter_map(|host| slots_of(observations, host)).max_by(f64::total_cmp)
}

fn slots_of(observations: &[Observation], host: Option<u32>) -> Option<f64> {
    let spans: Vec<(f64, f64)> = observations
        .iter()
        .filter(|observation| observation.host == host)
        .filter_map(|observation| {
            let server = observation.server?;
            let end = observation.started_ms + observation.latency_ms;
            Some((end - server.prefill_ms - server.decode_ms, end))
        })
        .filter(|(start, end)| end > start)
        .collect();
    // Whole numbers of slots: how many overlapped for at least that share of the time.
    let mut edges: Vec<(f64, i32)> = spans.iter().flat_map(|(start, end)| [(*start, 1), (*end, -1)]).collect();
    edges.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut times = vec![0.0; spans.len() + 1];
    let (mut now, mut before) = (0_i32, 0.0);
    for (at, change) in edges {
        if let Some(time) = usize::try_from(now).ok().and_then(|level| times.get_mut(level)) {
            *time += at - before;
        }
        before = at;
        now += change;
    }
    let busy: f64 = times.iter().skip(1).sum();
    let at_least = |level: usize| times.iter().skip(level).sum::<f64>();
    #[expect(clippy::cast_precision_loss, reason = "a handful of requests")]
    let slots = (1..times.len()).rfind(|level| at_least(*level) >= LEAST_OVERLAP * busy).map(|slots| slots as f64);
    slots
}

/// What `/api/ps` says after a load: nothing where it does not know the size.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "memory sizes are far below 2^52 bytes")]
pub fn memory(loaded: Option<&LoadedModel>) -> Vec<Sample> {
    let Some(loaded) = loaded else { return Vec::new() };
    let size = loaded.known_size_bytes().map(|size| size as f64);
    let samples = [(Metric::PeakMemoryBytes, size), (Metric::GpuShare, loaded.gpu_share())];
    samples.into_iter().filter_map(|(metric, value)| sample(metric, value.into_iter().collect())).collect()
}

/// What notes say beyond their requests: time by file, source that reached the model, quality, rates of the batch.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "files are far shorter than 2^52 characters")]
pub fn notes(run: &BatchRun, scores: &[NoteScore], files: &[SourceFile]) -> Vec<Sample> {
    let kept: Vec<_> = run.notes.iter().filter(|note| note.lost.is_none()).collect();
    let read = |note: &super::batch::NoteRun| note.pieces.iter().map(|(chars, _)| *chars).sum::<usize>() as f64;
    let share = |note: &super::batch::NoteRun| {
        let chars = files.get(note.file).map_or(0, |file| file.chars);
        if chars == 0 { 1.0 } else { read(note) / chars as f64 }
    };
    let read_per_note =
        if kept.is_empty() { 0.0 } else { kept.iter().map(|note| read(note)).sum::<f64>() / kept.len() as f64 };
    [
        sample(Metric::FileBusyMs, kept.iter().map(|note| note.busy_ms).collect()),
        sample(Metric::SourceShare, kept.iter().map(|note| share(note)).collect()),
        sample(Metric::Quality, scores.iter().map(|score| score.value).collect()),
        sample(Metric::NotesPerMinute, run.notes_per_minute.into_iter().collect()),
        sample(
            Metric::SourceCharactersPerMinute,
            run.notes_per_minute.map(|rate| rate * read_per_note).into_iter().collect(),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The failure that a trial ends with: the gravest that happened, when it makes the trial worthless.
#[must_use]
pub fn verdict(observations: &[Observation], complete: bool) -> Option<FailureCause> {
    let measured = || observations.iter().filter(|observation| observation.repetition == Repetition::Measured);
    // One of these and the setting cannot be used, however fast the rest was.
    let fatal = [
        FailureCause::ModelMissing,
        FailureCause::Truncated,
        FailureCause::ContextExceeded,
        FailureCause::AnswerCut,
        FailureCause::OutOfMemory,
    ];
    if let Some(cause) =
        fatal.into_iter().find(|cause| measured().any(|observation| observation.failure == Some(*cause)))
    {
        return Some(cause);
    }
    if !measured().any(|observation| observation.failure.is_none()) {
        return Some(measured().find_map(|observation| observation.failure).unwrap_or(FailureCause::OutOfTime));
    }
    (!complete).then_some(FailureCause::OutOfTime)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::observation::{FinishReason, ServerTimings};

    fn observation(started_ms: f64, wait_ms: f64, failure: Option<FailureCause>) -> Observation {
        Observation {
            repetition: Repetition::Measured,
            file: None,
            piece: 0,
            attempt: 1,
            started_ms,
            latency_ms: wait_ms + 1000.0,
            time_to_first_token_ms: None,
            server: Some(ServerTimings {
                total_ms: wait_ms + 1000.0,
                load_ms: 0.0,
                prefill_ms: 200.0,
                decode_ms: 800.0,
            }),
            prompt_tokens: 100,
            answer_tokens: 40,
            expected_prompt_tokens: None,
            finish: FinishReason::Stop,
            failure,
            message: None,
            disturbed: None,
            host: None,
        }
    }

    #[test]
    fn slots_are_what_overlaps_in_service() {
        let one_slot: Vec<_> = (0..4).map(|n| observation(0.0, 1000.0 * f64::from(n), None)).collect();
        assert_eq!(effective_slots(&one_slot), Some(1.0));
        let two_slots: Vec<_> = [0.0, 0.0, 1000.0, 1000.0].map(|wait| observation(0.0, wait, None)).into();
        assert_eq!(effective_slots(&two_slots), Some(2.0));
        assert_eq!(effective_slots(&[]), None);
    }

    #[test]
    fn a_size_that_the_server_does_not_know_is_no_sample() {
        let loaded = |size_bytes| LoadedModel {
            name: "m".into(),
            digest: String::new(),
            size_bytes,
            size_vram_bytes: size_bytes / 4,
            context_length: Some(4096),
            expires_at: None,
        };
        let known = |size| memory(Some(&loaded(size))).into_iter().map(|sample| (sample.metric, sample.values));
        assert_eq!(known(0).count(), 0);
        let expected = [(Metric::PeakMemoryBytes, vec![4e9]), (Metric::GpuShare, vec![0.25])];
        assert!(known(4_000_000_000).eq(expected));
    }

    #[test]
    fn one_truncated_prompt_fails_the_trial_and_one_passing_fault_does_not() {
        let good = observation(0.0, 0.0, None);
        let cut = observation(0.0, 0.0, Some(FailureCause::Truncated));
        let fault = observation(0.0, 0.0, Some(FailureCause::ServerError));
        assert_eq!(verdict(&[good.clone(), cut], true), Some(FailureCause::Truncated));
        assert_eq!(verdict(&[good.clone(), fault.clone()], true), None);
        assert_eq!(verdict(std::slice::from_ref(&fault), true), Some(FailureCause::ServerError));
        assert_eq!(verdict(&[good], false), Some(FailureCause::OutOfTime));
        assert_eq!(verdict(&[], true), Some(FailureCause::OutOfTime));
    }
}
