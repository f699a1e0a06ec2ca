//! Graphics processors, one file a vendor. Finding none is an answer.

pub mod amd;
pub mod apple;
pub mod nvidia;

use std::path::Path;

use crate::model::machine::Gpu;

/// What was found, and how it was looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    pub gpus: Vec<Gpu>,
    pub source: String,
}

/// Looks for graphics processors that the server could use on this operating system.
#[must_use]
pub fn search() -> Search {
    if cfg!(target_os = "macos") {
        apple::search(|name| super::machine::command_output("sysctl", &["-n", name]))
    } else if cfg!(target_os = "linux") {
        join(vec![nvidia::search(), amd::search(Path::new("/"))])
    } else {
        nvidia::search()
    }
}

/// All searches as one.
fn join(searches: Vec<Search>) -> Search {
    let source = searches.iter().map(|search| search.source.as_str()).collect::<Vec<_>>().join("; ");
    Search { gpus: searches.into_iter().flat_map(|search| search.gpus).collect(), source }
}
