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
    if std::env::var_os("DUMP").is_some() {
        for one in scored.iter().filter(|one| !one.held_out) {
            let language = files.iter().find(|file| file.path == one.path).map_or("", |file| file.language);
            for good in &one.good {
                println!(
                    "DUMP\t{language}\t{}\tgood\t{}",
                    one.path,
                    good.map(|x| x.map_or("-".into(), |x| format!("{x:.3}"))).join("\t")
                );
            }
            for (fault, bad) in &one.bad {
                println!(
                    "DUMP\t{language}\t{}\t{}\t{}",
                    one.path,
                    fault.name(),
                    bad.map(|x| x.map_or("-".into(), |x| format!("{x:.3}"))).join("\t")
                );
            }
        }
    }
}

#[test]
fn zz_probe() {
    use ralf_tune_sdk::scorer::prelude::*;
    let files = corpus::files();
    for file in files.iter().filter(|f| !f.is_held_out()) {
        let reading = reading::Reading::of(&file.text, file.language);
        for hand in 0..2u64 {
            let note = pieces::good(file, &reading, &mut dice::Dice::new(&file.path, 100 + hand));
            let s = scorer_identifier_grounding::IdentifierGrounding::evaluate(
                &note,
                &Arguments::defaults(&scorer_identifier_grounding::IdentifierGrounding::manifest()),
            )
            .unwrap();
            let p = |n: &str| s.parts.iter().find(|p| p.name == n).map_or(-1.0, |p| p.value);
            println!(
                "PROBE\t{}\t{}\t{hand}\t{:.2}\t{:.2}\t{:.2}\t{}\t{}",
                file.language,
                file.path,
                s.value,
                p("coverage"),
                p("precision"),
                reading.definitions.len(),
                s.reasons.join(" ; ")
            );
        }
    }
}
