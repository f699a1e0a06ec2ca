//! A bounded job queue with priorities and retries.

use std::collections::{BinaryHeap, HashMap};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Jobs that wait at most.
pub const DEFAULT_CAPACITY: usize = 256;
const MAX_ATTEMPTS: u32 = 5;

/// Why a job was not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum QueueError {
    Full { capacity: usize },
    ShutDown,
    UnknownJob(JobId),
}

impl fmt::Display for QueueError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { capacity } => write!(formatter, "the queue holds {capacity} jobs already"),
            Self::ShutDown => formatter.write_str("the queue is shut down"),
            Self::UnknownJob(id) => write!(formatter, "no job {}", id.0),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(u64);

/// Something to do, and how urgent it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub priority: u8,
    pub payload: Vec<u8>,
    attempts: u32,
}

impl Ord for Job {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.priority.cmp(&other.priority).then_with(|| other.id.cmp(&self.id))
    }
}

impl PartialOrd for Job {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Default)]
struct Inner {
    waiting: BinaryHeap<Job>,
    running: HashMap<JobId, Job>,
    next_id: u64,
    closed: bool,
}

/// Shared by producers and workers.
#[derive(Clone)]
pub struct JobQueue {
    inner: Arc<(Mutex<Inner>, Condvar)>,
    capacity: usize,
}

impl JobQueue {
    pub fn with_capacity(capacity: usize) -> Self {
        Self { inner: Arc::default(), capacity }
    }

    /// Adds a job, or says why not.
    pub fn submit(&self, priority: u8, payload: Vec<u8>) -> Result<JobId, QueueError> {
        let (lock, signal) = &*self.inner;
        let mut inner = lock.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if inner.closed {
            return Err(QueueError::ShutDown);
        }
        if inner.waiting.len() >= self.capacity {
            return Err(QueueError::Full { capacity: self.capacity });
        }
        inner.next_id += 1;
        let id = JobId(inner.next_id);
        inner.waiting.push(Job { id, priority, payload, attempts: 0 });
        signal.notify_one();
        Ok(id)
    }

    /// Waits for the most urgent job; none when the time is over or the queue closed.
    pub fn take_next(&self, patience: Duration) -> Option<Job> {
        let (lock, signal) = &*self.inner;
        let inner = lock.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (mut inner, _) = signal
            .wait_timeout_while(inner, patience, |inner| inner.waiting.is_empty() && !inner.closed)
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let job = inner.waiting.pop()?;
        inner.running.insert(job.id, job.clone());
        Some(job)
    }

    /// A worker is done with a job.
    pub fn acknowledge(&self, id: JobId) -> Result<(), QueueError> {
        let mut inner = self.inner.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        inner.running.remove(&id).map(drop).ok_or(QueueError::UnknownJob(id))
    }

    /// A worker failed: the job goes back, until it has had its attempts.
    pub fn requeue(&self, id: JobId) -> Result<bool, QueueError> {
        let (lock, signal) = &*self.inner;
        let mut inner = lock.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut job = inner.running.remove(&id).ok_or(QueueError::UnknownJob(id))?;
        job.attempts += 1;
        if job.attempts >= MAX_ATTEMPTS {
            return Ok(false);
        }
        job.priority = job.priority.saturating_sub(1);
        inner.waiting.push(job);
        signal.notify_one();
        Ok(true)
    }

    pub fn shut_down(&self) {
        let (lock, signal) = &*self.inner;
        lock.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).closed = true;
        signal.notify_all();
    }
}

/// Runs a worker until the queue is shut down.
pub fn run_worker(queue: &JobQueue, mut handle: impl FnMut(&Job) -> bool) -> usize {
    let mut finished = 0;
    while let Some(job) = queue.take_next(Duration::from_secs(5)) {
        let outcome = if handle(&job) { queue.acknowledge(job.id).map(|()| true) } else { queue.requeue(job.id) };
        finished += usize::from(outcome.unwrap_or(false));
    }
    finished
}
