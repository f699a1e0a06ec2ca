//! Plugins that stay: fetched, pinned by their SHA-256 in a lock file, kept in the user's data directory.
//!
//! [`source`] says where a plugin comes from, [`fetch`] gets it within bounds (`http`, `oci`), [`store`] keeps it and [`lock`] is what the lock
//! file says. [`private`] tells whether others could write where the program keeps what it runs. Nothing here looks into a component: that is done by
//! who asks, before anything is stored.

mod challenge;
pub mod error;
pub mod fetch;
mod http;
pub mod lock;
mod oci;
pub mod private;
pub mod reference;
pub mod source;
pub mod store;

pub use error::{FetchError, StoreError};
pub use lock::{LockFile, Locked};
pub use source::Source;
pub use store::Store;
