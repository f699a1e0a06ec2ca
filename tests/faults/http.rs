//! The same faults over HTTP, before the whole program: how it ends, what it says, and how much memory it takes.

use std::{collections::BTreeMap, fmt::Write as _, path::Path, sync::Mutex, thread};

use super::{
    Row, documented, flat, is_harmless,
    transport::{ALL, Fault, Faulty},
};
use crate::program::{
    Ran, World,
    server::{Bridge, nobody, quick},
};

/// Programs that run at the same time: most of them wait.
const AT_A_TIME: usize = 9;

/// Bytes of memory that the program may take at most, whatever the server sends.
pub const MOST_MEMORY: u64 = 150_000_000;

/// Requests that are answered well before the fault comes, where it comes in the middle: the load, the warm-up, and some that count.
const GOOD: usize = 4;

/// The budget of a study here, and of a comparison: the machine is a fast one.
const BUDGET: &str = "6s";

/// Files of a batch.
const FILES: usize = 12;

/// How the program meets a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Meets {
    /// In a study, from its first answer on.
    AtTheDoor,
    /// In a study, from the first answer to a load or a prompt on.
    AtTheModel,
    /// In a study, in the middle.
    Tuning,
    /// In a comparison, in the middle.
    Verifying,
    /// In a batch, in the middle.
    Making,
}

const MEETS: [Meets; 5] = [Meets::AtTheDoor, Meets::AtTheModel, Meets::Tuning, Meets::Verifying, Meets::Making];

/// Settings that do not wait for long.
const SETTINGS: &str = "{\"request_timeout_seconds\": 1, \"retry_attempts\": 1, \"initial_backoff_seconds\": 0.1}";
const OTHERS: &str = "{\"request_timeout_seconds\": 1, \"retry_attempts\": 1, \"initial_backoff_seconds\": 0.1, \"max_concurrent_requests\": 2}";

/// How the program ended.
struct Ended {
    ran: Ran,
    /// None where the system does not say.
    memory: Option<u64>,
    /// Notes of a batch that are there.
    notes: usize,
}

/// What somebody sees who works with such a server, and the memory that it took.
fn ended(fault: Fault, meets: Meets) -> Ended {
    let (everywhere, from) = match meets {
        Meets::AtTheDoor => (true, 0),
        Meets::AtTheModel => (false, 0),
        Meets::Tuning | Meets::Verifying | Meets::Making => (false, GOOD),
    };
    let served = Bridge::of(move || Faulty { everywhere, ..Faulty::new(&quick(), fault, from, usize::MAX) });
    let host = if fault == Fault::Refused && everywhere { nobody() } else { served.address.clone() };
    let model = quick().model_name().to_owned();
    let world = World::new();
    let command: &[&str] = match meets {
        Meets::AtTheDoor | Meets::AtTheModel | Meets::Tuning => &["run", "--quick", "--budget", BUDGET],
        Meets::Verifying => {
            world.write("old.json", SETTINGS);
            world.write("new.json", OTHERS);
            &["verify", "--config", "old.json", "--against", "new.json", "--budget", BUDGET]
        }
        Meets::Making => {
            world.write("config.json", SETTINGS);
            for number in 0..FILES {
                world.write(&format!("src/{number}.py"), "def total(items):\n    return sum(items)\n".repeat(20));
            }
            &["batch", "src", "--out", "notes", "--present", "--config", "config.json", "--patience", "2s"]
        }
    };
    let arguments = [command, &["--model", &model, "--host", &host]].concat();
    let (ran, memory) = world.finish_watched(world.process(&arguments), format!("ralf-tune {}", arguments.join(" ")));
    let notes = if world.path("notes").exists() {
        let names = world.names("notes");
        names.iter().filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "md")).count()
    } else {
        0
    };
    Ended { ran, memory, notes }
}

