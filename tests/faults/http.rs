//! The same faults over HTTP, from the first answer on, before the whole program.

use std::thread;

use super::{
    is_harmless,
    transport::{ALL, Fault, Faulty},
};
use crate::program::{
    Ran, World,
    server::{Bridge, nobody, quick},
};

/// Programs that run at the same time: most of them wait.
const AT_A_TIME: usize = 9;

/// What somebody sees who begins a study of such a server.
fn ran(fault: Fault, everywhere: bool) -> Ran {
    let served = Bridge::of(move || Faulty { everywhere, ..Faulty::new(&quick(), fault, 0, usize::MAX) });
    let host = if fault == Fault::Refused && everywhere { nobody() } else { served.address.clone() };
    let model = quick().model_name().to_owned();
    World::new().run(&["run", "--quick", "--budget", "4s", "--model", &model, "--host", &host])
}

/// What is wrong with how the program ended.
fn problem(fault: Fault, everywhere: bool) -> Option<String> {
    let ran = ran(fault, everywhere);
    let harmless = is_harmless(fault);
    let plain = ran.stderr.starts_with("error: ") && ran.stderr.contains("\nhint: ") && ran.stdout.is_empty();
    let said = ran.stdout.contains("No verdict: the server failed") && ran.stdout.contains("ralf-tune doctor");
    let as_it_should = match ran.code {
        // Something was measured, or the budget was too short for it: the fault is none of an answer's text.
        Some(0 | 1) if harmless => true,
        Some(3) if everywhere => plain || said,
        Some(3) => said,
        Some(1) => !everywhere && fault == Fault::OutOfMemory,
        _ => false,
    };
    let quiet = !ran.stderr.contains("panicked") && !ran.stderr.contains('\u{1b}') && !ran.stdout.contains('\u{1b}');
    let place = if everywhere { "everywhere" } else { "prompts and loads" };
    (!as_it_should || !quiet).then(|| format!("{fault:?}, {place}: {ran}"))
}

#[test]
fn the_program_ends_plainly_when_the_first_answer_is_faulty() {
    let cases: Vec<(Fault, bool)> =
        [true, false].into_iter().flat_map(|everywhere| ALL.map(|(fault, _)| (fault, everywhere))).collect();
    let next = std::sync::Mutex::new(cases.into_iter());
    let wrong: Vec<String> = thread::scope(|scope| {
        let worker = || {
            let mut wrong = Vec::new();
            loop {
                let Some((fault, everywhere)) = next.lock().unwrap().next() else { return wrong };
                wrong.extend(problem(fault, everywhere));
            }
        };
        let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
