//! Do the bundled scorers tell good notes from bad ones? Good notes are written about hundreds of real files, and each is damaged in
//! every way that models damage notes. See `docs/scorers.md`; `cargo test --release -p note-samples -- --nocapture` prints the tables.
#![expect(clippy::expect_used, reason = "a bench that cannot score has failed")]

#[path = "mutation_bench/corpus.rs"]
mod corpus;
#[path = "mutation_bench/dice.rs"]
mod dice;
#[path = "mutation_bench/faults.rs"]
mod faults;
#[path = "mutation_bench/pieces.rs"]
mod pieces;
#[path = "mutation_bench/prompts.rs"]
mod prompts;
#[path = "mutation_bench/reading.rs"]
mod reading;
#[path = "mutation_bench/roc.rs"]
mod roc;
#[path = "mutation_bench/scored.rs"]
mod scored;
#[path = "mutation_bench/table.rs"]
mod table;
#[path = "mutation_bench/writer.rs"]
mod writer;

use std::collections::BTreeMap;

use corpus::{CORPUS_VARIABLE, Origin};
use scored::Scored;
use table::Table;

#[test]
fn the_mix_tells_good_notes_from_bad_ones() {
    let files = corpus::files();
    let mut languages: BTreeMap<&str, usize> = BTreeMap::new();
    files.iter().for_each(|file| *languages.entry(file.language).or_default() += 1);
    println!("{} files: {languages:?}", files.len());
    let scored = scored::all(&files);
    let table = |title: &str, wanted: &dyn Fn(&Scored) -> bool| {
        let some: Vec<&Scored> = scored.iter().filter(|one| wanted(one)).collect();
        let table = Table::of(&some);
        println!("\n{title}: {} files\n\n{}", some.len(), table.markdown());
        table
    };
    table("Fixtures", &|one| one.origin == Origin::Fixture);
    table("Looked at", &|one| !one.held_out);
    if std::env::var_os("SHOW").is_some() {
        table("Held out", &|one| one.held_out);
    }
    let _ = CORPUS_VARIABLE;
}