/// What is wrong with how the program ended; `row` is what the document says of this fault.
fn problems(fault: Fault, meets: Meets, ended: &Ended, row: &Row) -> Vec<&'static str> {
    let Ended { ran, memory, notes } = ended;
    let harmless = is_harmless(fault);
    let mut wrong = Vec::new();
    let mut expect = |holds: bool, what: &'static str| {
        if !holds {
            wrong.push(what);
        }
    };
    expect(!ran.stderr.contains("panicked"), "a panic");
    expect(!ran.stderr.contains('\u{1b}') && !ran.stdout.contains('\u{1b}'), "an escape sequence");
    let most = memory.unwrap_or(0);
    expect(most <= MOST_MEMORY, "more memory than anything may take");
    expect(most <= row.megabytes * 1_000_000, "more memory than the document says");
    let plain = ran.stderr.contains("error: ") && ran.stderr.contains("\nhint: ") && ran.stdout.is_empty();
    let no_verdict = ran.stdout.contains("No verdict: the server failed") && ran.stdout.contains("ralf-tune doctor");
    let code = ran.code.unwrap_or(-1);
    match meets {
        Meets::AtTheDoor | Meets::AtTheModel => {
            let as_it_should = match code {
                // Something was measured, or the budget was too short for it: the fault is none of an answer's text.
                0 | 1 if harmless => true,
                3 if meets == Meets::AtTheDoor => plain || no_verdict,
                3 => no_verdict,
                1 => meets == Meets::AtTheModel && fault == Fault::OutOfMemory,
                _ => false,
            };
            expect(as_it_should, "how it ends");
        }
        Meets::Tuning => {
            expect(row.codes[0].contains(&code), "the exit code is another than the document's");
            expect(code != 3 || no_verdict, "the page does not say that the server failed");
            let said = flat(&format!("{} {}", ran.stdout, ran.stderr));
            expect(row.sees.iter().all(|text| said.contains(text.as_str())), "it does not say what the document says");
        }
        Meets::Verifying => {
            expect(row.codes[1].contains(&code), "the exit code is another than the document's");
            let told = ran.stdout.contains("No verdict: the server failed") || fault == Fault::Storm;
            expect(
                code != 3 || told && ran.stdout.contains("The last that was heard of it"),
                "the page does not say it",
            );
        }
        Meets::Making => {
            expect(row.codes[2].contains(&code), "the exit code is another than the document's");
            let said = ran.stderr.contains("error: the server is gone or fails: ") && ran.stderr.contains("\nhint: ");
            expect(code != 3 || said && ran.stdout.contains("The server was lost"), "no plain error");
            // One of the good requests is the load.
            expect(*notes >= GOOD - 1, "notes that were made are not there");
            expect(code != 0 || *notes == FILES, "not every file has its note");
        }
    }
    wrong
}

#[test]
fn the_program_ends_as_the_table_says() {
    let document = documented();
    let cases: Vec<(usize, Meets)> =
        MEETS.into_iter().flat_map(|meets| (0..ALL.len()).map(move |at| (at, meets))).collect();
    let next = Mutex::new(cases.into_iter());
    let all: Mutex<BTreeMap<(usize, Meets), Ended>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let Some((at, meets)) = next.lock().unwrap().next() else { return };
                    let ended = ended(ALL[at].0, meets);
                    all.lock().unwrap().insert((at, meets), ended);
                }
            });
        }
    });
    let all = all.into_inner().unwrap();
    let (mut table, mut wrong) =
        (String::from("| fault | `run`, `verify`, `batch` end with | MB at most |\n|---|---|---|\n"), Vec::new());
    for (at, (fault, name)) in ALL.into_iter().enumerate() {
        let row = document.get(name).unwrap_or_else(|| panic!("docs/reliability.md has no row `{name}`"));
        let code = |meets| all[&(at, meets)].ran.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        let most = MEETS.into_iter().filter_map(|meets| all[&(at, meets)].memory).max().unwrap_or(0);
        let codes = [Meets::Tuning, Meets::Verifying, Meets::Making].map(code).join(", ");
        writeln!(table, "| {name} | {codes} | {} |", most.div_ceil(1_000_000)).unwrap();
        for meets in MEETS {
            let ended = &all[&(at, meets)];
            let found = problems(fault, meets, ended, row);
            if !found.is_empty() {
                wrong.push(format!("{name}, {meets:?}: {found:?}, {:?} bytes\n{}", ended.memory, ended.ran));
            }
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
