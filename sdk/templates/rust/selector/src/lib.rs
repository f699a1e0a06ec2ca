//! A selector: which measured candidate wins? This one takes the least memory among those that are fast enough.

use ralf_tune_sdk::selector::prelude::*;

pub struct __Pascal__;

impl Selector for __Pascal__ {
    fn manifest() -> Manifest {
        Manifest::new("__name__", "0.1.0", "The least memory among candidates that are fast enough").parameter(
            Parameter::number("speed", 0.8, "fast enough: this share of the most notes a minute").bounds(0.0, 1.0),
        )
    }

    /// The winner must be one of the eligible candidates; the host refuses any other.
    fn select(input: &SelectionInput, arguments: &Arguments) -> Result<Selection, String> {
        let fastest = input.eligible().map(speed).fold(0.0, f64::max);
        let mut fast: Vec<&Candidate> =
            input.eligible().filter(|one| speed(one) >= fastest * arguments.number("speed")).collect();
        // The id decides between equals, so that the order of the candidates does not.
        fast.sort_by(|left, right| memory(left).total_cmp(&memory(right)).then(left.id.cmp(&right.id)));

        let [winner, others @ ..] = fast.as_slice() else { return Err("every candidate has a violation".to_owned()) };
        let why = format!("{:.1} GB, {:.1} notes a minute", memory(winner) / 1e9, speed(winner));
        let selection = Selection::new(winner.id).reason(why);
        Ok(others.iter().fold(selection, |selection, one| selection.runner_up(one.id)))
    }
}

fn speed(candidate: &Candidate) -> f64 {
    candidate.notes_per_minute.map_or(0.0, |estimate| estimate.value)
}

/// Unknown memory is no small memory.
fn memory(candidate: &Candidate) -> f64 {
    candidate.peak_memory_bytes.unwrap_or(f64::INFINITY)
}

ralf_tune_sdk::export!(selector: __Pascal__);

#[cfg(test)]
mod tests {
    use ralf_tune_sdk::testing::{select, select_with};

    use super::*;

    fn candidates() -> Vec<Candidate> {
        vec![
            Candidate::new(0).speed(10.0).memory(9e9),
            Candidate::new(1).speed(9.0).memory(7e9),
            Candidate::new(2).speed(2.0).memory(5e9),
            Candidate::new(3).speed(20.0).memory(4e9).violation("loses files"),
        ]
    }

    #[test]
    fn the_least_memory_of_the_fast_ones_wins() {
        let selection = select::<__Pascal__>(candidates()).unwrap();
        assert_eq!((selection.winner, selection.runners_up), (1, vec![0]));
    }

    #[test]
    fn how_fast_is_fast_can_be_set() {
        let selection = select_with::<__Pascal__>(candidates(), &[("speed", Value::Number(0.1))]).unwrap();
        assert_eq!(selection.winner, 2);
    }
}
