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
        let mut allowed: Vec<&Candidate> = input.eligible().collect();
        let fastest = allowed.iter().map(|one| speed(one)).fold(0.0, f64::max);
        allowed.retain(|one| speed(one) >= fastest * arguments.number("speed"));
        allowed.sort_by(|left, right| memory(left).total_cmp(&memory(right)).then(left.id.cmp(&right.id)));

        let winner = allowed.first().ok_or("every candidate has a violation")?;
        let why = format!("{:.1} GB, {:.2} notes a minute", memory(winner) / 1e9, speed(winner));
        let others = allowed.iter().skip(1);
        Ok(others.fold(Selection::new(winner.id).reason(why), |selection, one| selection.runner_up(one.id)))
    }
}

fn speed(candidate: &Candidate) -> f64 {
    candidate.notes_per_minute.map_or(0.0, |estimate| estimate.value)
}

/// Unknown memory is no small memory.
fn memory(candidate: &Candidate) -> f64 {
    candidate.peak_memory_bytes.unwrap_or(f64::INFINITY)
}

ralf_tune_sdk::export!(selector: LeastMemory);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_candidates_do_not_count() {
        let candidates = vec![
            Candidate::new(0).speed(10.0).memory(9e9),
            Candidate::new(1).speed(9.0).memory(7e9),
            Candidate::new(2).speed(1.0).memory(5e9),
        ];
        let selection = ralf_tune_sdk::testing::select::<LeastMemory>(candidates).unwrap();
        assert_eq!((selection.winner, selection.runners_up), (1, vec![0]));
    }
}
