//! What a guest of any kind can do wrong.

use std::hint::black_box;

use ralf_tune_sdk::{log, types::Level};

/// The parameter of every guest here: what it does wrong.
pub const MODE: &str = "mode";

/// Does what the mode says, when it is one that does not depend on the kind of guest; returns otherwise.
pub fn misbehave(mode: &str) {
    match mode {
        "loop" => loop {
            black_box(());
        },
        "allocate" => {
            let mut kept = Vec::new();
            loop {
                kept.push(vec![1_u8; 1 << 20]);
                black_box(&kept);
            }
        }
        "recurse" => {
            black_box(deeper(0));
        }
        #[cfg(target_family = "wasm")]
        "trap" => core::arch::wasm32::unreachable(),
        "panic" => panic!("there is no such note"),
        "panic-with-colours" => panic!("\u{1b}[31mred\u{7} alert"),
        "log-flood" => log_lines(),
        "log-flood-and-panic" => {
            log_lines();
            panic!("after many words");
        }
        "log-one-huge" => log(Level::Info, &"x".repeat(8 << 20)),
        _ => {}
    }
}

fn log_lines() {
    for line in 0..1000 {
        log(Level::Info, &format!("\u{1b}[2Jline {line}"));
    }
}

#[expect(unconditional_recursion, reason = "that is what is wrong with it")]
fn deeper(depth: u64) -> u64 {
    black_box(depth) + deeper(black_box(depth + 1))
}

/// A text of many bytes.
#[must_use]
pub fn long_text(bytes: usize) -> String {
    "x".repeat(bytes)
}

/// Many texts that are all the same bytes of memory: 512 KiB that claim to be a gigabyte.
///
/// Whoever drops them frees the same memory many times; the host must not let it come to that.
#[must_use]
pub fn aliased_texts() -> Vec<String> {
    let text = long_text(512 << 10).leak();
    // SAFETY: there is none. The strings are handed to the host as they are and the instance ends there.
    (0..2048).map(|_| unsafe { String::from_raw_parts(text.as_mut_ptr(), text.len(), text.len()) }).collect()
}

/// A scorer made for the 0.1.7 of `later/`, which is 0.1.0 grown by the rules. It does what is given before it scores.
#[macro_export]
macro_rules! later_scorer {
    ($before:expr) => {
        wit_bindgen::generate!({ path: "later", world: "scorer-plugin" });

        use exports::ralf::tune::scorer::{Guest, Note, Score};
        use ralf::tune::types::{Argument, Manifest};

        struct Later;

        impl Guest for Later {
            fn describe() -> Manifest {
                Manifest {
                    name: "later".to_owned(),
                    version: "0.1.0".to_owned(),
                    summary: "Made for a later release".to_owned(),
                    parameters: Vec::new(),
                    decides: Vec::new(),
                    needs: Vec::new(),
                    intensities: Vec::new(),
                    extra: vec![("from".to_owned(), "later".to_owned())],
                }
            }

            fn evaluate(_note: Note, _arguments: Vec<Argument>) -> Result<Score, String> {
                ralf::tune::log::log(ralf::tune::types::Level::Info, "later");
                $before;
                Ok(Score { value: 0.25, parts: Vec::new(), reasons: Vec::new() })
            }
        }

        export!(Later);
    };
}
