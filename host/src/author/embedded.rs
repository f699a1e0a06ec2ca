//! The files that the build script embedded.

/// Path below its folder with `/`, and contents.
pub type Embedded = (&'static str, &'static [u8]);

include!(concat!(env!("OUT_DIR"), "/author.rs"));
