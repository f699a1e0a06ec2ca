//! What of a study is worth a plot, and the numbers behind each: pure, and in no form yet.
//!
//! Each figure has a file. It says what it shows in a sentence, and carries the table of its data; where a study has too little for
//! it, it says why instead, so that nothing is drawn that was not measured.

mod context;
mod drift;
mod latency;
mod memory;
mod named;
mod pareto;
pub mod plot;
mod quality;
pub mod reliability;
mod split;
mod steps;
mod throughput;
mod timeline;

use super::table::Table;
use crate::model::study::Study;
use plot::Plot;

/// A plot with what it says and the data behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Unique on a page, and fit for an address: `latency`.
    pub id: &'static str,
    pub title: &'static str,
    /// What it shows, in a sentence or a few.
    pub says: String,
    pub plot: Plot,
    /// All that is drawn, with units.
    pub data: Table,
}

/// A figure that a study has no data for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    pub title: &'static str,
    /// A sentence without its full stop.
    pub why: &'static str,
}

/// What can be shown of a study.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    pub drawn: Vec<Figure>,
    pub left_out: Vec<LeftOut>,
}

/// How one kind of figure is made: its title, and the figure or why there is none.
type Maker = (&'static str, fn(&Study) -> Result<Figure, &'static str>);

const MAKERS: [Maker; 10] = [
    (pareto::TITLE, pareto::figure),
    (steps::TITLE, steps::figure),
    (throughput::TITLE, throughput::figure),
    (latency::TITLE, latency::figure),
    (split::TITLE, split::figure),
    (context::TITLE, context::figure),
    (quality::TITLE, quality::figure),
    (memory::TITLE, memory::figure),
    (timeline::TITLE, timeline::figure),
    (reliability::TITLE, reliability::figure),
];

/// The figures of a study, those that matter most for the choice first.
#[must_use]
pub fn of(study: &Study) -> Figures {
    let mut figures = Figures::default();
    for (title, make) in MAKERS {
        match make(study) {
            Ok(figure) => figures.drawn.push(figure),
            Err(why) => figures.left_out.push(LeftOut { title, why }),
        }
    }
    figures
}
