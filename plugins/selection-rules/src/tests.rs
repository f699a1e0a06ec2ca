use ralf_tune_sdk::types::{Constraints, Machine, Model, Workload};

use super::*;

const BALANCED: Rules = Rules { floor: 0.95, tie: 0.02 };

fn estimate(value: f64, half_width: f64) -> Estimate {
    Estimate { value, low: value - half_width, high: value + half_width }
}

/// A candidate of that speed, quality (give or take 0.02) and share of the source.
fn candidate(id: u32, speed: f64, quality: f64, source_share: f64) -> Candidate {
    Candidate {
        id,
        settings: vec![setting("num_ctx", f64::from(id) * 1024.0), setting("max_concurrent_requests", 1.0)],
        is_baseline: id == 0,
        notes_per_minute: Some(estimate(speed, 0.1)),
        quality: Some(estimate(quality, 0.02)),
        source_share,
        lost_share: 0.0,
        peak_memory_bytes: None,
        spilled: false,
        violations: Vec::new(),
        facts: Vec::new(),
    }
}

fn input(candidates: Vec<Candidate>) -> SelectionInput {
    SelectionInput {
        candidates,
        constraints: Constraints { quality_floor: 0.9, max_lost_share: 0.02 },
        machine: Machine {
            physical_cores: 0,
            logical_threads: 0,
            usable_threads: 0,
            total_memory_bytes: 0,
            available_memory_bytes: 0,
            gpu_memory_bytes: 0,
            facts: Vec::new(),
        },
        model: Model {
            name: "m".to_owned(),
            size_bytes: 0,
            parameter_count: 0,
            trained_context: 0,
            layers: 0,
            kv_bytes_per_token: 0,
            thinking: false,
            facts: Vec::new(),
        },
        workload: Workload {
            file_chars: Vec::new(),
            batch_chars: Vec::new(),
            chars_per_token: 3.0,
            overhead_tokens: 0,
            facts: Vec::new(),
        },
        history: Vec::new(),
        arguments: Vec::new(),
    }
}

fn order(candidates: Vec<Candidate>, rules: Rules) -> Result<Vec<u32>, String> {
    let selection = choose(&input(candidates), rules)?;
    assert!(!selection.reasons.is_empty());
    Ok([selection.winner].into_iter().chain(selection.runners_up).collect())
}

#[test]
fn the_fastest_that_is_good_enough_wins() -> Result<(), String> {
    let candidates = vec![
        candidate(0, 2.0, 0.80, 1.0),
        candidate(1, 4.0, 0.60, 1.0),
        candidate(2, 3.0, 0.79, 1.0),
        candidate(3, 3.5, 0.74, 1.0),
    ];
    assert_eq!(order(candidates.clone(), BALANCED)?, [2, 0]);
    assert_eq!(order(candidates.clone(), Rules { floor: 0.0, tie: 0.02 })?, [3, 2, 0], "the study's 0.9");
    assert_eq!(order(candidates, Rules { floor: 0.99, tie: 0.02 })?, [2, 0], "0.79 is above 0.99 x 0.79 (0.80 shrunk)");
    Ok(())
}

#[test]
fn reading_less_needs_a_lower_bound_above_the_floor() -> Result<(), String> {
    let mut unsure = candidate(1, 5.0, 0.79, 0.6);
    assert_eq!(order(vec![candidate(0, 2.0, 0.80, 1.0), unsure.clone()], BALANCED)?, [1, 0]);
    unsure.quality = Some(estimate(0.79, 0.1));
    assert_eq!(order(vec![candidate(0, 2.0, 0.80, 1.0), unsure.clone()], BALANCED)?, [0]);
    unsure.quality = Some(Estimate { value: 0.79, low: f64::NAN, high: f64::NAN });
    assert_eq!(order(vec![candidate(0, 2.0, 0.80, 1.0), unsure], BALANCED)?, [0]);
    Ok(())
}

#[test]
fn an_unsure_quality_of_half_the_source_does_not_shut_out_the_rest() -> Result<(), String> {
    let mut lucky = candidate(1, 5.0, 0.9, 0.5);
    lucky.quality = Some(estimate(0.9, 0.5));
    assert_eq!(order(vec![candidate(0, 2.0, 0.5, 1.0), lucky], BALANCED)?, [0]);
    Ok(())
}

#[test]
fn without_a_signal_reading_less_never_wins() -> Result<(), String> {
    let mut candidates = vec![candidate(0, 2.0, 0.01, 0.9), candidate(1, 9.0, 0.02, 0.5), candidate(2, 3.0, 0.0, 0.9)];
    assert_eq!(order(candidates.clone(), BALANCED)?, [2, 0]);
    for candidate in &mut candidates {
        candidate.quality = None;
    }
    let selection = choose(&input(candidates.clone()), BALANCED)?;
    assert_eq!(selection.winner, 2);
    assert!(selection.reasons.iter().any(|reason| reason.contains("could not be judged")), "{:?}", selection.reasons);
    let measured_without_speed = |candidate: &mut Candidate| candidate.notes_per_minute = None;
    candidates.iter_mut().filter(|candidate| candidate.id != 1).for_each(measured_without_speed);
    assert!(choose(&input(candidates), BALANCED).is_err_and(|error| error.contains("less of the source")));
    Ok(())
}

#[test]
fn present_settings_that_do_not_work_hold_nobody_to_what_they_promise() -> Result<(), String> {
    let mut present = candidate(0, 9.0, 0.5, 1.0);
    present.violations.push("truncated".to_owned());
    let candidates = vec![present, candidate(1, 5.0, 0.01, 0.4), candidate(2, 3.0, 0.01, 0.8)];
    assert_eq!(order(candidates, BALANCED)?, [2]);
    Ok(())
}

