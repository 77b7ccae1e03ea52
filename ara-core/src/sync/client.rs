//! What the crate `ara-sync`, which syncs through a relay, needs of a database besides what apps use. Apps do not
//! see any of it.

pub(crate) mod commits;
pub(crate) mod held;
pub(crate) mod identity;
pub(crate) mod nodes;
pub(crate) mod schema_facts;
mod state;
mod surroundings;
