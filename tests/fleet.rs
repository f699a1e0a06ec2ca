//! Machines that are alike share a study: it finds what one of them would find, in less time, and no machine's failure costs a note.

mod alike;
mod failing;
mod lost;
mod program;
mod resumed;
mod shared;
mod speed_up;
mod store;
mod support;
mod together;
