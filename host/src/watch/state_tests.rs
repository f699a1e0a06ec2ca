//! What one probe more makes of what is known.

use super::*;
use crate::model::profile::{PROFILE_SCHEMA_VERSION, Place, Standing};
use crate::model::selection::{Confidence, TunedConfig};

fn measured(number: u32, time_ms: f64, slots: Option<f64>) -> Measured {
    let time = time_ms * (0.03 * (f64::from(number) * 78.233).sin()).exp();
    let at = format!("2026-01-05T{:02}:{:02}:00Z", number / 60 % 24, number % 60);
    let point = Point::new(at, [0.4 * time, 0.6 * time, 0.0, 0.0]);
    Measured {
        point,
        read_tokens_per_second: 400.0,
        write_tokens_per_second: 20.0,
        tokens: 700,
        feeler_ms: 100.0,
        now: Surroundings { slots, ..Surroundings::default() },
    }
}

fn profile() -> Profile {
    Profile {
        schema_version: PROFILE_SCHEMA_VERSION,
        tool_version: String::new(),
        name: "mine".parse().unwrap(),
        study: None,
        selector: None,
        place: Place::default(),
        tuned: TunedConfig {
            model_name: "m".into(),
            candidate: Candidate { max_concurrent_requests: 2, ..Candidate::default() },
            benchmark_date: String::new(),
            confidence: Confidence { percent: 0.0, meaning: String::new(), parts: Vec::new() },
        },
        standing: Standing::OwnWord,
        notes_per_minute: None,
        quality: None,
        source_share: None,
        peak_memory_bytes: None,
    }
}

/// A state that knows a slowdown by a third.
fn slowed() -> WatchState {
    let mut state = WatchState::new(profile().tuned.candidate);
    for number in 0..70 {
        state.take(measured(number, if number < 48 { 1000.0 } else { 1333.0 }, None));
    }
    assert_eq!(state.alert.as_ref().map(|alert| alert.kind), Some(AlertKind::Slower));
    state
}

#[test]
fn an_alert_is_told_once_and_is_over_when_the_time_returns() {
    let mut state = slowed();
    assert_eq!(state.alerts, 1);
    let events: Vec<Event> = (70..110).flat_map(|number| state.take(measured(number, 1005.0, None))).collect();
    assert!(events.iter().any(|event| matches!(event, Event::Recovered { .. })), "{events:?}");
    assert!(state.alert.is_none() && (state.times().unwrap() - 1.0).abs() < 0.05);
}

#[test]
fn fewer_slots_twice_are_an_alert_and_a_probe_that_did_not_look_is_none() {
    let mut state = WatchState::new(Candidate::default());
    let mut take = |number, slots| state.take(measured(number, 1000.0, slots));
    let is_alert =
        |events: &[Event]| events.iter().any(|event| matches!(event, Event::Alert { kind: AlertKind::FewerSlots, .. }));
    for (number, slots) in [(0, Some(2.0)), (1, Some(4.0)), (2, None), (3, Some(2.0))] {
        assert!(!is_alert(&take(number, slots)), "{number}");
    }
    assert!(is_alert(&take(4, Some(2.0))));
    assert!(!is_alert(&take(5, Some(2.0))), "once");
    let over = take(6, Some(4.0));
    assert!(over.iter().any(|event| matches!(event, Event::Recovered { .. })), "{over:?}");
}

#[test]
fn settings_on_trial_are_believed_or_taken_back() {
    for (time_ms, is_good) in [(1333.0, true), (1100.0, true), (1800.0, false)] {
        let mut state = slowed();
        let times = state.times().unwrap();
        state.put_on_trial(Candidate::default(), profile(), None);
        assert!(state.alert.is_none() && state.verdict().is_none());
        let verdict = (100..120).find_map(|number| {
            state.take(measured(number, time_ms, None));
            state.verdict()
        });
        assert_eq!(matches!(verdict, Some(Verdict::Agree { .. })), is_good, "{time_ms}: {verdict:?}");
        let trial = state.roll_back().unwrap();
        assert_eq!((&trial.previous.tuned.candidate, state.alert.is_some()), (&state.settings, true));
        state.take(measured(130, 1333.0, None));
        assert!((state.times().unwrap() / times - 1.0).abs() < 0.1, "the baseline is known again");
    }
}

#[test]
fn what_the_machine_says_of_heat_is_named_and_remembered() {
    let mut state = WatchState::new(profile().tuned.candidate);
    let mut alerts = Vec::new();
    for number in 0..70 {
        let mut probe = measured(number, if number < 48 { 1000.0 } else { 1333.0 }, None);
        // Every fourth probe meets it in a cooler moment.
        if number >= 48 && number % 4 != 0 {
            probe.point.hot = true;
            probe.now.heat = vec!["x86_pkg_temp stands at 95 °C, and slows down at 95".into()];
        }
        alerts.extend(state.take(probe).into_iter().filter(|event| matches!(event, Event::Alert { .. })));
    }
    let Some(Event::Alert { causes, .. }) = alerts.first() else { panic!("no alert") };
    assert_eq!((causes.len(), causes[0].kind), (1, CauseKind::Heat), "{causes:?}");
    assert!(causes[0].because.contains("0 % before: x86_pkg_temp stands at 95"), "{causes:?}");
}

#[test]
fn a_day_has_its_tokens() {
    let mut state = WatchState::new(Candidate::default());
    assert_eq!(state.tokens_left("2026-01-05", 1000), 1000);
    state.take(measured(0, 1000.0, None));
    state.skip(Skip::Disturbed, String::new(), 200);
    assert_eq!((state.tokens_left("2026-01-05", 1000), state.tokens_left("2026-01-06", 1000)), (100, 1000));
}

#[test]
fn what_is_kept_comes_back_the_same() {
    let mut state = slowed();
    state.put_on_trial(Candidate::default(), profile(), Some("/c.json".into()));
    state.skip(Skip::Busy, String::new(), 3);
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<WatchState>(&text).unwrap(), state);
}
