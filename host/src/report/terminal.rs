//! What a person reads at the end of a study, in a terminal or a pipe.
//!
//! First what to do, what it gains, how sure that is and what it costs; then the settings, one by one; then why to believe it.

use crate::model::study::Study;

use super::{
    page::Page,
    panels::{candidates, clocks, closing, confidence, glance, obedience, outlook, settings, stages, system},
    view::View,
};

/// The report of a study, in lines of at most `width` columns (40 to 110). Without `colour` it is plain text.
#[must_use]
pub fn render(study: &Study, width: usize, colour: bool) -> String {
    let view = View::new(study);
    let mut page = Page::new(width, colour);
    glance::write(&mut page, &view);
    system::write(&mut page, study);
    settings::write_model(&mut page, &view);
    settings::write_performance(&mut page, &view);
    settings::write_batch(&mut page, &view);
    clocks::write(&mut page, study);
    confidence::write(&mut page, study);
    system::write_workload(&mut page, study);
    stages::write(&mut page, study);
    obedience::write(&mut page, study);
    candidates::write(&mut page, &view);
    outlook::write(&mut page, study);
    closing::write_not_found(&mut page, study);
    closing::write_not_asked(&mut page, study);
    closing::write_warnings(&mut page, study);
    closing::write_next(&mut page, study);
    page.finish()
}

/// Only the outcome: what to use and what it gains.
#[must_use]
pub fn outcome(study: &Study, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    glance::write(&mut page, &View::new(study));
    page.finish()
}
