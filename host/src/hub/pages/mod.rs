//! Pages for people: made here, read without scripts, and nothing on them comes from elsewhere.

mod form;
mod found;
mod frame;
mod start;
pub(super) mod words;

use super::{
    Hub, Problem,
    request::{Answer, parameters},
};
use form::Wanted;

/// Models in the form.
const MOST_MODELS: i64 = 500;

/// The page to begin with.
pub(super) async fn start(hub: &Hub) -> Result<Answer, Problem> {
    let models = models(hub).await?;
    let counts = hub.store.counts().await?;
    Ok(frame::page(200, "What others measured", &start::body(&models, counts)))
}

/// What is known of a model on a machine.
pub(super) async fn find(hub: &Hub, query: &str) -> Result<Answer, Problem> {
    let wanted = Wanted::read(&parameters(query, &form::NAMES)?)?;
    let models = models(hub).await?;
    found::page(hub, &wanted, &models).await
}

/// Models that have a public name. One that has none goes by a digest that one key alone makes: it is listed nowhere, and found by whoever knows it.
async fn models(hub: &Hub) -> Result<Vec<(String, i64)>, Problem> {
    let mut models = hub.store.models(MOST_MODELS).await?;
    models.retain(|(label, _)| !form::is_digest(label));
    Ok(models)
}

/// The style sheet: that of the report, and what only a hub has.
pub(super) fn style() -> Answer {
    let body = format!("{}{}", crate::report::html::parts::style(), include_str!("hub.css"));
    let headers = vec![("cache-control", "max-age=3600".to_owned())];
    Answer { status: 200, content_type: "text/css; charset=utf-8", headers, body }
}

/// What went wrong, for people.
pub(super) fn problem(problem: &Problem) -> Answer {
    let error = problem.error();
    let text = crate::report::html::parts::text;
    let body = format!(
        "<div class=\"answer\"><h1>That did not work</h1><p>{}</p><p>{}</p></div>\n<p><a href=\"/\">To the start</a></p>\n",
        text(&capital(&error.message)),
        text(&capital(&error.hint)),
    );
    let page = frame::page(problem.status(), "That did not work", &body);
    Answer { headers: problem.answer().headers, ..page }
}

/// A sentence out of a fragment.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).chain(['.']).collect())
}
