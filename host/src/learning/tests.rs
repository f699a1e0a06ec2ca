#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "some hundred requests"
)]

#[path = "made_up.rs"]
mod made_up;

use made_up::request;

use super::*;
use crate::model::exchange::ExchangeEnd;

/// Numbers that only look like luck.
struct Luck(u64);

impl Luck {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as f64 + 0.5) / (1_u64 << 31) as f64
    }

    /// About normal: the sum of twelve.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// Sittings of forty requests each.
fn use_of(luck: &mut Luck, from_day: f64, sittings: usize, larger: f64) -> Vec<ExchangeRecord> {
    let mut records = Vec::new();
    for sitting in 0..sittings {
        for number in 0..40 {
            let seconds = (from_day + sitting as f64 / 2.0) * DAY + f64::from(number) * 20.0;
            let chars = larger * 6000.0 * (0.8 * luck.normal()).exp();
            let tokens = 300.0 * (0.5 * luck.normal()).exp();
            records.push(request(seconds, chars, tokens, 1 + (luck.unit() * 3.0) as usize));
        }
    }
    records
}

#[test]
fn requests_of_a_model_are_learned_and_recent_ones_count_more() {
    // A month ago requests were small; this week they are large.
    let mut luck = Luck(9);
    let mut records = use_of(&mut luck, 0.0, 10, 0.1);
    records.extend(use_of(&mut luck, 30.0, 10, 1.0));
    records.push(ExchangeRecord { client: Some("ralf-tune/0.1.0".into()), ..request(3.1e6, 9e9, 9.0, 1) });
    records.push(ExchangeRecord { status: Some(500), ..request(3.1e6, 9e9, 9.0, 1) });
    records.push(ExchangeRecord { model: Some("other".into()), ..request(3.1e6, 9e9, 9.0, 1) });
    let learned = learn(&records, "m", None).unwrap();
    assert_eq!((learned.requests, learned.sittings, learned.days), (800, 20, 12), "{learned:?}");
    assert!((4000.0..7000.0).contains(&learned.prompt_chars.median()), "{}", learned.prompt_chars.median());
    assert!((200.0..400.0).contains(&learned.answer_tokens.as_ref().unwrap().median()));
    assert_eq!(learned.left_out, [("failed".to_owned(), 1), ("of ralf-tune itself".to_owned(), 1)]);
    assert_eq!(most_used(&records).as_deref(), Some("m:latest"));
}

#[test]
fn too_few_are_said_with_what_there_is_instead() {
    assert_eq!(learn(&[], "m", None), Err(LearningError::Nothing));
    let records = use_of(&mut Luck(1), 0.0, 2, 1.0);
    let Err(error) = learn(&records, "other", None) else { panic!() };
    assert!(
        error.to_string().contains("0 requests for other") && error.to_string().contains("50 are needed"),
        "{error}"
    );
    assert_eq!(error.hint(), "80 are known of m:latest: --model m:latest");
}

#[test]
fn shared_beginnings_and_habits_are_found() {
    let mut records = use_of(&mut Luck(4), 0.0, 2, 1.0);
    for (number, record) in (0..).zip(&mut records) {
        record.options.num_ctx = Some(if number % 4 == 0 { 4096 } else { 8192 });
        record.options.num_predict = Some(number);
        // Three of four begin alike for 256 bytes, and each goes on for itself.
        let own = u32::try_from(number).unwrap();
        record.beginnings = if number % 4 == 0 { vec![own + 1000] } else { vec![7, 8, own + 1000] };
    }
    let learned = learn(&records, "m", None).unwrap();
    let shared = learned.beginnings.unwrap();
    assert!((shared.share - 0.75).abs() < 0.02, "{shared:?}");
    assert_eq!(
        (learned.habits.num_ctx, learned.habits.num_predict, learned.habits.temperature),
        (Some(8192), None, None)
    );
}
