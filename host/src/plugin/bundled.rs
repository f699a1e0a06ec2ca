//! The components that the build script made and embedded.

/// Name of the crate and the component's bytes.
pub const BUNDLED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/bundled.rs"));
