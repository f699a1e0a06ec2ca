//! What would change the verdict.

use crate::{
    model::{
        profile::{Standing, StudyProfile},
        study::{Comparison, Outcome, Study},
    },
    report::{
        page::Page,
        units::{count, duration, fixed, percent},
        view::{View, differences, number},
    },
};

/// More pairs than this are no advice.
const MOST_PAIRS: f64 = 500.0;

pub(in crate::report) fn write(page: &mut Page, study: &Study) {
    if !matches!(study.outcome, Outcome::Improved | Outcome::KeepBaseline) || study.lost_its_server().is_some() {
        return;
    }
    let mut sentences: Vec<String> =
        study.comparison.as_ref().map(|found| of_comparison(study, found)).into_iter().collect();
    sentences.extend(study.profiles.iter().filter_map(|profile| of_profile(study, profile)));
    sentences.push(
        "Another model, version of the server, number of slots or kind of files: measure again; `ralf-tune doctor` notices the first three."
            .to_owned(),
    );
    page.heading("What would change this");
    for sentence in sentences {
        page.bullet(&sentence);
    }
}

fn of_comparison(study: &Study, found: &Comparison) -> String {
    let ratio = found.speed_ratio;
    if study.outcome == Outcome::Improved {
        return format!(
            "Nothing within the interval of the gain: even its lower end, {} times, is faster than what you have.",
            fixed(ratio.interval.low, 2)
        );
    }
    let most = (ratio.interval.high - 1.0).max(0.0);
    let ruled_out = format!("A gain of more than {} is ruled out", percent(most));
    // The interval shrinks with the root of the number of pairs: so many until its lower end is above none.
    let (effect, half) = (ratio.value.ln(), (ratio.interval.high / ratio.interval.low).ln() / 2.0);
    let pairs = number(found.pairs) * (half / effect).powi(2);
    if effect <= 0.0 || !pairs.is_finite() || pairs > MOST_PAIRS || found.pairs == 0 {
        return format!("{ruled_out}; what is left is too small to be worth a longer study.");
    }
    let seconds = found.proof.seconds / number(found.pairs) * pairs;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded above")]
    let needed = count(pairs.ceil() as usize, "pair");
    format!(
        "{ruled_out}. Were the other candidate {} times as fast as it looks, proving it would take about {needed}, {} of comparing.",
        fixed(ratio.value, 2),
        duration(seconds)
    )
}

/// Another priority that would choose something else.
fn of_profile(study: &Study, profile: &StudyProfile) -> Option<String> {
    let recommended = View::new(study).tuned().unwrap_or(&study.baseline);
    if profile.tuned.candidate.works_like(recommended) {
        return None;
    }
    let chosen = match profile.standing {
        Standing::Present => "your present settings".to_owned(),
        _ => differences(&profile.tuned.candidate, recommended),
    };
    let priority = match profile.name.as_str() {
        "fast" => "If less quality sufficed",
        "quality" => "If more quality were asked for",
        _ => "If quality and speed were weighed as usual",
    };
    Some(format!("{priority} (profile {}): {chosen}.", profile.name))
}
