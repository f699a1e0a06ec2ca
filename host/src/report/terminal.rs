//! What a person reads at the end of a study, in a terminal or a pipe.
//!
//! First what to do, what it gains, how sure that is and what it costs; then the settings, one by one; then why to believe it.

use crate::model::study::Study;

use super::{
    page::Page,
    panels::{
        candidates, change, clocks, closing, confidence, glance, hosts, learned, obedience, outlook, profiles,
        settings, stages, steps, system,
    },
    view::View,
};

/// The report of a study, in lines of at most `width` columns (40 to 110). Without `colour` it is plain text.
#[must_use]
pub fn render(study: &Study, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    write_answer(&mut page, study);
    write_details(&mut page, study);
    page.finish()
}

/// What to use, what it gains, how sure that is and what it cost.
pub(super) fn write_answer(page: &mut Page, study: &Study) {
    glance::write(page, &View::new(study));
}

/// All that stands behind the answer.
pub(super) fn write_details(page: &mut Page, study: &Study) {
    let view = View::new(study);
    system::write(page, study);
    hosts::write(page, study);
    settings::write_model(page, &view);
    settings::write_performance(page, &view);
    settings::write_batch(page, &view);
    steps::write(page, study);
    clocks::write(page, study);
    confidence::write(page, study);
    system::write_workload(page, study);
    learned::write(page, study);
    stages::write(page, study);
    obedience::write(page, study);
    profiles::write(page, study);
    candidates::write(page, &view);
    outlook::write(page, study);
    change::write(page, study);
    closing::write_not_found(page, study);
    closing::write_not_asked(page, study);
    closing::write_warnings(page, study);
    closing::write_next(page, study);
}

/// Only the outcome: what to use and what it gains.
#[must_use]
pub fn outcome(study: &Study, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    write_answer(&mut page, study);
    page.finish()
}
