//! The pages of `ralf-tune plugin test`.

pub mod replay;
pub mod scorer;
pub mod selector;

use super::units::duration;

/// How long a call took, from milliseconds; too short ones are not told apart.
fn call(milliseconds: f64) -> String {
    if milliseconds < 1.0 { "under 1 ms".to_owned() } else { duration(milliseconds / 1000.0) }
}
