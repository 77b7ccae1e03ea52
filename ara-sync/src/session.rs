//! A database that is being synced.

mod backoff;
mod builder;
mod claim;
mod closing;
mod commits;
mod events_thread;
mod finish;
mod handle;
mod membership;
mod own_keys;
mod recovery;
mod relays;
mod round_thread;
mod shared;
mod signal;
mod space;
mod threads;
mod turns;

pub use self::builder::{SyncBuilder, Syncing};
pub use self::handle::Session;
pub use self::membership::{RecoveryWords, RemovalPlan};
pub use self::recovery::{Recover, Recovery, recover};
pub use self::space::Space;
