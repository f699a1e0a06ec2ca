//! A closed loop: so many workers, each takes the next job when it is done with the last.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    future::Future,
};

use futures_util::future::join_all;
use tokio::{sync::Notify, time::Instant};

/// What a closed loop did.
pub struct Done<R> {
    /// In the order in which the jobs ended.
    pub results: Vec<R>,
    /// Whether every job ended before the deadline. Jobs that did not are dropped, which cancels their requests.
    pub complete: bool,
}

/// Runs jobs in order on `workers` workers until they are done or the deadline is there.
pub async fn closed_loop<J, R, F>(workers: usize, jobs: Vec<J>, deadline: Instant, work: impl Fn(J) -> F) -> Done<R>
where
    F: Future<Output = R>,
{
    let queue = RefCell::new(VecDeque::from(jobs));
    let results = RefCell::new(Vec::new());
    let worker = || async {
        loop {
            let Some(job) = queue.borrow_mut().pop_front() else { return };
            let result = work(job).await;
            results.borrow_mut().push(result);
        }
    };
    let all = join_all((0..workers.max(1)).map(|_| worker()));
    let complete = tokio::time::timeout_at(deadline, all).await.is_ok();
    Done { results: results.into_inner(), complete }
}

/// As [`closed_loop`], with workers that are never idle: who finds the queue empty takes more work from `filler` until the last job
/// has ended. What it did of that is dropped, which cancels it.
pub async fn kept_busy<J, R, F>(
    workers: usize,
    jobs: Vec<J>,
    filler: impl Fn(usize) -> Option<J>,
    deadline: Instant,
    work: impl Fn(J) -> F,
) -> Done<R>
where
    F: Future<Output = R>,
{
    let wanted = jobs.len();
    let queue = RefCell::new(VecDeque::from(jobs));
    let results = RefCell::new(Vec::new());
    let company = Cell::new(0);
    let ended = Notify::new();
    let worker = || async {
        loop {
            let job = queue.borrow_mut().pop_front();
            if let Some(job) = job {
                let result = work(job).await;
                results.borrow_mut().push(result);
                if results.borrow().len() == wanted {
                    ended.notify_one();
                    return;
                }
            } else {
                let number = company.replace(company.get() + 1);
                let Some(job) = filler(number) else { return };
                work(job).await;
            }
        }
    };
    if wanted > 0 {
        let all = join_all((0..workers.max(1)).map(|_| worker()));
        tokio::select! {
            () = ended.notified() => {}
            _ = all => {}
            () = tokio::time::sleep_until(deadline) => {}
        }
    }
    let results = results.into_inner();
    let complete = results.len() == wanted;
    Done { results, complete }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn keeps_what_was_done_when_time_is_over() {
        let start = Instant::now();
        let done = closed_loop(2, vec![1, 2, 3, 4, 5], start + Duration::from_secs(25), |job| async move {
            tokio::time::sleep(Duration::from_secs(10)).await;
            job
        })
        .await;
        assert_eq!(done.results, [1, 2, 3, 4]);
        assert!(!done.complete);
        assert_eq!(start.elapsed(), Duration::from_secs(25));
    }

    #[tokio::test(start_paused = true)]
    async fn workers_stay_busy_until_the_last_job_has_ended() {
        let start = Instant::now();
        let fillers = Cell::new(0);
        let filler = |_| {
            fillers.set(fillers.get() + 1);
            Some(4)
        };
        let done = kept_busy(2, vec![30, 5], filler, start + Duration::from_mins(1), |seconds| async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            seconds
        })
        .await;
        assert_eq!((done.results, done.complete, fillers.get()), (vec![5, 30], true, 7));
        assert_eq!(start.elapsed(), Duration::from_secs(30));
    }
}
