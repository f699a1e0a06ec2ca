//! The figures, as a table.

use crate::{
    faults::Fault,
    roc::{Auc, Cluster, auc},
    scored::{SCORERS, Scored},
};

/// A row for each fault, and one for all of them; a column for each scorer, and one for the mix.
pub struct Table(Vec<(&'static str, [Option<Auc>; 4])>);

/// The name of the last row.
pub const ALL: &str = "all of them";

impl Table {
    pub fn of(files: &[&Scored]) -> Self {
        let row = |fault: Option<Fault>| {
            std::array::from_fn(|column| {
                let cluster = |file: &&Scored| Cluster {
                    good: file.good.iter().filter_map(|opinions| opinions[column]).collect(),
                    bad: file
                        .bad
                        .iter()
                        .filter(|(of, _)| fault.is_none_or(|wanted| *of == wanted))
                        .filter_map(|(_, opinions)| opinions[column])
                        .collect(),
                };
                auc(&files.iter().map(cluster).collect::<Vec<_>>())
            })
        };
        let faults = Fault::ALL.into_iter().map(|fault| (fault.name(), row(Some(fault))));
        Self(faults.chain([(ALL, row(None))]).collect())
    }

    /// As it stands in the document.
    pub fn markdown(&self) -> String {
        let heads = SCORERS.map(|name| format!(" {name} |")).concat();
        let lines = self.0.iter().map(|(name, figures)| {
            let cells = figures.iter().map(|auc| match auc {
                Some(Auc { value, low, high }) => format!(" {value:.2} ({low:.2} to {high:.2}) |"),
                None => " |".to_owned(),
            });
            format!("| {name} |{}\n", cells.collect::<String>())
        });
        format!("| what is wrong |{heads}\n|---|---|---|---|---|\n{}", lines.collect::<String>())
    }

    /// The mix's figure in a row; 0 where there is none.
    pub fn mix(&self, row: &str) -> f64 {
        let figures = self.0.iter().find(|(name, _)| *name == row).and_then(|(_, figures)| figures[3]);
        figures.map_or(0.0, |auc| auc.value)
    }

    /// The same of a table that stands in a document under a heading.
    pub fn mix_of_all_in(page: &str, heading: &str) -> Option<f64> {
        let row = page.split_once(heading)?.1.lines().find(|line| line.starts_with(&format!("| {ALL} |")))?;
        row.split('|').nth(5)?.split_whitespace().next()?.parse().ok()
    }
}
