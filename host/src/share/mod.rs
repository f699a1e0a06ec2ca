//! Measurements that many share: what a study becomes, who says so, and what is believed of what others say.
//!
//! A pack is made of a study by leaving out and making coarser ([`Pack::of`](crate::model::pack::Pack::of)), signed by a key that stands for nobody
//! ([`key`]), and read from others only within bounds ([`read()`], [`check()`]). What is done with packs is pure.

mod check;
mod curves;
mod hardware;
pub mod key;
pub mod names;
mod numbers;
mod of;
mod read;
pub mod recommend;
mod sign;
pub mod store;

pub use check::{MOST_CURVE_POINTS, MOST_OTHERS, PackError, check};
pub use key::{Key, KeyError};
pub use of::NoPack;
pub use read::{MOST_FILE_BYTES, MOST_PACK_BYTES, MOST_PACKS, NotPacks, Packs, Refused, file, read, read_pack};
pub use sign::{PACK_PURPOSE, canonical, id, verify};
pub(crate) use sign::{from_hex, hex};
