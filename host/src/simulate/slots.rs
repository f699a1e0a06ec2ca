//! One loaded model: its slots, the queue before them, and steps in which all slots advance together.
//!
//! Pure but for the messages that it sends: whoever drives it says when a step has ended.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::{sync::mpsc::UnboundedSender, time::Instant};

use super::{
    convert::{float, length, short, span, whole},
    events::{Event, Generation, Metrics},
    faults::{CRASHED, Fault},
    performance::{Performance, Step},
    prefix_cache::PrefixCache,
    settings::LoadSettings,
};

/// A loaded model.
#[derive(Debug)]
pub(super) struct Runner {
    pub(super) id: u64,
    /// Index of the model in the scenario.
    pub(super) model: usize,
    pub(super) settings: LoadSettings,
    pub(super) performance: Performance,
    pub(super) keep_alive: Option<Duration>,
    pub(super) loaded_at: Instant,
    /// When it goes, unless a request comes; `None` is never.
    pub(super) expires_at: Option<Instant>,
    /// Somebody is driving its steps.
    pub(super) driven: bool,
    /// It was told to go: it finishes what it has and takes nothing new.
    pub(super) leaving: bool,
    slots: usize,
    queue: VecDeque<Sequence>,
    active: Vec<Sequence>,
    cache: PrefixCache,
    /// The exact end of the last step: timers are coarser.
    clock: Instant,
    /// Lazy initialisation that the first request after the load pays for.
    lazy: Duration,
    /// Era A counts only the tokens that were not cached.
    counts_cached: bool,
}

/// One request in the queue or in a slot.
#[derive(Debug)]
struct Sequence {
    generation: Generation,
    events: UnboundedSender<Event>,
    arrived: Instant,
    load: Duration,
    started: Instant,
    cached: usize,
    /// Prompt tokens that are still to be read, and how many of them this step reads.
    unread: u32,
    reading: u32,
    prompt_read_at: Option<Instant>,
    tokens: usize,
}

/// What a runner is built from.
#[derive(Debug)]
pub(super) struct NewRunner {
    pub(super) id: u64,
    pub(super) model: usize,
    pub(super) settings: LoadSettings,
    pub(super) performance: Performance,
    pub(super) slots: usize,
    pub(super) cache: PrefixCache,
    pub(super) keep_alive: Option<Duration>,
    pub(super) now: Instant,
    pub(super) lazy: Duration,
    pub(super) counts_cached: bool,
}

impl Runner {
    pub(super) fn new(new: NewRunner) -> Self {
        let NewRunner { id, model, settings, performance, slots, cache, keep_alive, now, lazy, counts_cached } = new;
        Self {
            id,
            model,
            settings,
            performance,
            keep_alive,
            loaded_at: now,
            expires_at: keep_alive.map(|span| now + span),
            driven: false,
            leaving: false,
            slots: slots.max(1),
            queue: VecDeque::new(),
            active: Vec::new(),
            cache,
            clock: now,
            lazy,
            counts_cached,
        }
    }

    /// Requests that run or wait.
    pub(super) fn requests(&self) -> usize {
        self.queue.len() + self.active.len()
    }

    /// The exact end of its last step, where its next one begins.
    pub(super) const fn clock(&self) -> Instant {
        self.clock
    }

