//! Something that takes minutes, with its progress shown and Ctrl-C heard.

use std::{cell::RefCell, time::Duration};

use tokio::sync::watch;

use super::{
    deliver,
    exit::ExitStatus,
    interrupt::interrupted,
    ui::{self, Progress, ProgressMode},
};
use crate::model::study::StudyEvent;

/// How often the time left is shown anew.
const TICK: Duration = Duration::from_millis(500);

/// Runs it. It gets the word to stop, and who hears of its events.
pub async fn watched<T>(
    virtual_clock: bool,
    run: impl AsyncFnOnce(watch::Receiver<bool>, &mut dyn FnMut(StudyEvent)) -> T,
) -> T {
    let (stop, stopped) = watch::channel(false);
    let began = tokio::time::Instant::now();
    let progress = RefCell::new(Progress::new(ProgressMode::detect(false)));
    let mut emit = |event: StudyEvent| progress.borrow_mut().handle(&event, began.elapsed());
    let listen = async {
        interrupted().await;
        ui::message("stopping: the server is left as it was found; once more to stop at once");
        let _ = stop.send(true);
        interrupted().await;
        ExitStatus::Interrupted
    };
    let tick = async {
        if virtual_clock {
            // A timer of a paused clock would be what makes it jump.
            std::future::pending::<()>().await;
        }
        loop {
            tokio::time::sleep(TICK).await;
            progress.borrow_mut().tick(began.elapsed());
        }
    };
    let result = tokio::select! {
        result = run(stopped, &mut emit) => result,
        status = listen => deliver::leave(status),
        () = tick => deliver::leave(ExitStatus::Internal),
    };
    progress.borrow_mut().clear();
    result
}
