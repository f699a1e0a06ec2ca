//! Work on several threads, with results in the order of the work.

use std::{
    num::NonZeroUsize,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// Does pieces `0..count` on that many threads, in their order. Once `stop` is true no other piece is begun; what was not done is `None`.
pub fn in_order<T: Send>(
    threads: NonZeroUsize,
    count: usize,
    stop: &AtomicBool,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<Option<T>> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<T>>> = Mutex::new((0..count).map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..threads.get().min(count) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        break;
                    }
                    let result = work(index);
                    if let Some(slot) = done.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
                        *slot = Some(result);
                    }
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_done_once_and_in_its_place() {
        for threads in [1, 3, 50] {
            let threads = NonZeroUsize::new(threads).unwrap();
            let done = in_order(threads, 20, &AtomicBool::new(false), |index| index * 2);
            assert_eq!(done, (0..20).map(|index| Some(index * 2)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn stops_when_it_is_told_to() {
        let stop = AtomicBool::new(false);
        let done = in_order(NonZeroUsize::MIN, 5, &stop, |index| stop.store(index == 1, Ordering::Relaxed));
        assert_eq!(done.iter().filter(|piece| piece.is_some()).count(), 2);
    }
}