    /// Nothing runs and nothing waits.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.active.is_empty()
    }

    /// Whether a request that wants these settings can go to it as it is.
    pub(super) fn serves(&self, settings: &LoadSettings, slots: u32) -> bool {
        !self.leaving && !self.settings.must_reload_for(settings, slots)
    }

    /// Counts the keep-alive from `now`.
    pub(super) fn touch(&mut self, now: Instant) {
        self.expires_at = self.keep_alive.map(|span| now + span);
    }

    /// Puts a request behind the others. `load` is the time that the scheduler took.
    pub(super) fn push(
        &mut self,
        generation: Generation,
        events: UnboundedSender<Event>,
        arrived: Instant,
        load: Duration,
    ) {
        self.queue.push_back(Sequence {
            generation,
            events,
            arrived,
            load,
            started: arrived,
            cached: 0,
            unread: 0,
            reading: 0,
            prompt_read_at: None,
            tokens: 0,
        });
    }

    /// Fills free slots and begins a step; says when it ends. `None`: there is nothing to do.
    ///
    /// `drift` is a factor on the step's duration at a time.
    pub(super) fn begin_step(&mut self, now: Instant, drift: impl Fn(Instant) -> f64) -> Option<Instant> {
        self.queue.retain(|sequence| !sequence.events.is_closed());
        self.active.retain(|sequence| !sequence.events.is_closed());
        if self.active.is_empty() {
            self.clock = self.clock.max(now);
        }
        while self.active.len() < self.slots {
            let Some(sequence) = self.queue.pop_front() else { break };
            self.admit(sequence);
        }
        if self.active.is_empty() {
            return None;
        }
        let plan = self.plan();
        let mut seconds = self.performance.step_seconds(plan);
        let noise = self.active.iter().map(|sequence| sequence.generation.noise).sum::<f64>();
        seconds *= noise / length(self.active.len()) * drift(self.clock);
        let mut step = span(seconds) + std::mem::take(&mut self.lazy);
        for sequence in &self.active {
            if let Some(Fault::Stall { after, pause }) = sequence.generation.fault
                && sequence.tokens > 0
                && sequence.tokens == sequence.at_share(after)
            {
                step += pause;
            }
        }
        Some(self.clock + step)
    }

    /// Gives a request its slot.
    fn admit(&mut self, mut sequence: Sequence) {
        let ready = sequence.arrived + sequence.load;
        if self.active.is_empty() {
            self.clock = self.clock.max(ready);
        }
        sequence.started = self.clock.max(ready);
        sequence.cached = self.cache.cached_tokens(&sequence.generation.prompt);
        sequence.unread = short(sequence.generation.prompt.count() - sequence.cached).max(1);
        self.active.push(sequence);
    }

    /// Shares the batch out: a token for every sequence that decodes, prompts in order for the rest.
    fn plan(&mut self) -> Step {
        let mut step = Step { sequences: short(self.active.len()), ..Step::default() };
        for sequence in self.active.iter().filter(|sequence| sequence.unread == 0) {
            step.decoding += 1;
            step.live_context += (sequence.generation.prompt.count() + sequence.tokens) as u64;
        }
        let mut room = self.performance.batch.saturating_sub(step.decoding).max(1);
        let mut depth = 0.0;
        for sequence in self.active.iter_mut().filter(|sequence| sequence.unread > 0) {
            sequence.reading = sequence.unread.min(room);
            room -= sequence.reading;
            step.prefill_tokens += sequence.reading;
            let behind = length(sequence.generation.prompt.count()) - f64::from(sequence.unread);
            depth += f64::from(sequence.reading) * (behind + f64::from(sequence.reading) / 2.0);
        }
        if step.prefill_tokens > 0 {
            step.prefill_depth = depth / f64::from(step.prefill_tokens);
        }
        step
    }

    /// Ends the step that [`Runner::begin_step`] began, at the time that it gave.
    pub(super) fn end_step(&mut self, at: Instant) {
        self.clock = at;
        let mut position = 0;
        while let Some(sequence) = self.active.get_mut(position) {
            if !sequence.advance(at, self.counts_cached) {
                position += 1;
                continue;
            }
            let done = self.active.remove(position);
            if done.prompt_read_at.is_some() {
                self.cache.keep(done.text(), (done.generation.prompt.count() + done.tokens) as u64);
            }
        }
        if self.is_idle() {
            self.touch(at);
        }
    }
}

impl Sequence {
    /// One step further; true at the end of the request.
    fn advance(&mut self, at: Instant, counts_cached: bool) -> bool {
        if self.unread > 0 {
            self.unread -= std::mem::take(&mut self.reading);
            if self.unread > 0 {
                return false;
            }
            self.prompt_read_at = Some(at);
            if self.generation.fault == Some(Fault::Crash) {
                return self.finish(Event::Failed { status: 500, message: CRASHED.to_owned() });
            }
        }
        match self.generation.fault {
            Some(Fault::Reset { after }) if self.tokens >= self.at_share(after) => return self.finish(Event::Reset),
            Some(Fault::TokenRepeat { after }) if self.tokens >= self.at_share(after) => {
                let pieces = self.tokens;
                return self.finish(Event::GaveUp { pieces, at });
            }
            _ => {}
        }
        if self.generation.streamed && self.tokens < self.generation.answer.pieces.len() {
            // A failed send means that nobody listens any more; the next step finds out.
            let _ = self.events.send(Event::Token { index: self.tokens, at });
        }
        self.tokens += 1;
        self.tokens >= self.generation.answer.tokens() && self.finish(Event::Done(self.metrics(at, counts_cached)))
    }

    fn finish(&self, event: Event) -> bool {
        let _ = self.events.send(event);
        true
    }

    /// The number of tokens at that share of the answer; at least one.
    fn at_share(&self, share: f64) -> usize {
        usize::try_from(whole(float(self.generation.answer.tokens() as u64) * share)).unwrap_or(0).max(1)
    }

    fn metrics(&self, at: Instant, counts_cached: bool) -> Metrics {
        let read_at = self.prompt_read_at.unwrap_or(at);
        let prompt_tokens = self.generation.prompt.count() - if counts_cached { 0 } else { self.cached };
        Metrics {
            at,
            total: at - self.arrived,
            load: self.load,
            prompt_tokens,
            prefill: microseconds(read_at - self.started).max(Duration::from_micros(1)),
            answer_tokens: self.tokens,
            // The first token is free: it falls out of reading the prompt.
            decode: microseconds(at - read_at).max(Duration::from_micros(1)),
        }
    }

    /// Prompt and answer, as the slot holds them afterwards.
    fn text(&self) -> Arc<str> {
        let mut text = String::from(&*self.generation.prompt.text);
        text.extend(self.generation.answer.pieces.iter().take(self.tokens).map(|piece| &**piece));
        Arc::from(text)
    }
}

/// The runner's own clocks count whole microseconds.
fn microseconds(span: Duration) -> Duration {
    Duration::from_micros(u64::try_from(span.as_micros()).unwrap_or(u64::MAX))
}
