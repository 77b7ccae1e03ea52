//! What devices exchange: version vectors, batches of changes, and both of them as bytes.

pub(crate) mod changes;
pub(crate) mod points;
pub(crate) mod vector;
#[cfg(feature = "wire")]
pub(crate) mod wire;