#[test]
fn ties_go_to_more_source_then_nearest_then_simplest() -> Result<(), String> {
    let mut near = candidate(3, 4.02, 0.8, 1.0);
    near.settings = vec![setting("num_ctx", 0.0), setting("max_concurrent_requests", 2.0)];
    let less = candidate(1, 4.05, 0.8, 0.9);
    let far = candidate(2, 4.0, 0.8, 1.0);
    let mut slow = candidate(0, 3.0, 0.8, 0.9);
    slow.settings.reverse();
    let candidates = vec![slow, less, far, near.clone()];
    assert_eq!(order(candidates.clone(), BALANCED)?.first(), Some(&3), "one setting changed, not by more");
    assert_eq!(order(candidates, Rules { tie: 0.0, ..BALANCED })?, [1, 3, 2, 0]);
    let mut twin = near.clone();
    (twin.id, twin.peak_memory_bytes) = (4, Some(5e9));
    assert_eq!(order(vec![twin, near], BALANCED)?, [3, 4]);
    Ok(())
}

#[test]
fn what_cannot_be_told_apart_is_a_tie_up_to_a_twentieth() -> Result<(), String> {
    let of = |id: u32, speed: f64, half_width: f64| {
        let mut candidate = candidate(id, speed, 0.8, 1.0);
        candidate.notes_per_minute = Some(estimate(speed, half_width));
        candidate
    };
    let first = |near: Candidate, fast: Candidate| order(vec![of(0, 1.0, 0.1), near, fast], BALANCED);
    assert_eq!(first(of(1, 3.86, 0.4), of(2, 4.0, 0.4))?.first(), Some(&1), "wide intervals, 3.5 % apart");
    assert_eq!(first(of(1, 3.86, 0.04), of(2, 4.0, 0.04))?.first(), Some(&2), "narrow ones tell them apart");
    assert_eq!(first(of(1, 3.7, 2.0), of(2, 4.0, 2.0))?.first(), Some(&2), "7.5 % is given to nobody");
    Ok(())
}

#[test]
fn an_estimate_from_few_notes_sets_no_bar() -> Result<(), String> {
    let mut lucky = candidate(1, 1.0, 1.0, 1.0);
    lucky.facts.push(Fact { name: "scored_notes".to_owned(), value: 1.0 });
    assert_eq!(order(vec![candidate(0, 2.0, 0.8, 1.0), lucky], BALANCED)?, [0, 1]);
    Ok(())
}

#[test]
fn when_all_violate_the_error_says_what() {
    let mut candidates =
        vec![candidate(0, 2.0, 0.8, 1.0), candidate(1, f64::NAN, 0.8, 1.0), candidate(2, 3.0, 0.8, 1.0)];
    candidates
        .iter_mut()
        .filter(|candidate| candidate.id == 0)
        .for_each(|bad| bad.violations.push("truncated".to_owned()));
    candidates.iter_mut().filter(|candidate| candidate.id == 2).for_each(|bad| bad.lost_share = 0.1);
    let error = choose(&input(candidates), BALANCED).err().unwrap_or_default();
    for word in ["truncated (1)", "speed not measured (1)", "loses too many files (1)"] {
        assert!(error.contains(word), "{error}");
    }
    assert!(choose(&input(Vec::new()), BALANCED).is_err());
}

/// Numbers that look random and are the same everywhere (the constants of Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    fn share(&mut self) -> f64 {
        f64::from(self.below(11)) / 10.0
    }

    fn candidate(&mut self, id: u32) -> Candidate {
        let mut candidate = candidate(id, 1.0 + f64::from(self.below(40)) / 10.0, self.share(), self.share());
        match self.below(8) {
            0 => candidate.violations.push("answer cut".to_owned()),
            1 => candidate.quality = None,
            2 => candidate.notes_per_minute = Some(estimate(f64::NAN, 0.0)),
            3 => candidate.quality = Some(estimate(f64::NAN, 0.1)),
            _ => {
                candidate.quality =
                    Some(estimate(candidate.quality.map_or(0.0, |quality| quality.value), self.share()));
            }
        }
        candidate
    }
}

#[test]
fn holds_for_any_candidates_in_any_order() {
    let mut numbers = Numbers(7);
    let mut chosen = 0;
    for _ in 0..500 {
        let count = 1 + numbers.below(12);
        let mut candidates: Vec<Candidate> = (0..count).map(|id| numbers.candidate(id)).collect();
        let first = choose(&input(candidates.clone()), BALANCED);
        for position in (1..candidates.len()).rev() {
            let other = numbers.below(u32::try_from(position).unwrap_or(0) + 1);
            candidates.swap(position, usize::try_from(other).unwrap_or(0));
        }
        assert_eq!(first, choose(&input(candidates.clone()), BALANCED), "the order must not matter");

        let Ok(selection) = first else { continue };
        chosen += 1;
        let of = |id: u32| candidates.iter().find(|candidate| candidate.id == id);
        let all = [selection.winner].into_iter().chain(selection.runners_up.clone());
        for id in all {
            assert!(of(id).is_some_and(|candidate| candidate.violations.is_empty() && speed(candidate).is_some()));
        }
        assert!(!selection.runners_up.contains(&selection.winner));
        let winner = of(selection.winner).and_then(speed).unwrap_or(0.0);
        for id in &selection.runners_up {
            assert!(of(*id).and_then(speed).unwrap_or(0.0) * (1.0 - 0.05) <= winner + 1e-9, "{selection:?}");
        }
    }
    assert!(chosen > 250, "{chosen}");
}
