//! A selector for machines that have other work to do: the least memory among the candidates that are fast enough.

use ralf_tune_sdk::selector::prelude::*;

pub struct LeastMemory;

impl Selector for LeastMemory {
    fn manifest() -> Manifest {
        Manifest::new("least-memory", "0.1.0", "The least memory among candidates that are fast enough").parameter(
            Parameter::number("speed", 0.8, "fast enough: this share of the greatest notes per minute")
                .bounds(0.0, 1.0),
        )
    }

    fn select(input: &SelectionInput, arguments: &Arguments) -> Result<Selection, String> {
        // A candidate with violations must not win: the host refuses it.
        let mut allowed: Vec<&Candidate> = input.candidates.iter().filter(|one| one.violations.is_empty()).collect();
        let fastest = allowed.iter().map(|one| speed(one)).fold(0.0, f64::max);
        allowed.retain(|one| speed(one) >= fastest * arguments.number("speed"));
        allowed.sort_by(|left, right| memory(left).total_cmp(&memory(right)).then(left.id.cmp(&right.id)));

        let winner = allowed.first().ok_or("every candidate has a violation")?;
        Ok(Selection {
            winner: winner.id,
            runners_up: allowed.iter().skip(1).map(|one| one.id).collect(),
            reasons: vec![format!("{:.1} GB, {:.2} notes a minute", memory(winner) / 1e9, speed(winner))],
            settings: Vec::new(),
        })
    }
}

fn speed(candidate: &Candidate) -> f64 {
    candidate.notes_per_minute.map_or(0.0, |estimate| estimate.value)
}

/// Unknown memory is no small memory.
fn memory(candidate: &Candidate) -> f64 {
    candidate.peak_memory_bytes.unwrap_or(f64::INFINITY)
}

ralf_tune_sdk::export_selector!(LeastMemory);
