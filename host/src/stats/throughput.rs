//! The rate of a closed loop of workers, without the bias of its end.

/// One piece of work: when it occupied a worker, in any unit, and how much of the whole it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Work {
    pub start: f64,
    pub end: f64,
    pub amount: f64,
}

/// Amount done in a unit of time while all `workers` were busy.
///
/// When the queue is empty, workers fall idle one after the other and those still busy get faster; a short run would look slower
/// (by its length) or faster (by its requests) than a long one. So only what happened until the first worker fell idle counts, pieces
/// of work that lasted longer by the part that lies before. `None` without work that took time.
#[must_use]
pub fn steady_rate(work: &[Work], workers: usize) -> Option<f64> {
    let work: Vec<&Work> = work.iter().filter(|piece| piece.end > piece.start).collect();
    let begin = work.iter().map(|piece| piece.start).min_by(f64::total_cmp)?;
    let mut ends: Vec<f64> = work.iter().map(|piece| piece.end).collect();
    ends.sort_by(|a, b| b.total_cmp(a));
    let end = *ends.get(workers.clamp(1, ends.len()) - 1)?;
    let done: f64 = work
        .iter()
        .map(|piece| {
            let inside = (piece.end.min(end) - piece.start.max(begin)).max(0.0);
            piece.amount * inside / (piece.end - piece.start)
        })
        .sum();
    (end > begin).then(|| done / (end - begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(start: f64, end: f64) -> Work {
        Work { start, end, amount: 1.0 }
    }

    #[test]
    fn one_worker_is_counted_whole() {
        let rate = steady_rate(&[work(0.0, 2.0), work(2.0, 6.0)], 1).unwrap();
        assert!((rate - 2.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn the_idle_end_does_not_count() {
        // Two workers, three equal pieces: while both work, 2 pieces in 10.
        let rate = steady_rate(&[work(0.0, 10.0), work(0.0, 10.0), work(10.0, 20.0)], 2).unwrap();
        assert!((rate - 0.2).abs() < 1e-12);
        assert!(steady_rate(&[], 2).is_none());
    }
}
